/* pools_int.h - what binding, testing and changing pools share. */
#ifndef COFFER_HTTP_POOLS_INT_H
#define COFFER_HTTP_POOLS_INT_H

#include <stdbool.h>

#include "catalog/pools.h"
#include "http/request_int.h"
#include "http/update.h"
#include "jobs/checks.h"

/* The state of a request that writes a pool. */
struct bind_state {
	struct pool_record pool; /* what is to be */
	struct err failure;	 /* why the probe failed */
	struct update update;
	bool lacks_confirm; /* that the identity is stored elsewhere */
};

/* Makes it; NULL: no memory, answered. */
struct bind_state *pool_bind_new(struct request *r);

/* Answers that there is no memory. */
void pool_fail_nomem(struct request *r);

/* Reads the pool that the path names, with its secret. */
void pool_fetch_secret(struct request *r, catalog_pool_cb *done);

/* Proves the store of the state's pool (rule 15). */
void pool_prove(struct request *r, probe_done_cb *done);

/* Writes what the probe said (e NULL: the store is good) into the state's
 * record. False: no memory. */
bool pool_take_verdict(struct bind_state *b,
		       const struct store_capabilities *caps,
		       const struct err *e);

#endif
