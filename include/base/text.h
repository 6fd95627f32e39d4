/* text.h - growing byte strings and checks on text. */
#ifndef COFFER_BASE_TEXT_H
#define COFFER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * A growing string. Zero it to begin with, text_free() at the end. After an
 * allocation failed, is_broken stays set, further adds do nothing, and the
 * caller checks once at the end.
 */
struct text {
	char *data; /* NUL-terminated once anything was added, else NULL */
	size_t len;
	size_t cap;
	bool is_broken;
};

/* Appends len bytes. */
void text_add(struct text *t, const void *bytes, size_t len);

/* Appends a string; NULL counts as empty. */
void text_str(struct text *t, const char *s);

/* Appends one byte. */
void text_char(struct text *t, char c);

/* Appends formatted text. */
void text_printf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Makes room for more bytes; false when there is no memory. */
bool text_reserve(struct text *t, size_t more);

/* Forgets the content and that it was broken; keeps the memory. */
void text_reset(struct text *t);

/* Frees the memory; *t may be used again as if zeroed. */
void text_free(struct text *t);

/* Returns the string, "" if nothing was added, and forgets it (caller frees);
 * NULL when broken. */
char *text_take(struct text *t) MUST_CHECK;

/* True when bytes are well-formed UTF-8 (RFC 3629: no surrogates, shortest
 * form); *points, unless NULL, is then the count of code points. */
bool utf8_check(const char *bytes, size_t len, size_t *points) MUST_CHECK;

/* Copies src into dst[cap] for people to read, cut between two characters:
 * what is no UTF-8 becomes U+FFFD, byte by byte. Returns dst. */
char *utf8_show(char *dst, size_t cap, const char *src);

/*
 * Copies text of others into out[cap] so that it may stand in an error: cut
 * at the end of a character, control characters as spaces, and what is no
 * UTF-8 as question marks. Returns out.
 */
char *str_printable(char *out, size_t cap, const char *s);

/* Copies src into dst[cap], cut to fit, always terminated. False: cut. */
bool str_copy(char *dst, size_t cap, const char *src);

/* A copy of len bytes, which need no zero behind them, as a string; the caller
 * frees it. NULL: no memory. */
char *str_of(const char *bytes, size_t len) MUST_CHECK;

/* ASCII lower case into dst[cap], cut to fit, always terminated. */
void str_lower(char *dst, size_t cap, const char *src);

/* Parses a whole decimal number without sign; false: not one, or too big. */
bool str_to_u64(const char *s, unsigned long long *out) MUST_CHECK;

#endif
