/* load.h - one restore into one target: a check, a sink, a verification. */
#ifndef COFFER_SOURCES_LOAD_H
#define COFFER_SOURCES_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "pipeline/pipeline.h"
#include "sources/address.h"
#include "sources/load_item.h"
#include "sources/load_report.h"

struct source_op;

typedef void load_done_cb(void *arg, const struct err *e);

/* e: the target could not be looked at, report is NULL then. Both are valid
 * during the call only. */
typedef void load_check_cb(void *arg, const struct load_report *report,
			   const struct err *e);

enum load_definer {
	LOAD_DEFINER_KEEP,
	LOAD_DEFINER_REPLACE, /* programs belong to who restores */
};

struct load_rename {
	const char *from, *to;
};

struct load_config {
	struct source_address address;
	const char *const *databases; /* as named in the backup; those of
				       * partial too */
	size_t ndatabases;
	/* Of the databases, those of which single tables are restored: each
	 * with these tables (and views). NULL: every database is whole. */
	const struct source_scope_database *partial;
	size_t npartial;
	/* Of Redis: what of the backup is wanted. Its whole stream is read, and
	 * the load leaves out what is not. Borrowed until load_new() returns.
	 */
	const struct source_scope *scope;
	unsigned parallelism; /* connections, 0: 4 at most */
	enum load_definer definer;
	const char *const *definers; /* that the backup names: "app@%" */
	size_t ndefiners;
	uint64_t plain_bytes; /* that will be written, for the room there */
	/* Of a tree: files that come under the name of a hard link to them,
	 * since only that is wanted; sorted by from. */
	const struct load_rename *renames;
	size_t nrenames;
	/* Of a tree: the folder, there and trusted, that address.path lies in
	 * and is made in; NULL: address.path is there. */
	const char *beneath;
	/* Of a bucket: what comes, told as often as it likes while the load
	 * lives; and what is put before each key, NULL: nothing.
	 * address.prefix is where nothing else should lie. */
	load_expect_cb *expect;
	void *expect_arg;
	const char *front;
	bool is_overwrite;	    /* existing databases (of partial ones:
				     * tables) go first ... */
	const char *const *confirm; /* ... if they are named here: "shop", of
				     * single tables "shop.orders" */
	size_t nconfirm;
	const char *source_version;
	const char *session_json;     /* as the dump gave it */
	uint64_t max_statement_bytes; /* longest the backup holds, 0: unknown */
};

struct load_note {
	char text[ERR_MSG_MAX];
};

struct load_facts {
	uint64_t rows_verified, tables_verified;
	uint64_t statements;
	uint64_t statement_bytes;
	/* What the target holds if the restore stops here. */
	uint64_t tables_made, rows_committed, programs_made;
	uint64_t redone; /* transactions that others were in the way of */
	/* Of Redis; expired: whose time had come, left out or gone since. */
	uint64_t keys_verified, expired;
	/* Of a tree: files, folders and all else. */
	uint64_t members_made;
	/* What could not be made and was left out, a sentence each, without
	 * secrets: the first ones, and how many in all. */
	struct load_note *notes;
	size_t nnotes;
	uint64_t left_out;
};

struct load {
	const struct load_ops *ops;
};

/* Frames that a sink may keep at a time, to apply them once more. */
enum { LOAD_KEEPS_BYTES = 4 * 1024 * 1024 };

struct load_ops {
	/* What its sinks hold at a time; 0: LOAD_KEEPS_BYTES. */
	size_t keeps_bytes;
	/* Looks at the target and tells what it found; changes nothing. */
	struct source_op *(*check)(struct load *l, load_check_cb *done,
				   void *arg, struct err *e);
	/* How many sinks may apply a section at the same time: 1 for all but
	 * data. Asked for after check(), which learns what the target bears. A
	 * frame that is_open and those that go on with it are one sink's. */
	unsigned (*width)(const struct load *l, enum item_kind section);
	/*
	 * A sink that applies plain frames of a section; sections come in
	 * their order, each when the sinks of the one before are gone. The
	 * first of ITEM_SCHEMA begins by dropping what is to be overwritten.
	 * A frame with spans was cut out of others: the sink applies the bytes
	 * of its spans alone (plain_offset counts from the frame's data) with
	 * its session set up as each span's item needs it; one without has all
	 * it needs.
	 * Failures are "target_failed", naming the statement's beginning and
	 * how far it came. NULL with *e filled.
	 */
	struct sink *(*sink)(struct load *l, enum item_kind section,
			     struct err *e);
	/* Counts and digests each table again; "verification_failed" with the
	 * table, what was expected and what was found. It ends by making what
	 * the sink held back because it would write by itself (MySQL's
	 * events): without it they are not there. */
	struct source_op *(*verify)(struct load *l, load_next_cb *next,
				    void *next_arg, load_done_cb *done,
				    void *arg, struct err *e);
	/*
	 * Of an engine whose backups can be laid down as a file that a new
	 * server reads: a stage that lets their frames pass and learns from
	 * them what verify() will look for; and where that server is, which
	 * may not have been known before. NULL (the members): there is none.
	 */
	struct stage *(*gauge)(struct load *l, struct err *e);
	bool (*reach)(struct load *l, const struct source_address *a,
		      const char *version, struct err *e);
	/* Whether a worker writes for a sink that is gone. NULL: never. */
	bool (*is_writing)(const struct load *l);
	const struct load_facts *(*facts)(const struct load *l);
	/* Sinks and ops must be gone. */
	void (*destroy)(struct load *l);
};

#endif
