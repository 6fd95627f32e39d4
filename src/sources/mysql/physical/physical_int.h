/*
 * physical_int.h - a backup of a server's files, made by mariadb-backup:
 *
 *	connect	(look.c)  what the server is, whether the account may; tables
 *	data	(copy.c)  what the program writes; its lines tell positions
 *	check	(look.c)  whether the tables are still those
 *
 * The program copies definitions while it holds schema changes off, which
 * nobody outside sees. So the names of tables are taken before and after; they
 * are those of the copy when both are the same and the server has counted no
 * statement between that makes, drops or renames one. Else they are not known.
 */
#ifndef COFFER_SOURCES_MYSQL_PHYSICAL_INT_H
#define COFFER_SOURCES_MYSQL_PHYSICAL_INT_H

#include <jansson.h>

#include "sources/address_int.h"
#include "sources/dump.h"
#include "sources/mysql/census.h"
#include "sources/mysql/grants.h"
#include "sources/mysql/physical/base.h"
#include "sources/mysql/physical/tool.h"
#include "sources/mysql/server.h"

enum physical_phase {
	PHYSICAL_CONNECT,
	PHYSICAL_DATA,
	PHYSICAL_CHECK,
	PHYSICAL_DONE,
	PHYSICAL_PHASE_COUNT,
};

/* The tables as they were at one time. */
struct my_sight {
	struct my_census census;
	uint64_t changes;
	bool has_changes;
};

struct my_physical {
	struct dump base; /* comes first */
	const struct source_env *env;
	struct address_copy address;
	struct dump *clone; /* does it instead, once the server says that it is
			     * MySQL */
	bool is_clone;
	enum physical_phase phase;
	bool is_begun;
	bool is_replica;	    /* to be: dump_config */
	bool is_seen;		    /* the account may see all tables */
	json_t *databases, *tables; /* of the scope, "shop" and "shop.t"; NULL:
				     * the whole instance */
	unsigned max_tables, parallelism;
	void (*line)(void *arg, const char *text);
	void *line_arg;
	struct my_server server;
	struct my_grants grants;
	struct my_lineage here;	  /* of the server */
	struct my_base increment; /* what it builds on, if it may */
	struct my_conn *conns[2]; /* before and after; the second is made with
				   * the first, while the password is at hand */
	struct my_sight before, after;
	struct my_tool tool;
	struct dump_facts facts;
};

/* Adds a warning; beyond their bound it is dropped. */
void my_physical_warn(struct my_physical *p, const char *code, const char *fmt,
		      ...) PRINTF_LIKE(3, 4);

/* pick.c: reads a scope of names into p->databases and p->tables, with the
 * server's own, without which no instance of it would start. False with *e
 * filled: "invalid_scope", what the tool cannot be told. */
bool my_pick_read(struct my_physical *p, const struct source_scope *s,
		  struct err *e) MUST_CHECK;

/* Whether the table is among what is copied; arg: the my_physical. */
bool my_pick_has(void *arg, const char *database, const char *table);

/* Tells the program of it; false: no memory. */
bool my_pick_put(const struct my_physical *p, json_t *fields) MUST_CHECK;

/* The sources of the phases. NULL with *e filled. */
struct source *my_look_new(struct my_physical *p, struct err *e) MUST_CHECK;
struct source *my_look_again_new(struct my_physical *p,
				 struct err *e) MUST_CHECK;
struct source *my_copy_new(struct my_physical *p, struct err *e) MUST_CHECK;

/* Whether the server runs on this host: by socket or loopback address, under
 * this host's name. False with *e filled ("source_check_failed"). */
bool my_is_here(const struct source_address *a, const char *hostname,
		struct err *e) MUST_CHECK;

/* Whether the account may have it copied. False with *e ("access_denied"). */
bool my_copy_rights(const struct my_grants *g, const struct my_server *s,
		    struct err *e) MUST_CHECK;

#endif
