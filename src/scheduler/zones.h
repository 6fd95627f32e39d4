/* zones.h - the zones that were used last, so that a thousand plans of one
 * zone do not read its file a thousand times. */
#ifndef COFFER_SCHEDULER_ZONES_H
#define COFFER_SCHEDULER_ZONES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/timer.h"

struct zone;

enum { ZONES_MAX = 16 };

/* Embedded; zero it to begin with. */
struct zones {
	const char *folder; /* as for zone_open() */
	struct zones_entry {
		char name[TIMER_ZONE_MAX];
		struct zone *zone;
		uint64_t used; /* counts up; the smallest goes first */
	} list[ZONES_MAX];
	uint64_t uses;
};

/* Borrowed until the next call. NULL with *e filled: zone_open()'s errors. */
const struct zone *zones_get(struct zones *z, const char *name,
			     struct err *e) MUST_CHECK;

/* Forgets all: zone files may have been replaced (an update of tzdata). */
void zones_clear(struct zones *z);

#endif
