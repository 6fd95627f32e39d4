/*
 * jobs.h - backups, restores and deletions: joins catalog, sources, pipelines
 * and stores. What is asked for is decided by the catalog, queued in order, and
 * run: at most max_jobs backups and restores at once, one per source (turns.c).
 *
 * Completions run once, from the loop, never inside the call; not after
 * jobs_op_cancel(): what was accepted (a queued backup) goes on.
 */
#ifndef COFFER_JOBS_JOBS_H
#define COFFER_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "catalog/backups.h"
#include "catalog/restores.h"

struct budget;
struct helper;
struct jobs;
struct jobs_op;
struct load_report;
struct loop;
struct signer;
struct spool;
struct transfers;
struct workers;

/* All borrowed for the life of the jobs. */
struct jobs_config {
	struct loop *loop;
	struct catalog *catalog;
	struct workers *cpu;	  /* compression, digests */
	struct workers *blocking; /* name look-ups */
	struct workers *bulk;	  /* folders of pools and sources */
	struct transfers *transfers;
	struct helper *helper; /* NULL: there is none (tests) */
	struct budget *budget;
	struct spool *spool; /* NULL: streams wait for their store */
	const struct signer *signer;
	unsigned max_jobs;	/* at once */
	unsigned retry_seconds; /* rule 9: before the one retry */
	unsigned guard_seconds; /* schema changes held off at most, 0: never */
	unsigned snapshot_seconds; /* a source is held still at most */
	unsigned max_tables;	   /* rule 10 */
	uint64_t max_row_bytes;
	unsigned puts_at_once;	  /* of one backup */
	unsigned stall_seconds;	  /* no byte for so long: it failed */
	const char *restore_dirs; /* absolute, ':' between them; or NULL */
	const char *secrets_dir;  /* secrets told by name; or NULL */
	const char *scratch_dir;  /* for files without a name */
	unsigned probe_seconds; /* between looks at pools, sources; 0: never */
};

/* NULL with *e filled. */
struct jobs *jobs_new(const struct jobs_config *c, struct err *e) MUST_CHECK;

/* After catalog_recover(): sweeps what was left behind, now and every hour. */
void jobs_start(struct jobs *j);

/* Takes no more; cancels what runs; done runs when nothing runs any more. */
void jobs_stop(struct jobs *j, void (*done)(void *arg), void *arg);

/* Drops everything at once; ops must be over or canceled. NULL is fine. */
void jobs_free(struct jobs *j);

/* done will not run; frees the op. NULL is fine. */
void jobs_op_cancel(struct jobs_op *op);

/*
 * A manual backup (rules 2, 3, 5, 7, 9): looks at the source, then queues it.
 * Given in r as for catalog_backup_begin(). Beyond its errors:
 * "source_unavailable", "source_is_replica". NULL with *e filled.
 */
struct jobs_op *jobs_backup(struct jobs *j, const struct backup_record *r,
			    catalog_backup_cb *done, void *arg,
			    struct err *e) MUST_CHECK;

/* What others than jobs_delete() have marked as deleting goes soon. */
void jobs_sweep(struct jobs *j);

/*
 * A restore into an existing instance (rules 23, 25): fetches the manifest,
 * looks at the target, then queues it. Given in r as for
 * catalog_restore_begin(). Beyond its errors: "target_not_empty",
 * "confirm_required", "target_incompatible", "source_unavailable",
 * "invalid_scope" and what a damaged backup gives.
 */
struct jobs_op *jobs_restore(struct jobs *j, const struct restore_record *r,
			     catalog_restore_cb *done, void *arg,
			     struct err *e) MUST_CHECK;

/* What a restore would find and do. */
struct jobs_restore_report {
	const struct load_report *target; /* sources/load.h */
	uint64_t download_bytes;	  /* of the pool, as stored */
};

/* r is valid during the call only; e: it could not be looked at. */
typedef void jobs_restore_report_cb(void *arg,
				    const struct jobs_restore_report *r,
				    const struct err *e);

/* Looks as jobs_restore() does, with the same r, and changes nothing: what the
 * target does not allow is a blocker in the report, all else an error as there.
 * NULL with *e filled. */
struct jobs_op *jobs_restore_check(struct jobs *j,
				   const struct restore_record *r,
				   jobs_restore_report_cb *done, void *arg,
				   struct err *e) MUST_CHECK;

/* Rule 13; errors: catalog_backup_delete(). The objects go in a job. */
struct jobs_op *jobs_delete(struct jobs *j, const char *backup,
			    catalog_backup_cb *done, void *arg,
			    struct err *e) MUST_CHECK;

/* Rule 12: asks a queued or running job to end; it ends soon. False with *e:
 * ERR_CONFLICT "job_not_running", or of a delete "job_not_cancelable". */
bool jobs_cancel(struct jobs *j, const char *job_id, struct err *e) MUST_CHECK;

struct job_progress {
	char phase[24]; /* "queued" "connect" "schema" "data" "post" "store" */
	uint64_t bytes_read, bytes_stored;
	uint64_t items_done, items_total;
	int percent; /* -1: not known */
	uint64_t bytes_per_second;
	int64_t eta_seconds; /* -1: not known */
};

/* Of a job that is queued or running here; false: it is not. */
bool jobs_progress(const struct jobs *j, const char *job_id,
		   struct job_progress *p);

/* Tells each job that is queued or running here, in order of arrival; each()
 * starts and ends none. kind: "backup" ... */
typedef void jobs_each_cb(void *arg, const char *job_id, const char *kind);
void jobs_each(const struct jobs *j, jobs_each_cb *each, void *arg);

/* How many are queued and running. */
void jobs_load(const struct jobs *j, unsigned *queued, unsigned *running);

/* done runs (e NULL) when the job has ended and the catalog knows it; at once
 * from the loop if it is not running here. */
struct jobs_op *jobs_watch(struct jobs *j, const char *job_id,
			   catalog_done_cb *done, void *arg,
			   struct err *e) MUST_CHECK;

#endif
