/* packs.h - what a manifest says of packs. */
#ifndef COFFER_JOBS_PACKS_H
#define COFFER_JOBS_PACKS_H

#include "manifest/manifest.h"

/* The packs among its parts, as text (model/packs.h); "": none. Caller frees;
 * NULL: no memory. */
char *packs_text(const struct manifest *m) MUST_CHECK;

#endif
