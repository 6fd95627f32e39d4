/*
 * known.h - the objects that the index tells, as a set of fingerprints of key,
 * size and digest: 16 bytes each, in a table that is half full. What an archive
 * holds is looked for here before it goes to the target, and then taken out.
 */
#ifndef COFFER_SOURCES_OBJECTS_KNOWN_H
#define COFFER_SOURCES_OBJECTS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

/* Zero it to begin with. */
struct known {
	struct digest *slots; /* all zero: free; GONE: taken out */
	size_t cap;	      /* a power of two, or 0 */
	size_t used;	      /* slots that are not free */
	size_t n;	      /* in the set */
};

/* One object; the digest is that of its content as one row. False: no memory,
 * the set unchanged. */
bool known_add(struct known *k, const char *key, uint64_t size,
	       const struct digest *digest, struct err *e) MUST_CHECK;

/* Takes it out; false: it is not there. */
bool known_take(struct known *k, const char *key, uint64_t size,
		const struct digest *digest) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void known_fini(struct known *k);

#endif
