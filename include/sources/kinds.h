/*
 * kinds.h - what can be backed up. One entry per engine; the rest of the
 * server knows sources only through these calls.
 */
#ifndef COFFER_SOURCES_KINDS_H
#define COFFER_SOURCES_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/address.h"
#include "sources/dump.h"
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

/* A call under way; its callback runs once, from the loop. */
struct source_op;

struct source_kind {
	const char *engine; /* "mysql" */
	unsigned default_port;
	const char *part_suffix; /* ".sql" */
	bool needs_user;	 /* none logs in without a name */
	bool is_by_key;	  /* a scope names keys, and one stream holds them all:
			   * a restore of some of them reads the whole */
	bool cannot_wait; /* the server cuts who reads slowly: what the store
			   * does not take yet is spooled */
	/* Connects, asks for version and role, leaves. "source_check_failed"
	 * is for the caller to say; here "connection_failed",
	 * "access_denied". NULL with *e filled. */
	struct source_op *(*probe)(const struct source_env *env,
				   const struct source_address *a,
				   source_probe_cb *done, void *arg,
				   struct err *e);
	/* database == NULL: the databases; else its tables. */
	struct source_op *(*names)(const struct source_env *env,
				   const struct source_address *a,
				   const struct source_names_query *q,
				   source_names_cb *done, void *arg,
				   struct err *e);
	struct dump *(*dump_new)(const struct source_env *env,
				 const struct dump_config *c, struct err *e);
	struct load *(*load_new)(const struct source_env *env,
				 const struct load_config *c, struct err *e);
};

/* The engine's entry; NULL when it is unknown or was left out at build. */
const struct source_kind *source_kind_find(const char *engine);

/* The engines of this build, NULL at the end. */
const struct source_kind *const *source_kinds(void);

/* Drops the connection at once; the callback will not run. NULL is fine. */
void source_op_cancel(struct source_op *op);

#endif
