/*
 * packs.h - which packs a backup needs: of each backup that wrote some the
 * numbers, as ranges, so that it stays small whatever the size of what they
 * hold. As text "bak_... 1-5,7,9-12", a line for each that wrote.
 */
#ifndef COFFER_MODEL_PACKS_H
#define COFFER_MODEL_PACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

enum { PACK_NUMBER_MAX = 99999999 };

/* Both are in it; 1 to PACK_NUMBER_MAX. */
struct pack_range {
	uint32_t first, last;
};

/* What one backup wrote: ranges rise and do not touch. */
struct pack_writer {
	char id[ID_MAX];
	struct pack_range *ranges;
	size_t n, cap;
};

/* Embedded in its owner; zero it to begin with. No writer is in it without a
 * range. */
struct pack_set {
	struct pack_writer *writers;
	size_t n, cap;
};

/* Adds numbers; twice is fine. False: no memory, the set is as it was. */
bool pack_set_add(struct pack_set *s, const char *writer, uint32_t first,
		  uint32_t last) MUST_CHECK;

/* Adds those of a writer that ranges ("1-5,7") tell. False with *e filled: it
 * is no such text (ERR_DAMAGED), or no memory; some may have been added. */
bool pack_set_add_ranges(struct pack_set *s, const char *writer,
			 const char *ranges, struct err *e) MUST_CHECK;

/* Adds all of another one, or of its text. As above. */
bool pack_set_unite(struct pack_set *s,
		    const struct pack_set *other) MUST_CHECK;
bool pack_set_parse(struct pack_set *s, const char *text,
		    struct err *e) MUST_CHECK;

/* Takes away what is in the other one, too. False: no memory, and some may be
 * there still. */
bool pack_set_subtract(struct pack_set *s,
		       const struct pack_set *other) MUST_CHECK;

/* Whether it is in there; whether all of it is in the other one. */
bool pack_set_has(const struct pack_set *s, const char *writer,
		  uint32_t number);
bool pack_set_is_within(const struct pack_set *s, const struct pack_set *other);

/* "1-5,7", and the whole as text ("" without packs). Caller frees; NULL: no
 * memory. */
char *pack_writer_format(const struct pack_writer *w) MUST_CHECK;
char *pack_set_format(const struct pack_set *s) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void pack_set_fini(struct pack_set *s);

#endif
