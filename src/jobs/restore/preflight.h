/*
 * preflight.h - everything that a restore looks at before it writes: the
 * backup's manifest and index, and the target. Used when a restore is asked
 * for, and again when its turn has come.
 */
#ifndef COFFER_JOBS_PREFLIGHT_H
#define COFFER_JOBS_PREFLIGHT_H

#include "jobs/opening.h"
#include "manifest/selection.h"
#include "model/runs.h"
#include "model/scope.h"
#include "sources/kinds.h"

/* A table to compare after the restore. */
struct preflight_table {
	char *database, *name; /* as in the backup */
	uint64_t rows;
	struct digest digest;
};

/* A database of which single tables are restored. */
struct preflight_partial {
	char *name;
	char **tables; /* and views, sequences */
	size_t ntables, cap;
	size_t number; /* its definition's, in the selection */
};

/* Embedded in its owner; zero it and set jobs to begin with. */
struct preflight {
	struct jobs *jobs;
	struct opening opening;
	struct exchange *exchange;
	struct source_op *look;
	struct opened_address address;
	json_t *request; /* {"scope","rename","overwrite","confirm",
			  * "options"} */
	catalog_done_cb *done;
	void *arg;

	/* what was found */
	struct manifest manifest;
	char **databases; /* to be restored, as named in the backup */
	size_t ndatabases, databases_cap;
	struct preflight_table *tables;
	size_t ntables, tables_cap;
	struct scope scope;
	bool is_by_key; /* Redis: the load leaves out what is not wanted */
	struct selection *selection; /* NULL: there is no scope, or is_by_key */
	size_t nselected;
	struct preflight_partial *partial; /* databases that are not whole */
	size_t npartial, partial_cap;
	json_t *definers;     /* a set, as an object */
	bool with_accounts;   /* accounts, roles, grants as well */
	uint64_t plain_bytes; /* of all that is wanted */
	struct load *load;
	/* During done: of the target, if it was looked at; else NULL. */
	const struct load_report *report;
};

/* done runs once, from the loop: e NULL when the restore may begin. False with
 * *e filled. Errors: those of jobs_restore(). store_attempts: opening.h. */
bool preflight_start(struct preflight *p, const struct restore_record *r,
		     unsigned store_attempts, catalog_done_cb *done, void *arg,
		     struct err *e) MUST_CHECK;

/* Stops looking: done will not run. What was found stays. */
void preflight_cancel(struct preflight *p);

/* Cancels and frees all; the load's sinks and ops must be gone. */
void preflight_fini(struct preflight *p);

/* Stored bytes of the parts that a restore fetches; after done. */
uint64_t preflight_download_bytes(const struct preflight *p);

/* The name that a database gets at the target. */
const char *preflight_renamed(const struct preflight *p, const char *database);

#endif
