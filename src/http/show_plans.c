/* show_plans.c - plans as the API shows them. */
#include "catalog/expiry.h"
#include "http/show_plans.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/zone.h"
#include "http/show.h"
#include "http/suit.h"
#include "model/timer.h"

void plan_shower_init(struct plan_shower *s, int64_t now_ms)
{
	memset(s, 0, sizeof(*s));
	s->now_ms = now_ms;
}

void plan_shower_fini(struct plan_shower *s)
{
	zone_free(s->zone);
	memset(s, 0, sizeof(*s));
}

/* NULL when the zone's file is gone meanwhile. */
static const struct zone *zone_of(struct plan_shower *s, const char *name)
{
	struct err e = {0};

	if (s->zone != NULL && strcmp(s->zone_name, name) == 0)
		return s->zone;
	zone_free(s->zone);
	s->zone = zone_open(NULL, name, &e);
	(void)str_copy(s->zone_name, sizeof(s->zone_name), name);
	return s->zone;
}

/* The one that is not decided yet, and those after it. */
static json_t *next_runs(struct plan_shower *s, const struct timer *t,
			 const struct plan_record *r)
{
	const struct zone *z = zone_of(s, t->zone);
	int64_t at_s = r->next_due_at / 1000;
	json_t *runs = json_array();
	bool is_there = r->is_enabled && r->next_due_at != 0;

	for (unsigned n = 0; is_there && n < PLAN_NEXT_RUNS; n++) {
		if (json_array_append_new(runs, show_time(at_s * 1000)) != 0) {
			json_decref(runs);
			return NULL;
		}
		is_there = z != NULL && timer_next(t, z, at_s, &at_s);
	}
	return runs;
}

/* "timer", "timer_words" and "next_runs". */
static json_t *show_timer(struct plan_shower *s, const struct plan_record *r)
{
	char words[TIMER_TEXT_MAX];
	const char *pointer;
	struct err e = {0};
	struct timer t;

	if (r->timer_json == NULL)
		return json_pack("{s:n, s:n, s:[]}", "timer", "timer_words",
				 "next_runs");
	if (!timer_parse(&t, r->timer_json, &pointer, &e))
		return NULL; /* it was read before: there is no memory */
	return json_pack("{s:o, s:s, s:o}", "timer", show_json(r->timer_json),
			 "timer_words", timer_words(&t, words), "next_runs",
			 next_runs(s, &t, r));
}

static json_t *default_options(const struct plan_record *r)
{
	const struct suit suit = {
		.engine = r->source_engine,
		.method = r->method,
		.scope_json = r->scope_json,
	};

	return suit_defaults(&suit);
}

/* What was given, over what goes without saying. */
static json_t *show_options(const struct plan_record *r)
{
	json_t *all = default_options(r);
	json_t *given = show_json_or(r->options_json, json_object());
	bool ok = all != NULL &&
		  json_object_set_new(all, "grace_seconds",
				      json_integer(r->grace_seconds)) == 0 &&
		  json_object_update(all, given) == 0;

	json_decref(given);
	if (ok)
		return all;
	json_decref(all);
	return NULL;
}

/* Why it is not active, or cannot be; "" when all is well. */
static void status_reason(const struct plan_record *r, const char *status,
			  char *out, size_t cap)
{
	char at[CLOCK_TEXT_MAX];
	struct text t = {0};

	if (strcmp(status, "paused") == 0)
		text_str(&t, "the plan is paused: \"enabled\" is false");
	else if (strcmp(status, "finished") == 0)
		text_str(&t, "the timer has no run left");
	else if (strcmp(status, "overdue") == 0)
		text_printf(&t,
			    "the run that was due at %s has not completed "
			    "within %lld seconds",
			    clock_format(r->unmet_due_at, at),
			    (long long)r->grace_seconds);
	if (r->trouble != NULL && r->is_enabled)
		text_printf(&t, "%sa due run cannot be decided: %s",
			    t.len > 0 ? "; " : "", r->trouble);
	(void)str_copy(out, cap, t.data ? t.data : "");
	text_free(&t);
}

static json_t *show_head(const struct plan_record *r, int64_t now_ms)
{
	const char *status = plan_status_name(r, now_ms);
	char reason[ERR_MSG_MAX];

	status_reason(r, status, reason, sizeof(reason));
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:b, s:{s:s, s:s, s:s, s:s}, s:o,"
		" s:s, s:s, s:o, s:I}",
		"id", r->id, "name", r->name, "remarks",
		r->remarks ? r->remarks : "", "status", status, "status_reason",
		show_text(reason), "enabled", r->is_enabled, "source", "id",
		r->source_id, "name", r->source_name, "engine",
		r->source_engine, "region",
		r->source_region ? r->source_region : "", "pool",
		show_ref(r->pool_id, r->pool_name), "strategy", r->strategy,
		"method", r->method, "scope", show_json(r->scope_json),
		"retention_days", (json_int_t)r->retention_days);
}

static json_t *show_last_run(const struct plan_record *r)
{
	if (r->last_backup_id[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:o}", "backup_id", r->last_backup_id,
			 "status", r->last_status, "at", show_time(r->last_at));
}

static json_t *show_held(const struct plan_record *r)
{
	if (r->expiry_held_reason == NULL)
		return json_null();
	return json_pack("{s:s}", "reason", r->expiry_held_reason);
}

static json_t *show_tail(const struct plan_record *r)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "expiry_held",
		show_held(r), "options", show_options(r), "last_run",
		show_last_run(r), "next_drill_at",
		show_time(r->is_enabled ? r->next_drill_at : 0), "last_drill",
		show_json(r->last_drill_json), "revision",
		(json_int_t)r->revision, "created_at", show_time(r->created_at),
		"updated_at", show_time(r->updated_at));
}

json_t *plan_shower_show(struct plan_shower *s, const struct plan_record *r)
{
	json_t *head = show_head(r, s->now_ms), *timer = show_timer(s, r);
	json_t *tail = show_tail(r);
	bool ok = head != NULL && timer != NULL && tail != NULL &&
		  json_object_update(head, timer) == 0 &&
		  json_object_update(head, tail) == 0;

	json_decref(timer);
	json_decref(tail);
	if (ok)
		return head;
	json_decref(head);
	return NULL;
}

json_t *show_plan(const struct plan_record *r)
{
	struct plan_shower s;
	json_t *json;

	plan_shower_init(&s, clock_now_ms());
	json = plan_shower_show(&s, r);
	plan_shower_fini(&s);
	return json;
}

json_t *show_expiry(const struct backup_record *b, enum retention_verdict v)
{
	bool goes = v == RETENTION_GOES || v == RETENTION_NOT_YET;

	return json_pack(
		"{s:s, s:s, s:I, s:o, s:o, s:b, s:o, s:s, s:s}", "id", b->id,
		"name", b->name, "stored_bytes", (json_int_t)b->stored_bytes,
		"finished_at", show_time(b->finished_at), "expires_at",
		show_time(b->expires_at), "goes", v == RETENTION_GOES,
		"goes_at", show_time(goes ? b->expires_at : 0), "verdict",
		retention_word(v), "reason", retention_reason(v));
}

json_t *show_plan_run(const struct plan_run *run)
{
	return json_pack("{s:o, s:o, s:i, s:s, s:o, s:o}", "due_at",
			 show_time(run->due_at), "last_at",
			 show_time(run->last_at), "count", (int)run->count,
			 "decision", run->decision, "backup_id",
			 show_text(run->backup_id), "decided_at",
			 show_time(run->decided_at));
}
