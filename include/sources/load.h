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

struct source_op;

/* One table to compare after a restore, as the index tells it. */
struct load_item {
	const char *database; /* its name at the target */
	const char *name;
	uint64_t rows;
	struct digest digest;
};

/* The next table to compare; false at the end. Strings are valid until the
 * next call. */
typedef bool load_next_cb(void *arg, struct load_item *item);

typedef void load_done_cb(void *arg, const struct err *e);

struct load_rename {
	const char *from, *to;
};

struct load_config {
	struct source_address address;
	const char *const *databases; /* as named in the backup */
	size_t ndatabases;
	const struct load_rename *renames;
	size_t nrenames;
	bool is_overwrite;	    /* existing databases go first ... */
	const char *const *confirm; /* ... if they are named here */
	size_t nconfirm;
	const char *source_version;
	const char *session_json;     /* as the dump gave it */
	uint64_t max_statement_bytes; /* longest the backup holds, 0: unknown */
};

struct load_facts {
	uint64_t rows_verified, tables_verified;
	uint64_t statements;
	uint64_t statement_bytes;
};

struct load {
	const struct load_ops *ops;
};

struct load_ops {
	/*
	 * Looks at the target and changes nothing: e->api "target_not_empty"
	 * (without overwrite), "confirm_required" (each database by name),
	 * "target_incompatible", "connection_failed", "access_denied".
	 */
	struct source_op *(*check)(struct load *l, load_done_cb *done,
				   void *arg, struct err *e);
	/* A sink that applies plain frames; a first frame drops what is to be
	 * overwritten. Failures are "target_failed", naming the statement's
	 * beginning and how far it came. NULL with *e filled. */
	struct sink *(*sink)(struct load *l, struct err *e);
	/* Counts and digests each table again; "verification_failed" with the
	 * table, what was expected and what was found. It ends by making what
	 * the sink held back because it would write by itself (MySQL's
	 * events): without it they are not there. */
	struct source_op *(*verify)(struct load *l, load_next_cb *next,
				    void *next_arg, load_done_cb *done,
				    void *arg, struct err *e);
	const struct load_facts *(*facts)(const struct load *l);
	/* Sinks and ops must be gone. */
	void (*destroy)(struct load *l);
};

#endif
