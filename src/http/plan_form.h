/* plan_form.h - what clients say of a plan, checked. */
#ifndef COFFER_HTTP_PLAN_FORM_H
#define COFFER_HTTP_PLAN_FORM_H

#include <jansson.h>
#include <stdbool.h>

#include "http/body.h"
#include "http/drill_form.h"
#include "model/plan.h"
#include "model/timer.h"

struct zone;

struct plan_form {
	struct plan_record plan;
	const char *source, *pool; /* ids or names, borrowed from the body; NULL
				    * when they are at fault */
	struct timer timer;
	struct zone *zone; /* of the timer; NULL: there is none */
	struct drill_form drill;
};

/*
 * Reads a whole plan into a zeroed form: all that a client may give, but for
 * source_id and pool_id, which have to be looked up, and then be compared with
 * the rest (suit.h). Faults are collected.
 */
void plan_form_read(struct form *f, struct plan_form *out);

/* Frees what it holds and zeroes it. */
void plan_form_fini(struct plan_form *out);

/*
 * When the plan that was read is due first after now: sets next_due_at, 0
 * without a timer. is_new: the timer was given just now, so that one without
 * any due time is a fault ("invalid_timer"). The same for its drills.
 */
void plan_form_schedule(struct form *f, struct plan_form *out, int64_t now_ms,
			bool is_new);
void plan_form_schedule_drill(struct form *f, struct plan_form *out,
			      int64_t now_ms, bool is_new);

/* Both are due at the same times; both drill alike. */
bool plan_form_is_same_timer(const struct plan_record *a,
			     const struct plan_record *b);
bool plan_form_is_same_drill(const struct plan_record *a,
			     const struct plan_record *b);

/*
 * What a plan is, as a body that plan_form_read() would take (caller
 * releases), to be merged with a patch. NULL: no memory.
 */
json_t *plan_form_of(const struct plan_record *p) MUST_CHECK;

/*
 * Merges a patch (RFC 7396) into what plan_form_of() gave. Three things a
 * plain merge would leave as faults: the timer of a plan that becomes manual
 * goes, so do the members of a cycle that gives way to another one, and names
 * and patterns of a scope take each other's place. False: no memory.
 */
bool plan_form_merge(json_t *base, json_t *patch) MUST_CHECK;

#endif
