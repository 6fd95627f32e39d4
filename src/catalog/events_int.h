/* events_int.h - events on their way to the catalog. */
#ifndef COFFER_CATALOG_EVENTS_INT_H
#define COFFER_CATALOG_EVENTS_INT_H

#include "catalog/catalog_int.h"

enum { EVENTS_KEPT = 100000 };

/* Submits those that wait, in one call; before events are read, at the end. */
void events_flush(struct catalog *c);

/* Frees those of a list: of what could not be submitted, of a call. */
void events_drop(struct waiting_events *list);

#endif
