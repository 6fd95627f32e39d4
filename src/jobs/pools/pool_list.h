/*
 * pool_list.h - the backups that lie in a pool, or what is left of some, as a
 * list in memory.
 */
#ifndef COFFER_JOBS_POOL_LIST_H
#define COFFER_JOBS_POOL_LIST_H

#include "jobs/opening.h"
#include "manifest/listing.h"

/* Which entries are kept. */
typedef bool pool_list_wants(const struct listing_entry *entry);

/* Embedded in its owner; zero it to begin with. */
struct pool_list {
	pool_list_wants *wants; /* the owner's */
	size_t max;		/* the owner's: the rest is left out; 0: all */
	const char *source_id;	/* the owner's: of that one alone; NULL: all */

	struct listing_entry *entries; /* in order of their backup_id */
	size_t n, cap;
	bool is_out_of_memory;
	struct exchange *exchange;
	exchange_done_cb *done;
	void *arg;
};

/*
 * Lists the opened pool, which lives as long. done runs once, from the loop;
 * l->entries is whole then, if that went well. "store_failed". False with *e
 * filled: it will not run.
 */
bool pool_list_start(struct pool_list *l, const struct opening *o,
		     exchange_done_cb *done, void *arg,
		     struct err *e) MUST_CHECK;

/* Stops listing: done will not run. What was listed stays. */
void pool_list_cancel(struct pool_list *l);

/* Cancels it and frees the entries; it may be started anew. */
void pool_list_fini(struct pool_list *l);

#endif
