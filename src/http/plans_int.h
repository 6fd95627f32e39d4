/* plans_int.h - what the files about plans share. */
#ifndef COFFER_HTTP_PLANS_INT_H
#define COFFER_HTTP_PLANS_INT_H

#include "catalog/plans.h"
#include "http/request_int.h"

/* Asks the catalog for the one that the path names. */
void plans_fetch(struct request *r, catalog_plan_cb *done);

/* Tells those who have to know that plans are others now: the scheduler, and
 * the pools that keep a copy. */
void plans_tell_changed(const struct request *r);

#endif
