/* farewell.h - programs that were let go while they ran: their connections are
 * kept, shut on our side, until the helper closes them, which is when nothing
 * of a program is left. */
#ifndef COFFER_PROGRAMS_FAREWELL_H
#define COFFER_PROGRAMS_FAREWELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct farewell;

/* Zero it and TAILQ_INIT() its list to begin with. */
struct farewells {
	TAILQ_HEAD(farewell_list, farewell) list;
	int64_t unsure_until_ms; /* one could not be watched (clock_mono_ms())
				  */
};

/* So long a program may live after it was let go: SIGKILL comes after 5 s. */
enum { FAREWELL_MS = 6000 };

/* Ends the program of a connection that is being served, and takes the
 * connection. */
void farewell_add(struct farewells *all, struct event_base *base, int fd);

/* Whether all of them have gone, as far as can be known. */
bool farewells_are_over(const struct farewells *all);

/* Closes what is left; nothing is waited for. */
void farewells_fini(struct farewells *all);

#endif
