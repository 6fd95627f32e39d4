/* expiry_int.h - parts of an expiry. */
#ifndef COFFER_CATALOG_EXPIRY_INT_H
#define COFFER_CATALOG_EXPIRY_INT_H

#include "catalog/catalog_int.h"

/* Leaves a job and an event of each backup that op->out holds: those that were
 * marked in this transaction. */
bool expiry_trace(struct catalog *c, struct catalog_op *op) MUST_CHECK;

#endif
