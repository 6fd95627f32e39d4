/* test_catalog_adopted.c - rule 17 in the catalog: backups that were found,
 * sources and plans that are taken over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/adopted.h"
#include "test_catalog_rig.h"

#define OTHER "srv_01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define ID_1  "bak_01HZZZZZZZZZZZZZZZZZZZZZZ1"
#define ID_2  "bak_01HZZZZZZZZZZZZZZZZZZZZZZ2"
#define DIGEST                                                                 \
	"00000000000000000000000000000000000000000000000000000000000000aa"
#define FORGED                                                                 \
	"00000000000000000000000000000000000000000000000000000000000000bb"

static char pool_id[ID_MAX];
static char job_id[ID_MAX];
static int64_t fence;

static const char *self(struct rig *r)
{
	return catalog_identity(r->catalog)->server_id;
}

static void keep_backup(void *arg, const struct backup_record *b,
			const struct err *e)
{
	struct rig *r = arg;

	if (b != NULL) {
		backup_record_fini(&r->a.backup);
		assert_true(backup_record_copy(&r->a.backup, b));
	}
	rig_on_done(arg, e);
}

static void keep_job(void *arg, const struct job_record *j, const struct err *e)
{
	if (j != NULL) {
		(void)str_copy(job_id, ID_MAX, j->id);
		assert_string_equal(j->resource, pool_id);
		assert_int_equal(j->kind, JOB_ADOPT);
		assert_int_equal(j->status, JOB_RUNNING);
		fence = j->fence;
	}
	rig_on_done(arg, e);
}

/* What a manifest would tell. */
static struct backup_record found(const char *id, const char *name)
{
	struct backup_record b = {.type = "manual",
				  .trigger = "user",
				  .method = "logical",
				  .source_engine = "mysql",
				  .source_name = "db",
				  .source_id = "src_01HZZZZZZZZZZZZZZZZZZZZZZZ",
				  .server_id = OTHER,
				  .manifest_digest = DIGEST,
				  .started_at = 1000,
				  .created_at = 1000,
				  .finished_at = 2000,
				  .row_count = 7,
				  .stored_bytes = 5};

	(void)str_copy(b.id, ID_MAX, id);
	(void)str_copy(b.name, NAME_BUF, name);
	(void)str_copy(b.pool_id, ID_MAX, pool_id);
	return b;
}

static bool adopt(struct rig *r, const struct backup_record *b)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_backup_adopt(r->catalog, b, keep_backup, r, &e));
}

static void pool(struct rig *r)
{
	assert_true(rig_create_pool(r, "pool"));
	(void)str_copy(pool_id, ID_MAX, r->a.pool.id);
}

static void test_all_fields(void **state)
{
	struct rig *r = *state;
	struct backup_record b;
	char scope[] = "{\"databases\":[]}", text[] = "hello";

	pool(r);
	b = found(ID_1, "Nightly");
	b.scope_json = scope;
	b.description = text;
	b.expires_at = 9000;
	b.retention_days = 7;
	b.due_at = 900;
	b.is_encrypted = true;
	(void)str_copy(b.type, sizeof(b.type), "automated");
	(void)str_copy(b.trigger, sizeof(b.trigger), "catch_up");
	(void)str_copy(b.plan_name, NAME_BUF, "plan");
	assert_true(adopt(r, &b));
	assert_true(rig_get_backup(r, "NIGHTLY"));
	assert_string_equal(r->a.backup.id, ID_1);
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_string_equal(r->a.backup.server_id, OTHER);
	assert_true(r->a.backup.is_adopted);
	assert_false(r->a.backup.is_mine);
	assert_true(r->a.backup.is_encrypted);
	assert_string_equal(r->a.backup.trigger, "catch_up");
	assert_string_equal(r->a.backup.plan_name, "plan");
	assert_string_equal(r->a.backup.scope_json, scope);
	assert_string_equal(r->a.backup.description, "hello");
	assert_int_equal(r->a.backup.expires_at, 9000);
	assert_int_equal(r->a.backup.retention_days, 7);
	assert_int_equal(r->a.backup.due_at, 900);
	assert_int_equal(r->a.backup.row_count, 7);
	assert_string_equal(r->a.backup.manifest_digest, DIGEST);
	assert_true(rig_get_pool(r, "pool"));
	assert_int_equal(r->a.pool.backup_count, 1);
	assert_int_equal(r->a.pool.stored_bytes, 5);
}

static void test_names(void **state)
{
	struct rig *r = *state;
	struct backup_record b;

	pool(r);
	b = found(ID_1, "Nightly");
	assert_true(adopt(r, &b));
	b = found(ID_2, "NIGHTLY");
	assert_true(adopt(r, &b));
	assert_string_equal(r->a.backup.name, "NIGHTLY-2");
	/* Known by its id: its name stays, whatever the manifest says. */
	assert_true(adopt(r, &b));
	assert_string_equal(r->a.backup.name, "NIGHTLY-2");
	b = found("bak_01HZZZZZZZZZZZZZZZZZZZZZZ3",
		  "a-name-of-64-characters-that-has-no-room-for-anything-behind"
		  "-it-x");
	(void)str_copy(b.name + 60, 5, "abcd");
	assert_true(adopt(r, &b));
	(void)str_copy(b.id, ID_MAX, "bak_01HZZZZZZZZZZZZZZZZZZZZZZ4");
	assert_true(adopt(r, &b));
	assert_int_equal(strlen(r->a.backup.name), 64);
	assert_string_equal(r->a.backup.name + 62, "-2");
	/* No name at all. */
	b = found("bak_01HZZZZZZZZZZZZZZZZZZZZZZ5", "<script>");
	assert_true(adopt(r, &b));
	assert_string_equal(r->a.backup.name,
			    "adopted-01HZZZZZZZZZZZZZZZZZZZZZZ5");
}

static void test_quota(void **state)
{
	struct rig *r = *state;
	struct backup_record b;
	char id[ID_MAX], name[NAME_BUF];

	pool(r);
	for (unsigned i = 0; i < RIG_QUOTA + 5; i++) {
		(void)snprintf(id, sizeof(id),
			       "bak_01HZZZZZZZZZZZZZZZZZZZZ%03u", i);
		(void)snprintf(name, sizeof(name), "backup-%u", i);
		b = found(id, name);
		assert_true(adopt(r, &b));
	}
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
	assert_true(rig_recover(r));
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
}

static void test_changed_manifest(void **state)
{
	struct rig *r = *state;
	struct backup_record b;

	pool(r);
	b = found(ID_1, "Nightly");
	assert_true(adopt(r, &b));
	(void)str_copy(b.manifest_digest, SHA256_HEX_MAX, FORGED);
	(void)str_copy(b.server_id, ID_MAX, self(r));
	assert_false(adopt(r, &b));
	rig_refused(r, ERR_DAMAGED, "damaged_backup");
	assert_true(rig_get_backup(r, ID_1));
	assert_string_equal(r->a.backup.server_id, OTHER);
}

/* Adopted without an identity, and again with one. */
static void test_what_was_hidden(void **state)
{
	struct rig *r = *state;
	char hidden[] = "[{\"code\":\"scope_hidden\",\"detail\":\"x\"}]";
	char scope[] = "{\"databases\":[]}", none[] = "[]", other[] = "null";
	struct backup_record b;

	pool(r);
	b = found(ID_1, "Nightly");
	b.is_encrypted = true;
	b.warnings_json = hidden;
	assert_true(adopt(r, &b));
	b.scope_json = scope;
	b.warnings_json = none;
	assert_true(adopt(r, &b));
	assert_string_equal(r->a.backup.scope_json, scope);
	assert_string_equal(r->a.backup.warnings_json, none);
	/* What is known stays. */
	b.scope_json = other;
	assert_true(adopt(r, &b));
	assert_string_equal(r->a.backup.scope_json, scope);
}

static bool take(struct rig *r)
{
	struct err e = {0};

	return rig_wait(r, catalog_adopt_take(r->catalog, pool_id, OTHER,
					      rig_on_done, r, &e));
}

static void test_only_the_owner_deletes(void **state)
{
	struct rig *r = *state;
	struct backup_record b;

	pool(r);
	assert_true(rig_create_source(r, "db"));
	rig_make_backup(r, "own-one", "db", "pool");
	b = found(ID_1, "Nightly");
	assert_true(adopt(r, &b));
	assert_false(rig_delete_backup(r, ID_1));
	rig_refused(r, ERR_CONFLICT, "not_owner");
	assert_true(take(r));
	assert_true(rig_delete_backup(r, ID_1));
	assert_true(rig_count(r)); /* it did not count, and does not now */
	assert_int_equal(r->a.usage.manual_backups, 1);
	/* Another server took it meanwhile: it keeps it. */
	assert_true(adopt(r, &b));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_string_equal(r->a.backup.name, "Nightly");
	assert_false(r->a.backup.is_mine);
}

/* --- the job */

static bool begin(struct rig *r)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_adopt_begin(r->catalog, "pool", keep_job, r, &e));
}

static bool finish(struct rig *r, int64_t with, const struct err *why)
{
	const struct adopt_end end = {job_id, with, why, "{}"};
	struct err e = {0};

	return rig_wait(
		r, catalog_adopt_finish(r->catalog, &end, rig_on_done, r, &e));
}

static void test_job(void **state)
{
	struct rig *r = *state;
	struct err why = {.code = ERR_CONNECT, .api = "store_failed"};

	pool(r);
	assert_true(begin(r));
	assert_true(rig_get_pool(r, "pool"));
	assert_true(r->a.pool.is_adopting);
	assert_false(begin(r));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	assert_false(finish(r, fence + 1, NULL));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(finish(r, fence, &why));
	assert_true(rig_get_job(r, job_id));
	assert_int_equal(r->a.job.status, JOB_FAILED);
	assert_true(rig_get_pool(r, "pool"));
	assert_false(r->a.pool.is_adopting);
	assert_true(begin(r));
	assert_true(finish(r, fence, NULL));
	assert_true(rig_get_job(r, job_id));
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
}

static size_t nunread;

static void count_unread(void *arg, const char (*ids)[ID_MAX], size_t n,
			 const struct err *e)
{
	nunread = n;
	if (n > 0)
		assert_string_equal(ids[0], pool_id);
	rig_on_done(arg, e);
}

static bool is_unread(struct rig *r)
{
	struct err e = {0};

	assert_true(rig_wait(
		r, catalog_adopt_unread(r->catalog, count_unread, r, &e)));
	assert_in_range(nunread, 0, 1);
	return nunread == 1;
}

/* Until a job has come to its end, whatever cuts it. */
static void test_rule17_what_was_cut_is_known(void **state)
{
	struct err away = {.code = ERR_CONNECT, .api = "store_failed"};
	struct err canceled = {.code = ERR_CANCELED, .api = "canceled"};
	struct rig *r = *state;

	pool(r);
	assert_true(is_unread(r)); /* bound, and then a crash */
	assert_true(begin(r));
	assert_false(is_unread(r)); /* it is being read */
	assert_true(rig_recover(r));
	assert_true(is_unread(r));
	assert_true(begin(r));
	assert_true(finish(r, fence, &away));
	assert_true(is_unread(r));
	assert_true(begin(r));
	assert_true(finish(r, fence, NULL));
	assert_false(is_unread(r));
	assert_true(rig_recover(r));
	assert_false(is_unread(r));
	assert_true(begin(r)); /* on request */
	assert_true(rig_recover(r));
	assert_true(is_unread(r));
	assert_true(begin(r));
	assert_true(finish(r, fence, &canceled)); /* and not wanted */
	assert_false(is_unread(r));
}

static bool forget(struct rig *r, const char (*ids)[ID_MAX], size_t n)
{
	const struct pool_listing there = {pool_id, ids, n};
	struct err e = {0};

	return rig_wait(r, catalog_adopt_forget(r->catalog, &there, rig_on_done,
						r, &e));
}

static void test_what_is_gone(void **state)
{
	static const char there[1][ID_MAX] = {ID_2};
	struct rig *r = *state;
	struct backup_record b;

	pool(r);
	b = found(ID_1, "first");
	assert_true(adopt(r, &b));
	b = found(ID_2, "second");
	assert_true(adopt(r, &b));
	/* Ours stays, even when its objects are gone: that has to be seen. */
	b = found("bak_01HZZZZZZZZZZZZZZZZZZZZZZ3", "third");
	(void)str_copy(b.server_id, ID_MAX, self(r));
	assert_true(adopt(r, &b));
	assert_true(forget(r, there, 1));
	assert_false(rig_get_backup(r, ID_1));
	assert_true(rig_get_backup(r, ID_2));
	assert_true(rig_get_backup(r, "third"));
	assert_true(forget(r, NULL, 0));
	assert_false(rig_get_backup(r, ID_2));
	assert_true(rig_get_backup(r, "third"));
}

/* --- sources and plans */

static bool import_source(struct rig *r, const struct source_record *s)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_source_import(r->catalog, s, rig_on_source, r, &e));
}

static void test_sources(void **state)
{
	char connection[] = "{\"host\":\"h\"}";
	struct rig *r = *state;
	struct source_record s = {.id = "src_01HZZZZZZZZZZZZZZZZZZZZZZZ",
				  .name = "DB",
				  .engine = "mysql",
				  .connection_json = connection};

	assert_true(rig_create_source(r, "db"));
	assert_true(import_source(r, &s));
	assert_true(rig_get_source(r, s.id));
	assert_string_equal(r->a.source.name, "DB-2");
	assert_string_equal(r->a.source.connection_json, connection);
	assert_false(r->a.source.is_reachable);
	assert_false(r->a.source.has_secret);
	assert_non_null(r->a.source.reason);
	assert_true(import_source(r, &s)); /* again: it stays as it is */
	assert_true(rig_get_source(r, s.id));
	assert_string_equal(r->a.source.name, "DB-2");
	assert_int_equal(r->a.source.revision, 1);
}

static void keep_plan(void *arg, const struct plan_record *p,
		      const struct err *e)
{
	struct rig *r = arg;

	if (p != NULL) {
		plan_record_fini(&r->a.plan);
		assert_true(plan_record_copy(&r->a.plan, p));
	}
	rig_on_done(arg, e);
}

static bool import_plan(struct rig *r, const struct plan_record *p)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_plan_import(r->catalog, p, keep_plan, r, &e));
}

static void test_plans(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {.id = "plan_01HZZZZZZZZZZZZZZZZZZZZZZZ",
				.name = "nightly",
				.is_enabled = true,
				.strategy = "manual",
				.method = "logical",
				.retention_days = 9,
				.grace_seconds = 60};

	pool(r);
	(void)str_copy(p.pool_id, ID_MAX, pool_id);
	(void)str_copy(p.source_id, ID_MAX, "src_01HZZZZZZZZZZZZZZZZZZZZZZZ");
	assert_false(import_plan(r, &p)); /* there is no such source */
	assert_true(rig_create_source(r, "db"));
	(void)str_copy(p.source_id, ID_MAX, r->a.source.id);
	assert_true(import_plan(r, &p));
	assert_string_equal(r->a.plan.id, p.id);
	assert_false(r->a.plan.is_enabled);
	assert_int_equal(r->a.plan.retention_days, 9);
	(void)str_copy(p.id, ID_MAX, "plan_01HZZZZZZZZZZZZZZZZZZZZZZY");
	assert_true(import_plan(r, &p));
	assert_string_equal(r->a.plan.name, "nightly-2");
	plan_record_fini(&r->a.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, rig_setup, rig_teardown)
		TEST(test_all_fields),
		TEST(test_names),
		TEST(test_quota),
		TEST(test_changed_manifest),
		TEST(test_what_was_hidden),
		TEST(test_only_the_owner_deletes),
		TEST(test_job),
		TEST(test_rule17_what_was_cut_is_known),
		TEST(test_what_is_gone),
		TEST(test_sources),
		TEST(test_plans),
	};

	return cmocka_run_group_tests_name("catalog_adopted", tests, NULL,
					   NULL);
}
