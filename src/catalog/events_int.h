/* events_int.h - events on their way to the catalog. */
#ifndef COFFER_CATALOG_EVENTS_INT_H
#define COFFER_CATALOG_EVENTS_INT_H

#include "catalog/catalog_int.h"

enum { EVENTS_KEPT = 100000 };

/* Submits those that wait, in one call; before events are read, at the end. */
void events_flush(struct catalog *c);

/* For intents that make events themselves, in their own transaction: adds one
 * (copied; tidied as those of catalog_event_add()) to op->events, */
bool events_note(struct catalog_op *op, const struct event_record *r,
		 struct err *e) MUST_CHECK;

/* writes them all, with op->err, */
bool events_write(struct db *db, struct catalog_op *op) MUST_CHECK;

/* and, on the loop, tells the listener of what was stored. */
void events_tell(const struct catalog_op *op);

/* Frees those of a list: of what could not be submitted, of a call. */
void events_drop(struct waiting_events *list);

#endif
