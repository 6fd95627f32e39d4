/*
 * extract.h - what a restore wants of a backup that is files, read from a
 * throwaway instance that a provisioner makes of them, and written into the
 * target: a restore's data without parts of SQL.
 *
 *   idle -> note (the catalog learns of the instance) -> make -> look (what it
 *   holds; the target) -> share (of the buffers) -> data -> read
 *   and from wherever it is: destroy -> forget (the catalog) -> gone
 *
 * It needs neither files nor rights at the target but those of any restore, and
 * no version that is the backup's. The instance is not compared with the
 * backup: rows that cannot be read fail the restore, and what was read is
 * compared with what the target holds. What dies on the way is found by the
 * catalog's note (instances/reaper.h).
 */
#ifndef COFFER_JOBS_EXTRACT_EXTRACT_H
#define COFFER_JOBS_EXTRACT_EXTRACT_H

#include "jobs/extract/transfer.h"
#include "jobs/instances/instance.h"
#include "jobs/restore/preflight.h"
#include "pipeline/budget.h"

enum extract_state {
	EXTRACT_IDLE,
	EXTRACT_NOTE,	 /* the catalog learns of the instance to be */
	EXTRACT_MAKE,	 /* instance.h */
	EXTRACT_LOOK,	 /* at what it holds, and at the target with that */
	EXTRACT_SHARE,	 /* waits for its share of the buffers */
	EXTRACT_DATA,	 /* rows flow into the target */
	EXTRACT_READ,	 /* all of them did */
	EXTRACT_DESTROY, /* the provisioner takes the instance down */
	EXTRACT_FORGET,	 /* the catalog learns that nothing is left */
	EXTRACT_STATE_COUNT,
};

/* e NULL: it went well. */
typedef void extract_cb(void *arg, const struct err *e);

/* Embedded in its owner; zero it and set job, fence and preflight to begin
 * with. */
struct extract {
	struct job *job;
	int64_t fence;		     /* of the job */
	struct preflight *preflight; /* borrowed; of the restore */
	enum extract_state state;
	char instance_id[ID_MAX];
	char name[NAME_BUF]; /* of the instance, for people */
	char *request_json;
	struct instance instance;
	struct transfer transfer;
	struct budget_share share;
	struct catalog_op *op;
	uint64_t bytes; /* that were transferred, when it is over */
	extract_cb *done;
	void *arg;
};

/*
 * Begins, for a running job, after a preflight that said is_through. done runs
 * once, from the loop: e NULL when the target holds what is to be compared;
 * then, and after a failure, extract_destroy() is next. False with *e filled:
 * nothing was begun.
 */
bool extract_start(struct extract *x, extract_cb *done, void *arg,
		   struct err *e) MUST_CHECK;

/* Whether something may be there that has to be destroyed. */
bool extract_is_begun(const struct extract *x);

/* Whether anything may have been written to the target. */
bool extract_has_written(const struct extract *x);

/* Stops whatever is under way and takes down what there is; done of
 * extract_start() does not run any more. This one runs once, perhaps before
 * this returns: e NULL when nothing is left; else the reaper has it to do. */
void extract_destroy(struct extract *x, extract_cb *done, void *arg);

/* Stops all at once; whatever there is is left to the next start's reaper. */
void extract_drop(struct extract *x);

/* Drops, and frees what it holds; before the preflight is. */
void extract_fini(struct extract *x);

/* Bytes of the backup and then of the instance that were read until now. */
uint64_t extract_bytes(const struct extract *x);

/* Fills items, bytes and percent of p. */
void extract_progress(const struct extract *x, struct job_progress *p);

/* "prepare" "files" "start" ... "data": as the API shows it. */
const char *extract_phase(const struct extract *x);

#endif
