#include "sources/files/load/notes.h"

#include <stdio.h>

#include "sources/clean_int.h"

enum { PATH_SHOWN = 200 };

void notes_add(struct notes *n, const char *path, const char *what)
{
	char shown[PATH_SHOWN];

	n->all++;
	if (n->n == NOTES_MAX)
		return;
	(void)snprintf(n->list[n->n++].text, ERR_MSG_MAX, "\"%s\": %s",
		       source_clean(shown, sizeof(shown), path), what);
}
