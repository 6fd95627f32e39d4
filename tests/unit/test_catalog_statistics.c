/* test_catalog_statistics.c - days and sums, held against what was done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/statistics.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

enum { DAY_S = 86400 };

static struct catalog_statistics found;

static void on_statistics(void *arg, const struct catalog_statistics *s,
			  const struct err *e)
{
	if (s != NULL)
		found = *s;
	rig_on_done(arg, e);
}

/* Days of UTC, the last of them today. */
static bool ask(struct rig *r, unsigned ndays, const char *source,
		const char *plan)
{
	struct statistics_query q = {
		.ndays = ndays, .source = source, .plan = plan};
	int64_t today = clock_now_ms() / 1000 / DAY_S;
	struct err e = {0};

	for (unsigned i = 0; i <= ndays; i++)
		q.starts_s[i] = (today + 1 - ndays + i) * DAY_S;
	memset(&found, 0xff, sizeof(found));
	return rig_wait(
		r, catalog_statistics(r->catalog, &q, on_statistics, r, &e));
}

static void check_day(const struct statistics_day *d, int64_t stored,
		      int64_t completed, int64_t failed, int64_t canceled)
{
	assert_int_equal(d->stored_bytes, stored);
	assert_int_equal(d->completed, completed);
	assert_int_equal(d->failed, failed);
	assert_int_equal(d->canceled, canceled);
}

static void test_nothing(void **state)
{
	struct rig *r = *state;

	assert_true(ask(r, 3, NULL, NULL));
	for (int i = 0; i < 3; i++)
		check_day(&found.days[i], 0, 0, 0, 0);
	assert_int_equal(found.stored_bytes, 0);
	assert_int_equal(found.sources, 2);
	assert_int_equal(found.never, 2);
	assert_int_equal(found.is_protected, 0);
}

/* What is past stays as it was, whatever is removed today. */
static void test_history(void **state)
{
	struct rig *r = *state;
	int64_t stored;
	char sql[256];

	rig_make_backup(r, "the-one", "alpha", "pool");
	rig_make_backup(r, "the-two", "beta", "pool");
	stored = rig_sql_int(r, "SELECT sum(stored_bytes) FROM backups");
	assert_true(stored > 0);
	/* Both happened three days ago. */
	(void)snprintf(sql, sizeof(sql),
		       "UPDATE backup_history SET bucket = bucket - %d",
		       3 * DAY_S / 900);
	rig_sql(r, sql);
	rig_sql(r, "DELETE FROM backups WHERE name = 'the-one'");
	assert_true(ask(r, 5, NULL, NULL));
	check_day(&found.days[0], 0, 0, 0, 0);
	check_day(&found.days[1], stored, 2, 0, 0);
	check_day(&found.days[3], stored, 0, 0, 0);
	check_day(&found.days[4], stored / 2, 0, 0, 0);
	assert_int_equal(found.stored_bytes, stored / 2);
	assert_int_equal(found.never, 1);
	assert_int_equal(found.is_protected, 1);
	/* What was before the first day counts all the same. */
	assert_true(ask(r, 2, NULL, NULL));
	check_day(&found.days[0], stored, 0, 0, 0);
	check_day(&found.days[1], stored / 2, 0, 0, 0);
	assert_true(ask(r, 5, "alpha", NULL));
	check_day(&found.days[1], stored / 2, 1, 0, 0);
	check_day(&found.days[4], 0, 0, 0, 0);
	assert_true(ask(r, 5, "beta", NULL));
	check_day(&found.days[4], stored / 2, 0, 0, 0);
	assert_false(ask(r, 5, "gamma", NULL));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_false(ask(r, 5, NULL, "nightly"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

/* Each way to end is counted once; what is deleted or adopted is no run. */
static void test_results(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"the-f", "the-c", "the-d"};

		rig_make_backup(r, names[i], "alpha", "pool");
	}
	rig_sql(r, "UPDATE backups SET status = 'backing_up'");
	rig_sql(r, "UPDATE backups SET status = 'failed' WHERE name = 'the-f'");
	rig_sql(r,
		"UPDATE backups SET status = 'canceled' WHERE name = 'the-c'");
	rig_sql(r,
		"UPDATE backups SET status = 'completed' WHERE name = 'the-d'");
	rig_sql(r, "UPDATE backups SET status = 'deleting'");
	rig_sql(r,
		"UPDATE backups SET status = 'completed' WHERE name = 'the-d'");
	assert_true(ask(r, 1, NULL, NULL));
	/* Three were completed first, by the rig. */
	assert_int_equal(found.days[0].completed, 4);
	assert_int_equal(found.days[0].failed, 1);
	assert_int_equal(found.days[0].canceled, 1);
	assert_int_equal(found.stored_bytes,
			 rig_sql_int(r, "SELECT sum(stored_bytes) FROM backups"
					" WHERE status = 'completed'"));
}

static void test_sources(void **state)
{
	struct rig *r = *state;

	rig_make_backup(r, "the-old", "alpha", "pool");
	rig_make_backup(r, "the-new", "alpha", "pool");
	rig_sql(r, "UPDATE backups SET status = 'failed',"
		   " finished_at = finished_at + 5000 WHERE name = 'the-new'");
	assert_true(ask(r, 1, NULL, NULL));
	assert_int_equal(found.failed, 1);
	assert_int_equal(found.never, 1);
	assert_int_equal(found.is_protected, 0);
	/* A newer one that was canceled says nothing against the source. */
	rig_make_backup(r, "the-last", "alpha", "pool");
	rig_sql(r, "UPDATE backups SET status = 'canceled',"
		   " finished_at = finished_at + 9000 WHERE name = 'the-last'");
	assert_true(ask(r, 1, NULL, NULL));
	assert_int_equal(found.failed, 0);
	assert_int_equal(found.is_protected, 1);
}

/* The sums are those of the table, whatever happens to it; and what is older
 * than can be asked for is one row. */
static void test_random_histories(void **state)
{
	static const char *const acts[] = {
		"UPDATE backups SET status = 'deleting'",
		"UPDATE backups SET status = 'completed'",
		"UPDATE backups SET stored_bytes = stored_bytes + 7",
		"UPDATE backups SET plan_id = 'plan_x'",
		"DELETE FROM backups",
	};
	struct rig *r = *state;
	char sql[160];

	srand(1);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(sql, sizeof(sql), "the-%d", i);
		rig_make_backup(r, sql, i % 3 ? "alpha" : "beta", "pool");
	}
	for (int i = 0; i < 120; i++) {
		(void)snprintf(sql, sizeof(sql), "%s WHERE name = 'the-%d'",
			       acts[rand() % 5], rand() % 20);
		rig_sql(r, sql);
		/* Eleven days go by: in the end much of it is folded. */
		if (i % 9 == 0)
			rig_sql(r, "UPDATE backup_history SET"
				   " bucket = bucket - 1056 WHERE bucket > 0");
		assert_int_equal(
			rig_sql_int(r, "SELECT coalesce(sum(stored_bytes), 0)"
				       " FROM backup_history"
				       " WHERE source_id = ''"),
			rig_sql_int(r, "SELECT coalesce(sum(stored_bytes), 0)"
				       " FROM backups"
				       " WHERE status = 'completed'"));
		assert_int_equal(
			rig_sql_int(r, "SELECT count(*) FROM (SELECT"
				       " sum(stored_bytes) AS n,"
				       " source_id, plan_id FROM backup_history"
				       " WHERE source_id <> '' GROUP BY 2, 3)"
				       " h WHERE n <> coalesce((SELECT"
				       " sum(b.stored_bytes) FROM backups b"
				       " WHERE b.status = 'completed'"
				       " AND b.source_id = h.source_id"
				       " AND b.plan_id = h.plan_id), 0)"),
			0);
	}
	assert_true(ask(r, STATISTICS_DAYS_MAX, NULL, NULL));
	assert_int_equal(found.stored_bytes,
			 rig_sql_int(r, "SELECT coalesce(sum(stored_bytes), 0)"
					" FROM backups"
					" WHERE status = 'completed'"));
}

static void test_old_rows_are_folded(void **state)
{
	struct rig *r = *state;

	rig_make_backup(r, "the-one", "alpha", "pool");
	rig_sql(r, "UPDATE backup_history SET bucket = bucket - 10000");
	rig_make_backup(r, "the-two", "beta", "pool");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_history"
					" WHERE bucket = 0"),
			 2);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_history"
					" WHERE bucket > 0"),
			 2);
	assert_true(ask(r, 1, NULL, NULL));
	assert_int_equal(found.days[0].completed, 1);
	assert_int_equal(found.stored_bytes,
			 rig_sql_int(r, "SELECT sum(stored_bytes)"
					" FROM backups"));
}

static int setup(void **state)
{
	return rig_setup_with(state, "alpha beta", "pool");
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_nothing),	       RIGGED(test_history),
		RIGGED(test_results),	       RIGGED(test_sources),
		RIGGED(test_random_histories), RIGGED(test_old_rows_are_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
