/*
 * source_look.h - what is looked at before a backup may begin: that the source
 * answers and is no replica (rules 2, 9), and that what the scope names is
 * there (rule 11). What the probe finds is kept for the source's status.
 */
#ifndef COFFER_JOBS_SOURCE_LOOK_H
#define COFFER_JOBS_SOURCE_LOOK_H

#include "jobs/opening.h"
#include "model/scope.h"
#include "sources/kinds.h"

struct jobs;

/* Embedded in its owner; zero it to begin with. */
struct source_look {
	struct jobs *jobs;
	struct source_record *source; /* what the probe finds is noted in it */
	const struct scope *scope;
	struct opened_address address;
	struct source_op *op;
	size_t next_database; /* of the scope, whose tables to look at */
	bool is_databases_seen;
	bool has_answered; /* the source did: what is wrong is something else */
	catalog_done_cb *done;
	void *arg;
};

/*
 * Looks at the source of o, which is borrowed until the end, as the scope is;
 * o->source is changed. done runs once, from the loop: e NULL when all is
 * right, else "source_is_replica", "invalid_scope", or what the engine says
 * ("connection_failed", "access_denied"). False with *e filled: it could not
 * begin.
 */
bool source_look_start(struct source_look *l, struct opening *o,
		       const struct scope *scope, catalog_done_cb *done,
		       void *arg, struct err *e) MUST_CHECK;

/* done will not run; frees what it holds and zeroes it. */
void source_look_fini(struct source_look *l);

#endif
