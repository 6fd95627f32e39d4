/*
 * part_sealed.h - what is fetched of an encrypted part for a piece of it, and
 * how that is opened: the chunks that hold the piece, and before them the
 * header, unless the key in it is known.
 */
#ifndef COFFER_MANIFEST_PART_SEALED_H
#define COFFER_MANIFEST_PART_SEALED_H

#include "base/age.h"
#include "manifest/part_feed.h"

/* Embedded in its owner; zero it to begin with. Secrets are in it: wipe it. */
struct part_sealed {
	struct age_identities identities; /* the owner fills it */
	struct age_payload payload;	  /* of the part, once it is known */
	struct age_range range;
	size_t header;	   /* bytes of it before what is fetched, or 0 */
	size_t length;	   /* of the piece; 0: the whole part */
	bool is_on : 1;	   /* the part is encrypted */
	bool is_front : 1; /* only the header is fetched now */
};

/* What is to be fetched first for the piece; *length == 0: the whole part.
 * known: the payload's key, or NULL. */
void part_sealed_plan(struct part_sealed *ps, const struct manifest *m,
		      const struct part_piece *piece,
		      const struct age_payload *known, uint64_t *offset,
		      size_t *length);

/* On a worker. Opens *len fetched bytes in their place; when only the header
 * was fetched, it is the payload that comes of it. "damaged_backup",
 * "identity_missing". */
bool part_sealed_open(struct part_sealed *ps, unsigned char *bytes, size_t *len,
		      struct err *e) MUST_CHECK;

#endif
