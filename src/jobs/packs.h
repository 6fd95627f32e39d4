/* packs.h - what a manifest says of packs. */
#ifndef COFFER_JOBS_PACKS_H
#define COFFER_JOBS_PACKS_H

#include "manifest/manifest.h"

/* The packs among its parts, as text (model/packs.h); "": none. Caller frees;
 * NULL: no memory. */
char *packs_text(const struct manifest *m) MUST_CHECK;

/* How many other backups wrote packs that are among its parts; 0: a full one.
 * As each increment writes a pack, there are no fewer since the full one. -1:
 * no memory. */
int packs_from_others(const struct manifest *m) MUST_CHECK;

#endif
