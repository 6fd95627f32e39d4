/* retry.h - the catalog could not be told how something ended: once more, a
 * little later. */
#ifndef COFFER_JOBS_RETRY_H
#define COFFER_JOBS_RETRY_H

#include <stdbool.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/err.h"

struct jobs;

/* Embedded, so that waiting needs no memory; zero it to begin with. */
struct retry {
	struct event timer;
	bool is_made;
	unsigned seconds; /* that it waited last */
};

/*
 * cb(arg) runs from the loop, 1 s later at first, each time twice as much
 * later, up to a minute. False when another try is of no use: the catalog has
 * decided (e tells it), or the server is stopping.
 */
bool retry_later(struct retry *r, struct jobs *j, const struct err *e,
		 event_callback_fn cb, void *arg) MUST_CHECK;

/* cb does not run any more. */
void retry_fini(struct retry *r);

#endif
