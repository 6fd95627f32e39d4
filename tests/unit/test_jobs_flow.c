/* test_jobs_flow.c - backups, restores and deletions from end to end, with a
 * fake engine that fails on command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "jobs/checks.h"
#include "jobs_house.h"

static int setup(void **state)
{
	*state = house_open(2);
	return 0;
}

static int teardown(void **state)
{
	house_close(*state);
	return 0;
}

/* A backup that is accepted, run to its end, and read again. */
static void make_backup(struct house *h, const char *name)
{
	char job[ID_MAX];

	assert_true(house_backup(h, name, NULL));
	assert_int_equal(h->backup.status, BACKUP_QUEUED);
	memcpy(job, h->backup.job_id, sizeof(job));
	house_wait(h, job);
	assert_true(house_read_backup(h, h->backup.id));
}

static void test_backup_and_restore(void **state)
{
	struct house *h = *state;
	const char *all = "db/ 1;\ndb/t0 1;\ndb/t0 2;\ndb/t0 3;\n";

	make_backup(h, "first");
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
	assert_int_equal(h->backup.row_count, 6);
	assert_int_equal(h->backup.table_count, 2);
	assert_false(h->backup.has_leftovers);
	/* owner, a part of each kind (schema, data), one index, manifest */
	assert_int_equal(h->backup.part_count, 2);
	assert_int_equal(house_objects(h), 5);
	assert_true(house_restore(h, "first", "{}"));
	house_wait(h, h->restore.job_id);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_true(h->restore.verified);
	assert_int_equal(h->restore.row_count, 6);
	assert_int_equal(fake_source_facts()->tables_verified, 2);
	assert_int_equal(fake_source_facts()->loaded.len,
			 strlen(all) + strlen("db/t0 1;\n") * 3);
}

/* All bytes are counted, each under the phase that read it: here phases end
 * long before the timer looks. */
static void test_phases_have_their_bytes(void **state)
{
	struct house *h = *state;
	json_int_t sum = 0, data = 0;
	json_t *phases, *one;
	size_t i;

	make_backup(h, "first");
	phases = json_loads(h->backup.phases_json, 0, NULL);
	json_array_foreach(phases, i, one)
	{
		json_int_t n =
			json_integer_value(json_object_get(one, "bytes"));
		const char *name =
			json_string_value(json_object_get(one, "name"));

		sum += n;
		if (strcmp(name, "data") == 0)
			data = n;
	}
	assert_int_equal(sum, h->backup.source_bytes);
	/* Two tables of three lines; the schema is one more. */
	assert_int_equal(data, 6 * strlen("db/t0 1;\n"));
	assert_true(sum > data);
	json_decref(phases);
}

static void test_rule02_replica_and_unreachable(void **state)
{
	struct house *h = *state;

	fake_source_script()->role = "replica";
	assert_false(house_backup(h, "first", NULL));
	assert_string_equal(h->err.api, "source_is_replica");
	(void)err_set(&fake_source_script()->probe_err, ERR_CONNECT,
		      "connection_failed", "nobody there");
	assert_false(house_backup(h, "first", NULL));
	assert_string_equal(h->err.api, "source_unavailable");
	assert_non_null(strstr(h->err.msg, "nobody there"));
	assert_int_equal(fake_source_facts()->dumps, 0);
}

static void test_rule03_one_at_a_time(void **state)
{
	struct house *h = *state;
	char job[ID_MAX];
	struct err e = {0};
	unsigned probes;

	fake_source_script()->is_hanging = true;
	assert_true(house_backup(h, "first", NULL));
	memcpy(job, h->backup.job_id, sizeof(job));
	probes = fake_source_facts()->probes;
	assert_false(house_backup(h, "second", NULL));
	assert_string_equal(h->err.api, "source_busy");
	assert_non_null(strstr(h->err.msg, "first"));
	assert_false(house_backup(h, "FIRST", NULL));
	assert_string_equal(h->err.api, "name_taken");
	/* Nobody waits for a server to hear that. */
	assert_int_equal(fake_source_facts()->probes, probes);
	assert_true(jobs_cancel(h->jobs, job, &e));
	house_wait(h, job);
	fake_source_script()->is_hanging = false;
	make_backup(h, "second");
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
}

/* It has a turn of its own, whatever else runs. */
static void test_rule13_delete_does_not_wait(void **state)
{
	struct house *h = *state;
	unsigned queued, running;
	char id[ID_MAX];

	make_backup(h, "first");
	memcpy(id, h->backup.id, sizeof(id));
	fake_source_script()->is_hanging = true;
	for (int i = 0; i < 2; i++) {
		house_add_source(h, i == 0 ? "db2" : "db3");
		assert_true(house_backup(h, i == 0 ? "hang2" : "hang3", NULL));
	}
	do {
		house_turn(h);
		jobs_load(h->jobs, &queued, &running);
	} while (running < 2);
	assert_true(house_delete(h, id));
	house_wait(h, h->backup.job_id);
	assert_false(house_read_backup(h, id));
	jobs_load(h->jobs, &queued, &running);
	assert_int_equal(running, 2);
}

static void test_rule09_one_retry(void **state)
{
	struct house *h = *state;
	struct fake_script *s = fake_source_script();

	s->fail_at_frame = 2;
	s->failures = 1;
	(void)err_set(&s->dump_err, ERR_TIMEOUT, "lock_not_obtained",
		      "session 7 holds it");
	make_backup(h, "first");
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
	assert_int_equal(fake_source_facts()->dumps, 2);
	s->failures = 2;
	make_backup(h, "second");
	assert_int_equal(h->backup.status, BACKUP_FAILED);
	assert_int_equal(fake_source_facts()->dumps, 4);
	assert_non_null(strstr(h->backup.error_json, "\"lock_not_obtained\""));
	assert_non_null(strstr(h->backup.error_json, "\"attempts\":[{"));
	/* only the first one's objects */
	assert_int_equal(house_objects(h), 5);
}

static void test_rule11_scope_must_exist(void **state)
{
	struct house *h = *state;

	assert_false(house_backup(h, "first",
				  "{\"databases\":[{\"name\":\"nope\"}]}"));
	assert_string_equal(h->err.api, "invalid_scope");
	assert_non_null(strstr(h->err.msg, "nope"));
	assert_false(house_backup(h, "first",
				  "{\"databases\":[{\"name\":\"db\","
				  "\"tables\":[\"t0\",\"t7\"]}]}"));
	assert_string_equal(h->err.api, "invalid_scope");
	assert_non_null(strstr(h->err.msg, "t7"));
	assert_true(house_backup(h, "first",
				 "{\"databases\":[{\"name\":\"db\","
				 "\"tables\":[\"t0\",\"t1\"]}]}"));
	house_wait(h, h->backup.job_id);
}

static void test_failure_leaves_nothing(void **state)
{
	struct house *h = *state;
	struct fake_script *s = fake_source_script();

	s->fail_at_frame = 2;
	s->failures = 1;
	(void)err_set(&s->dump_err, ERR_CONNECT, "connection_failed",
		      "the connection broke");
	make_backup(h, "first");
	assert_int_equal(h->backup.status, BACKUP_FAILED);
	assert_int_equal(fake_source_facts()->dumps, 1);
	assert_non_null(strstr(h->backup.error_json, "connection broke"));
	/* a sweep looks once more, for what arrived late */
	assert_true(h->backup.has_leftovers);
	assert_int_equal(house_objects(h), 0);
	make_backup(h, "first"); /* its name is free again */
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
}

static void test_rule12_cancel(void **state)
{
	struct house *h = *state;
	char id[ID_MAX], job[ID_MAX];
	struct job_progress p;
	struct err e = {0};

	fake_source_script()->is_hanging = true;
	assert_true(house_backup(h, "first", NULL));
	memcpy(id, h->backup.id, sizeof(id));
	memcpy(job, h->backup.job_id, sizeof(job));
	assert_true(jobs_progress(h->jobs, job, &p));
	assert_true(jobs_cancel(h->jobs, job, &e));
	assert_false(jobs_cancel(h->jobs, job, &e)); /* it is ending */
	house_wait(h, job);
	assert_true(house_read_backup(h, id));
	assert_int_equal(h->backup.status, BACKUP_CANCELED);
	assert_int_equal(house_objects(h), 0);
	assert_false(jobs_progress(h->jobs, job, &p));
}

static void test_rule13_delete(void **state)
{
	struct house *h = *state;
	char id[ID_MAX];

	make_backup(h, "first");
	memcpy(id, h->backup.id, sizeof(id));
	assert_true(house_delete(h, "first"));
	assert_int_equal(h->backup.status, BACKUP_DELETING);
	house_wait(h, h->backup.job_id);
	assert_int_equal(house_objects(h), 0);
	assert_false(house_read_backup(h, id));
	assert_string_equal(h->err.api, "not_found");
}

static void test_rule23_only_completed(void **state)
{
	struct house *h = *state;
	struct fake_script *s = fake_source_script();

	s->fail_at_frame = 1;
	s->failures = 1;
	(void)err_set(&s->dump_err, ERR_CONNECT, "connection_failed", "x");
	make_backup(h, "first");
	assert_false(house_restore(h, h->backup.id, "{}"));
	assert_string_equal(h->err.api, "backup_not_completed");
}

static void test_restore_refused_and_failed(void **state)
{
	struct house *h = *state;
	struct fake_script *s = fake_source_script();

	make_backup(h, "first");
	(void)err_set(&s->check_err, ERR_CONFLICT, "target_not_empty", "x");
	assert_false(house_restore(h, "first", "{}"));
	assert_string_equal(h->err.api, "target_not_empty");
	err_clear(&s->check_err);
	assert_false(
		house_restore(h, "first", "{\"rename\":{\"other\":\"db2\"}}"));
	assert_string_equal(h->err.api, "invalid_scope");
	(void)err_set(&s->sink_err, ERR_REMOTE, "target_failed", "disk full");
	assert_true(house_restore(h, "first", "{}"));
	house_wait(h, h->restore.job_id);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_FAILED);
	assert_non_null(strstr(h->restore.error_json, "disk full"));
	err_clear(&s->sink_err);
	(void)err_set(&s->verify_err, ERR_DAMAGED, "verification_failed", "x");
	assert_true(house_restore(h, "first", "{}"));
	house_wait(h, h->restore.job_id);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_FAILED);
	assert_false(h->restore.verified);
}

/* Flips the last byte of the first part of h->backup. */
static void damage_part(struct house *h)
{
	char path[256];
	struct stat st;
	char byte;
	int fd;

	(void)snprintf(path, sizeof(path),
		       "%s/pool/coffer/v1/%s/%s/data/00000001.sql.zst", h->dir,
		       h->backup.source_id, h->backup.id);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pread(fd, &byte, 1, st.st_size - 1), 1);
	byte = (char)(byte ^ 1);
	assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);
	assert_int_equal(close(fd), 0);
}

static void test_damaged_part_never_reaches_the_target(void **state)
{
	struct house *h = *state;

	make_backup(h, "first");
	damage_part(h);
	assert_true(house_restore(h, "first", "{}"));
	house_wait(h, h->restore.job_id);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_FAILED);
	assert_non_null(strstr(h->restore.error_json, "damaged_backup"));
	assert_int_equal(fake_source_facts()->loaded.len, 0);
}

struct told {
	bool is_told;
	char *json;
};

static void on_contents(void *arg, const char *json, const struct err *e)
{
	struct told *t = arg;

	assert_null(e);
	t->json = strdup(json);
	t->is_told = true;
}

static void on_manifest(void *arg, const char *json, size_t len,
			const struct err *e)
{
	struct told *t = arg;

	assert_null(e);
	t->json = strndup(json, len);
	t->is_told = true;
}

static void test_contents_and_manifest(void **state)
{
	struct house *h = *state;
	const struct contents_query all = {.limit = 10};
	struct told t = {0};
	struct err e = {0};

	make_backup(h, "first");
	assert_non_null(jobs_read_contents(h->jobs, "first", &all, on_contents,
					   &t, &e));
	house_until(h, &t.is_told);
	assert_non_null(strstr(t.json, "\"name\":\"t1\""));
	assert_non_null(strstr(t.json, "\"rows\":3"));
	free(t.json);
	memset(&t, 0, sizeof(t));
	assert_non_null(
		jobs_read_manifest(h->jobs, "first", on_manifest, &t, &e));
	house_until(h, &t.is_told);
	assert_non_null(strstr(t.json, h->backup.manifest_digest));
	free(t.json);
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

static void test_stop_interrupts(void **state)
{
	struct house *h = *state;
	bool is_stopped = false;
	char id[ID_MAX];

	fake_source_script()->is_hanging = true;
	assert_true(house_backup(h, "first", NULL));
	memcpy(id, h->backup.id, sizeof(id));
	jobs_stop(h->jobs, on_stopped, &is_stopped);
	house_until(h, &is_stopped);
	assert_true(house_read_backup(h, id));
	assert_int_equal(h->backup.status, BACKUP_FAILED);
	assert_non_null(strstr(h->backup.error_json, "interrupted"));
	assert_int_equal(house_objects(h), 0);
}

/* Freed in the middle of whatever runs: nothing leaks, nothing is called. */
static void test_drop_at_every_turn(void **state)
{
	(void)state;
	for (int turns = 0; turns < 40; turns++) {
		struct house *h = house_open(2);

		assert_true(house_backup(h, "first", NULL));
		for (int i = 0; i < turns; i++)
			house_turn(h);
		house_close(h);
	}
}

int main(void)
{
#define FLOW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FLOW(test_backup_and_restore),
		FLOW(test_phases_have_their_bytes),
		FLOW(test_rule02_replica_and_unreachable),
		FLOW(test_rule03_one_at_a_time),
		FLOW(test_rule09_one_retry),
		FLOW(test_rule11_scope_must_exist),
		FLOW(test_failure_leaves_nothing),
		FLOW(test_rule12_cancel),
		FLOW(test_rule13_delete),
		FLOW(test_rule13_delete_does_not_wait),
		FLOW(test_rule23_only_completed),
		FLOW(test_restore_refused_and_failed),
		FLOW(test_damaged_part_never_reaches_the_target),
		FLOW(test_contents_and_manifest),
		FLOW(test_stop_interrupts),
		cmocka_unit_test(test_drop_at_every_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
