/* helper_int.h - connections to coffer-helper. */
#ifndef COFFER_PROGRAMS_HELPER_INT_H
#define COFFER_PROGRAMS_HELPER_INT_H

#include "programs/helper.h"

struct event_base;

/*
 * A new connection to it, non-blocking; the helper is started if that is up to
 * us. -1 with *e filled: "not_configured", "helper_failed"; or empty: it has
 * too much to do, ask again soon.
 */
int helper_connect(struct helper *h, struct err *e) MUST_CHECK;

/* Ends the program of a connection that has asked for it, and takes it. */
void helper_see_off(struct helper *h, int fd);

/* The loop's base. Borrowed. */
struct event_base *helper_base(struct helper *h);

#endif
