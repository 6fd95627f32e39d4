/* events_int.h - events on their way to the catalog. */
#ifndef COFFER_CATALOG_EVENTS_INT_H
#define COFFER_CATALOG_EVENTS_INT_H

#include "catalog/catalog_int.h"

enum { EVENTS_KEPT = 100000 };

/* Submits those that wait, in one call; before events are read, at the end. */
void events_flush(struct catalog *c);

/*
 * One more event, within the transaction of op, on the catalog's thread: what
 * has changed and that it was told go together. Who listens hears of it when
 * op is answered.
 */
bool events_note(struct catalog *c, struct catalog_op *op,
		 const struct event_record *r) MUST_CHECK;

/* On the loop: op is done, who listens hears of its events. */
void events_tell(const struct catalog_op *op);

/* Frees those of a list: of what could not be submitted, of a call. */
void events_drop(struct waiting_events *list);

#endif
