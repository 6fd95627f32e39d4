#include "sources/patterns.h"

#include <stdlib.h>
#include <string.h>

bool patterns_copy(struct patterns *to, const struct globs *from)
{
	if (from->n == 0)
		return true;
	to->list = calloc(from->n, sizeof(*to->list));
	if (to->list == NULL)
		return false;
	for (; to->n < from->n; to->n++) {
		to->list[to->n] = strdup(from->patterns[to->n]);
		if (to->list[to->n] == NULL)
			return false;
	}
	return true;
}

struct globs patterns_globs(const struct patterns *p)
{
	return (struct globs){(const char *const *)p->list, p->n};
}

void patterns_fini(struct patterns *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i]);
	free(p->list);
	*p = (struct patterns){0};
}
