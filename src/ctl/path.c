/* path.c - see path.h. */
#include "ctl/path.h"

#include <string.h>

#include "base/encode.h"

void path_segment(struct text *t, const char *segment)
{
	text_char(t, '/');
	percent_encode(t, segment, strlen(segment), false);
}

void path_query(struct text *t, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_char(t, t->data != NULL && strchr(t->data, '?') ? '&' : '?');
	percent_encode(t, name, strlen(name), false);
	text_char(t, '=');
	percent_encode(t, value, strlen(value), false);
}
