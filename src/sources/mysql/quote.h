/* quote.h - names and values as SQL text. */
#ifndef COFFER_SOURCES_MYSQL_QUOTE_H
#define COFFER_SOURCES_MYSQL_QUOTE_H

#include <stddef.h>

#include "base/text.h"

/*
 * What a value must be escaped for between '...' under a sql_mode without
 * NO_BACKSLASH_ESCAPES: NUL, newline, return, 26, both quotes, backslash
 * (https://mariadb.com/kb/en/string-literals/). No raw newline is left, so
 * the end of a statement can be found by its line end.
 */
enum {
	MY_ESCAPE_FACTOR = 2, /* bytes written for one byte, at most */
	MY_ESCAPE_SLACK = 16, /* bytes beyond that may be written, not used */
};

/*
 * Writes the escaped form of len bytes to out, which has room for
 * MY_ESCAPE_FACTOR * len + MY_ESCAPE_SLACK. Returns the end of what counts.
 */
char *my_escape(char *out, const char *in, size_t len);

/* The same without vector instructions; for comparison. */
char *my_escape_plain(char *out, const char *in, size_t len);

/* Appends `name`, backquotes in it doubled. */
void my_quote_name(struct text *t, const char *name);

/* Appends `db`.`name`. */
void my_quote_names(struct text *t, const char *db, const char *name);

/* Appends 'value', escaped. */
void my_quote_value(struct text *t, const char *value, size_t len);

/*
 * Reads `name` at *s (doubled backquotes are one) into out and moves *s
 * behind it. False: no such thing there, or cut at end.
 */
bool my_unquote_name(const char **s, const char *end, struct text *out);

#endif
