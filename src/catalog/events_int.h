/* events_int.h - events on their way to the catalog. */
#ifndef COFFER_CATALOG_EVENTS_INT_H
#define COFFER_CATALOG_EVENTS_INT_H

#include "catalog/catalog_int.h"

/* Submits those that wait, in one call; before events are read, at the end. */
void events_flush(struct catalog *c);

/*
 * One more event, within the transaction of op, on the catalog's thread: what
 * has changed and that it was told go together. Who listens hears of it when
 * op is answered.
 */
bool events_note(struct catalog *c, struct catalog_op *op,
		 const struct event_record *r) MUST_CHECK;

/*
 * Gives one that is about to be written its number and its link
 * (model/event_link.h): it follows the last that has one. On the catalog's
 * thread, in the transaction that writes it.
 */
bool events_link(struct db *db, struct waiting_event *w,
		 struct err *e) MUST_CHECK;

/* The same of all behind the last that has a link: those that SQL alone wrote,
 * and those of a server that made none. */
bool events_link_rest(struct db *db, struct err *e) MUST_CHECK;

/* On the loop: op is done, who listens hears of its events. */
void events_tell(const struct catalog_op *op);

/* Frees those of a list: of what could not be submitted, of a call. */
void events_drop(struct waiting_events *list);

#endif
