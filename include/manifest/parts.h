/* parts.h - the parts of a backup by their numbers: those in their keys, which
 * the index names, and not their places in the list. */
#ifndef COFFER_MANIFEST_PARTS_H
#define COFFER_MANIFEST_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest/manifest.h"

/* The part of that number; NULL: there is none. */
const struct manifest_object *manifest_part(const struct manifest *m,
					    uint64_t number);

/* The place in the list of the first part of that number or a greater one;
 * m->parts.n: there is none. */
size_t manifest_part_from(const struct manifest *m, uint64_t number);

/* The greatest number of its parts; 0: it has none. */
uint32_t manifest_last_number(const struct manifest *m);

/* Stored bytes of the parts that it does not share with earlier backups. */
uint64_t manifest_own_bytes(const struct manifest *m);

/* Whether some of its parts were stored by earlier backups: they hold what is
 * none of its own, too, so its items are read by the index alone. */
bool manifest_has_foreign_parts(const struct manifest *m);

/* Bytes of stored frames in a part: where it is encrypted, fewer than its
 * stored bytes. 0: no part has that length. */
uint64_t manifest_part_length(const struct manifest *m,
			      const struct manifest_object *part);

#endif
