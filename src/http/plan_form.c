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

enum { GRACE_MAX_SECONDS = 30 * 24 * 3600, FULL_EVERY_MAX = 366 };

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

static void read_own_options(struct form *f, struct plan_form *out)
{
	static const struct form_range every = {1, FULL_EVERY_MAX, 7};

	(void)form_bool(f, "incremental", false);
	(void)form_integer(f, "full_every", &every);
	drill_form_read(f, &out->drill);
}

/* Without what says nothing. */
static char *dump_options(struct form *f, const struct form *options,
			  json_t *drill)
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
	if (drill != NULL && json_object_set(copy, "drill", drill) != 0)
		f->faults->is_broken = true;
	text = form_dump(f, copy);
	json_decref(copy);
	return text;
}

static void read_options(struct form *f, struct plan_form *out)
{
	static const struct form_range grace = {1, GRACE_MAX_SECONDS,
						PLAN_GRACE_SECONDS};
	struct plan_record *p = &out->plan;
	struct form inner;

	p->grace_seconds = grace.otherwise;
	if (!form_open(f, "options", FORM_OPTIONAL, &inner))
		return;
	backup_form_options(&inner);
	p->grace_seconds = form_integer(&inner, "grace_seconds", &grace);
	read_own_options(&inner, out);
	form_end(&inner);
	p->options_json = dump_options(f, &inner, out->drill.json);
}

void plan_form_read(struct form *f, struct plan_form *out)
{
	static const struct form_range days = {1, PLAN_RETENTION_MAX_DAYS,
					       PLAN_RETENTION_DAYS};
	struct plan_record *p = &out->plan;

	field_name(f, p->name);
	field_text(f, "remarks", REMARKS_MAX_POINTS, &p->remarks);
	p->is_enabled = form_bool(f, "enabled", true);
	out->source = field_key(f, "source", FORM_REQUIRED);
	out->pool = field_key(f, "pool", FORM_REQUIRED);
	read_strategy(f, p);
	read_timer(f, out);
	backup_form_method(f, p->method);
	backup_form_scope(f, &p->scope_json);
	p->retention_days = form_integer(f, "retention_days", &days);
	read_options(f, out);
	form_end(f);
}

void plan_form_fini(struct plan_form *out)
{
	plan_record_fini(&out->plan);
	zone_free(out->zone);
	drill_form_fini(&out->drill);
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

void plan_form_schedule_drill(struct form *f, struct plan_form *out,
			      int64_t now_ms, bool is_new)
{
	out->plan.next_drill_at =
		drill_form_next(f, &out->drill, now_ms, is_new);
}

bool plan_form_is_same_timer(const struct plan_record *a,
			     const struct plan_record *b)
{
	const char *one = a->timer_json ? a->timer_json : "";
	const char *other = b->timer_json ? b->timer_json : "";

	return strcmp(a->strategy, b->strategy) == 0 && strcmp(one, other) == 0;
}

bool plan_form_is_same_drill(const struct plan_record *a,
			     const struct plan_record *b)
{
	json_t *one =
		json_loads(a->options_json ? a->options_json : "{}", 0, NULL);
	json_t *other =
		json_loads(b->options_json ? b->options_json : "{}", 0, NULL);
	const json_t *drill = json_object_get(one, "drill");
	const json_t *others = json_object_get(other, "drill");
	bool is_same = drill == others || json_equal(drill, others);

	json_decref(one);
	json_decref(other);
	return is_same;
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
				 timer_without_nulls(p->timer_json)) == 0)) {
		drill_form_strip(json_object_get(base, "options"));
		return base;
	}
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

static json_t *drill_timer(const json_t *plan)
{
	const json_t *options = json_object_get(plan, "options");

	return json_object_get(json_object_get(options, "drill"), "timer");
}

bool plan_form_merge(json_t *base, json_t *patch)
{
	if (is_text(patch, "strategy", "manual") &&
	    json_object_get(patch, "timer") == NULL)
		(void)json_object_del(base, "timer");
	drop_old_cycle(json_object_get(base, "timer"),
		       json_object_get(patch, "timer"));
	drop_old_cycle(drill_timer(base), drill_timer(patch));
	drop_old_scope(json_object_get(base, "scope"),
		       json_object_get(patch, "scope"));
	return merge_apply(base, patch);
}
