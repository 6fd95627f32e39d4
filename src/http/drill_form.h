/* drill_form.h - when, and with what, a plan drills its backups. */
#ifndef COFFER_HTTP_DRILL_FORM_H
#define COFFER_HTTP_DRILL_FORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/body.h"
#include "model/timer.h"

struct zone;

/* Zero it to begin with. */
struct drill_form {
	struct timer timer;
	struct zone *zone; /* NULL: the plan does not drill */
	json_t *json;	   /* {"timer"} and what else was given, canonical */
};

/*
 * Reads the member "drill" of a plan's options, {"timer","provider",
 * "options"}, the last two of which may be absent. Every fault is noted with
 * its pointer ("/options/drill/timer/at").
 */
void drill_form_read(struct form *options, struct drill_form *out);

/* Frees what it holds and zeroes it. */
void drill_form_fini(struct drill_form *out);

/*
 * When it is due first after now, in ms; 0: never. is_new: the timer was given
 * just now, so that one without any due time is a fault of the plan f.
 */
int64_t drill_form_next(struct form *f, const struct drill_form *d,
			int64_t now_ms, bool is_new);

/* The members of one request, those above but for the timer. *provider borrows
 * from the body, NULL: the only one that there is; *options is a text (caller
 * frees), NULL: none. */
void drill_form_means(struct form *f, const char **provider, char **options);

/* In a plan's options, as plan_form_of() gives them: what the canonical timer
 * has no value for goes. */
void drill_form_strip(json_t *options);

#endif
