/*
 * pax_record.h - reads the records of a pax header, which may be hostile: each
 * is "LENGTH KEY=VALUE\n" (POSIX.1-2017, pax, "pax Extended Header").
 */
#ifndef COFFER_SOURCES_PAX_RECORD_H
#define COFFER_SOURCES_PAX_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Borrowed from the header; neither ends with a zero. */
struct pax_record {
	const char *key, *value;
	size_t key_len, value_len;
};

/* The record that begins at *at, all of it before end; *at goes behind it.
 * False: there is none. */
bool pax_record_cut(const char **at, const char *end,
		    struct pax_record *r) MUST_CHECK;

bool pax_record_is(const struct pax_record *r, const char *key);

/* A decimal number. False: none, or too large. */
bool pax_digits(const char *at, size_t len, uint64_t *n) MUST_CHECK;

#endif
