/* plan.c - backup plans: copies, ends, and what follows from their fields. */
#include "model/plan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/strings_int.h"

static struct strings plan_strings(struct plan_record *r)
{
	return (struct strings){{&r->remarks, &r->source_region, &r->scope_json,
				 &r->timer_json, &r->options_json,
				 &r->expiry_held_reason, &r->trouble,
				 &r->last_drill_json}};
}

void plan_record_fini(struct plan_record *r)
{
	strings_free(plan_strings(r));
	memset(r, 0, sizeof(*r));
}

bool plan_record_copy(struct plan_record *to, const struct plan_record *from)
{
	*to = *from;
	if (strings_own(plan_strings(to)))
		return true;
	plan_record_fini(to);
	return false;
}

/* The catalog's filter says the same in SQL (plans.c). */
const char *plan_status_name(const struct plan_record *r, int64_t now_ms)
{
	if (strcmp(r->strategy, "timer") == 0 && r->next_due_at == 0 &&
	    r->unmet_due_at == 0 && !r->is_running)
		return "finished";
	if (!r->is_enabled)
		return "paused";
	if (r->unmet_due_at != 0 &&
	    now_ms - r->unmet_due_at > r->grace_seconds * 1000)
		return "overdue";
	return "active";
}

void plan_backup_name(const char *plan, int64_t at_ms, unsigned attempt,
		      char out[NAME_BUF])
{
	char at[CLOCK_TEXT_MAX], tail[CLOCK_TEXT_MAX + 16];
	size_t room;

	(void)snprintf(tail, sizeof(tail), "-%s",
		       clock_format_basic(at_ms, at));
	if (attempt > 0)
		(void)snprintf(tail + strlen(tail), 16, "-%u", attempt);
	room = NAME_BUF - strlen(tail);
	(void)str_copy(out, room, plan);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '.')
			*p = '-';
	(void)str_copy(out + strlen(out), NAME_BUF - strlen(out), tail);
}

static bool read_timer(struct timer *t, const json_t *drill, struct err *e)
{
	char *text = json_dumps(json_object_get(drill, "timer"), JSON_COMPACT);
	const char *pointer;
	bool ok = text != NULL && timer_parse(t, text, &pointer, e);

	free(text);
	if (!ok && !err_is(e))
		(void)err_set(e, ERR_INVALID, "invalid_timer",
			      "the plan has no timer of drills");
	return ok;
}

bool plan_drill_parse(struct plan_drill *d, const char *options_json,
		      struct err *e)
{
	json_t *options =
		json_loads(options_json ? options_json : "{}", 0, NULL);
	const json_t *drill = json_object_get(options, "drill");
	const json_t *given = json_object_get(drill, "options");
	const char *provider =
		json_string_value(json_object_get(drill, "provider"));
	bool ok;

	memset(d, 0, sizeof(*d));
	ok = read_timer(&d->timer, drill, e);
	(void)str_copy(d->provider, NAME_BUF, provider ? provider : "");
	if (ok && given != NULL) {
		d->options_json = json_dumps(given, JSON_COMPACT);
		ok = d->options_json != NULL || err_nomem(e, "a drill");
	}
	json_decref(options);
	return ok;
}

void plan_drill_fini(struct plan_drill *d)
{
	free(d->options_json);
	d->options_json = NULL;
}
