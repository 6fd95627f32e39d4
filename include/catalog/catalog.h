/*
 * catalog.h - the server's own database. Statements run on the catalog's own
 * thread, in order, each intent one short transaction; completions run once,
 * from the loop, never inside the call. Lists of records that users make, and
 * catalog_count(), have a thread of their own: they show all that a completion
 * has told before they were asked for, and may be answered before what was
 * asked for earlier. What a completion reports as done is
 * on disk (WAL, synchronous=FULL). Records in completions belong to the
 * catalog and are valid during the call.
 *
 * Each call returns an op to cancel with, or NULL with *e filled (no memory).
 * A canceled call may or may not have taken effect.
 */
#ifndef COFFER_CATALOG_CATALOG_H
#define COFFER_CATALOG_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "model/records.h"

struct catalog;
struct catalog_op;
struct loop;

enum { CATALOG_SEED_LEN = 32 };

struct catalog_config {
	const char *path;	      /* DATA_DIR/catalog.db */
	const struct secret_key *key; /* borrowed for its life */
	unsigned manual_backups_max;  /* rule 7 */
	unsigned shrink_percent;      /* rule 14's brake; 0: 50 */
};

/* Who this server is; made at the first start. */
struct catalog_identity {
	char server_id[ID_MAX];		      /* "srv_" + ULID */
	unsigned char seed[CATALOG_SEED_LEN]; /* of its signing key */
};

/*
 * Opens or makes the database; blocking, before the loop runs. Migrates an
 * older one after keeping a copy (catalog.db.vN), refuses a newer one. NULL
 * with *e filled.
 */
struct catalog *catalog_open(struct loop *l, const struct catalog_config *c,
			     struct err *e) MUST_CHECK;

/* Finishes what was accepted, closes. Completions do not run. Not inside a
 * completion. NULL is fine. */
void catalog_close(struct catalog *c);

/* Its disk has failed to keep a change: it takes none until the server is
 * started again, since what is on disk is not known; reads go on. */
bool catalog_is_dead(const struct catalog *c);

/* Borrowed for the catalog's life. */
const struct catalog_identity *catalog_identity(const struct catalog *c);

/* done() will not run; frees the op. NULL is fine. */
void catalog_cancel(struct catalog_op *op);

/* e is NULL when it worked. */
typedef void catalog_done_cb(void *arg, const struct err *e);

/* A page of a list. Fields that are NULL or 0 do not count. */
struct catalog_page;

/*
 * Makes a text of a page, on the thread that read it, which spares the loop the
 * work. records: page->n of them, of the list's type; with: the query's. Both
 * are read alone. Caller frees; NULL: no memory.
 */
typedef char *catalog_render_fn(const void *with, const void *records,
				const struct catalog_page *page);

struct catalog_query {
	const char *q; /* name contains, without regard to case */
	const char *engine, *status, *source, *pool, *type, *method, *kind;
	const char *plan, *strategy, *resource, *result;
	const char *kind_not; /* events: all but those of this kind */
	const char *backup, *target, *storage_type; /* ids, or names where
						     * names are unique */
	int64_t since, until;	   /* ms, by creation; until is not in */
	const char *sort;	   /* "created_at" "name" ..., '-' before: down;
				    * NULL: newest first. "invalid_sort" */
	const char *after;	   /* the cursor of the page before */
	unsigned limit;		   /* 1 to 500; 0: 50 */
	catalog_render_fn *render; /* backups, restores, sources, plans; NULL:
				    * no text is wanted */
	const void *render_with;   /* outlives the catalog's threads */
};

/* What a page tells beside its records. */
struct catalog_page {
	size_t n;
	uint64_t total;	  /* in all pages */
	const char *next; /* cursor, NULL: no more */
	const char *text; /* what render() made */
};

/* Starts over after a crash: every job that ran is failed "interrupted", and
 * with it its backup or restore. done when it is on disk. */
struct catalog_op *catalog_recover(struct catalog *c, catalog_done_cb *done,
				   void *arg, struct err *e) MUST_CHECK;

/* Tokens: all of them (they are few, the guard keeps them), and one more.
 * r->hash, name, role and password are given; id and created_at are made. */
typedef void catalog_tokens_cb(void *arg, const struct token_record *list,
			       size_t n, const struct err *e);
struct catalog_op *catalog_token_list(struct catalog *c,
				      catalog_tokens_cb *done, void *arg,
				      struct err *e) MUST_CHECK;
struct catalog_op *catalog_token_add(struct catalog *c,
				     const struct token_record *r,
				     catalog_done_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/* Forgets one, by id or name. "not_found"; "last_admin" when it is the last
 * one that is admin and does not expire. */
struct catalog_op *catalog_token_delete(struct catalog *c, const char *key,
					catalog_done_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
