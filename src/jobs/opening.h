/*
 * opening.h - gets what a job works with: the records, with their secrets,
 * from the catalog, and a store made of the pool.
 */
#ifndef COFFER_JOBS_OPENING_H
#define COFFER_JOBS_OPENING_H

#include <jansson.h>

#include "base/age.h"
#include "catalog/backups.h"
#include "catalog/catalog.h"
#include "catalog/pools.h"
#include "catalog/sources.h"
#include "manifest/exchange.h"
#include "sources/address.h"
#include "stores/store.h"

struct jobs;

/* Keys are ids or names; copied. NULL: not wanted. */
struct opening_want {
	const char *backup;
	const char *pool; /* NULL with a backup: the backup's pool */
	const char *source;
	unsigned store_attempts; /* 0: the store's default */
};

/* Embedded in its owner; zero it to begin with. */
struct opening {
	struct jobs *jobs;
	char backup_key[128], pool_key[128], source_key[128];
	unsigned store_attempts;
	struct catalog_op *op;
	catalog_done_cb *done;
	void *arg;

	/* what was got */
	struct backup_record backup;
	struct pool_record pool;
	struct source_record source;
	struct store *store;
	struct age_identities identities; /* of the pool; n == 0: none */
};

/* done runs once, from the loop; what was wanted is then in o. False with *e
 * filled. Errors: the catalog's. */
bool opening_start(struct opening *o, struct jobs *j,
		   const struct opening_want *want, catalog_done_cb *done,
		   void *arg, struct err *e) MUST_CHECK;

/* Cancels and frees all of it; ops on the store must be over. */
void opening_fini(struct opening *o);

/* Stops asking: done will not run. What was got stays. */
void opening_cancel(struct opening *o);

/* What backups into a pool are encrypted to; n == 0: they are not. False with
 * *e filled. */
bool opening_recipients(const struct pool_record *r, struct age_recipients *out,
			struct err *e) MUST_CHECK;

/* A folder with completed backups has the README.txt that the first of them
 * wrote; without it, it is another one. */
bool opening_is_marked(const struct pool_record *r);

/* For conversations about the opened pool. The opening lives as long. */
void opening_exchange_env(const struct opening *o, struct exchange_env *env);

/* The JSON that a record holds; what is for the error's text. Caller decrefs;
 * NULL with *e filled. */
json_t *record_json(const char *text, const char *what,
		    struct err *e) MUST_CHECK;

/* Makes a store of a pool's record. NULL with *e filled. */
struct store *opening_store(struct jobs *j, const struct pool_record *r,
			    unsigned attempts, struct err *e) MUST_CHECK;

/* The address in a source's record: strings borrow from both. A secret that
 * lies in a file is read into here ("secret_unavailable"). */
struct opened_address {
	json_t *json;
	char *secret;	       /* that was read from a file, or NULL */
	const char **excludes; /* of a file tree */
	struct source_address a;
};

/* False with *e filled; opened_address_fini() ends it, also then. */
bool opened_address_read(struct opened_address *oa, const struct jobs *j,
			 const struct source_record *r,
			 struct err *e) MUST_CHECK;

/* The same of its read_from_json, which must be there. */
bool opened_address_replica(struct opened_address *oa, const struct jobs *j,
			    const struct source_record *r,
			    struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void opened_address_fini(struct opened_address *oa);

#endif
