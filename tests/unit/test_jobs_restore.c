/* test_jobs_restore.c - sections in order, several readers, single tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobs_house.h"
#include "manifest/manifest.h"

enum {
	TABLES = 4,
	FRAMES = 20,
	SMALL_PART_BYTES = 200,
	TURNS = 120,
};

#define ONE_TABLE                                                              \
	"{\"scope\":{\"databases\":[{\"name\":\"db\",\"tables\":[\"t1\"]}]}}"

/* Manifests are written as early versions did. */
static bool is_early;

char *__real_manifest_format(const struct manifest *m, const struct signer *s,
			     char digest[SHA256_HEX_MAX], struct err *e);
char *__wrap_manifest_format(const struct manifest *m, const struct signer *s,
			     char digest[SHA256_HEX_MAX], struct err *e);

char *__wrap_manifest_format(const struct manifest *m, const struct signer *s,
			     char digest[SHA256_HEX_MAX], struct err *e)
{
	struct manifest copy = *m;

	if (is_early)
		copy.nsections = 0;
	return __real_manifest_format(&copy, s, digest, e);
}

/* A backup of many small parts, to be restored by three readers. */
static struct house *prepare(void)
{
	struct house *h = house_open(2);

	house_add_pool(h, "small", SMALL_PART_BYTES);
	fake_source_script()->tables = TABLES;
	fake_source_script()->frames = FRAMES;
	fake_source_script()->width = 3;
	assert_true(house_backup(h, "first", NULL));
	house_wait(h, h->backup.job_id);
	assert_true(house_read_backup(h, h->backup.id));
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
	assert_true(h->backup.part_count > 10);
	return h;
}

static void restore(struct house *h, const char *request)
{
	assert_true(house_restore(h, "first", request));
	house_wait(h, h->restore.job_id);
	assert_true(house_read_restore(h, h->restore.id));
}

/* How often it stands in what was loaded. */
static unsigned count(const char *line)
{
	const struct text *t = &fake_source_facts()->loaded;
	const char *at = t->data;
	unsigned n = 0;

	for (; at != NULL && (at = strstr(at, line)) != NULL; at++)
		n++;
	return n;
}

static void test_sections_in_order_by_several_readers(void **state)
{
	struct house *h = prepare();
	const struct fake_facts *f = fake_source_facts();

	(void)state;
	restore(h, "{}");
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_int_equal(f->sinks[ITEM_SCHEMA], 1);
	/* three quarters of 32 MiB are not enough for the third one */
	assert_int_equal(f->sinks[ITEM_DATA], 2);
	assert_int_equal(f->sinks[ITEM_POST], 0);
	assert_false(f->is_mixed);
	assert_int_equal(f->frames_loaded, 1 + TABLES * FRAMES);
	assert_int_equal(strncmp(f->loaded.data, "db/ 1;\n", 7), 0);
	for (unsigned i = 1; i <= FRAMES; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "db/t3 %u;\n", i);
		assert_int_equal(count(line), 1);
	}
	assert_int_equal(h->restore.row_count, TABLES * FRAMES);
	assert_int_equal(f->databases, 1);
	assert_int_equal(f->partial, 0);
	assert_int_equal(f->plain_bytes, f->loaded.len);
	house_check_budget(h);
	house_close(h);
}

/* Without sections: all in order, by one reader. With a scope the index is
 * enough. */
static void test_early_backup(void **state)
{
	struct house *h;
	const struct fake_facts *f = fake_source_facts();
	size_t at;

	(void)state;
	is_early = true;
	h = prepare();
	is_early = false;
	restore(h, "{}");
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_int_equal(f->sinks[ITEM_SCHEMA], 1);
	assert_int_equal(f->sinks[ITEM_DATA], 0);
	assert_int_equal(f->frames_loaded, 1 + TABLES * FRAMES);
	assert_int_equal(strncmp(f->loaded.data, "db/ 1;\n", 7), 0);
	at = f->loaded.len;
	restore(h, ONE_TABLE);
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_int_equal(strncmp(f->loaded.data + at, "db/ 1;\ndb/t1 1;", 15),
			 0);
	assert_int_equal(f->frames_loaded, 2 + TABLES * FRAMES + FRAMES);
	house_close(h);
}

static void test_one_failure_ends_all(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 1 + TABLES * FRAMES; at += 9) {
		struct house *h = prepare();
		struct fake_script *s = fake_source_script();
		const struct fake_facts *f = fake_source_facts();

		s->sink_fails_at = at;
		(void)err_set(&s->sink_err, ERR_REMOTE, "target_failed",
			      "disk full");
		restore(h, "{}");
		assert_int_equal(h->restore.status, JOB_FAILED);
		assert_non_null(strstr(h->restore.error_json, "disk full"));
		assert_false(h->restore.verified);
		assert_int_equal(f->frames_loaded, at);
		assert_int_equal(f->sinks_now[ITEM_DATA], 0);
		assert_int_equal(f->tables_verified, 0);
		house_check_budget(h);
		house_close(h);
	}
}

static void cancel_at(int turns, const char *request)
{
	struct house *h = prepare();
	struct err e = {0};
	bool is_canceled;

	assert_true(house_restore(h, "first", request));
	for (int i = 0; i < turns; i++)
		house_turn(h);
	is_canceled = jobs_cancel(h->jobs, h->restore.job_id, &e);
	house_wait(h, h->restore.job_id);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status,
			 is_canceled ? JOB_CANCELED : JOB_COMPLETED);
	assert_int_equal(h->restore.verified, !is_canceled);
	assert_int_equal(fake_source_facts()->alive, 0);
	house_check_budget(h);
	house_close(h);
}

static void test_cancel_at_every_turn(void **state)
{
	(void)state;
	for (int turns = 0; turns < TURNS; turns += 3)
		cancel_at(turns, turns % 2 == 0 ? "{}" : ONE_TABLE);
}

static void test_rule26_one_table(void **state)
{
	struct house *h = prepare();
	const struct fake_facts *f = fake_source_facts();
	const char *begin = "db/ 1;\ndb/t1 1;\ndb/t1 2;\n";

	(void)state;
	restore(h, ONE_TABLE);
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_int_equal(h->restore.row_count, FRAMES);
	assert_int_equal(f->tables_verified, 1);
	assert_int_equal(f->frames_loaded, 1 + FRAMES);
	assert_int_equal(strncmp(f->loaded.data, begin, strlen(begin)), 0);
	assert_int_equal(count("db/t1 "), FRAMES);
	assert_int_equal(f->partial, 1);
	assert_int_equal(f->plain_bytes, f->loaded.len);
	house_close(h);
}

static void refused(struct house *h, const char *scope, const char *named)
{
	char request[256];

	(void)snprintf(request, sizeof(request), "{\"scope\":%s}", scope);
	assert_false(house_restore(h, "first", request));
	assert_string_equal(h->err.api, "invalid_scope");
	assert_non_null(strstr(h->err.msg, named));
}

static void test_rule26_what_is_not_there(void **state)
{
	struct house *h = prepare();

	(void)state;
	refused(h, "{\"databases\":[{\"name\":\"other\"}]}", "\"other\"");
	refused(h,
		"{\"databases\":[{\"name\":\"db\",\"tables\":[\"t1\",\"t9\"]}]"
		"}",
		"\"db.t9\"");
	refused(h, "{\"include\":[\"x*\"]}", "in the scope");
	assert_int_equal(fake_source_facts()->loads, 0);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_in_order_by_several_readers),
		cmocka_unit_test(test_early_backup),
		cmocka_unit_test(test_one_failure_ends_all),
		cmocka_unit_test(test_cancel_at_every_turn),
		cmocka_unit_test(test_rule26_one_table),
		cmocka_unit_test(test_rule26_what_is_not_there),
	};

	return cmocka_run_group_tests_name("restores", tests, NULL, NULL);
}
