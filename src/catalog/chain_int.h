/* chain_int.h - what may be built upon, as part of other transactions. */
#ifndef COFFER_CATALOG_CHAIN_INT_H
#define COFFER_CATALOG_CHAIN_INT_H

#include "catalog/catalog_int.h"

/* The newest completed backup of the plan, source, pool, method and scope of
 * id, which is being made, into *last (caller frees); NULL: there is none. */
bool chain_last(struct db *db, const char *id, char **last,
		struct err *e) MUST_CHECK;

#endif
