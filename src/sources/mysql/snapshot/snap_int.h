/*
 * snap_int.h - what the phases of a dump by snapshot share, and of one by
 * MySQL's CLONE (clone/clone_int.h), in place of a snapshot then:
 *
 *	connect	(look.c)  version, role, rights; that all data lies in the
 *			  data directory, and that this is its host
 *	probe	(calls.c) the hook that can take it; nothing of that name is
 *			  left
 *	lock	(hold.c)  the server holds still, the hook takes the snapshot,
 *			  the server goes on
 *	open	(calls.c) the snapshot becomes readable
 *	data	(pack.c)  its files as one tar archive
 *	check	(calls.c) it is released
 *
 * Wherever that ends, the locks go with their connection and the snapshot with
 * its keeper (programs/snapshot.h).
 */
#ifndef COFFER_SOURCES_MYSQL_SNAP_INT_H
#define COFFER_SOURCES_MYSQL_SNAP_INT_H

#include "sources/dump.h"
#include "sources/hooked.h"
#include "sources/mysql/census.h"
#include "sources/mysql/grants.h"
#include "sources/mysql/server.h"
#include "sources/mysql/snapshot/proof.h"

struct my_conn;
struct my_snap;

enum snap_phase {
	SNAP_CONNECT,
	SNAP_PROBE,
	SNAP_LOCK,
	SNAP_OPEN,
	SNAP_DATA,
	SNAP_CHECK,
	SNAP_DONE,
	SNAP_PHASE_COUNT,
};

/* What a phase is called, and its source. */
struct my_snap_phase {
	const char *name;
	struct source *(*make)(struct my_snap *d, struct err *e);
};

struct my_snap {
	struct dump base; /* comes first */
	const struct source_env *env;
	const struct my_snap_phase *phases; /* SNAP_PHASE_COUNT of them */
	struct my_clone *clone;		    /* or NULL: of a snapshot */
	enum snap_phase phase;
	bool is_begun; /* the first phase was */
	bool is_replica;
	unsigned max_tables;
	unsigned hold_seconds;
	char *hook; /* as asked for, or NULL */
	char *backup_id;
	struct my_conn *conn;	/* looks; NULL: closed */
	struct my_conn *holder; /* has the locks; NULL: closed */
	struct my_server server;
	struct my_grants grants;
	struct my_census census; /* while nothing can be made or dropped */
	char *datadir;		 /* without a slash at its end */
	char *log_base; /* how the paths of binary logs in there begin, or NULL
			 */
	char system[256]; /* the system tablespace in there; "": not known */
	bool has_home;	  /* InnoDB has a folder of its own in there */
	char log[512];	  /* the binary log in there; "": none */
	struct hooked hooked; /* the snapshot, or a folder of a hook's */
	struct my_proof proof;
	int64_t stall_ms; /* that nobody could commit */
	struct dump_facts facts;
};

/* A dump that goes through these phases; clone: of what it is by CLONE, is
 * taken, also on failure (clone/clone_int.h). NULL with *e filled. */
struct my_snap *my_snap_make(const struct source_env *env,
			     const struct dump_config *c,
			     const struct my_snap_phase *phases,
			     struct my_clone *clone, struct err *e) MUST_CHECK;

/* Adds a warning to the dump's facts; beyond their bound it is dropped. */
void my_snap_warn(struct my_snap *d, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* False: the hook's answer is a failure, which is the dump's, in *e. */
bool my_snap_explain(const struct my_snap *d, struct err *e) MUST_CHECK;

/* The sources of the phases. NULL with *e filled. */
struct source *my_snap_look_new(struct my_snap *d, struct err *e) MUST_CHECK;
struct source *my_snap_probe_new(struct my_snap *d, struct err *e) MUST_CHECK;
struct source *my_snap_hold_new(struct my_snap *d, struct err *e) MUST_CHECK;
struct source *my_snap_open_new(struct my_snap *d, struct err *e) MUST_CHECK;
struct source *my_snap_pack_new(struct my_snap *d, struct err *e) MUST_CHECK;
struct source *my_snap_release_new(struct my_snap *d, struct err *e) MUST_CHECK;

#endif
