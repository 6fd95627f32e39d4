/* scope.c - a scope of keys that is kept. */
#include "sources/redis/scope.h"

#include <stdlib.h>
#include <string.h>

bool redis_scope_copy(struct source_scope *to, const struct source_scope *from)
{
	uint32_t *numbers = calloc(from->nnumbers + 1, sizeof(*numbers));
	const char **keys = calloc(from->nkeys + 1, sizeof(const char *));

	*to = (struct source_scope){.numbers = numbers, .keys = keys};
	if (numbers == NULL || keys == NULL)
		return false;
	for (; to->nnumbers < from->nnumbers; to->nnumbers++)
		numbers[to->nnumbers] = from->numbers[to->nnumbers];
	for (; to->nkeys < from->nkeys; to->nkeys++) {
		keys[to->nkeys] = strdup(from->keys[to->nkeys]);
		if (keys[to->nkeys] == NULL)
			return false;
	}
	return true;
}

void redis_scope_fini(struct source_scope *s)
{
	for (size_t i = 0; i < s->nkeys; i++)
		free((void *)(uintptr_t)s->keys[i]);
	free((void *)(uintptr_t)s->keys);
	free((void *)(uintptr_t)s->numbers);
	*s = (struct source_scope){0};
}
