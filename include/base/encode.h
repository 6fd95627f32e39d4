/* encode.h - hexadecimal, base64 and percent encoding. */
#ifndef COFFER_BASE_ENCODE_H
#define COFFER_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

/* Lower-case hexadecimal; out holds 2 * len + 1 bytes. Returns out. */
char *hex_encode(const void *bytes, size_t len, char *out);

/* Reads exactly 2 * len hexadecimal digits; false when it is not that. */
bool hex_decode(const char *hex, void *out, size_t len) MUST_CHECK;

/* RFC 4648 base64 with padding; out holds 4 * ((len + 2) / 3) + 1 bytes. */
char *base64_encode(const void *bytes, size_t len, char *out);

/* Reads what base64_encode() writes and nothing else (no blanks, no missing
 * padding, no stray bits); out holds 3 * (strlen(s) / 4) bytes, *len is what
 * came of it. False: s is not that, and what is in out means nothing. */
bool base64_decode(const char *s, void *out, size_t *len) MUST_CHECK;

/* Appends s percent-encoded: all but RFC 3986's unreserved characters, and
 * '/' unless keep_slash. */
void percent_encode(struct text *out, const char *s, size_t len,
		    bool keep_slash);

/* Decodes in place; false on a broken escape or an encoded NUL. */
bool percent_decode(char *s) MUST_CHECK;

#endif
