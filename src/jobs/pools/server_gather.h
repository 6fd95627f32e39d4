/*
 * server_gather.h - what servers/<id>.json says: all sources, pools and plans
 * of the catalog, read page by page.
 */
#ifndef COFFER_JOBS_SERVER_GATHER_H
#define COFFER_JOBS_SERVER_GATHER_H

#include <jansson.h>

#include "catalog/catalog.h"

enum gather_list {
	GATHER_SOURCES,
	GATHER_POOLS,
	GATHER_PLANS,
	GATHER_END,
};

/* Embedded in its owner; zero it to begin with. */
struct server_gather {
	struct catalog *catalog;
	enum gather_list list; /* that is read */
	char *cursor;	       /* where its next page begins; NULL: its first */
	struct catalog_op *op;
	catalog_done_cb *done;
	void *arg;

	json_t *doc; /* {"sources":[...],"pools":[...],"plans":[...]} */
};

/* done runs once, from the loop; g->doc is whole then, if that went well. The
 * catalog is borrowed. False with *e filled: it will not run. After either,
 * server_gather_fini(). Errors: the catalog's. */
bool server_gather_start(struct server_gather *g, struct catalog *c,
			 catalog_done_cb *done, void *arg,
			 struct err *e) MUST_CHECK;

/* Cancels it and frees what it holds; it may be started anew. */
void server_gather_fini(struct server_gather *g);

#endif
