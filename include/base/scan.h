/*
 * scan.h - reads JSON that this server has written itself, in its own spelling,
 * at a fraction of what a parser takes. What is spelled otherwise is not taken:
 * the caller has a parser read it then, so nothing depends on this but the time
 * that it takes.
 */
#ifndef COFFER_BASE_SCAN_H
#define COFFER_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What is left to read; borrowed. After a call that was false, at may be
 * anywhere before end. */
struct scan {
	const char *at, *end;
};

/* Passes over exactly these bytes. */
bool scan_word(struct scan *s, const char *word) MUST_CHECK;

/* A whole number of at most 18 digits, without a sign, without zeros before
 * it; the second one may be below 0. */
bool scan_number(struct scan *s, uint64_t *out) MUST_CHECK;
bool scan_signed(struct scan *s, int64_t *out) MUST_CHECK;

/* A string in quotes: *text borrows its *len bytes, which are UTF-8 and have
 * neither an escape nor a control character in them. */
bool scan_string(struct scan *s, const char **text, size_t *len) MUST_CHECK;

/* An object of at most 16 members, no two of one name, each a string, a whole
 * number, true, or two whole numbers in brackets. */
bool scan_object(struct scan *s) MUST_CHECK;

#endif
