/*
 * dump.h - one backup of one source: phases, each of up to N sources that run
 * at the same time, one pipeline each (one connection each).
 */
#ifndef COFFER_SOURCES_DUMP_H
#define COFFER_SOURCES_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "pipeline/pipeline.h"
#include "sources/address.h"

struct tree_base;

struct source_warning {
	char code[ERR_API_MAX];
	char detail[ERR_MSG_MAX];
};

enum { SOURCE_WARNINGS_MAX = 32, SOURCE_PHASE_MAX = 24 };

/* What a dump is remembered by, and how far it is. Owned by the dump; read it
 * at any time on the loop. */
struct dump_facts {
	char phase[SOURCE_PHASE_MAX]; /* "connect" "schema" "lock" "data"
				       * "post" "check" */
	/* Of the frames that the phase at hand gives; ITEM_KIND_COUNT: it gives
	 * none. Told by logical dumps that have a section for each kind. */
	enum item_kind section;
	uint64_t items_done;
	uint64_t items_total;
	char version[64];
	char consistency[16]; /* "consistent" "partial" */
	char binlog_file[256];
	uint64_t binlog_position;
	char gtid[1024];
	char *session_json; /* object: sql_mode, character sets, time_zone */
	uint64_t databases, tables, rows, views, routines, triggers, events;
	uint64_t sequences, accounts;
	/* Of Redis; counts_json is an array with an object per database. */
	uint64_t keys, expiring, functions;
	char *counts_json;
	char replication_id[41];
	uint64_t replication_offset;
	/* Of files: members of the archive; content_bytes are those of the
	 * files alone. rows counts them all. */
	bool has_files;
	uint64_t files, directories, symlinks, hardlinks, others;
	uint64_t content_bytes;
	/* Of objects of a bucket, with content_bytes and rows as above. */
	bool has_objects;
	uint64_t objects;
	unsigned connections; /* that read at the same time */
	uint64_t plain_bytes;
	uint64_t max_statement_bytes; /* the longest one, for load_config */
	/* Of methods that copy files: what source_proof needs later, and
	 * physical_json for the manifest, an object ({"tool","from_lsn",
	 * "to_lsn","base"}, {"hook","stall_ms"}). */
	struct digest names; /* all zero: not known */
	char *physical_json;
	char part_suffix[16]; /* what its parts are, where the method alone does
			       * not tell: known before the first byte. "": as
			       * usual */
	bool is_incremental;  /* it needs the backup that base_json is of */
	struct source_warning warnings[SOURCE_WARNINGS_MAX];
	size_t nwarnings;
};

enum dump_method { DUMP_LOGICAL, DUMP_PHYSICAL, DUMP_SNAPSHOT };

/* The bucket that the backup is written to; all NULL: none. */
struct dump_avoid {
	const char *endpoint, *bucket;
	const char *prefix; /* "", NULL or "a/b" */
};

struct dump_config {
	struct source_address address;
	struct source_scope scope;
	enum dump_method method;
	const char *backup_id, *server_id; /* what a snapshot is known by */
	/* Of DUMP_SNAPSHOT; NULL: the first that can, and of files: none. */
	const char *hook;
	unsigned hold_seconds; /* of DUMP_SNAPSHOT: nobody waits longer */
	/* The physical_json of the backup to build on, if it has one. Of
	 * DUMP_PHYSICAL an increment is made if the source is still what that
	 * was made of (facts tell); NULL: a full one. */
	const char *base_json;
	bool wants_increments; /* of a plan that builds upon this one, too */
	/* Lines that programs write; runs from the loop. May be NULL. */
	void (*line)(void *arg, const char *text);
	void *line_arg;
	unsigned parallelism;	/* connections wanted, 0: as many as the source
				 * has cores, at most 4 */
	unsigned guard_seconds; /* how long schema changes may be held off at
				 * most, 0: not at all */
	bool with_accounts;  /* of a whole instance: accounts, roles, grants */
	bool is_locking;     /* tables without transactions are locked while
			      * they are read */
	bool is_copy;	     /* of files, which nobody else uses: what role they
			      * had does not matter */
	bool is_replica;     /* rule 2: a replica, through which its primary is
			      * read, and nothing else; without: no replica */
	unsigned max_tables; /* rule 10 */
	uint64_t max_row_bytes;
	/* Of files. */
	bool is_strict;		 /* what cannot be read fails it */
	bool is_one_file_system; /* what is mounted in there is left out */
	const char *avoid; /* a folder that the backup is written to, or NULL */
	/* Of objects; is_strict, too. */
	struct dump_avoid avoid_bucket;
	/* Of a tree: the backup to build upon, of which the dump takes a
	 * reference; NULL: a full one. */
	struct tree_base *base;
};

enum { DUMP_SOURCES_MAX = 16 };

struct dump {
	const struct dump_ops *ops;
};

struct dump_ops {
	/*
	 * The sources of the next phase, *n of them, each to be run to its end
	 * before the next call. *n = 0: all is out. False with *e filled.
	 */
	bool (*next_phase)(struct dump *d, struct source *out[DUMP_SOURCES_MAX],
			   size_t *n, struct err *e);
	const struct dump_facts *(*facts)(const struct dump *d);
	/* Closes all connections at once; its sources must be gone. */
	void (*destroy)(struct dump *d);
};

#endif
