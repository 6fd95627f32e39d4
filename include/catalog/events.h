/*
 * events.h - the audit and operation log: who did what to what, and how jobs
 * ended. No secrets. Rules of calls: catalog.h.
 */
#ifndef COFFER_CATALOG_EVENTS_H
#define COFFER_CATALOG_EVENTS_H

#include "catalog/catalog.h"

/* Strings are borrowed during the call; NULL counts as "". */
struct event_record {
	int64_t id; /* made; rises by one with each */
	int64_t at_ms;
	const char *kind;     /* "audit" "job" "backup" "plan" "pool"
			       * "source" */
	const char *act;      /* "backup.create" "backup.completed" ... */
	const char *resource; /* id, or "" */
	const char *name;     /* of the resource, as far as known */
	const char *result;   /* "ok" "failed" "denied" */
	const char *who;      /* name of the token, "timer", "server" */
	const char *address;  /* "" for the server itself */
	const char *detail;   /* one line for people */
	/* Made; model/event_link.h. */
	const char *hash, *previous_hash;
};

typedef void catalog_events_cb(void *arg, const struct event_record *list,
			       const struct catalog_page *page,
			       const struct err *e);

/* Adds one; nobody waits for it, a failure is logged. Several at once become
 * one transaction. EVENTS_KEPT (model/event_link.h) are kept, the newest. */
void catalog_event_add(struct catalog *c, const struct event_record *r);

/* Called on the loop after each was stored, with its id. One listener; NULL:
 * none. */
typedef void catalog_event_cb(void *arg, const struct event_record *r);
void catalog_event_listen(struct catalog *c, catalog_event_cb *cb, void *arg);

/* Filters: resource kind result since until (q->backup: unused). Newest
 * first. */
struct catalog_op *catalog_event_list(struct catalog *c,
				      const struct catalog_query *q,
				      catalog_events_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

/* Those after an id, oldest first, at most 500 (Last-Event-ID). */
struct catalog_op *catalog_event_since(struct catalog *c, int64_t id,
				       catalog_events_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

#endif
