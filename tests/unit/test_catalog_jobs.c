/* test_catalog_jobs.c - jobs: lists, logs, how many are kept; tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/jobs_int.h"
#include "test_catalog_rig.h"

static int setup(void **state)
{
	return rig_setup_with(state, "shop", "store");
}

static void on_log(void *arg, const char *text, const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(text == NULL, e != NULL);
	free(r->a.log);
	r->a.log = text != NULL ? strdup(text) : NULL;
	rig_on_done(arg, e);
}

static bool read_log(struct rig *r, const char *id)
{
	struct err e = {0};

	return rig_wait(r, catalog_job_read_log(r->catalog, id, on_log, r, &e));
}

static void begin(struct rig *r, char job[ID_MAX])
{
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
	(void)str_copy(job, ID_MAX, r->a.backup.job_id);
}

static void test_log(void **state)
{
	struct rig *r = *state;
	char job[ID_MAX];

	begin(r, job);
	assert_true(read_log(r, job));
	assert_string_equal(r->a.log, "");
	catalog_job_log(r->catalog, job, 1000, "connected");
	catalog_job_log(r->catalog, job, 62000, "two\nlines\tand \x1b[31m");
	assert_true(read_log(r, job));
	assert_string_equal(r->a.log,
			    "1970-01-01T00:00:01Z connected\n"
			    "1970-01-01T00:01:02Z two lines and  [31m\n");
	assert_false(read_log(r, "job_00000000000000000000000000"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

/* Lines of a job that nobody knows are no reason to lose others. */
static void test_log_of_unknown_job(void **state)
{
	struct rig *r = *state;
	char job[ID_MAX];

	begin(r, job);
	catalog_job_log(r->catalog, "job_none", 1000, "nobody's");
	catalog_job_log(r->catalog, job, 1000, "ours");
	catalog_job_log(r->catalog, "job_none", 1000, "nobody's");
	assert_true(read_log(r, job));
	assert_string_equal(r->a.log, "1970-01-01T00:00:01Z ours\n");
}

static unsigned count_lines(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

static void test_log_keeps_the_newest_1000(void **state)
{
	struct rig *r = *state;
	char job[ID_MAX], line[32];

	begin(r, job);
	for (int i = 0; i < 1500; i++) {
		(void)snprintf(line, sizeof(line), "line %d.", i);
		catalog_job_log(r->catalog, job, 1000, line);
	}
	assert_true(read_log(r, job));
	assert_int_equal(count_lines(r->a.log), 1000);
	assert_null(strstr(r->a.log, "line 499."));
	assert_non_null(strstr(r->a.log, "line 500."));
	assert_non_null(strstr(r->a.log, "line 1499."));
}

/* Lines that are many go in few transactions: each ends in an fsync. */
static void test_log_lines_share_transactions(void **state)
{
	struct rig *r = *state;
	char job[ID_MAX];
	unsigned calls = 0;
	struct catalog_op *op;

	begin(r, job);
	for (int i = 0; i < 5000; i++)
		catalog_job_log(r->catalog, job, 1000, "x");
	TAILQ_FOREACH (op, &r->catalog->calls, entry) {
		calls++;
	}
	assert_int_equal(calls, 1);
	assert_true(read_log(r, job));
	assert_int_equal(count_lines(r->a.log), 1000);
}

static void test_log_is_written_at_close(void **state)
{
	struct rig *r = *state;
	char job[ID_MAX];

	begin(r, job);
	for (int i = 0; i < 10; i++)
		catalog_job_log(r->catalog, job, 1000, "x");
	rig_close(r);
	rig_open(r);
	assert_true(read_log(r, job));
	assert_int_equal(count_lines(r->a.log), 10);
}

static void test_log_outlives_the_backup(void **state)
{
	struct rig *r = *state;
	char job[ID_MAX], id[ID_MAX];

	rig_make_backup(r, "first", "shop", "store");
	(void)str_copy(job, ID_MAX, r->a.backup.job_id);
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	catalog_job_log(r->catalog, job, 1000, "made");
	assert_true(rig_delete_backup(r, id));
	assert_true(rig_swept(r, id, NULL));
	assert_true(read_log(r, job));
	assert_int_equal(count_lines(r->a.log), 1);
}

static void test_list_filters(void **state)
{
	struct rig *r = *state;
	char backup_job[ID_MAX], delete_job[ID_MAX];

	rig_make_backup(r, "first", "shop", "store");
	(void)str_copy(backup_job, ID_MAX, r->a.backup.job_id);
	assert_true(rig_delete_backup(r, "first"));
	(void)str_copy(delete_job, ID_MAX, r->a.backup.job_id);
	assert_true(rig_list_jobs(r, &(struct catalog_query){0}));
	assert_int_equal(r->a.total, 2);
	assert_string_equal(r->a.ids[0], delete_job);
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.kind = "backup"}));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], backup_job);
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.status = "running"}));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], delete_job);
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.source = "SHOP"}));
	assert_int_equal(r->a.n, 2);
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.source = "none"}));
	assert_int_equal(r->a.n, 0);
}

static void test_the_oldest_ended_jobs_go(void **state)
{
	struct rig *r = *state;
	char live[ID_MAX];

	assert_true(rig_create_source(r, "blog"));
	begin(r, live);
	rig_sql(r, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		   " SELECT i + 1 FROM n WHERE i < 10050)"
		   " INSERT INTO jobs (id, kind, status, resource, fence,"
		   " created_at, finished_at) SELECT printf('job_%026d', i),"
		   " 'backup', 'failed', 'bak_gone', 0, i, i FROM n");
	rig_sql(r, "INSERT INTO job_lines VALUES"
		   " ('job_00000000000000000000000001', 1, 1, 'old')");
	rig_make_backup(r, "second", "blog", "store");
	assert_true(rig_list_jobs(r, &(struct catalog_query){.limit = 1}));
	assert_int_equal(r->a.total, JOBS_KEPT + 1);
	assert_true(rig_get_job(r, live));
	assert_false(rig_get_job(r, "job_00000000000000000000000051"));
	assert_true(rig_get_job(r, "job_00000000000000000000000052"));
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM job_lines"), 0);
}

static void on_tokens(void *arg, const struct token_record *list, size_t n,
		      const struct err *e)
{
	struct rig *r = arg;

	assert_in_range(n, 0, 8);
	for (size_t i = 0; i < n; i++)
		r->a.tokens[i] = list[i];
	r->a.n = n;
	rig_on_done(arg, e);
}

static bool add_token(struct rig *r, const char *name, const char *hash)
{
	struct token_record t = {.role = "admin", .expires_at = 77};
	struct err e = {0};

	(void)str_copy(t.name, NAME_BUF, name);
	(void)str_copy(t.hash, sizeof(t.hash), hash);
	return rig_wait(r,
			catalog_token_add(r->catalog, &t, rig_on_done, r, &e));
}

static void test_tokens(void **state)
{
	struct rig *r = *state;
	struct err e = {0};

	assert_true(add_token(r, "Admin", "aa"));
	assert_true(add_token(r, "console", "bb"));
	assert_false(add_token(r, "ADMIN", "cc"));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_false(add_token(r, "a b", "cc"));
	rig_refused(r, ERR_INVALID, "invalid_name");
	rig_close(r);
	rig_open(r);
	assert_true(
		rig_wait(r, catalog_token_list(r->catalog, on_tokens, r, &e)));
	assert_int_equal(r->a.n, 2);
	assert_string_equal(r->a.tokens[0].name, "Admin");
	assert_string_equal(r->a.tokens[0].role, "admin");
	assert_string_equal(r->a.tokens[0].hash, "aa");
	assert_int_equal(r->a.tokens[0].expires_at, 77);
	assert_true(r->a.tokens[0].created_at > 0);
	assert_true(id_has_prefix(r->a.tokens[1].id, "tok"));
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_log),
		RIGGED(test_log_of_unknown_job),
		RIGGED(test_log_keeps_the_newest_1000),
		RIGGED(test_log_lines_share_transactions),
		RIGGED(test_log_is_written_at_close),
		RIGGED(test_log_outlives_the_backup),
		RIGGED(test_list_filters),
		RIGGED(test_the_oldest_ended_jobs_go),
		RIGGED(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
