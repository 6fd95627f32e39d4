/* claims_int.h - the starts of this server, as part of other transactions. */
#ifndef COFFER_CATALOG_CLAIMS_INT_H
#define COFFER_CATALOG_CLAIMS_INT_H

#include "catalog/catalog_int.h"

/* One more start: its id becomes c->start_id, and is known from then on. */
bool claims_begin(struct catalog *c, struct err *e) MUST_CHECK;

/* pools.c: reads one into out. */
bool pool_read(struct db *db, const char *id, struct rows *out,
	       struct err *e) MUST_CHECK;

#endif
