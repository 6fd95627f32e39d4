/* names_int.h - looking for a part of a name. */
#ifndef COFFER_CATALOG_NAMES_INT_H
#define COFFER_CATALOG_NAMES_INT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Gives a connection name_has(name, needle); needle is in lower case. False:
 * sqlite3_errcode() says why. */
bool names_setup(sqlite3 *sq) MUST_CHECK;

/* The names of a block that are left to look at, and what for; borrowed. */
struct names {
	const char *at; /* the first of them */
	size_t left;	/* bytes */
	const char *needle;
	size_t needle_len; /* 0: it is in every name */
};

/*
 * The number, of *len digits, of the next one that has the needle; NULL: there
 * is none. Names are looked through as one text: most blocks have no match,
 * and memmem() is faster than a loop over names.
 */
const char *names_next(struct names *s, size_t *len);

#endif
