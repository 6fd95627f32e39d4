/* test_catalog_sources.c - sources: every intent and every refusal. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test_catalog_rig.h"

static struct source_record named(const struct rig *r, const char *id,
				  const char *name)
{
	struct source_record s = {.engine = "mysql"};

	(void)r;
	(void)str_copy(s.id, ID_MAX, id);
	(void)str_copy(s.name, NAME_BUF, name);
	return s;
}

static bool update(struct rig *r, const struct source_record *s, int64_t rev)
{
	struct err e = {0};

	return rig_wait(r, catalog_source_update(r->catalog, s, rev,
						 rig_on_source, r, &e));
}

static bool delete_source(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_source_delete(r->catalog, key, rig_on_done, r, &e));
}

static void test_create_and_get(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "Shop"));
	assert_true(id_has_prefix(r->a.source.id, "src"));
	assert_int_equal(r->a.source.revision, 1);
	assert_true(r->a.source.created_at > 0);
	assert_int_equal(r->a.source.created_at, r->a.source.updated_at);
	assert_true(r->a.source.has_secret);
	assert_null(r->a.source.secret);
	assert_true(rig_get_source(r, "SHOP"));
	assert_string_equal(r->a.source.name, "Shop");
	assert_string_equal(r->a.source.engine, "mysql");
	assert_string_equal(r->a.source.remarks, "of the shop");
	assert_string_equal(r->a.source.region, "eu");
	assert_string_equal(r->a.source.connection_json, "{\"host\":\"db\"}");
	assert_string_equal(r->a.source.version, "10.11");
	assert_true(r->a.source.is_reachable);
	assert_int_equal(r->a.source.last_backup_at, 0);
	assert_string_equal(source_status_name(&r->a.source), "available");
}

static void test_rule_29_secret_only_when_asked(void **state)
{
	struct rig *r = *state;
	struct err e = {0};
	char id[ID_MAX];

	assert_true(rig_create_source(r, "shop"));
	(void)str_copy(id, ID_MAX, r->a.source.id);
	assert_true(rig_get_source(r, id));
	assert_string_equal(r->a.source.secret, "hunter2-of-the-source");
	assert_true(rig_wait(r, catalog_source_get(r->catalog, id, false,
						   rig_on_source, r, &e)));
	assert_null(r->a.source.secret);
	assert_true(r->a.source.has_secret);
}

static void test_rule_29_secret_in_no_file(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	assert_true(rig_files_hold(r, "of the shop"));
	assert_false(rig_files_hold(r, "hunter2"));
	rig_close(r);
	assert_true(rig_files_hold(r, "of the shop"));
	assert_false(rig_files_hold(r, "hunter2"));
	rig_open(r);
	assert_true(rig_get_source(r, "shop"));
	assert_string_equal(r->a.source.secret, "hunter2-of-the-source");
}

/* A sealed secret that is moved to another record does not open. */
static void test_rule_29_secret_bound_to_record(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "one"));
	assert_true(rig_create_source(r, "two"));
	rig_close(r);
	rig_sql(r, "UPDATE sources SET secret = (SELECT secret FROM sources"
		   " WHERE name = 'one') WHERE name = 'two'");
	rig_open(r);
	assert_true(rig_get_source(r, "one"));
	assert_false(rig_get_source(r, "two"));
	assert_int_equal(r->a.err.code, ERR_DAMAGED);
}

static void test_rule_5_names_fold(void **state)
{
	struct rig *r = *state;
	struct source_record s;
	char id[ID_MAX];

	assert_true(rig_create_source(r, "Shop"));
	(void)str_copy(id, ID_MAX, r->a.source.id);
	assert_false(rig_create_source(r, "sHOP"));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_non_null(strstr(r->a.err.msg, id));
	assert_true(rig_create_source(r, "other"));
	s = named(r, r->a.source.id, "SHOP");
	assert_false(update(r, &s, 0));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	/* Its own name in other letters is no conflict. */
	s = named(r, id, "SHOP");
	assert_true(update(r, &s, 0));
	assert_string_equal(r->a.source.name, "SHOP");
	assert_true(delete_source(r, "shop"));
	assert_true(rig_create_source(r, "shop"));
}

static void test_rule_5_bad_names(void **state)
{
	struct rig *r = *state;

	assert_false(rig_create_source(r, "9lives"));
	rig_refused(r, ERR_INVALID, "invalid_name");
	assert_true(rig_create_source(r, "good"));
	assert_false(update(r, &(struct source_record){.name = "a b"}, 0));
	rig_refused(r, ERR_INVALID, "invalid_name");
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.sources, 1);
}

static void test_update_and_revisions(void **state)
{
	struct rig *r = *state;
	char text[] = "{\"host\":\"two\"}", secret[] = "second";
	struct source_record s;

	assert_true(rig_create_source(r, "shop"));
	s = named(r, r->a.source.id, "store");
	s.connection_json = text;
	assert_true(update(r, &s, 1));
	assert_int_equal(r->a.source.revision, 2);
	assert_string_equal(r->a.source.name, "store");
	assert_string_equal(r->a.source.connection_json, text);
	assert_false(update(r, &s, 1));
	rig_refused(r, ERR_CONFLICT, "revision_changed");
	/* Without a secret the old one stays. */
	assert_true(rig_get_source(r, "store"));
	assert_string_equal(r->a.source.secret, "hunter2-of-the-source");
	s.secret = secret;
	assert_true(update(r, &s, 2));
	assert_true(rig_get_source(r, "store"));
	assert_string_equal(r->a.source.secret, "second");
	secret[0] = '\0';
	assert_true(update(r, &s, 0));
	assert_true(rig_get_source(r, "store"));
	assert_null(r->a.source.secret);
	assert_false(r->a.source.has_secret);
}

static void test_probe_is_no_revision(void **state)
{
	struct rig *r = *state;
	char reason[] = "connection refused";
	struct source_record s;
	struct err e = {0};

	assert_true(rig_create_source(r, "shop"));
	s = named(r, r->a.source.id, "ignored");
	s.reason = reason;
	s.probed_at = 12345;
	(void)str_copy(s.version, sizeof(s.version), "11.4");
	(void)str_copy(s.role, sizeof(s.role), "replica");
	assert_true(rig_wait(
		r, catalog_source_probed(r->catalog, &s, rig_on_done, r, &e)));
	assert_true(rig_get_source(r, "shop"));
	assert_int_equal(r->a.source.revision, 1);
	assert_string_equal(r->a.source.version, "11.4");
	assert_string_equal(r->a.source.role, "replica");
	assert_string_equal(r->a.source.reason, "connection refused");
	assert_int_equal(r->a.source.probed_at, 12345);
	assert_string_equal(source_status_name(&r->a.source), "unreachable");
}

static void test_not_found(void **state)
{
	static const char *const keys[] = {"",
					   "shop",
					   "src_00000000000000000000000000",
					   "pool_00000000000000000000000000",
					   "' OR 1=1 --",
					   "%",
					   "_",
					   "shop\xff"};
	struct rig *r = *state;
	char longer[5000];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_false(rig_get_source(r, keys[i]));
		rig_refused(r, ERR_NOT_FOUND, "not_found");
		assert_false(delete_source(r, keys[i]));
		rig_refused(r, ERR_NOT_FOUND, "not_found");
	}
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_false(rig_get_source(r, longer));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_false(update(r, &(struct source_record){.name = "abcd"}, 0));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_rule_1_status_follows_jobs(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {0};

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_true(rig_get_source(r, "shop"));
	assert_true(r->a.source.is_backing_up); /* queued: it has the source */
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_get_source(r, "shop"));
	assert_true(r->a.source.is_backing_up);
	assert_true(rig_list_sources(
		r, &(struct catalog_query){.status = "backing_up"}));
	assert_int_equal(r->a.n, 1);
	assert_true(rig_finish_backup(r, &b, BACKUP_COMPLETED));
	assert_true(rig_get_source(r, "shop"));
	assert_false(r->a.source.is_backing_up);
	assert_true(r->a.source.last_backup_at > 0);
	assert_true(rig_list_sources(
		r, &(struct catalog_query){.status = "backing_up"}));
	assert_int_equal(r->a.n, 0);
	backup_record_fini(&b);
}

/* A failed backup is not the last one that can be restored. */
static void test_last_backup_is_a_completed_one(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {0};

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_true(rig_finish_backup(r, &b, BACKUP_FAILED));
	assert_true(rig_get_source(r, "shop"));
	assert_int_equal(r->a.source.last_backup_at, 0);
	backup_record_fini(&b);
}

static void test_rule_4_delete_keeps_backups(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	rig_make_backup(r, "kept", "shop", "store");
	assert_true(delete_source(r, "SHOP"));
	assert_false(rig_get_source(r, "shop"));
	assert_true(rig_get_backup(r, "kept"));
	assert_string_equal(r->a.backup.source_name, "shop");
	assert_string_equal(r->a.backup.source_engine, "mysql");
	assert_string_equal(r->a.backup.source_version, "10.11");
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
}

static void test_rule_4_delete_refused_while_busy(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
	assert_false(delete_source(r, "shop"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "first"));
	assert_true(rig_get_source(r, "shop"));
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_create_and_get),
		RIGGED(test_rule_29_secret_only_when_asked),
		RIGGED(test_rule_29_secret_in_no_file),
		RIGGED(test_rule_29_secret_bound_to_record),
		RIGGED(test_rule_5_names_fold),
		RIGGED(test_rule_5_bad_names),
		RIGGED(test_update_and_revisions),
		RIGGED(test_probe_is_no_revision),
		RIGGED(test_not_found),
		RIGGED(test_rule_1_status_follows_jobs),
		RIGGED(test_last_backup_is_a_completed_one),
		RIGGED(test_rule_4_delete_keeps_backups),
		RIGGED(test_rule_4_delete_refused_while_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
