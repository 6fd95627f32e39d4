/*
 * kinds.h - what can be backed up. One entry per engine; the rest of the
 * server knows sources only through these calls.
 */
#ifndef COFFER_SOURCES_KINDS_H
#define COFFER_SOURCES_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "sources/address.h"
#include "sources/dump.h"
#include "sources/inventory.h"
#include "sources/load.h"

/* Found by a probe. */
struct source_info {
	char version[64];
	char role[16];	/* "primary" "replica" */
	unsigned cores; /* of the server, 0: not known */
};

typedef void source_probe_cb(void *arg, const struct source_info *info,
			     const struct err *e);

/* One database or one table; ntables and bytes are -1 when not asked for. */
struct source_name {
	const char *name;
	int64_t ntables;
	int64_t bytes;
};

typedef void source_names_cb(void *arg, const struct source_name *names,
			     size_t n, const struct err *e);

struct source_names_query {
	const char *database; /* NULL: list databases */
	bool want_sizes;      /* dear: it opens every table */
};

/*
 * What an instance must hold that was made from the files of another: as many
 * tables, under names of which this is the digest (of each "database.table" as
 * a row of two values, base/digest.h), so the sum does not depend on order.
 * names all zero: not known, so tables are checked, and neither counted nor
 * compared.
 */
struct source_proof {
	uint64_t tables;
	struct digest names;
};

/* rows: in all tables together, as counted while they were checked. e:
 * "verification_failed" with the table and what is wrong with it, or the
 * instance could not be looked at. */
typedef void source_prove_cb(void *arg, uint64_t rows, const struct err *e);

/* A call under way; its callback runs once, from the loop. */
struct source_op;

/* An option of backups and plans, and the methods to which it says something.
 */
enum { SOURCE_METHODS_MAX = 3 };

struct source_option {
	const char *name;
	const char *methods[SOURCE_METHODS_MAX + 1]; /* NULL at the end */
};

struct source_kind {
	const char *engine; /* "mysql" */
	/* How this build backs it up, NULL at the end: requests for another
	 * method are refused, and clients are shown these. */
	const char *const *methods;
	/* The options that fit, also of methods that are to come; name NULL at
	 * the end. What is a plan's own fits all, and is not among them. */
	const struct source_option *options;
	unsigned default_port;
	const char *part_suffix; /* ".sql" */
	bool needs_user;	 /* none logs in without a name */
	bool is_by_key;	  /* a scope names keys, and one stream holds them all:
			   * a restore of some of them reads the whole */
	bool is_tree;	  /* files, or objects: a scope is of globs, an item is
			   * one of them, has facts, and is in no database */
	bool is_bucket;	  /* of these, one of objects */
	bool cannot_wait; /* the server cuts who reads slowly: what the store
			   * does not take yet is spooled */
	/* Whether a method needs a program of the helper's at a server of that
	 * version: *list, of the helper's answer to "list", must have *name in
	 * it; NULL: anything. NULL (the member): none does. */
	bool (*needs)(const char *method, const char *version,
		      const char **list, const char **name);
	/* Connects, asks for version and role, leaves. "source_check_failed"
	 * is for the caller to say; here "connection_failed",
	 * "access_denied". NULL with *e filled. */
	struct source_op *(*probe)(const struct source_env *env,
				   const struct source_address *a,
				   source_probe_cb *done, void *arg,
				   struct err *e);
	/* database == NULL: the databases; else its tables. NULL (the member):
	 * it has none. */
	struct source_op *(*names)(const struct source_env *env,
				   const struct source_address *a,
				   const struct source_names_query *q,
				   source_names_cb *done, void *arg,
				   struct err *e);
	/* Looks at each table of an instance made from files: it is among
	 * those that the proof tells, and sound by the engine's own check. NULL
	 * (the member): the engine has no methods but logical. */
	struct source_op *(*prove)(const struct source_env *env,
				   const struct source_address *a,
				   const struct source_proof *proof,
				   source_prove_cb *done, void *arg,
				   struct err *e);
	/* Tells all that a server holds and that a dump would read, but for the
	 * server's own. NULL (the member): what its files hold is not restored
	 * through an instance of them. */
	struct source_op *(*objects)(const struct source_env *env,
				     const struct source_address *a,
				     source_object_cb *each,
				     source_objects_cb *done, void *arg,
				     struct err *e);
	struct dump *(*dump_new)(const struct source_env *env,
				 const struct dump_config *c, struct err *e);
	struct load *(*load_new)(const struct source_env *env,
				 const struct load_config *c, struct err *e);
};

/* The engine's entry; NULL when it is unknown or was left out at build. */
const struct source_kind *source_kind_find(const char *engine);

/* The engines of this build, NULL at the end. From any thread, as the entry of
 * one. */
const struct source_kind *const *source_kinds(void);

/* Whether this build backs up that kind by the method. */
bool source_has_method(const struct source_kind *kind, const char *method);

/* Whether the option says something to that method of the kind; method NULL:
 * to any of its methods. */
bool source_takes_option(const struct source_kind *kind, const char *method,
			 const char *option);

/* Drops the connection at once; the callback will not run. NULL is fine. */
void source_op_cancel(struct source_op *op);

#endif
