/*
 * claims.h - is this server the only one of its id in a pool? A data directory
 * that was copied (an image, a snapshot) makes two servers of one id, and each
 * would take the other's work for what it left itself. So each start has an id
 * of its own, which lies in every pool; the catalog keeps all that it had.
 * doc/explanation/clones.md. Rules of calls: catalog.h.
 */
#ifndef COFFER_CATALOG_CLAIMS_H
#define COFFER_CATALOG_CLAIMS_H

#include "catalog/catalog.h"

/* What is to be done about a pool. */
struct claim_verdict {
	/* To be written there; "": nothing. What was written is this server's
	 * only when it is still there after a while, if is_moved. */
	char write[ID_MAX];
	/* The catalog may be a copy: it lies elsewhere, or the machine has been
	 * started, since the pool was last settled. */
	bool is_moved;
	const char *rival; /* not NULL: another one uses it: why, what to do */
	bool is_doubted;   /* nothing is decided: read it again, to be sure */
};
typedef void catalog_claim_cb(void *arg, const struct claim_verdict *v,
			      const struct err *e);

/* What was read of a pool. */
struct claim_found {
	const char *id; /* the start's id that lies there; "": none */
	bool is_sure;	/* it was read twice */
};

/*
 * An id that this catalog never had is another server's: the pool is contested
 * from then on ("pool.contested" is told), until catalog_claim_take(). Since
 * nothing is removed there until somebody decides, bytes that were read wrong
 * must not do that: unless is_sure, such a one is doubted. found and what it
 * points to are copied. ERR_NOT_FOUND: no such pool.
 */
struct catalog_op *catalog_claim_judge(struct catalog *c, const char *pool_id,
				       const struct claim_found *found,
				       catalog_claim_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Nobody else wrote there for a while: a start from the same place need not
 * wait again. */
struct catalog_op *catalog_claim_settled(struct catalog *c, const char *pool_id,
					 catalog_done_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* Somebody has decided that this server is the one: the pool is contested no
 * more. v->write has to be written there; it lets the other one stop. */
struct catalog_op *catalog_claim_take(struct catalog *c, const char *pool_id,
				      catalog_claim_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

#endif
