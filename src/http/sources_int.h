/* sources_int.h - what making, testing and changing sources share. */
#ifndef COFFER_HTTP_SOURCES_INT_H
#define COFFER_HTTP_SOURCES_INT_H

#include <stdbool.h>

#include "catalog/sources.h"
#include "http/request_int.h"
#include "http/update.h"
#include "jobs/checks.h"

/* The state of a request that writes a source. */
struct write_state {
	struct source_record source; /* what is to be */
	struct source_info info;     /* what the probe found */
	struct err failure;	     /* why it found nothing */
	struct update update;
	bool is_other_replica; /* than before the change */
};

/* Makes it; NULL: no memory, answered. */
struct write_state *source_write_new(struct request *r);

/* Answers that there is no memory. */
void source_fail_nomem(struct request *r);

/* Reads the source that the path names, with its secret. */
void source_fetch_secret(struct request *r, catalog_source_cb *done);

/* Connects to the source of the state. */
void source_probe(struct request *r, source_probe_cb *done);

/* The same with the replica that it reads through. False: there is none, and
 * done will not run. */
bool source_probe_replica(struct request *r, source_probe_cb *done);

/* Writes what the probe said (e NULL: it is reachable) into the state's
 * record. False: no memory. */
bool source_take_verdict(struct write_state *w, const struct source_info *info,
			 const struct err *e);

#endif
