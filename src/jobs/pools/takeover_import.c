/* takeover_import.c - sources and plans of a server whose place is taken. What
 * cannot be read is left out and logged: the rest is worth having. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "catalog/adopted.h"
#include "jobs/pools/server_file.h"
#include "jobs/pools/takeover_int.h"
#include "model/timer.h"

static void next_source(struct takeover *t);
static void next_plan(struct takeover *t);

static const json_t *entry_of(const struct takeover *t, const char *list)
{
	return json_array_get(json_object_get(t->doc, list), t->next);
}

static const char *id_of(const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));

	return id != NULL ? id : "?";
}

/* --- plans */

static void on_plan(void *arg, const struct plan_record *r, const struct err *e)
{
	struct takeover *t = arg;

	(void)r;
	t->op = NULL;
	if (e != NULL && (e->code == ERR_NOMEM || e->code == ERR_IO)) {
		takeover_fail(t, e);
		return;
	}
	if (e != NULL)
		log_warn("jobs", "plan %s is not taken over: %s",
			 id_of(entry_of(t, "plans")), e->msg);
	else
		t->report.plans++;
	t->next++;
	next_plan(t);
}

/* It is paused; what it would do next is known all the same. */
static int64_t next_due_ms(const struct plan_record *r)
{
	struct timer timer = {0};
	const char *pointer;
	struct err e = {0};
	struct zone *zone;
	int64_t due_s = 0;

	if (r->timer_json == NULL ||
	    !timer_parse(&timer, r->timer_json, &pointer, &e))
		return 0;
	zone = zone_open(NULL, timer.zone, &e);
	if (zone == NULL ||
	    !timer_next(&timer, zone, clock_now_ms() / 1000, &due_s))
		due_s = 0;
	zone_free(zone);
	return due_s * 1000;
}

/* Without its scope it would be another plan. */
static bool read_hidden(const struct takeover *t, const json_t *entry,
			struct plan_record *r)
{
	const json_t *scope = json_object_get(t->scopes, id_of(entry));

	if (!json_is_true(json_object_get(entry, "scope_hidden")))
		return true;
	free(r->scope_json);
	r->scope_json = scope != NULL ? json_dumps(scope, JSON_COMPACT) : NULL;
	return r->scope_json != NULL;
}

/* False: it is none. */
static bool take_plan(struct takeover *t, const json_t *entry, struct err *e)
{
	struct plan_record r = {0};
	bool ok = server_doc_read_plan(entry, &r) && read_hidden(t, entry, &r);

	if (ok) {
		memcpy(r.pool_id, t->opening.pool.id, ID_MAX);
		r.next_due_at = next_due_ms(&r);
		t->op = catalog_plan_import(t->base.jobs->config.catalog, &r,
					    on_plan, t, e);
	}
	plan_record_fini(&r);
	return ok;
}

static void next_plan(struct takeover *t)
{
	const json_t *entry;
	struct err e = {0};

	for (; (entry = entry_of(t, "plans")) != NULL; t->next++) {
		if (take_plan(t, entry, &e))
			break;
		log_warn("jobs",
			 "plan %s is not taken over: it is none, or its scope "
			 "is encrypted and the pool has no identity for it",
			 id_of(entry));
	}
	if (entry == NULL)
		takeover_imported(t);
	else if (t->op == NULL)
		takeover_fail(t, &e);
}

static void begin_plans(struct takeover *t)
{
	takeover_set_state(t, TAKEOVER_PLANS);
	t->next = 0;
	next_plan(t);
}

/* --- sources */

static void on_source(void *arg, const struct source_record *r,
		      const struct err *e)
{
	struct takeover *t = arg;

	t->op = NULL;
	if (e != NULL) {
		takeover_fail(t, e);
		return;
	}
	t->report.sources++;
	if (t->has_secret && !r->has_secret)
		(void)json_array_append_new(t->secrets, json_string(r->name));
	t->next++;
	next_source(t);
}

static bool take_source(struct takeover *t, const json_t *entry, struct err *e)
{
	struct source_record r = {0};
	bool ok = server_doc_read_source(entry, &r, &t->has_secret);

	if (ok)
		t->op = catalog_source_import(t->base.jobs->config.catalog, &r,
					      on_source, t, e);
	source_record_fini(&r);
	return ok;
}

static void next_source(struct takeover *t)
{
	const json_t *entry;
	struct err e = {0};

	for (; (entry = entry_of(t, "sources")) != NULL; t->next++) {
		if (take_source(t, entry, &e))
			break;
		log_warn("jobs", "source %s is not taken over: it is none",
			 id_of(entry));
	}
	if (entry == NULL)
		begin_plans(t);
	else if (t->op == NULL)
		takeover_fail(t, &e);
}

void takeover_import(struct takeover *t)
{
	takeover_set_state(t, TAKEOVER_SOURCES);
	t->next = 0;
	next_source(t);
}
