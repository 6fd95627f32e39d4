/* utf8_int.h - one step through bytes that may or may not be UTF-8. */
#ifndef COFFER_BASE_UTF8_INT_H
#define COFFER_BASE_UTF8_INT_H

#include <stddef.h>

/*
 * The length (1 to 4) of the well-formed character that s begins with, as
 * RFC 3629 has it; 0 when the first byte begins none. len is at least 1.
 */
size_t utf8_step(const char *s, size_t len);

#endif
