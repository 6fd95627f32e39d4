/* adopted_int.h - what the files about adopted things share. */
#ifndef COFFER_CATALOG_ADOPTED_INT_H
#define COFFER_CATALOG_ADOPTED_INT_H

#include "catalog/keys_int.h"

/* The name, or the first of "name-2", "name-3", ... that nothing of that kind
 * has (cut, so that it fits), into out. */
bool adopted_free_name(struct db *db, enum key_kind kind, const char *name,
		       char out[NAME_BUF], struct err *e) MUST_CHECK;

#endif
