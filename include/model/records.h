/*
 * records.h - what the catalog keeps, as plain structs.
 *
 * char * members belong to the record and may be NULL; *_json hold one JSON
 * value as text. Times are milliseconds since 1970, 0 when not (yet). Every
 * record has a fini that frees what it holds, zeroes it, and wipes secrets.
 */
#ifndef COFFER_MODEL_RECORDS_H
#define COFFER_MODEL_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

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

enum job_kind { JOB_BACKUP, JOB_RESTORE, JOB_DELETE, JOB_KIND_COUNT };

/* The API's words: "backing_up", "running", "backup". */
const char *backup_status_name(enum backup_status s);
const char *job_status_name(enum job_status s);
const char *job_kind_name(enum job_kind k);

struct source_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char engine[16];
	char *remarks, *region;
	char *connection_json; /* object without its secrets */
	char *secret;	       /* the password; only where the call says so */
	bool has_secret;
	/* what the last probe said */
	char version[64];
	char role[16];
	bool is_reachable;
	char *reason; /* why not */
	int64_t probed_at;
	/* derived by the catalog from running jobs */
	bool is_backing_up, is_restoring;
	int64_t last_backup_at;
	int64_t revision, created_at, updated_at;
};

struct pool_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char storage_type[24]; /* "object_storage" "local_directory" */
	char *remarks;
	char *config_json; /* the member named as the type, no secrets */
	char *secret;	   /* the secret key; only where the call says so */
	bool has_secret;
	uint64_t part_bytes;
	char *capabilities_json;
	bool is_reachable;
	char *reason;
	int64_t probed_at;
	uint64_t backup_count, stored_bytes; /* derived: completed ones */
	int64_t revision, created_at, updated_at;
};

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
	char *consistency_json, *warnings_json, *error_json, *phases_json;
	char bottleneck[16]; /* "" "source" "compression" "store" */
	char manifest_digest[SHA256_HEX_MAX];
	bool held;
	bool is_restoring;  /* derived */
	bool has_leftovers; /* objects may lie in the pool that must go */
	char job_id[ID_MAX];
	int64_t fence;
	int64_t revision;
};

struct restore_record {
	char id[ID_MAX];
	char backup_id[ID_MAX];
	char target_id[ID_MAX]; /* source */
	char target_name[NAME_BUF];
	char *request_json; /* scope, rename, overwrite, confirm, options */
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

struct token_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char role[12];		   /* "read" "operate" "restore" "admin" */
	char hash[SHA256_HEX_MAX]; /* of the token */
	int64_t created_at, expires_at;
};

/* Free, wipe, zero. */
void source_record_fini(struct source_record *r);
void pool_record_fini(struct pool_record *r);
void backup_record_fini(struct backup_record *r);
void restore_record_fini(struct restore_record *r);
void job_record_fini(struct job_record *r);

/* Deep copies into a zeroed record; false: no memory, *to is finished. */
bool source_record_copy(struct source_record *to,
			const struct source_record *from) MUST_CHECK;
bool pool_record_copy(struct pool_record *to,
		      const struct pool_record *from) MUST_CHECK;
bool backup_record_copy(struct backup_record *to,
			const struct backup_record *from) MUST_CHECK;
bool restore_record_copy(struct restore_record *to,
			 const struct restore_record *from) MUST_CHECK;

/* Rule 1: "available" "backing_up" "restoring" "unreachable". */
const char *source_status_name(const struct source_record *r);

#endif
