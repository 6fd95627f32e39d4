/*
 * load_int.h - what the three parts of a restore share: the check before
 * (load_check.c), the sink that applies a dump (load_sink.c), and the
 * verification after (load_verify.c). Each has a connection of its own.
 */
#ifndef COFFER_SOURCES_MYSQL_LOAD_INT_H
#define COFFER_SOURCES_MYSQL_LOAD_INT_H

#include "sources/load.h"
#include "sources/mysql/address.h"
#include "sources/mysql/rename.h"
#include "sources/mysql/server.h"

/* A statement that waits for the verification: making an event. */
struct my_held {
	char *sql;
	size_t len;
};

struct my_load {
	struct load base; /* comes first */
	const struct source_env *env;
	struct my_address address;
	char **databases; /* as they are called at the target */
	size_t ndatabases;
	struct my_renames renames;
	bool is_overwrite;
	char **confirm;
	size_t nconfirm;
	struct my_server source; /* version alone */
	bool has_source;	 /* it is known */
	uint64_t max_statement_bytes;
	struct my_held *held;
	size_t nheld, held_cap;
	struct load_facts facts;
};

/* True when the database may be dropped: overwriting was asked for and the
 * name was typed. */
bool my_load_may_drop(const struct my_load *l, const char *database);

/* Keeps a copy of the statement. False: no memory. */
bool my_load_hold(struct my_load *l, const char *sql, size_t len) MUST_CHECK;

/* What is told of a source otherwise is told of a target: "target_failed". */
void my_load_blame(struct err *e);

/* Parts of load_ops. */
struct source_op *my_load_check(struct load *load, load_check_cb *done,
				void *arg, struct err *e) MUST_CHECK;
struct sink *my_load_sink(struct load *load, enum item_kind section,
			  struct err *e) MUST_CHECK;
struct source_op *my_load_verify(struct load *load, load_next_cb *next,
				 void *next_arg, load_done_cb *done, void *arg,
				 struct err *e) MUST_CHECK;

#endif
