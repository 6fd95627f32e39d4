/* probe.h - proves a store before a pool is bound to it (rule 15). */
#ifndef COFFER_STORES_PROBE_H
#define COFFER_STORES_PROBE_H

#include "stores/store.h"

struct probe;

/* What was found; kept as the pool's capabilities. */
struct store_capabilities {
	bool conditional_put;  /* a second put_new of one key is refused */
	bool list_after_write; /* a new object is in the next listing */
	bool ranged_get;
	int64_t clock_skew_ms;
	unsigned put_ms, get_ms, list_ms, delete_ms;
};

/* caps is valid when e is NULL; both during the call only. e->msg says which
 * step failed and what to do; e->api is "pool_check_failed". */
typedef void probe_done_cb(void *arg, const struct store_capabilities *caps,
			   const struct err *e);

enum { PROBE_STEP_MS = 10 * 1000 };

/*
 * Writes a small object under coffer/v1/probe/, reads it back (whole and a
 * range), lists it, tries to write it again exclusively, deletes it, and looks
 * that it is gone. A step without an answer for PROBE_STEP_MS fails, so a
 * store that only hangs is told soon; one that refuses connections is told as
 * soon as st gives up, so make st with few attempts (3). What was written is
 * removed also when a later step fails, if the store lets it.
 * st is borrowed until done or cancel. NULL with *e filled.
 */
struct probe *probe_start(struct loop *l, struct store *st, probe_done_cb *done,
			  void *arg, struct err *e) MUST_CHECK;

/* done() will not run. NULL is fine. */
void probe_cancel(struct probe *p);

#endif
