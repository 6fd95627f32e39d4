/*
 * runs.h - what the catalog keeps of backups, restores and the jobs that make
 * them, as plain structs. Rules of members: records.h.
 */
#ifndef COFFER_MODEL_RUNS_H
#define COFFER_MODEL_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/sha256.h"
#include "model/names.h"

enum backup_status {
	BACKUP_QUEUED,
	BACKUP_BACKING_UP,
	BACKUP_COMPLETED,
	BACKUP_FAILED,
	BACKUP_CANCELED,
	BACKUP_DELETING,
	BACKUP_STATUS_COUNT,
};

enum job_status {
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_COMPLETED,
	JOB_FAILED,
	JOB_CANCELED,
	JOB_STATUS_COUNT,
};

enum job_kind {
	JOB_BACKUP,
	JOB_RESTORE,
	JOB_DELETE,
	JOB_VERIFY,
	JOB_EXPIRE,
	JOB_ADOPT,
	JOB_DRILL,
	JOB_KIND_COUNT,
};

/* The API's words: "backing_up", "running", "backup". */
const char *backup_status_name(enum backup_status s);
const char *job_status_name(enum job_status s);
const char *job_kind_name(enum job_kind k);

/* The way back; false when there is no such word. */
bool backup_status_parse(const char *word, enum backup_status *s) MUST_CHECK;
bool job_status_parse(const char *word, enum job_status *s) MUST_CHECK;
bool job_kind_parse(const char *word, enum job_kind *k) MUST_CHECK;

struct backup_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char *description;
	char type[12];	  /* "manual" "automated" */
	char trigger[12]; /* "user" "timer" "catch_up" */
	char method[12];  /* "logical" */
	enum backup_status status;
	char server_id[ID_MAX];
	char source_id[ID_MAX]; /* stays when the source is gone (rule 4) */
	char source_name[NAME_BUF];
	char source_engine[16], source_version[64];
	char *source_region;
	char pool_id[ID_MAX];
	char pool_name[NAME_BUF]; /* derived */
	char *scope_json, *options_json;
	int64_t created_at, started_at, finished_at, expires_at;
	char *save_path;
	uint64_t source_bytes, stored_bytes, part_count;
	uint64_t table_count, row_count, key_count;
	char *counts_json; /* of every kind of object; NULL: not known */
	char *consistency_json, *warnings_json, *error_json, *phases_json;
	char bottleneck[16]; /* "" "source" "compression" "store" */
	char manifest_digest[SHA256_HEX_MAX];
	char plan_id[ID_MAX]; /* "": none; stays when the plan is gone */
	char plan_name[NAME_BUF];
	int64_t due_at;		/* of a timer's run; else 0 */
	int64_t retention_days; /* of an automated one, from its end on; 0: no
				 * end was told */
	int64_t verified_at;	/* the last verification that ended */
	char verify_status[8];	/* "never" "passed" "failed" */
	char verify_scope[8];	/* "all" "sample"; "": never */
	bool is_verify_shallow; /* stored bytes alone were compared */
	char *depends_on_json, *last_drill_json; /* ids; drills.h; or NULL */
	bool is_encrypted, held;
	bool is_mine;	 /* derived: this server owns it (server_id) */
	bool is_adopted; /* read from a pool, not made here */
	bool is_restoring, is_verifying; /* derived; a drill restores, too */
	bool has_leftovers; /* objects may lie in the pool that must go */
	char job_id[ID_MAX];
	int64_t fence, revision;
	int64_t increments; /* of trees: since the full one */
	char *packs;	    /* that it needs (packs.h); given, never read */
};

struct restore_record {
	char id[ID_MAX];
	char backup_id[ID_MAX];
	char target_id[ID_MAX]; /* source */
	char target_name[NAME_BUF];
	char *target_path; /* of files: a folder instead of a source, or NULL */
	char provider[NAME_BUF]; /* makes the target; "": it is there */
	char *request_json; /* scope, rename, overwrite, confirm, options; of a
			     * new target also "provision", its options */
	/* How a new target is reached, once known; kept with the source. */
	char *connection_json, *secret;
	char version[64];
	/* The same at a bad end: whether all of it is gone, else why not. */
	bool is_destroyed;
	char *leftover;
	enum job_status status;
	uint64_t row_count, key_count;
	bool verified;
	char *error_json;
	int64_t created_at, started_at, finished_at;
	char job_id[ID_MAX];
	int64_t fence;
};

struct job_record {
	char id[ID_MAX];
	enum job_kind kind;
	enum job_status status;
	char resource[ID_MAX];	/* backup or restore */
	char source_id[ID_MAX]; /* source or target; may be empty */
	char pool_id[ID_MAX];
	char *error_json, *progress_json; /* progress: as it was at the end */
	int64_t created_at, started_at, finished_at;
	int64_t fence;
};

/* Frees what it holds, zeroes it. */
void backup_record_fini(struct backup_record *r);
void restore_record_fini(struct restore_record *r);
void job_record_fini(struct job_record *r);

/* Deep copies into a zeroed record; false: no memory, *to is finished. */
bool backup_record_copy(struct backup_record *to,
			const struct backup_record *from) MUST_CHECK;
bool restore_record_copy(struct restore_record *to,
			 const struct restore_record *from) MUST_CHECK;
bool job_record_copy(struct job_record *to,
		     const struct job_record *from) MUST_CHECK;

#endif
