/*
 * load_int.h - what the parts of a restore share: the check before
 * (check.c), the sinks that apply a dump (sink.c), and the
 * verification after (verify.c). Each has connections of its own.
 */
#ifndef COFFER_SOURCES_MYSQL_LOAD_INT_H
#define COFFER_SOURCES_MYSQL_LOAD_INT_H

#include "sources/load.h"
#include "sources/address_int.h"
#include "sources/mysql/load/rename.h"
#include "sources/mysql/server.h"

/* A statement that waits for the verification: making an event. */
struct my_held {
	char *sql;
	size_t len;
};

/* A database of which single tables are restored. */
struct my_partial {
	char **tables;
	size_t n;
	bool is_partial; /* false: the whole database */
	bool is_there;	 /* at the target, before; the check found it */
};

struct my_load {
	struct load base; /* comes first */
	const struct source_env *env;
	struct address_copy address;
	char **databases;	     /* as they are called at the target */
	struct my_partial *partials; /* one for each of them */
	size_t ndatabases;
	struct my_renames renames;
	bool is_overwrite;
	char **confirm;
	size_t nconfirm;
	enum load_definer definer;
	char **definers;
	size_t ndefiners;
	struct my_server source; /* version alone */
	bool has_source;	 /* it is known */
	char *session_json;	 /* of the source, or NULL */
	uint64_t max_statement_bytes, plain_bytes;
	unsigned parallelism;
	unsigned cores;	  /* of the target, 0: not known */
	bool is_prepared; /* a sink dropped what is overwritten */
	void *plain;	  /* tables without transactions, a tsearch() tree */
	struct my_held *held;
	size_t nheld, held_cap;
	struct load_facts facts;
};

/* True when what is called so ("shop", "shop.orders") may be dropped:
 * overwriting was asked for and the name was typed. */
bool my_load_may_drop(const struct my_load *l, const char *name);

/* The same of one table. */
bool my_load_may_drop_table(const struct my_load *l, const char *database,
			    const char *table);

/* The entry of a database by its name at the target; NULL: whole, or none
 * of ours. */
const struct my_partial *my_load_partial(const struct my_load *l,
					 const char *database);

/* One thing more that is left out; of the first ones the sentence is kept. */
void my_load_note(struct my_load *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Keeps a copy of the statement. False: no memory. */
bool my_load_hold(struct my_load *l, const char *sql, size_t len) MUST_CHECK;

/*
 * Tables whose rows a ROLLBACK does not take back. use and name are as they
 * are sent: "USE `db`", "`t`". add: false: no memory.
 */
bool my_plain_add(struct my_load *l, const struct text *use, const char *name,
		  size_t len) MUST_CHECK;
bool my_plain_has(const struct my_load *l, const struct text *use,
		  const char *name, size_t len);
void my_plain_fini(struct my_load *l);

/* Where a preparation is: what is dropped and made before the first
 * statement. Zero it to begin with. */
struct my_prepare {
	size_t database, table;
	bool is_begun;	/* of a partial database: it was made */
	bool is_a_view; /* the table is next as a view */
};

/* Appends the next statement; nothing appended: there are no more. */
void my_prepare_next(const struct my_load *l, struct my_prepare *p,
		     struct text *sql);

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
