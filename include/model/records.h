/*
 * records.h - what the catalog keeps of sources, pools and tokens, as plain
 * structs. Backups, restores and jobs: runs.h.
 *
 * char * members belong to the record and may be NULL; *_json hold one JSON
 * value as text. Times are milliseconds since 1970, 0 when not (yet). Every
 * record has a fini that frees what it holds, zeroes it, and wipes secrets.
 */
#ifndef COFFER_MODEL_RECORDS_H
#define COFFER_MODEL_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/password.h"
#include "base/sha256.h"
#include "model/names.h"

struct source_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char engine[16];
	char *remarks, *region;
	char *connection_json; /* object without its secrets */
	char *secret;	       /* the password; only where the call says so */
	bool has_secret;
	/* rule 2: the replica that plans read through, like the connection */
	char *read_from_json;	/* NULL: none */
	char *read_from_secret; /* only where the call says so */
	bool has_read_from_secret;
	char provisioned_by[NAME_BUF]; /* the provisioner that made it, or "" */
	bool is_creating; /* it is not whole: it is being made, or is left
			   * from that and has to be destroyed */
	/* what the last probe said */
	char version[64];
	char role[16];
	bool is_reachable;
	char *reason; /* why not */
	int64_t probed_at;
	/* derived by the catalog from running jobs */
	bool is_backing_up, is_restoring;
	int64_t last_backup_at;
	char *plans_json; /* [{"id","name"}...], at most 500; or NULL */
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
	/* another server of this one's id uses it, too: nothing is removed;
	 * NULL: none does */
	char *rival;
	uint64_t backup_count, stored_bytes; /* derived: completed ones */
	bool is_adopting;		     /* derived: a job reads it */
	char *plans_json;		     /* derived: as for sources */
	char *recipients_json; /* array of "age1..."; NULL: not encrypted */
	char *identity; /* "AGE-SECRET-KEY-1..."; only where the call says so */
	bool has_identity;
	int64_t revision, created_at, updated_at;
};

struct token_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char role[12];		   /* "read" "operate" "restore" "admin" */
	char hash[SHA256_HEX_MAX]; /* of the token */
	int64_t created_at, expires_at;
	char password[PASSWORD_HASH_MAX]; /* its hash; "": it has none */
};

/* Frees what it holds, wipes the secret, zeroes it. */
void source_record_fini(struct source_record *r);
void pool_record_fini(struct pool_record *r);

/* Deep copies into a zeroed record; false: no memory, *to is finished. */
bool source_record_copy(struct source_record *to,
			const struct source_record *from) MUST_CHECK;
bool pool_record_copy(struct pool_record *to,
		      const struct pool_record *from) MUST_CHECK;

/* Rule 1: "available" "backing_up" "restoring" "creating" "unreachable". */
const char *source_status_name(const struct source_record *r);

#endif
