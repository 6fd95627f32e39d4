/* expiry_int.h - parts of an expiry. */
#ifndef COFFER_CATALOG_EXPIRY_INT_H
#define COFFER_CATALOG_EXPIRY_INT_H

#include "catalog/catalog_int.h"

/* Looks at the clock before anything is decided: expiry_clock.c. */
bool expiry_clock(struct db *db, int64_t now_ms, int64_t ran_ms,
		  struct err *e) MUST_CHECK;

/* In SQL: the clock is doubted. */
#define EXPIRY_IS_DOUBTED                                                      \
	"EXISTS (SELECT 1 FROM counters WHERE name = 'clock_doubted'"          \
	" AND value > 0)"

/* Leaves a job and an event of each backup that op->out holds: those that were
 * marked in this transaction. */
bool expiry_trace(struct catalog *c, struct catalog_op *op) MUST_CHECK;

#endif
