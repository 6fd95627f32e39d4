/* monitor_int.h - rounds through all pools or all sources. */
#ifndef COFFER_JOBS_MONITOR_INT_H
#define COFFER_JOBS_MONITOR_INT_H

#include "base/text.h"
#include "jobs/checks.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "jobs/pools/folder.h"

struct claim;
struct event;
struct monitor_round;

enum {
	LOOKS_AT_ONCE = 4, /* of a round */
	LOOK_LIMIT_MS = 15 * 1000,
};

/* One look at one pool or source. */
struct look {
	struct monitor_round *round;
	char id[ID_MAX]; /* "": idle */
	struct event *limit;
	struct catalog_op *op;
	struct opening opening;	    /* of a pool */
	struct folder_look *folder; /* of a pool that is one */
	struct store_op *store_op;
	struct claim *claim; /* of a pool that answers */
	struct source_record source;
	struct jobs_op *check; /* of a source */
};

/* What is different between pools and sources. */
struct round_ops {
	/* Asks for a page; round_page_end() ends it. */
	struct catalog_op *(*page)(struct monitor_round *r,
				   const struct catalog_query *q,
				   struct err *e);
	/* Begins with k->id; False with *e filled. look_end() ends it. */
	bool (*look)(struct look *k, struct err *e);
	/* What it found: e NULL: it answers. look_end() follows. */
	void (*verdict)(struct look *k, const struct err *e);
};

/* Waits, reads a page of ids, looks at some at once, reads the next page. */
struct monitor_round {
	struct jobs *jobs;
	const struct round_ops *ops;
	struct event *timer;
	bool is_on, is_busy, is_again;
	int64_t began_ms; /* monotonic */
	struct catalog_op *op;
	struct text ids; /* of the page, ID_MAX bytes each */
	size_t next;	 /* offset in there */
	char *cursor;	 /* of the next page; NULL: none */
	struct look looks[LOOKS_AT_ONCE];
	unsigned nlooking;
};

/* Embedded. False: no memory; round_fini() ends it, also then. */
bool round_init(struct monitor_round *r, struct jobs *j,
		const struct round_ops *ops) MUST_CHECK;
void round_start(struct monitor_round *r);
void round_kick(struct monitor_round *r);
void round_stop(struct monitor_round *r);
void round_fini(struct monitor_round *r);

/* For completions of page(). */
void round_add(struct monitor_round *r, const char *id);
void round_page_end(struct monitor_round *r, const struct catalog_page *page);

/* The look is over; the last thing that touches it. */
void look_end(struct look *k);

/* Stops asking; what was got stays. */
void look_cancel(struct look *k);

/* monitor_pools.c, monitor_sources.c */
const struct round_ops *monitor_pools(void);
const struct round_ops *monitor_sources(void);

#endif
