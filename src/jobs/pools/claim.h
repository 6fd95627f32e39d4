/*
 * claim.h - may this server remove anything in a pool? Not while another one
 * of its id, a copy, may use it, too (doc/explanation/clones.md).
 */
#ifndef COFFER_JOBS_CLAIM_H
#define COFFER_JOBS_CLAIM_H

#include <stdbool.h>

#include "base/err.h"

struct claim;
struct claims;
struct jobs;
struct opening;

/* Which pools are being waited for. NULL: no memory; free takes NULL. */
struct claims *claims_new(void);
void claims_free(struct claims *c);

/* e is NULL when it may. */
typedef void claim_cb(void *arg, const struct err *e);

/*
 * Reads what lies in the opened pool (o lives until done or cancel), lets the
 * catalog judge, and writes what follows from that. "pool_contested"
 * (ERR_CONFLICT): another server uses it; the same with ERR_TIMEOUT: it may,
 * and is looked for first, for some looks of the monitor. is_taken: a user says
 * that this is the right one. done runs once, from the loop. NULL with *e
 * filled.
 */
struct claim *claim_start(struct jobs *j, const struct opening *o,
			  bool is_taken, claim_cb *done, void *arg,
			  struct err *e) MUST_CHECK;

/* done will not run. NULL is fine. */
void claim_cancel(struct claim *k);

#endif
