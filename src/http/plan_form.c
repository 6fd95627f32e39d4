/* plan_form.c - reads a plan from a body. */
#include "http/plan_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/zone.h"
#include "http/backup_form.h"
#include "http/fields.h"
#include "http/merge.h"
#include "http/timer_form.h"

enum { GRACE_MAX_SECONDS = 30 * 24 * 3600, FULL_EVERY = 7 };

static void read_strategy(struct form *f, struct plan_record *p)
{
	static const char *const words[] = {"timer", "manual", NULL};
	const char *strategy;

	if (form_string(f, "strategy", FORM_REQUIRED) == NULL)
		return;
	strategy = field_word(f, "strategy", words, "");
	(void)str_copy(p->strategy, sizeof(p->strategy), strategy);
}

static void read_timer(struct form *f, struct plan_form *out)
{
	struct plan_record *p = &out->plan;
	const json_t *json = json_object_get(f->object, "timer");
	bool is_there = form_has(f, "timer") && !json_is_null(json);

	if (strcmp(p->strategy, "manual") == 0 && is_there) {
		form_fault(f, "timer", "invalid_timer",
			   "a manual plan has no timer: leave it out, or make "
			   "\"strategy\" \"timer\"");
		return;
	}
	if (!timer_from_body(f,
			     strcmp(p->strategy, "timer") == 0 ? FORM_REQUIRED
							       : FORM_OPTIONAL,
			     &out->timer, &out->zone))
		return;
	p->timer_json = timer_format(&out->timer);
	if (p->timer_json == NULL)
		f->faults->is_broken = true;
}

/* An option of other engines or methods: only what it is without it. */
static void read_foreign(struct form *f, const char *name, bool is_default)
{
	const json_t *value = json_object_get(f->object, name);

	if (form_has(f, name) && !json_is_null(value) && !is_default)
		form_fault(f, name, "invalid_value",
			   "\"%s\" does not fit method \"logical\" of engine "
			   "\"mysql\": leave it out",
			   name);
}

static bool is_false(const struct form *f, const char *name)
{
	return json_is_false(json_object_get(f->object, name));
}

static void read_foreigners(struct form *f)
{
	const json_t *every = json_object_get(f->object, "full_every");

	read_foreign(f, "incremental", is_false(f, "incremental"));
	read_foreign(f, "strict", is_false(f, "strict"));
	read_foreign(f, "full_every",
		     json_is_integer(every) &&
			     json_integer_value(every) == FULL_EVERY);
	read_foreign(f, "snapshot_hook", false);
	if (form_has(f, "drill") &&
	    !json_is_null(json_object_get(f->object, "drill")))
		form_fault(f, "drill", "not_supported",
			   "restore drills are not supported yet: leave out "
			   "\"drill\"");
}

/* Without what says nothing. */
static char *dump_options(struct form *f, const struct form *options)
{
	json_t *copy = json_copy(options->object);
	const char *name;
	json_t *value;
	char *text;
	void *next;

	json_object_foreach_safe(copy, next, name, value)
	{
		if (json_is_null(value))
			(void)json_object_del(copy, name);
	}
	text = form_dump(f, copy);
	json_decref(copy);
	return text;
}

static void read_options(struct form *f, struct plan_record *p, bool is_whole)
{
	static const struct form_range grace = {1, GRACE_MAX_SECONDS,
						PLAN_GRACE_SECONDS};
	struct form inner;

	p->grace_seconds = grace.otherwise;
	if (!form_open(f, "options", FORM_OPTIONAL, &inner))
		return;
	backup_form_options(&inner, is_whole);
	p->grace_seconds = form_integer(&inner, "grace_seconds", &grace);
	read_foreigners(&inner);
	form_end(&inner);
	p->options_json = dump_options(f, &inner);
}

void plan_form_read(struct form *f, struct plan_form *out)
{
	static const struct form_range days = {1, PLAN_RETENTION_MAX_DAYS,
					       PLAN_RETENTION_DAYS};
	struct plan_record *p = &out->plan;
	bool is_whole;

	field_name(f, p->name);
	field_text(f, "remarks", REMARKS_MAX_POINTS, &p->remarks);
	p->is_enabled = form_bool(f, "enabled", true);
	out->source = field_key(f, "source", FORM_REQUIRED);
	out->pool = field_key(f, "pool", FORM_REQUIRED);
	read_strategy(f, p);
	read_timer(f, out);
	backup_form_method(f, p->method);
	is_whole = backup_form_scope(f, &p->scope_json);
	p->retention_days = form_integer(f, "retention_days", &days);
	read_options(f, p, is_whole);
	form_end(f);
}

void plan_form_fini(struct plan_form *out)
{
	plan_record_fini(&out->plan);
	zone_free(out->zone);
	memset(out, 0, sizeof(*out));
}

/* --- when it is due */

void plan_form_schedule(struct form *f, struct plan_form *out, int64_t now_ms,
			bool is_new)
{
	struct plan_record *p = &out->plan;
	int64_t due_s;

	p->next_due_at = 0;
	if (out->zone == NULL)
		return;
	if (timer_next(&out->timer, out->zone, now_ms / 1000, &due_s))
		p->next_due_at = due_s * 1000;
	else if (is_new)
		form_fault(f, "timer", "invalid_timer",
			   out->timer.cycle == TIMER_ONCE
				   ? "the time of this timer is over: give one "
				     "that is to come"
				   : "there is no day that fits this timer");
}

bool plan_form_is_same_timer(const struct plan_record *a,
			     const struct plan_record *b)
{
	const char *one = a->timer_json ? a->timer_json : "";
	const char *other = b->timer_json ? b->timer_json : "";

	return strcmp(a->strategy, b->strategy) == 0 && strcmp(one, other) == 0;
}

/* --- changing one */

/* Members that have no value would be faults in a patch's words. */
static json_t *timer_without_nulls(const char *text)
{
	json_t *timer = json_loads(text, 0, NULL), *value;
	const char *name;
	void *next;

	json_object_foreach_safe(timer, next, name, value)
	{
		if (json_is_null(value))
			(void)json_object_del(timer, name);
	}
	return timer;
}

static bool add_text(json_t *object, const char *name, const char *text)
{
	if (text == NULL)
		return true;
	return json_object_set_new(object, name, json_loads(text, 0, NULL)) ==
	       0;
}

json_t *plan_form_of(const struct plan_record *p)
{
	json_t *base = json_pack(
		"{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:I}", "name", p->name,
		"remarks", p->remarks ? p->remarks : "", "enabled",
		p->is_enabled, "source", p->source_id, "pool", p->pool_id,
		"strategy", p->strategy, "method", p->method, "retention_days",
		(json_int_t)p->retention_days);

	if (base != NULL && add_text(base, "scope", p->scope_json) &&
	    add_text(base, "options", p->options_json) &&
	    (p->timer_json == NULL ||
	     json_object_set_new(base, "timer",
				 timer_without_nulls(p->timer_json)) == 0))
		return base;
	json_decref(base);
	return NULL;
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL && strcmp(value, text) == 0;
}

/* Another cycle: what the old one said of its days says nothing of it. */
static void drop_old_cycle(json_t *timer, const json_t *patch)
{
	static const char *const own[] = {"date", "weekdays", "month_days",
					  "cron", NULL};
	const json_t *cycle = json_object_get(patch, "cycle");

	if (cycle == NULL || json_equal(cycle, json_object_get(timer, "cycle")))
		return;
	for (const char *const *m = own; *m != NULL; m++)
		(void)json_object_del(timer, *m);
	if (is_text(patch, "cycle", "cron"))
		(void)json_object_del(timer, "at");
}

/* Names and patterns do not mix: what is given takes the other's place. */
static void drop_old_scope(json_t *scope, const json_t *patch)
{
	if (json_is_array(json_object_get(patch, "databases")))
		(void)json_object_del(scope, "include");
	else if (json_is_array(json_object_get(patch, "include")))
		(void)json_object_del(scope, "databases");
}

bool plan_form_merge(json_t *base, json_t *patch)
{
	if (is_text(patch, "strategy", "manual") &&
	    json_object_get(patch, "timer") == NULL)
		(void)json_object_del(base, "timer");
	drop_old_cycle(json_object_get(base, "timer"),
		       json_object_get(patch, "timer"));
	drop_old_scope(json_object_get(base, "scope"),
		       json_object_get(patch, "scope"));
	return merge_apply(base, patch);
}
