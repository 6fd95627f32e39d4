/* takeover_int.h - a takeover, and what it takes in. */
#ifndef COFFER_JOBS_TAKEOVER_INT_H
#define COFFER_JOBS_TAKEOVER_INT_H

#include <jansson.h>

#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "jobs/pools.h"
#include "jobs/pools/pool_list.h"
#include "manifest/listing.h"

enum takeover_state {
	TAKEOVER_OPEN,	  /* the pool's record and store */
	TAKEOVER_READ,	  /* servers/<id>.json */
	TAKEOVER_LIST,	  /* what lies in the pool */
	TAKEOVER_OWN,	  /* owner files, some at once */
	TAKEOVER_TELL,	  /* the catalog: these backups are ours */
	TAKEOVER_SOURCES, /* one after the other */
	TAKEOVER_PLANS,
	TAKEOVER_MARK, /* servers/<id>.json says that it was taken over */
	TAKEOVER_STATES,
};

enum { TAKEOVER_OWNERS = 8 }; /* files that are rewritten at once */

/* One owner file on its way. */
struct takeover_owner {
	struct takeover *takeover;
	struct exchange *exchange; /* NULL: idle */
	struct owner_found found;
};

struct takeover {
	struct jobs_op base; /* first */
	enum takeover_state state;
	char server_id[ID_MAX];
	struct opening opening;
	struct claim *claim; /* of this server's own id */
	struct exchange *exchange;
	struct catalog_op *op;
	char *text;	/* servers/<id>.json as it was read */
	json_t *doc;	/* the same; NULL: there is none */
	json_t *scopes; /* of plans, that were hidden in doc */
	struct pool_list list;
	size_t next; /* of the list, to be owned; then of doc's */
	struct takeover_owner owners[TAKEOVER_OWNERS];
	unsigned nowning;
	bool has_secret;
	json_t *secrets; /* names of sources that need theirs */
	struct takeover_report report;
	jobs_takeover_cb *done;
	void *arg;
};

/* takeover_import.c: takes in doc's sources, then its plans; goes on with
 * takeover_imported(), or fails. */
void takeover_import(struct takeover *t);

/* takeover.c */
void takeover_set_state(struct takeover *t, enum takeover_state next);
void takeover_imported(struct takeover *t);
void takeover_fail(struct takeover *t, const struct err *e);

#endif
