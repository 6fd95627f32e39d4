/*
 * partings.h - what stays behind when its owner has left: it puts something in
 * order at a source and then goes by itself. The server waits for these when it
 * stops, as long as it can.
 */
#ifndef COFFER_SOURCES_PARTINGS_H
#define COFFER_SOURCES_PARTINGS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"

struct partings;

/* Embedded in what stays behind. */
struct parting {
	TAILQ_ENTRY(parting) entry;
	struct partings *list;
	/* Ends it now and frees it; it has left the list already. */
	void (*drop)(struct parting *p);
};

/* NULL with *e. */
struct partings *partings_new(struct err *e) MUST_CHECK;

/* Drops all. NULL is fine. */
void partings_free(struct partings *ps);

/* p->drop is filled; p leaves by partings_leave(). */
void partings_join(struct partings *ps, struct parting *p);

/* It is over. The last statement that touches p's list: idle may run. */
void partings_leave(struct parting *p);

/* Whether there are none. NULL: yes. */
bool partings_is_idle(const struct partings *ps);

/* idle runs, from the loop, each time that the last one has left. */
void partings_watch(struct partings *ps, void (*idle)(void *arg), void *arg);

#endif
