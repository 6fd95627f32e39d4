/*
 * names.c - looking for a part of a name: of one, for SQL, and of those of a
 * block (schema.c). What is looked for is in lower case, and so is a block.
 */
#include "config.h" /* for memmem() */
#include "catalog/names_int.h"

#include <string.h>

/* Like strcasestr(), in ASCII and whatever the locale; needle is in lower
 * case. */
static bool has(const char *text, const char *needle)
{
	for (; *text != '\0'; text++) {
		size_t i = 0;

		while (needle[i] != '\0') {
			char c = text[i];

			if (c >= 'A' && c <= 'Z')
				c = (char)(c + ('a' - 'A'));
			if (c != needle[i])
				break;
			i++;
		}
		if (needle[i] == '\0')
			return true;
	}
	return needle[0] == '\0';
}

/* name_has(name, needle) */
static void name_has(sqlite3_context *sq, int n, sqlite3_value **values)
{
	const char *name = (const char *)sqlite3_value_text(values[0]);
	const char *needle = (const char *)sqlite3_value_text(values[1]);

	(void)n;
	sqlite3_result_int(sq,
			   name != NULL && needle != NULL && has(name, needle));
}

const char *names_next(struct names *s, size_t *len)
{
	const char *end = s->at + s->left, *found, *line_end, *tab;

	while (s->at < end) {
		found = memmem(s->at, (size_t)(end - s->at), s->needle,
			       s->needle_len);
		line_end = found != NULL
				   ? memchr(found, '\n', (size_t)(end - found))
				   : NULL;
		if (line_end == NULL)
			break;
		s->at = line_end + 1;
		s->left = (size_t)(end - s->at);
		/* In the name, not in the number or across the two. */
		tab = memchr(found, '\t', (size_t)(line_end - found));
		if (tab == NULL || tab < found + s->needle_len)
			continue;
		*len = (size_t)(line_end - tab - 1);
		return tab + 1;
	}
	s->left = 0;
	return NULL;
}

bool names_setup(sqlite3 *sq)
{
	return sqlite3_create_function(sq, "name_has", 2,
				       SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
				       name_has, NULL, NULL) == SQLITE_OK;
}
