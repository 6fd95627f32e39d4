/*
 * test_scheduler.c - plans that become due under a clock of our own, with a
 * real catalog, real jobs, and an engine that does as it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/due.h"
#include "catalog/plans.h"
#include "jobs_house.h"
#include "loop/loop.h"
#include "scheduler/alarm.h"
#include "scheduler/scheduler.h"

enum { MINUTE_MS = 60 * 1000, DAY_MS = 24 * 60 * MINUTE_MS, RUNS_MAX = 64 };

#define DAILY(missed)                                                          \
	"{\"cycle\":\"daily\",\"at\":\"02:30\",\"missed\":\"" missed "\"}"

struct watched {
	struct house *h;
	struct scheduler *s;
	int64_t now_ms; /* what the scheduler is told */
	/* the last answer */
	bool is_answered;
	struct err err;
	struct plan_record plan;
	struct plan_run runs[RUNS_MAX];
	size_t nruns;
};

/* What the alarm was set to last. */
static int64_t alarm_at;
void __real_alarm_set(struct alarm *a, int64_t at_ms);
void __wrap_alarm_set(struct alarm *a, int64_t at_ms);

void __wrap_alarm_set(struct alarm *a, int64_t at_ms)
{
	alarm_at = at_ms;
	__real_alarm_set(a, at_ms);
}

/* How often the catalog was asked what is due. */
static unsigned looks;
struct catalog_op *__real_catalog_plan_due(struct catalog *c,
					   const struct plan_due_query *q,
					   catalog_plans_cb *done, void *arg,
					   struct err *e);
struct catalog_op *__wrap_catalog_plan_due(struct catalog *c,
					   const struct plan_due_query *q,
					   catalog_plans_cb *done, void *arg,
					   struct err *e);

struct catalog_op *__wrap_catalog_plan_due(struct catalog *c,
					   const struct plan_due_query *q,
					   catalog_plans_cb *done, void *arg,
					   struct err *e)
{
	looks++;
	return __real_catalog_plan_due(c, q, done, arg, e);
}

static int64_t at(const char *text)
{
	int64_t at_ms;

	assert_true(clock_parse(text, &at_ms));
	return at_ms;
}

static int64_t tell_now(void *arg)
{
	return ((struct watched *)arg)->now_ms;
}

static void begin(struct watched *w, const char *zone_folder)
{
	const struct scheduler_config c = {
		.loop = w->h->loop,
		.catalog = w->h->catalog,
		.jobs = w->h->jobs,
		.zone_folder = zone_folder,
		.now_ms = tell_now,
		.clock = w,
	};
	struct err e = {0};

	w->s = scheduler_new(&c, &e);
	assert_non_null(w->s);
	scheduler_start(w->s);
}

static int setup(void **state)
{
	struct watched *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->h = house_open(2);
	w->now_ms = at("2026-12-01T12:00:00Z");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct watched *w = *state;

	scheduler_free(w->s);
	plan_record_fini(&w->plan);
	house_close(w->h);
	free(w);
	return 0;
}

static void answered(struct watched *w, const struct err *e)
{
	w->is_answered = true;
	memset(&w->err, 0, sizeof(w->err));
	if (e != NULL)
		w->err = *e;
}

static void on_plan(void *arg, const struct plan_record *r, const struct err *e)
{
	struct watched *w = arg;

	plan_record_fini(&w->plan);
	if (e == NULL)
		assert_true(plan_record_copy(&w->plan, r));
	answered(w, e);
}

static void on_runs(void *arg, const struct plan_run *list, size_t n,
		    const struct err *e)
{
	struct watched *w = arg;

	assert_true(n <= RUNS_MAX);
	w->nruns = n;
	if (n > 0)
		memcpy(w->runs, list, n * sizeof(*list));
	answered(w, e);
}

/* The answer of op, which must be one. */
static void get(struct watched *w, const struct catalog_op *op)
{
	assert_non_null(op);
	house_until(w->h, &w->is_answered);
	w->is_answered = false;
	if (err_is(&w->err))
		fail_msg("%s", w->err.msg);
}

static void add_plan(struct watched *w, const char *name, const char *timer,
		     const char *due)
{
	struct plan_record r = {
		.is_enabled = true,
		.strategy = "timer",
		.method = "logical",
		.retention_days = PLAN_RETENTION_DAYS,
		.grace_seconds = PLAN_GRACE_SECONDS,
		.next_due_at = at(due),
	};
	struct err e = {0};

	(void)str_copy(r.name, sizeof(r.name), name);
	memcpy(r.source_id, w->h->source, ID_MAX);
	memcpy(r.pool_id, w->h->pool, ID_MAX);
	r.timer_json = strdup(timer);
	get(w, catalog_plan_create(w->h->catalog, &r, on_plan, w, &e));
	free(r.timer_json);
}

static void read_plan(struct watched *w, const char *name)
{
	struct err e = {0};

	get(w, catalog_plan_get(w->h->catalog, name, on_plan, w, &e));
	get(w,
	    catalog_plan_runs(w->h->catalog, name, RUNS_MAX, on_runs, w, &e));
}

/* Until the plan waits for that due time and nothing runs any more. */
static void settle(struct watched *w, const char *name, const char *next)
{
	int64_t wanted = next != NULL ? at(next) : 0;

	for (int turns = 0; turns < 20000; turns++) {
		read_plan(w, name);
		if (w->plan.next_due_at == wanted)
			break;
		house_turn(w->h);
	}
	assert_int_equal(w->plan.next_due_at, wanted);
	house_settle(w->h);
	read_plan(w, name);
}

static void look_at(struct watched *w, const char *now)
{
	w->now_ms = at(now);
	scheduler_wake(w->s);
}

/* The scheduler has looked, and its alarm is set for then. */
static void await_alarm(struct watched *w, const char *when)
{
	for (int turns = 0; turns < 20000 && alarm_at != at(when); turns++)
		house_turn(w->h);
	assert_int_equal(alarm_at, at(when));
}

/* One that ran, of a plan. */
static void check_run(struct watched *w, const struct plan_run *run,
		      const char *due, const char *trigger)
{
	assert_string_equal(run->decision, "run");
	assert_int_equal(run->due_at, at(due));
	assert_true(house_read_backup(w->h, run->backup_id));
	assert_int_equal(w->h->backup.status, BACKUP_COMPLETED);
	assert_string_equal(w->h->backup.trigger, trigger);
	assert_string_equal(w->h->backup.type, "automated");
	assert_int_equal(w->h->backup.due_at, at(due));
	assert_true(w->h->backup.expires_at > w->h->backup.finished_at);
}

static void test_rule21_due_plan_runs_once(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:29:59Z");
	house_settle(w->h);
	read_plan(w, "nightly");
	assert_int_equal(w->nruns, 0);
	await_alarm(w, "2026-12-02T02:30:00Z");
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	check_run(w, &w->runs[0], "2026-12-02T02:30:00Z", "timer");
	await_alarm(w, "2026-12-03T02:30:00Z");
	assert_int_equal(w->plan.unmet_due_at, 0);
	/* the clock is set back and comes by again */
	look_at(w, "2026-12-01T00:00:00Z");
	house_settle(w->h);
	look_at(w, "2026-12-02T02:30:01Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	assert_int_equal(fake_source_facts()->dumps, 1);
}

static void test_rule21_missed_runs_are_caught_up_by_one(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	w->now_ms = at("2026-12-06T10:00:00Z");
	begin(w, NULL);
	settle(w, "nightly", "2026-12-07T02:30:00Z");
	assert_int_equal(w->nruns, 2);
	check_run(w, &w->runs[0], "2026-12-06T02:30:00Z", "catch_up");
	assert_string_equal(w->runs[1].decision, "merged");
	assert_string_equal(w->runs[1].backup_id, w->runs[0].backup_id);
	assert_int_equal(w->runs[1].due_at, at("2026-12-02T02:30:00Z"));
	assert_int_equal(w->runs[1].last_at, at("2026-12-05T02:30:00Z"));
	assert_int_equal(w->runs[1].count, 4);
}

static void test_rule21_missed_runs_are_skipped(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("skip"), "2026-12-02T02:30:00Z");
	w->now_ms = at("2026-12-06T10:00:00Z");
	begin(w, NULL);
	settle(w, "nightly", "2026-12-07T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	assert_string_equal(w->runs[0].decision, "skipped");
	assert_int_equal(w->runs[0].count, 5);
	look_at(w, "2026-12-07T02:30:30Z");
	settle(w, "nightly", "2026-12-08T02:30:00Z");
	assert_int_equal(w->nruns, 2);
	check_run(w, &w->runs[0], "2026-12-07T02:30:00Z", "timer");
	assert_int_equal(fake_source_facts()->dumps, 1);
}

static void test_rule21_once_is_over(void **state)
{
	struct watched *w = *state;

	add_plan(w, "only",
		 "{\"cycle\":\"once\",\"date\":\"2026-12-02\","
		 "\"at\":\"02:30\"}",
		 "2026-12-02T02:30:00Z");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "only", NULL);
	check_run(w, &w->runs[0], "2026-12-02T02:30:00Z", "timer");
	assert_string_equal(plan_status_name(&w->plan, w->now_ms), "finished");
}

/* --- drills, the second clock */

#define DRILL "{\"drill\":{\"timer\":" DAILY("run_once") "}}"

static void add_drilled(struct watched *w, const char *name, const char *due,
			const char *drill_due)
{
	struct err e = {0};

	add_plan(w, name, DAILY("run_once"), due);
	w->plan.options_json = strdup(DRILL);
	w->plan.next_drill_at = at(drill_due);
	get(w, catalog_plan_update(w->h->catalog, &w->plan, w->plan.revision,
				   on_plan, w, &e));
	assert_int_equal(w->plan.next_drill_at, at(drill_due));
}

/* Until the next drill is due then and the last one has come to its end. */
static void settle_drill(struct watched *w, const char *name, const char *next)
{
	for (int turns = 0; turns < 20000; turns++) {
		read_plan(w, name);
		if (w->plan.next_drill_at == at(next) &&
		    w->plan.last_drill_json != NULL)
			break;
		house_turn(w->h);
	}
	assert_int_equal(w->plan.next_drill_at, at(next));
	assert_non_null(w->plan.last_drill_json);
}

static void test_a_drill_is_due_beside_the_runs(void **state)
{
	struct watched *w = *state;

	add_drilled(w, "nightly", "2026-12-02T02:30:00Z",
		    "2026-12-01T14:30:00Z");
	begin(w, NULL);
	await_alarm(w, "2026-12-01T14:30:00Z");
	look_at(w, "2026-12-01T14:30:00Z");
	settle_drill(w, "nightly", "2026-12-02T02:30:00Z");
	assert_non_null(strstr(w->plan.last_drill_json, "no_backup"));
	assert_int_equal(w->nruns, 0);
	await_alarm(w, "2026-12-02T02:30:00Z");
}

/* There is no helper here: it is queued, runs, and says so. */
static void test_missed_drills_are_one(void **state)
{
	struct watched *w = *state;

	add_drilled(w, "nightly", "2026-12-02T02:30:00Z",
		    "2026-12-03T02:30:00Z");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_null(w->plan.last_drill_json);
	look_at(w, "2026-12-06T10:00:00Z");
	settle_drill(w, "nightly", "2026-12-07T02:30:00Z");
	house_settle(w->h);
	read_plan(w, "nightly");
	assert_non_null(strstr(w->plan.last_drill_json, "provisioner_failed"));
	assert_non_null(strstr(w->plan.last_drill_json, "\"none\""));
	assert_int_equal(w->nruns, 3);
	await_alarm(w, "2026-12-07T02:30:00Z");
}

/* Two plans of one source: the second waits its turn, in order. */
static void test_rule03_due_runs_of_one_source_wait(void **state)
{
	struct watched *w = *state;

	add_plan(w, "first", DAILY("run_once"), "2026-12-02T02:30:00Z");
	add_plan(w, "second", DAILY("run_once"), "2026-12-02T02:30:00Z");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "first", "2026-12-03T02:30:00Z");
	settle(w, "second", "2026-12-03T02:30:00Z");
	await_alarm(w, "2026-12-03T02:30:00Z");
	check_run(w, &w->runs[0], "2026-12-02T02:30:00Z", "timer");
	assert_int_equal(fake_source_facts()->dumps, 2);
}

/* A due run finds its source busy with a restore that was accepted later. */
static void test_rule03_due_run_waits_for_a_restore(void **state)
{
	struct watched *w = *state;
	struct house *h = w->h;
	unsigned queued, running;

	assert_true(house_backup(h, "manual", NULL));
	house_settle(h);
	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	begin(w, NULL);
	assert_true(house_restore(h, "manual", "{}"));
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	check_run(w, &w->runs[0], "2026-12-02T02:30:00Z", "timer");
	jobs_load(h->jobs, &queued, &running);
	assert_int_equal(queued + running, 0);
}

/* The same when the restore stands behind it in the queue: the run is put
 * back, the restore goes by, and the run is next. */
static void test_rule03_due_run_lets_a_restore_by(void **state)
{
	struct watched *w = *state;
	struct house *h = w->h;
	char source[ID_MAX], jobs[2][ID_MAX];
	unsigned queued, running;
	struct err e = {0};

	assert_true(house_backup(h, "manual", NULL));
	house_settle(h);
	memcpy(source, h->source, ID_MAX);
	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	fake_source_script()->is_hanging = true;
	for (int i = 0; i < 2; i++) {
		house_add_source(h, i == 0 ? "db2" : "db3");
		assert_true(house_backup(h, i == 0 ? "hang2" : "hang3", NULL));
		memcpy(jobs[i], h->backup.job_id, ID_MAX);
	}
	do {
		house_turn(h);
		jobs_load(h->jobs, &queued, &running);
	} while (running < 2);
	memcpy(h->source, source, ID_MAX);
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	do {
		house_turn(h);
		read_plan(w, "nightly");
	} while (w->nruns == 0);
	assert_true(house_restore(h, "manual", "{}"));
	fake_source_script()->is_hanging = false;
	assert_true(jobs_cancel(h->jobs, jobs[0], &e));
	house_wait(h, jobs[0]);
	house_wait(h, h->restore.job_id);
	/* It may have waited for its buffers until nothing hangs any more. */
	if (!jobs_cancel(h->jobs, jobs[1], &e))
		assert_string_equal(e.api, "job_not_running");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	check_run(w, &w->runs[0], "2026-12-02T02:30:00Z", "timer");
	assert_true(h->backup.started_at >= h->restore.finished_at);
	assert_true(h->backup.created_at < h->restore.started_at);
}

/* What is wrong with the source shows as a failed backup. */
static void test_rule02_due_run_of_a_replica_fails(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	fake_source_script()->role = "replica";
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_true(house_read_backup(w->h, w->runs[0].backup_id));
	assert_int_equal(w->h->backup.status, BACKUP_FAILED);
	assert_non_null(
		strstr(w->h->backup.error_json, "\"source_is_replica\""));
	assert_int_equal(fake_source_facts()->dumps, 0);
	assert_int_equal(house_objects(w->h), 0);
	/* it is owed still: overdue when its grace is over */
	assert_int_equal(w->plan.unmet_due_at, at("2026-12-02T02:30:00Z"));
	assert_string_equal(plan_status_name(&w->plan, w->now_ms), "active");
	assert_string_equal(
		plan_status_name(&w->plan, at("2026-12-02T08:30:01Z")),
		"overdue");
}

static void test_rule09_due_run_without_a_source_fails(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	(void)err_set(&fake_source_script()->probe_err, ERR_CONNECT,
		      "connection_failed", "nobody there");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_true(house_read_backup(w->h, w->runs[0].backup_id));
	assert_int_equal(w->h->backup.status, BACKUP_FAILED);
	assert_non_null(
		strstr(w->h->backup.error_json, "\"connection_failed\""));
}

/* A server that dies while a due run is on its way begins it again, once. */
static void test_rule21_interrupted_run_is_begun_again_once(void **state)
{
	struct watched *w = *state;

	fake_source_script()->is_hanging = true;
	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	for (unsigned life = 1; life <= 2; life++) {
		while (fake_source_facts()->dumps < life)
			house_turn(w->h);
		scheduler_free(w->s);
		house_crash(w->h, 2);
		begin(w, NULL);
	}
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_int_equal(fake_source_facts()->dumps, 2);
	assert_int_equal(w->nruns, 1);
	assert_true(house_read_backup(w->h, w->runs[0].backup_id));
	assert_int_equal(w->h->backup.status, BACKUP_FAILED);
	assert_non_null(strstr(w->h->backup.error_json, "\"interrupted\""));
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

/* A server that is stopped meanwhile does so, too. */
static void test_rule21_stopped_run_is_begun_again(void **state)
{
	struct watched *w = *state;
	bool is_stopped = false;

	fake_source_script()->is_hanging = true;
	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	begin(w, NULL);
	look_at(w, "2026-12-02T02:30:00Z");
	while (fake_source_facts()->dumps < 1)
		house_turn(w->h);
	scheduler_stop(w->s);
	jobs_stop(w->h->jobs, on_stopped, &is_stopped);
	house_until(w->h, &is_stopped);
	scheduler_free(w->s);
	fake_source_script()->is_hanging = false;
	house_crash(w->h, 2);
	begin(w, NULL);
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	check_run(w, &w->runs[0], "2026-12-02T02:30:00Z", "catch_up");
}

static void copy_zone(const char *folder, const char *name)
{
	char from[96], to[96];
	unsigned char bytes[8192];
	size_t n;
	FILE *f;

	(void)snprintf(from, sizeof(from), "/usr/share/zoneinfo/%s", name);
	(void)snprintf(to, sizeof(to), "%s/%s", folder, name);
	f = fopen(from, "rb");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	f = fopen(to, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* It keeps its due time; the others go on; and when it is there again, it is
 * caught up. */
static void test_zone_that_vanished(void **state)
{
	struct watched *w = *state;
	char folder[96];

	(void)snprintf(folder, sizeof(folder), "%s/zones", w->h->dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	copy_zone(folder, "UTC");
	add_plan(w, "lost",
		 "{\"cycle\":\"daily\",\"at\":\"02:30\",\"timezone\":\"EST\"}",
		 "2026-12-02T07:30:00Z");
	add_plan(w, "nightly", DAILY("run_once"), "2026-12-03T02:30:00Z");
	begin(w, folder);
	look_at(w, "2026-12-03T02:30:00Z");
	settle(w, "nightly", "2026-12-04T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	read_plan(w, "lost");
	assert_int_equal(w->plan.next_due_at, at("2026-12-02T07:30:00Z"));
	copy_zone(folder, "EST");
	look_at(w, "2026-12-03T02:31:00Z");
	settle(w, "lost", "2026-12-03T07:30:00Z");
	check_run(w, &w->runs[0], "2026-12-02T07:30:00Z", "catch_up");
}

static void run_sql(struct watched *w, const char *sql)
{
	char path[96], *why = NULL;
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/catalog.db", w->h->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	(void)sqlite3_close(db);
}

/* On a slow machine one more look may come in between. */
enum { LOOKS_MAX = 3 };

/* The scheduler asks no more of the catalog for many plans than for one; what
 * the catalog does then is measured in test_catalog_due.c. */
static void test_very_many_plans(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("run_once"), "2026-12-02T02:30:00Z");
	run_sql(w,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 20000)"
		" INSERT INTO plans (id, name, name_key, source_id, pool_id,"
		" strategy, method, timer_json, retention_days, grace_seconds,"
		" next_due_at, created_at, updated_at)"
		" SELECT printf('plan_%026d', i), 'p' || i, 'p' || i,"
		" source_id, pool_id, strategy, method, timer_json, 7, 21600,"
		" next_due_at + i * 1000, created_at, updated_at"
		" FROM plans, n WHERE name = 'nightly'");
	looks = 0;
	begin(w, NULL);
	house_settle(w->h);
	assert_in_range(looks, 1, LOOKS_MAX);
	await_alarm(w, "2026-12-02T02:30:00Z");
	look_at(w, "2026-12-02T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	assert_in_range(looks, 2, 2 * LOOKS_MAX);
	await_alarm(w, "2026-12-02T02:30:01Z");
	assert_int_equal(fake_source_facts()->dumps, 1);
}

/* More than the catalog gives at once: all are decided, with the time at which
 * the first was. */
static void test_more_than_one_page(void **state)
{
	struct watched *w = *state;

	add_plan(w, "nightly", DAILY("skip"), "2026-12-02T02:30:00Z");
	run_sql(w,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 1100)"
		" INSERT INTO plans (id, name, name_key, source_id, pool_id,"
		" strategy, method, timer_json, retention_days, grace_seconds,"
		" next_due_at, created_at, updated_at)"
		" SELECT printf('plan_%026d', i), 'p' || i, 'p' || i,"
		" source_id, pool_id, strategy, method, timer_json, 7, 21600,"
		" next_due_at, created_at, updated_at"
		" FROM plans, n WHERE name = 'nightly'");
	w->now_ms = at("2026-12-02T12:00:00Z");
	begin(w, NULL);
	settle(w, "p1100", "2026-12-03T02:30:00Z");
	settle(w, "p1", "2026-12-03T02:30:00Z");
	settle(w, "nightly", "2026-12-03T02:30:00Z");
	assert_int_equal(fake_source_facts()->dumps, 0);
}

/* More than a page of plans that cannot be decided stand before one that can:
 * they keep their due time, and are in nobody's way. */
static void test_rule21_the_undecidable_block_nobody(void **state)
{
	struct watched *w = *state;
	char folder[96];

	(void)snprintf(folder, sizeof(folder), "%s/zones", w->h->dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	copy_zone(folder, "UTC");
	add_plan(w, "lost",
		 "{\"cycle\":\"daily\",\"at\":\"02:30\",\"missed\":\"skip\","
		 "\"timezone\":\"EST\"}",
		 "2026-12-02T07:30:00Z");
	run_sql(w,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 600)"
		" INSERT INTO plans (id, name, name_key, source_id, pool_id,"
		" strategy, method, timer_json, retention_days, grace_seconds,"
		" next_due_at, created_at, updated_at)"
		" SELECT printf('plan_%026d', i), 'p' || i, 'p' || i,"
		" source_id, pool_id, strategy, method, timer_json, 7, 21600,"
		" next_due_at, created_at, updated_at"
		" FROM plans, n WHERE name = 'lost'");
	add_plan(w, "nightly", DAILY("run_once"), "2026-12-03T02:30:00Z");
	begin(w, folder);
	look_at(w, "2026-12-03T02:30:00Z");
	settle(w, "nightly", "2026-12-04T02:30:00Z");
	assert_int_equal(w->nruns, 1);
	check_run(w, &w->runs[0], "2026-12-03T02:30:00Z", "timer");
	/* Woken again and again, it comes to its end. */
	for (int i = 0; i < 20; i++) {
		scheduler_wake(w->s);
		house_turn(w->h);
	}
	look_at(w, "2026-12-04T02:30:00Z");
	settle(w, "nightly", "2026-12-05T02:30:00Z");
	read_plan(w, "p600");
	assert_int_equal(w->plan.next_due_at, at("2026-12-02T07:30:00Z"));
	assert_int_equal(w->nruns, 0);
	copy_zone(folder, "EST");
	look_at(w, "2026-12-04T10:00:00Z");
	settle(w, "p600", "2026-12-05T07:30:00Z");
	settle(w, "lost", "2026-12-05T07:30:00Z");
	assert_int_equal(fake_source_facts()->dumps, 2);
}

static void on_wake(void *arg)
{
	*(bool *)arg = true;
}

/* The kernel's timer, with the clock of the system. */
static void test_alarm_rings_in_time(void **state)
{
	struct watched *w = *state;
	bool is_woken = false;
	const struct alarm_config c = {
		.loop = w->h->loop, .wake = on_wake, .arg = &is_woken};
	struct err e = {0};
	struct alarm *a = alarm_new(&c, &e);
	int64_t due_ms = clock_now_ms() + 300;

	assert_non_null(a);
	alarm_set(a, due_ms);
	house_until(w->h, &is_woken);
	assert_true(clock_now_ms() >= due_ms);
	is_woken = false;
	alarm_set(a, due_ms - DAY_MS);
	house_until(w->h, &is_woken);
	is_woken = false;
	alarm_set(a, 0);
	house_settle(w->h);
	assert_false(is_woken);
	alarm_free(a);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_rule21_due_plan_runs_once),
		CASE(test_rule21_missed_runs_are_caught_up_by_one),
		CASE(test_rule21_missed_runs_are_skipped),
		CASE(test_rule21_once_is_over),
		CASE(test_a_drill_is_due_beside_the_runs),
		CASE(test_missed_drills_are_one),
		CASE(test_rule03_due_runs_of_one_source_wait),
		CASE(test_rule03_due_run_waits_for_a_restore),
		CASE(test_rule03_due_run_lets_a_restore_by),
		CASE(test_rule02_due_run_of_a_replica_fails),
		CASE(test_rule09_due_run_without_a_source_fails),
		CASE(test_rule21_interrupted_run_is_begun_again_once),
		CASE(test_rule21_stopped_run_is_begun_again),
		CASE(test_zone_that_vanished),
		CASE(test_very_many_plans),
		CASE(test_more_than_one_page),
		CASE(test_rule21_the_undecidable_block_nobody),
		CASE(test_alarm_rings_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
