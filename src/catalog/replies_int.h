/* replies_int.h - a reply with strings of its own, for calls. */
#ifndef COFFER_CATALOG_REPLIES_INT_H
#define COFFER_CATALOG_REPLIES_INT_H

#include "catalog/catalog_int.h"

struct reply_row {
	struct reply_record r;
	char *texts; /* what its strings lie in */
};

/* NULL is fine. */
void reply_row_free(struct reply_row *row);

/* After a start: requests that were under way give their keys back. */
bool replies_recover(struct db *db, struct err *e) MUST_CHECK;

#endif
