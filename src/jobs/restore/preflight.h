/*
 * preflight.h - everything that a restore looks at before it writes: the
 * backup's manifest and index, and the target. Used when a restore is asked
 * for, and again when its turn has come.
 */
#ifndef COFFER_JOBS_PREFLIGHT_H
#define COFFER_JOBS_PREFLIGHT_H

#include "jobs/instances/choice.h"
#include "jobs/instances/provision.h"
#include "jobs/opening.h"
#include "jobs/restore/file_list.h"
#include "jobs/restore/preflight_parts.h"
#include "manifest/selection.h"
#include "model/runs.h"
#include "model/scope.h"
#include "sources/kinds.h"

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
	struct preflight_chain chain;
	char **databases; /* to be restored, as named in the backup */
	size_t ndatabases, databases_cap;
	struct preflight_table *tables;
	size_t ntables, tables_cap;
	struct scope scope;
	bool is_scoped; /* there is one, of names */
	bool is_by_key; /* Redis: the load leaves out what is not wanted */
	struct selection *selection; /* NULL: no scope, is_by_key, is_through */
	size_t nselected;
	bool is_tree; /* files: what is compared is in files, not in tables */
	bool is_flat; /* of those: objects, which lie in no folders */
	char *common; /* what the keys of those that are wanted begin with */
	const char *front; /* what is put before them, or NULL */
	struct file_list files;
	struct preflight_extra extra;
	char *target_path; /* a folder; NULL: the target is a source */
	char *beneath;	   /* the one of restore_dirs that it lies in */
	struct preflight_partial *partial; /* databases that are not whole */
	size_t npartial, partial_cap;
	json_t *definers; /* a set, as an object */
	bool is_new; /* the target is made later (rule 24): not looked at */
	/* Files, into a target that runs: through an instance that choice.name
	 * makes of them. Until preflight_look_through() only what the request
	 * names is known of what they hold. */
	bool is_through;
	struct choice choice;
	struct provision provision;
	bool with_accounts;   /* accounts, roles, grants as well */
	uint64_t plain_bytes; /* of all that is wanted */
	struct load *load;
	/* During done: of the target, if it was looked at; else NULL. */
	const struct load_report *report;
};

/* done runs once, from the loop: e NULL when the restore may begin. False with
 * *e filled. Errors: those of jobs_restore(). store_attempts: opening.h. With a
 * provider in r the backup alone is looked at. */
bool preflight_start(struct preflight *p, const struct restore_record *r,
		     unsigned store_attempts, catalog_done_cb *done, void *arg,
		     struct err *e) MUST_CHECK;

/* How a target that is new is reached, now that it is there: p->address. */
bool preflight_set_place(struct preflight *p, const char *connection_json,
			 const char *secret, struct err *e) MUST_CHECK;

/* The load of a target that is not there yet, which knows what there will be to
 * compare. */
bool preflight_foresee_load(struct preflight *p, struct err *e) MUST_CHECK;

/* Then looks at it: p->load is made. done runs once, and may do so before this
 * returns. */
void preflight_look_at_target(struct preflight *p, catalog_done_cb *done,
			      void *arg);

/* At the same target once more, when time has passed since it was looked at.
 * done runs once, and may do so before this returns; e is what would have kept
 * the restore from beginning. */
void preflight_look_again(struct preflight *p, catalog_done_cb *done,
			  void *arg);

/* With is_through, when the instance runs: what it holds, at a, takes the place
 * of what was foreseen, and the target is looked at with that; p->load is
 * another one then. done runs once, and may do so before this returns. */
void preflight_look_through(struct preflight *p, const struct source_address *a,
			    catalog_done_cb *done, void *arg);

/* One more table to compare, with nothing in it yet, valid until the next one;
 * the last of p->tables. Strings are copied. NULL with *e filled. */
struct preflight_table *preflight_compare(struct preflight *p,
					  const char *database,
					  const char *name,
					  struct err *e) MUST_CHECK;

/* The table to compare after *at others; false: there are no more. Strings
 * belong to p. */
bool preflight_next_table(struct preflight *p, size_t *at,
			  struct load_item *item) MUST_CHECK;

/* How many there are. */
size_t preflight_count(const struct preflight *p);

/* Stops looking: done will not run. What was found stays. */
void preflight_cancel(struct preflight *p);

/* Cancels and frees all; the load's sinks and ops must be gone. */
void preflight_fini(struct preflight *p);

/* Stored bytes of the parts that a restore fetches; after done. */
uint64_t preflight_download_bytes(const struct preflight *p);

/* And their plain bytes: of all files, with what an increment builds upon. */
uint64_t preflight_plain_bytes(const struct preflight *p);

/* The name that a database gets at the target. */
const char *preflight_renamed(const struct preflight *p, const char *database);

#endif
