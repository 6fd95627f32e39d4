/* test_catalog_plan_rig.c - plans and retention as plain functions. */
#include "test_catalog_plan_rig.h"

#include <string.h>

#include "base/text.h"
#include "catalog/expiry.h"

static void on_plan(void *arg, const struct plan_record *p, const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(p == NULL, e != NULL);
	if (p != NULL)
		assert_true(plan_record_copy(&r->a.plan, p));
	rig_on_done(r, e);
}

/* No record and no error: nothing runs. */
static void on_backup(void *arg, const struct backup_record *b,
		      const struct err *e)
{
	struct rig *r = arg;

	assert_false(b != NULL && e != NULL);
	if (b != NULL)
		assert_true(backup_record_copy(&r->a.backup, b));
	rig_on_done(r, e);
}

static void keep(struct rig *r, const char *id, const char *name)
{
	assert_true(r->a.n < RIG_LIST_MAX);
	(void)str_copy(r->a.ids[r->a.n], ID_MAX, id);
	(void)str_copy(r->a.names[r->a.n++], NAME_BUF, name);
}

static void keep_page(struct rig *r, const struct catalog_page *page)
{
	r->a.total = page->total;
	(void)str_copy(r->a.next, sizeof(r->a.next),
		       page->next != NULL ? page->next : "");
}

static void on_plans(void *arg, const struct plan_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	struct rig *r = arg;

	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep(r, list[i].id, list[i].name);
	if (page != NULL)
		keep_page(r, page);
	rig_on_done(r, e);
}

static void on_backups(void *arg, const struct backup_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	struct rig *r = arg;

	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep(r, list[i].id, list[i].name);
	if (page != NULL)
		keep_page(r, page);
	rig_on_done(r, e);
}

static void on_runs(void *arg, const struct plan_run *list, size_t n,
		    const struct err *e)
{
	struct rig *r = arg;

	assert_in_range(n, 0, RIG_LIST_MAX);
	if (n > 0)
		memcpy(r->a.runs, list, n * sizeof(*list));
	r->a.n = n;
	rig_on_done(r, e);
}

static void on_verdicts(void *arg, const struct backup_record *list,
			const enum retention_verdict *verdicts, size_t n,
			const struct err *e)
{
	struct rig *r = arg;

	for (size_t i = 0; i < n; i++) {
		keep(r, list[i].id, list[i].name);
		r->a.verdicts[i] = verdicts[i];
	}
	rig_on_done(r, e);
}

static void on_doomed(void *arg, const struct catalog_doomed *d,
		      const struct err *e)
{
	struct rig *r = arg;

	for (size_t i = 0; d != NULL && i < d->nplans; i++)
		keep(r, d->plans[i].id, d->plans[i].name);
	for (size_t i = 0; d != NULL && i < d->nbackups; i++)
		keep(r, d->backups[i].id, d->backups[i].name);
	if (d != NULL)
		r->a.nbackups = d->nbackups;
	rig_on_done(r, e);
}

bool rig_add_plan(struct rig *r, const struct plan_record *p)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_create(r->catalog, p, on_plan, r, &e));
}

bool rig_create_plan(struct rig *r, const char *name, int64_t next_due_at)
{
	char timer[] = "{\"cycle\":\"daily\"}";
	struct plan_record p = {.is_enabled = true,
				.source_id = "shop",
				.pool_id = "store",
				.strategy = "timer",
				.method = "logical",
				.timer_json = timer,
				.retention_days = RIG_RETENTION,
				.grace_seconds = PLAN_GRACE_SECONDS,
				.next_due_at = next_due_at};

	(void)str_copy(p.name, NAME_BUF, name);
	return rig_add_plan(r, &p);
}

bool rig_update_plan(struct rig *r, const struct plan_record *p,
		     int64_t if_revision)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_update(r->catalog, p, if_revision,
					       on_plan, r, &e));
}

bool rig_get_plan(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_get(r->catalog, key, on_plan, r, &e));
}

bool rig_list_plans(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_list(r->catalog, q, on_plans, r, &e));
}

bool rig_delete_plan(struct rig *r, const char *key, bool with_backups)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_delete(r->catalog, key, with_backups,
					       rig_on_done, r, &e));
}

bool rig_would_delete_plan(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_would_delete(r->catalog, key,
						     on_backups, r, &e));
}

bool rig_due(struct rig *r, int64_t until_ms)
{
	return rig_due_after(r, until_ms, 0, "");
}

bool rig_due_after(struct rig *r, int64_t until_ms, int64_t after_due_at,
		   const char *after_id)
{
	struct plan_due_query q = {.until_ms = until_ms,
				   .after_due_at = after_due_at};
	struct err e = {0};

	(void)str_copy(q.after_id, ID_MAX, after_id);
	return rig_wait(r, catalog_plan_due(r->catalog, &q, on_plans, r, &e));
}

bool rig_decide(struct rig *r, const struct plan_decision *d)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_plan_decide(r->catalog, d, on_backup, r, &e));
}

bool rig_execute(struct rig *r, const char *key, const char *description)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_execute(r->catalog, key, description,
						on_backup, r, &e));
}

bool rig_runs(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_runs(r->catalog, key, RIG_LIST_MAX,
					     on_runs, r, &e));
}

bool rig_queued(struct rig *r)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_backup_queued(r->catalog, on_backups, r, &e));
}

void rig_run_next(struct rig *r, const char *key)
{
	struct plan_decision d = {0};

	assert_true(rig_get_plan(r, key));
	(void)str_copy(d.plan_id, ID_MAX, r->a.plan.id);
	d.expected_next_due_at = d.run_due_at = r->a.plan.next_due_at;
	d.next_due_at = d.run_due_at + RIG_DAY_MS;
	if (!rig_decide(r, &d))
		fail_msg("%s: %s", key, r->a.err.msg);
}

void rig_make_planned(struct rig *r, const char *key, unsigned rows,
		      char id[ID_MAX])
{
	struct backup_record end = {.status = BACKUP_COMPLETED,
				    .row_count = rows,
				    .source_bytes = 100};
	struct err e = {0};

	if (!rig_execute(r, key, NULL))
		fail_msg("%s: %s", key, r->a.err.msg);
	(void)str_copy(end.id, ID_MAX, r->a.backup.id);
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	end.fence = r->a.backup.fence;
	assert_true(rig_start_backup(r, &end));
	assert_true(rig_wait(r, catalog_backup_finish(r->catalog, &end, NULL,
						      rig_on_done, r, &e)));
}

bool rig_expiry(struct rig *r, const char *key, int64_t now_ms)
{
	struct err e = {0};

	return rig_wait(r, catalog_plan_expiry(r->catalog, key, now_ms,
					       on_verdicts, r, &e));
}

bool rig_expire(struct rig *r, int64_t now_ms, unsigned limit)
{
	return rig_expire_after(r, now_ms, INT64_MAX / 4, limit);
}

bool rig_expire_after(struct rig *r, int64_t now_ms, int64_t ran_ms,
		      unsigned limit)
{
	const struct expiry_pass pass = {now_ms, ran_ms, limit};
	struct err e = {0};

	return rig_wait(
		r, catalog_backup_expire(r->catalog, &pass, on_backups, r, &e));
}

bool rig_release(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_plan_release(r->catalog, key, on_plan, r, &e));
}

bool rig_delete_source(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_source_delete(r->catalog, key, rig_on_done, r, &e));
}

bool rig_would_delete_source(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r, catalog_source_would_delete(r->catalog, key,
						       on_doomed, r, &e));
}

bool rig_hold(struct rig *r, const char *id, bool is_held)
{
	struct backup_record b = {.held = is_held};
	struct err e = {0};

	(void)str_copy(b.id, ID_MAX, id);
	return rig_wait(
		r, catalog_backup_update(r->catalog, &b, 0, on_backup, r, &e));
}
