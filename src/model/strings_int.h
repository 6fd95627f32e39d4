/* strings_int.h - the strings that a record owns, as one list. */
#ifndef COFFER_MODEL_STRINGS_INT_H
#define COFFER_MODEL_STRINGS_INT_H

#include <stdbool.h>

#include "base/err.h"

enum { STRINGS_MAX = 14 };

/* Where the char * members of a record are; the first NULL ends the list. */
struct strings {
	char **at[STRINGS_MAX];
};

/* Wipes and frees each, and sets it to NULL. */
void strings_free(struct strings s);

/*
 * Replaces each, borrowed from the record that was copied, by a copy of its
 * own. False without memory: then all of them are NULL.
 */
bool strings_own(struct strings s) MUST_CHECK;

#endif
