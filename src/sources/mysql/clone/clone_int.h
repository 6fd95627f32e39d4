/*
 * clone_int.h - a backup of MySQL's files, copied by the server itself (CLONE
 * LOCAL DATA DIRECTORY) into a folder that a hook gives it. The phases are
 * those of a snapshot (snapshot/snap_int.h), with other beginnings:
 *
 *	connect	(look.c)  version, role, rights, plugin, host
 *	probe		  the hook that gives folders
 *	clone	(run.c)	  schema changes are held off, the folder, CLONE
 *	open		  the server is shut out of the folder
 *	data		  the folder as one tar archive
 *	check		  it is removed
 *
 * The server does not notice that whoever asked for a CLONE has gone (measured:
 * it goes on to its end). So a dump that ends in the middle leaves somebody
 * behind who has it ended (stop.c), and only then the folder is removed.
 *
 * The moment that a clone stands for is that of its end, and its binary log's
 * position is known to the copy alone, in its pages and redo log; MySQL tells
 * it in performance_schema.clone_status once it was started on them.
 * https://dev.mysql.com/doc/refman/8.4/en/clone-plugin-local.html
 */
#ifndef COFFER_SOURCES_MYSQL_CLONE_INT_H
#define COFFER_SOURCES_MYSQL_CLONE_INT_H

#include "sources/address_int.h"
#include "sources/mysql/snapshot/snap_int.h"

struct my_clone {
	struct address_copy address;
	bool has_scope;	       /* something else than the whole is asked for */
	bool wants_increments; /* which there are none of */
	/* The server's number for the session of a CLONE that may be under way;
	 * 0: there is none. */
	unsigned long session;
};

/* NULL is fine. */
void my_clone_free(struct my_clone *c);

/* Lets go of d->hooked.snapshot and d->clone, after a CLONE that may be under
 * way. */
void my_clone_leave(struct my_snap *d);

/*
 * Ends the CLONE of d's session on a connection of its own, waits until it has
 * ended, and lets go of the folder. Takes d->hooked.snapshot and sets it NULL;
 * the rest of d is free to go. Without memory the folder is let go of at once.
 */
void my_clone_stop(struct my_snap *d);

/* The sources of the phases "connect" and "clone". NULL with *e filled. */
struct source *my_clone_look_new(struct my_snap *d, struct err *e) MUST_CHECK;
struct source *my_clone_run_new(struct my_snap *d, struct err *e) MUST_CHECK;

/*
 * What a failed CLONE means, by the server's number; *e holds what it said,
 * with the number at its end. Returns false with *e filled anew. Pure.
 */
bool my_clone_fault(unsigned number, struct err *e);

#endif
