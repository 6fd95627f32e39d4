/* test_catalog_lists.c - filters, sorts and pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test_catalog_rig.h"

enum { MANY = 1000 };

/*
 * 1,000 backups of two sources in two pools, as if they had been made: values
 * repeat, so that most neighbours in a sort differ by their id alone.
 */
#define FILL                                                                   \
	"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"      \
	" WHERE i < 999)"                                                      \
	" INSERT INTO backups (id, name, name_key, type, started_by, method,"  \
	" status, server_id, source_id, source_name, source_engine, pool_id,"  \
	" created_at, started_at, finished_at, expires_at, source_bytes,"      \
	" stored_bytes, job_id)"                                               \
	" SELECT printf('bak_%026d', (i * 7919) % 1000),"                      \
	" printf('%s-%03d', CASE i % 3 WHEN 0 THEN 'Night' WHEN 1 THEN"        \
	"  'night' ELSE 'day' END, i), printf('key-%d', i),"                   \
	" CASE i % 4 WHEN 0 THEN 'manual' ELSE 'automated' END, 'user',"       \
	" CASE i % 5 WHEN 0 THEN 'physical' ELSE 'logical' END,"               \
	" CASE i % 3 WHEN 0 THEN 'failed' ELSE 'completed' END, 'srv',"        \
	" s.id, s.name, 'mysql', p.id, 1000 + i / 10, 2000 + i / 7,"           \
	" 3000 + i / 3, 4000 + i % 9, i % 11, i % 13, 'job'"                   \
	" FROM n, sources s, pools p"                                          \
	" WHERE s.name = CASE i % 2 WHEN 0 THEN 'shop' ELSE 'blog' END"        \
	" AND p.name = CASE WHEN i < 500 THEN 'one' ELSE 'two' END"

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop blog", "one two");
	r = *state;
	rig_sql(r, FILL);
	return 0;
}

typedef bool list_fn(struct rig *r, const struct catalog_query *q);

/* Walks all pages; returns how many records came, each of them once. */
static unsigned walk(struct rig *r, list_fn *list, struct catalog_query q)
{
	static char seen[4 * MANY][ID_MAX];
	char after[1024];
	unsigned n = 0;

	for (;;) {
		if (!list(r, &q))
			fail_msg("%s: %s", q.sort, r->a.err.msg);
		for (size_t i = 0; i < r->a.n; i++) {
			assert_true(n < 4 * MANY);
			(void)str_copy(seen[n++], ID_MAX, r->a.ids[i]);
		}
		if (r->a.next[0] == '\0')
			break;
		assert_int_equal(r->a.n, q.limit);
		(void)str_copy(after, sizeof(after), r->a.next);
		q.after = after;
	}
	assert_int_equal(n, r->a.total);
	qsort(seen, n, ID_MAX, (int (*)(const void *, const void *))strcmp);
	for (unsigned i = 1; i < n; i++)
		if (strcmp(seen[i - 1], seen[i]) == 0)
			fail_msg("%s came twice in %s", seen[i], q.sort);
	return n;
}

static void test_every_sort_of_backups_is_whole(void **state)
{
	static const char *const sorts[] = {
		"created_at", "started_at",   "finished_at", "expires_at",
		"name",	      "status",	      "type",	     "method",
		"source",     "source_bytes", "stored_bytes"};
	struct rig *r = *state;
	char down[32];

	for (unsigned i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		struct catalog_query q = {.sort = sorts[i], .limit = 37};

		assert_int_equal(walk(r, rig_list_backups, q), MANY);
		(void)snprintf(down, sizeof(down), "-%s", sorts[i]);
		q.sort = down;
		assert_int_equal(walk(r, rig_list_backups, q), MANY);
	}
}

static void test_every_sort_of_the_others_is_whole(void **state)
{
	static const char *const of_sources[] = {
		"created_at", "-updated_at", "name",
		"-engine",    "region",	     "-last_backup_at"};
	static const char *const of_pools[] = {"-created_at",	"updated_at",
					       "-name",		"storage_type",
					       "-backup_count", "stored_bytes"};
	static const char *const of_jobs[] = {"created_at", "-started_at",
					      "finished_at", "kind", "-status"};
	struct rig *r = *state;
	char name[NAME_BUF];

	for (int i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof(name), "more-%d", i);
		assert_true(rig_create_source(r, name));
		assert_true(rig_create_pool(r, name));
		assert_true(rig_begin_backup(r, name, name, name));
	}
	for (int i = 0; i < 6; i++) {
		struct catalog_query q = {.sort = of_sources[i], .limit = 3};

		assert_int_equal(walk(r, rig_list_sources, q), 10);
		q.sort = of_pools[i];
		assert_int_equal(walk(r, rig_list_pools, q), 10);
		q.sort = of_jobs[i % 5];
		assert_int_equal(walk(r, rig_list_jobs, q), 8);
	}
}

static void test_sort_by_name_folds_case(void **state)
{
	struct rig *r = *state;

	assert_true(rig_list_backups(
		r, &(struct catalog_query){.sort = "name", .limit = 500}));
	assert_string_equal(r->a.names[0], "day-002");
	/* 333 of the day, then the nights by number, whatever their case. */
	assert_string_equal(r->a.names[333], "Night-000");
	assert_string_equal(r->a.names[334], "night-001");
	assert_string_equal(r->a.names[335], "Night-003");
}

static void test_newest_first_by_default(void **state)
{
	struct rig *r = *state;

	assert_true(rig_list_backups(r, &(struct catalog_query){0}));
	assert_int_equal(r->a.n, 50);
	assert_int_equal(r->a.total, MANY);
	/* The ten newest share their time: the id decides. */
	assert_true(strcmp(r->a.ids[0], r->a.ids[1]) > 0);
	assert_true(atoi(strchr(r->a.names[0], '-') + 1) >= 990);
	assert_true(atoi(strchr(r->a.names[49], '-') + 1) >= 950);
}

static unsigned total(struct rig *r, struct catalog_query q)
{
	q.limit = 100;
	return walk(r, rig_list_backups, q);
}

static void test_filters(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	assert_true(rig_get_source(r, "shop"));
	(void)str_copy(id, ID_MAX, r->a.source.id);
	assert_int_equal(total(r, (struct catalog_query){.source = id}), 500);
	assert_int_equal(total(r, (struct catalog_query){.source = "SHOP"}),
			 500);
	assert_int_equal(total(r, (struct catalog_query){.source = "none"}), 0);
	assert_true(rig_get_pool(r, "two"));
	(void)str_copy(id, ID_MAX, r->a.pool.id);
	assert_int_equal(total(r, (struct catalog_query){.pool = id}), 500);
	assert_int_equal(total(r, (struct catalog_query){.pool = "Two"}), 500);
	assert_int_equal(total(r, (struct catalog_query){.type = "manual"}),
			 250);
	assert_int_equal(total(r, (struct catalog_query){.method = "physical"}),
			 200);
	assert_int_equal(total(r, (struct catalog_query){.status = "failed"}),
			 334);
	assert_int_equal(total(r, (struct catalog_query){.since = 1090}), 100);
	assert_int_equal(total(r, (struct catalog_query){.until = 1001}), 10);
	assert_int_equal(total(r, (struct catalog_query){.q = "NIGHT-00"}), 7);
	assert_int_equal(total(r, (struct catalog_query){.source = "shop",
							 .status = "completed",
							 .type = "manual",
							 .pool = "one",
							 .method = "logical",
							 .q = "day",
							 .since = 1001,
							 .until = 1040,
							 .sort = "-name"}),
			 25);
}

/* What means something to SQL means nothing here. */
static void test_q_is_plain_text(void **state)
{
	static const char *const odd[] = {"%",	"_",  "%night%", "n_ght", "'",
					  "\\", "''", "?",	 "\xff",  "*"};
	struct rig *r = *state;
	char longer[300];

	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(total(r, (struct catalog_query){.q = odd[i]}),
				 0);
	assert_int_equal(total(r, (struct catalog_query){.q = "-"}), MANY);
	assert_int_equal(total(r, (struct catalog_query){.q = ""}), MANY);
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(total(r, (struct catalog_query){.q = longer}), 0);
}

static void test_limits(void **state)
{
	struct rig *r = *state;

	assert_true(rig_list_backups(r, &(struct catalog_query){.limit = 1}));
	assert_int_equal(r->a.n, 1);
	assert_true(r->a.next[0] != '\0');
	assert_true(
		rig_list_backups(r, &(struct catalog_query){.limit = 9999}));
	assert_int_equal(r->a.n, 500);
	assert_true(rig_list_backups(
		r, &(struct catalog_query){.q = "day-002", .limit = 1}));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.next, "");
}

static void test_unknown_sorts(void **state)
{
	static const char *const bad[] = {"",	       "-",
					  "nothing",   "--name",
					  "name desc", "id; DROP TABLE backups",
					  "Name",      "b.name"};
	struct rig *r = *state;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(rig_list_backups(
			r, &(struct catalog_query){.sort = bad[i]}));
		rig_refused(r, ERR_INVALID, "invalid_sort");
	}
	assert_non_null(strstr(r->a.err.msg, "stored_bytes"));
}

static void test_broken_cursors(void **state)
{
	static const char *const bad[] = {
		"",	  "x",
		"0",	  "00",
		"zz",	  "6e616d65",
		"%00",	  "0a0a",
		"0a0a0a", "2d637265617465645f61740a0a31"};
	struct rig *r = *state;
	char cut[1024];
	size_t len;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(rig_list_backups(
			r, &(struct catalog_query){.after = bad[i]}));
		rig_refused(r, ERR_INVALID, "invalid_cursor");
	}
	/* Every cut of a true one, and one of another sort. */
	assert_true(rig_list_backups(r, &(struct catalog_query){.limit = 5}));
	(void)str_copy(cut, sizeof(cut), r->a.next);
	assert_false(rig_list_backups(
		r, &(struct catalog_query){.after = cut, .sort = "name"}));
	rig_refused(r, ERR_INVALID, "invalid_cursor");
	assert_true(rig_list_backups(r, &(struct catalog_query){.after = cut}));
	/* The number at its end may be shorter and still be a number. */
	for (len = strlen(cut) - 2 * strlen("1099"); len > 0; len--) {
		cut[len] = '\0';
		assert_false(rig_list_backups(
			r, &(struct catalog_query){.after = cut}));
		rig_refused(r, ERR_INVALID, "invalid_cursor");
	}
}

/* What goes or comes between two pages hides nothing and repeats nothing. */
static void test_changes_between_pages(void **state)
{
	struct rig *r = *state;
	char after[1024], last[ID_MAX], second[ID_MAX], sql[128];

	assert_true(rig_list_backups(r, &(struct catalog_query){.limit = 20}));
	(void)str_copy(after, sizeof(after), r->a.next);
	(void)str_copy(last, ID_MAX, r->a.ids[19]);
	assert_true(rig_list_backups(
		r, &(struct catalog_query){.limit = 20, .after = after}));
	(void)str_copy(second, ID_MAX, r->a.ids[0]);
	/* The record that the cursor names goes, and one comes before it. */
	rig_make_backup(r, "newest", "shop", "one");
	(void)snprintf(sql, sizeof(sql), "DELETE FROM backups WHERE id = '%s'",
		       last);
	rig_close(r);
	rig_sql(r, sql);
	rig_open(r);
	assert_true(rig_list_backups(
		r, &(struct catalog_query){.limit = 20, .after = after}));
	assert_string_equal(r->a.ids[0], second);
}

/* 400 odd names, as sources and as keys: taken as they are, or refused. */
static void test_rule_5_400_odd_names(void **state)
{
	static const char *const parts[] = {
		"a",  "Z", "9", "-", "_", ".",	  " ",	"/",  "\\", "'",
		"\"", "%", ";", "?", "*", "\xc3", "\n", "\t", "$",  "(",
	};
	struct rig *r = *state;
	unsigned taken = 0, refused = 0;
	char name[NAME_BUF];

	for (unsigned i = 0; i < 400; i++) {
		(void)snprintf(name, sizeof(name), "n%s%s%u", parts[i / 20],
			       parts[i % 20], i);
		if (rig_create_source(r, name)) {
			taken++;
			assert_true(rig_get_source(r, name));
			assert_string_equal(r->a.source.name, name);
			continue;
		}
		refused++;
		rig_refused(r, ERR_INVALID, "invalid_name");
		assert_false(rig_get_source(r, name));
		rig_refused(r, ERR_NOT_FOUND, "not_found");
	}
	assert_int_equal(taken, 36);
	assert_int_equal(refused, 364);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.sources, 38);
}

/* What is kept of totals is what counting gives, whatever came between; and a
 * row of it that counts nothing is none. */
#define WRONG_TOTALS                                                           \
	"SELECT count(*) FROM (SELECT pool_id, status, source_id, plan_id,"    \
	" type, method, count(*) AS n, sum(stored_bytes) AS bytes"             \
	" FROM backups GROUP BY 1, 2, 3, 4, 5, 6) x FULL OUTER JOIN"           \
	" backup_totals t USING (pool_id, status, source_id, plan_id, type,"   \
	" method) WHERE x.n IS NOT t.n OR x.bytes IS NOT t.stored_bytes"

#define WRONG_SUMS                                                             \
	"SELECT count(*) FROM (SELECT pool_id, status, type, method,"          \
	" count(*) AS n, sum(stored_bytes) AS bytes FROM backups"              \
	" GROUP BY 1, 2, 3, 4) x FULL OUTER JOIN backup_sums t"                \
	" USING (pool_id, status, type, method)"                               \
	" WHERE x.n IS NOT t.n OR x.bytes IS NOT t.stored_bytes"

static void test_totals_are_kept(void **state)
{
	struct rig *r = *state;

	rig_close(r);
	assert_int_equal(rig_sql_int(r, WRONG_TOTALS), 0);
	assert_int_equal(rig_sql_int(r, WRONG_SUMS), 0);
	rig_sql(r, "DELETE FROM backups WHERE created_at % 3 = 0");
	assert_int_equal(rig_sql_int(r, WRONG_TOTALS), 0);
	assert_int_equal(rig_sql_int(r, WRONG_SUMS), 0);
	rig_sql(r, "UPDATE backups SET status = 'deleting', stored_bytes = 5,"
		   " held = 1 WHERE created_at % 2 = 0");
	assert_int_equal(rig_sql_int(r, WRONG_TOTALS), 0);
	assert_int_equal(rig_sql_int(r, WRONG_SUMS), 0);
	rig_sql(r, "UPDATE backups SET plan_id = id, type = 'manual'");
	assert_int_equal(rig_sql_int(r, WRONG_TOTALS), 0);
	assert_int_equal(rig_sql_int(r, WRONG_SUMS), 0);
	rig_sql(r, "UPDATE backup_totals SET n = n + 1");
	assert_true(rig_sql_int(r, WRONG_TOTALS) > 0);
	rig_sql(r, "UPDATE backup_totals SET n = n - 1; DELETE FROM backups");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_totals"),
			 0);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_sums"), 0);
	rig_open(r);
}

/* However a page is looked for, it is the same: many that fit are walked to,
 * few are looked up. */
static void test_ways_to_a_page(void **state)
{
	struct catalog_query q = {.status = "completed",
				  .sort = "-stored_bytes",
				  .q = "day",
				  .limit = 100};
	struct rig *r = *state;
	char few[3][ID_MAX];
	uint64_t total;

	assert_true(rig_list_backups(r, &q));
	total = r->a.total;
	assert_true(total > 100);
	memcpy(few, r->a.ids, sizeof(few));
	rig_close(r);
	rig_sql(r,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 2500) INSERT INTO backups (id, name, type,"
		" started_by, method, status, server_id, source_id,"
		" source_name, source_engine, pool_id, created_at,"
		" stored_bytes, job_id) SELECT printf('bak_0A%024d', i),"
		" 'Day-' || i, 'manual', 'user', 'logical', 'completed',"
		" 'srv', '', '', 'mysql', (SELECT id FROM pools LIMIT 1), 5,"
		" 0, '' FROM n");
	rig_open(r);
	assert_true(rig_list_backups(r, &q));
	assert_int_equal(r->a.total, total + 2500);
	assert_memory_equal(few, r->a.ids, sizeof(few));
	q.q = NULL;
	q.type = "manual";
	assert_true(walk(r, rig_list_backups, q) > 2500);
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_every_sort_of_backups_is_whole),
		RIGGED(test_every_sort_of_the_others_is_whole),
		RIGGED(test_sort_by_name_folds_case),
		RIGGED(test_newest_first_by_default),
		RIGGED(test_filters),
		RIGGED(test_q_is_plain_text),
		RIGGED(test_limits),
		RIGGED(test_unknown_sorts),
		RIGGED(test_broken_cursors),
		RIGGED(test_changes_between_pages),
		RIGGED(test_rule_5_400_odd_names),
		RIGGED(test_totals_are_kept),
		RIGGED(test_ways_to_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
