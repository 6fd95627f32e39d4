/* sources_int.h - sources as part of other transactions. */
#ifndef COFFER_CATALOG_SOURCES_INT_H
#define COFFER_CATALOG_SOURCES_INT_H

#include "catalog/catalog_int.h"

/* Reads one into out. */
bool source_read(struct db *db, const char *id, struct rows *out,
		 struct err *e) MUST_CHECK;

/* Adds it as it is: id, name and times are settled, secrets are none of it. */
bool source_insert(struct db *db, const struct source_record *r,
		   struct err *e) MUST_CHECK;

/* Copies r into the call; op may be NULL. False: no memory. */
bool source_give(struct catalog_op *op,
		 const struct source_record *r) MUST_CHECK;

/* Answers with one source. */
void source_tell(const struct catalog_op *op, const struct err *e);

#endif
