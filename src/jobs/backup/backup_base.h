/* backup_base.h - what a backup of a plan with increments builds upon. */
#ifndef COFFER_JOBS_BACKUP_BASE_H
#define COFFER_JOBS_BACKUP_BASE_H

#include <stdbool.h>

#include "base/err.h"
#include "manifest/manifest.h"

struct backup_job;
struct tree_base;

/*
 * Files of a server: the increment needs all of the chain. Trees: it shares
 * parts with its base, and needs nothing else of it; the catalog keeps the
 * parts for it from the choice on until it has ended (catalog/packs.h).
 */
struct backup_base {
	char *json;		  /* physical_json of the base, or NULL */
	char *chain;		  /* the ids of all that it needs then */
	bool is_there;		  /* of a tree: there is a base, and ... */
	struct manifest manifest; /* ... this is what it says */
	int64_t increment;	  /* how many there are since the full one */
	bool has_index;		  /* whose lines are in the file at ... */
	int index;
	struct tree_base *tree; /* ... and this reads them for the dump */
	struct err why; /* there is one, and it is of no use: a warning says
			 * so, "not_incremental" */
	void (*done)(struct backup_job *b);
};

/* Finds it, if increments are wanted and there is something to build upon; then
 * done() runs, also within the call. */
void backup_find_base(struct backup_job *b, void (*done)(struct backup_job *b));

/* The base is of no use after all, why says it: a full backup is made. Before
 * the dump begins. */
void backup_drop_base(struct backup_job *b, const struct err *why);

/* Whether the parts are packs, which later backups may share. */
bool backup_has_packs(const struct backup_job *b);

/* What the record says that it needs, when the manifest has its parts. False
 * with *e filled. */
bool backup_note_base(struct backup_job *b, struct err *e) MUST_CHECK;

/* What the manifest says of the files, of a dump that has such facts (caller
 * frees). NULL: no memory. */
char *backup_physical_json(const struct backup_job *b) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void backup_base_fini(struct backup_base *on);

#endif
