/*
 * dump_int.h - what the phases of a dump share. The dump owns connections and
 * knowledge; each phase is made of sources of its own that borrow connections:
 *
 *	connect	(prepare.c)  session settings, role, rights
 *	guard	(guard.c)    schema changes are held off from here on
 *	list	(prepare.c)  what is in scope
 *	lanes	(lanes.c)    the other connections
 *	schema	(schema.c)   databases and sequences
 *	tables	(tables.c)   the tables' definitions, shared by the lanes
 *	hold	(guard.c)    a lock on tables without transactions, if asked for
 *	lock	(snapshot.c) one view for all lanes, and its position in the log
 *	data	(data.c)     rows, shared by the lanes
 *	held	(guard.c)    whether those tables were locked until here
 *	post	(post.c)     routines, views, triggers, events
 *	accounts (accounts.c) accounts, roles, grants
 *	proof	(guard.c)    whether they were held off until here
 *	check	(recheck.c)  whether the account kept its rights; and, if they
 *			     were not, whether all tables look as they did
 *
 * Definitions are read before the view is taken. Where schema changes are not
 * held off all the time, they are compared after the last row: whatever changed
 * in between is found, though the server's own check (error 1412) misses most
 * of it.
 */
#ifndef COFFER_SOURCES_MYSQL_DUMP_INT_H
#define COFFER_SOURCES_MYSQL_DUMP_INT_H

#include "sources/dump.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/grants.h"
#include "sources/mysql/dump/guard.h"
#include "sources/mysql/dump/objects.h"
#include "sources/mysql/dump/part.h"
#include "sources/mysql/reader.h"
#include "sources/mysql/server.h"

enum dump_phase {
	PHASE_CONNECT,
	PHASE_GUARD,
	PHASE_LIST,
	PHASE_LANES,
	PHASE_SCHEMA,
	PHASE_TABLES,
	PHASE_HOLD,
	PHASE_LOCK,
	PHASE_DATA,
	PHASE_HELD,
	PHASE_POST,
	PHASE_ACCOUNTS,
	PHASE_PROOF,
	PHASE_CHECK,
	PHASE_DONE,
	PHASE_COUNT,
};

enum {
	MY_TABLES = 1 << MY_TABLE | 1 << MY_VERSIONED,
	MY_SEQUENCES = 1 << MY_SEQUENCE,
	MY_VIEWS = 1 << MY_VIEW,
};

/* Tables that deserve a warning: how many, and the first names. */
struct my_some {
	unsigned n;
	struct text names;
};

struct my_dump {
	struct dump base; /* comes first */
	const struct source_env *env;
	unsigned max_tables;
	uint64_t max_row_bytes;
	bool has_accounts; /* they are wanted, and can be read */
	enum dump_phase phase;
	bool is_begun;				 /* the first phase was */
	struct my_conn *conns[DUMP_SOURCES_MAX]; /* by lane */
	unsigned nconns;      /* lanes; the first does what one alone does */
	unsigned parallelism; /* lanes wanted, 0: by the source's cores */
	unsigned cores;	      /* of the source, 0: not known */
	unsigned guard_seconds;
	bool is_locking;	/* tables without transactions, as asked */
	bool is_replica;	/* to be: dump_config */
	bool is_copy;		/* likewise */
	struct my_guard *guard; /* against schema changes, or NULL */
	struct my_guard *hold;	/* on tables without transactions, or NULL */
	struct my_server server;
	struct my_grants grants;
	struct my_objects objects;
	uint64_t next_number;	      /* of the next item */
	struct my_cursor definitions; /* the next table to be defined */
	struct my_cursor tables;      /* the next table to read */
	struct my_pool pool;	      /* tables that are read now */
	struct my_some drifting, versioned, elsewhere, untold;
	struct dump_facts facts;
};

/* Adds a warning to the dump's facts; beyond their bound it is dropped. */
void my_dump_warn(struct my_dump *d, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Appends the ids of the dump's own sessions, "12,13". */
void my_dump_sessions(const struct my_dump *d, struct text *ids);

/* "`db`.`table` was changed ...": source_changed. Returns false. */
bool my_changed(struct err *e, const struct my_database *db, const char *table,
		const char *how);

/* One more table of that kind. */
void my_some_add(struct my_some *some, const char *database, const char *table);

/* Their first names for a warning, after the last one was added. */
const char *my_some_text(struct my_some *some);

/* Turns what the definitions told into warnings. */
void my_tables_warn(struct my_dump *d);

/* After the rows: tells that tables without transactions were not locked. */
void my_tables_drifted(struct my_dump *d);

/* How many connections a dump may come to have, when so many are wanted. */
unsigned my_lanes_limit(unsigned parallelism);

/* How many connections are worth having, from what is known by now. */
unsigned my_lanes_wanted(const struct my_dump *d);

/* After the phase "lanes": goes on with those that are connected. */
void my_lanes_settle(struct my_dump *d);

/* Closes all but the first; no source may use them any more. */
void my_lanes_close(struct my_dump *d);

/* The sources of the phases; each may be made for every lane where lane is
 * told. NULL with *e filled. */
struct source *my_prepare_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_listing_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_lane_new(struct my_dump *d, unsigned lane,
			   struct err *e) MUST_CHECK;
struct source *my_schema_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_tables_new(struct my_dump *d, unsigned lane,
			     struct err *e) MUST_CHECK;
struct source *my_snapshot_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_data_new(struct my_dump *d, unsigned lane,
			   struct err *e) MUST_CHECK;
struct source *my_post_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_accounts_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_recheck_new(struct my_dump *d, struct err *e) MUST_CHECK;

#endif
