/* test_catalog_pools.c - pools: every intent and every refusal. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test_catalog_rig.h"

static bool delete_pool(struct rig *r, const char *key, const char *confirm)
{
	struct err e = {0};

	return rig_wait(r, catalog_pool_delete(r->catalog, key, confirm,
					       rig_on_done, r, &e));
}

static void keep_pool(void *arg, const struct pool_record *p,
		      const struct err *e)
{
	struct rig *r = arg;

	if (p != NULL) {
		pool_record_fini(&r->a.pool);
		assert_true(pool_record_copy(&r->a.pool, p));
	}
	rig_on_done(arg, e);
}

static bool update(struct rig *r, const struct pool_record *p, int64_t rev)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_pool_update(r->catalog, p, rev, keep_pool, r, &e));
}

static void test_create_and_get(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_pool(r, "Store"));
	assert_true(id_has_prefix(r->a.pool.id, "pool"));
	assert_null(r->a.pool.secret);
	assert_true(rig_get_pool(r, "store"));
	assert_string_equal(r->a.pool.name, "Store");
	assert_string_equal(r->a.pool.storage_type, "object_storage");
	assert_string_equal(r->a.pool.config_json, "{\"bucket\":\"b\"}");
	assert_string_equal(r->a.pool.secret, "hunter2-of-the-pool");
	assert_int_equal(r->a.pool.part_bytes, 8388608);
	assert_int_equal(r->a.pool.backup_count, 0);
	assert_int_equal(r->a.pool.revision, 1);
	assert_false(rig_create_pool(r, "STORE"));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_false(rig_create_pool(r, "a/b"));
	rig_refused(r, ERR_INVALID, "invalid_name");
}

static void test_update(void **state)
{
	struct rig *r = *state;
	char config[] = "{\"bucket\":\"c\"}", remarks[] = "new";
	struct pool_record p = {.name = "next", .part_bytes = 1 << 20};

	assert_true(rig_create_pool(r, "other"));
	assert_true(rig_create_pool(r, "store"));
	(void)str_copy(p.id, ID_MAX, r->a.pool.id);
	p.config_json = config;
	p.remarks = remarks;
	assert_true(update(r, &p, 1));
	assert_string_equal(r->a.pool.name, "next");
	assert_string_equal(r->a.pool.remarks, "new");
	assert_string_equal(r->a.pool.config_json, config);
	assert_int_equal(r->a.pool.part_bytes, 1 << 20);
	assert_int_equal(r->a.pool.revision, 2);
	assert_false(update(r, &p, 1));
	rig_refused(r, ERR_CONFLICT, "revision_changed");
	(void)str_copy(p.name, NAME_BUF, "Other");
	assert_false(update(r, &p, 0));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_true(rig_get_pool(r, "next"));
	assert_string_equal(r->a.pool.secret, "hunter2-of-the-pool");
	assert_false(rig_get_pool(r, "store"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_rule_15_probe_is_kept(void **state)
{
	struct rig *r = *state;
	char found[] = "{\"conditional_put\":true}", reason[] = "403";
	struct pool_record p = {.probed_at = 99};
	struct err e = {0};

	assert_true(rig_create_pool(r, "store"));
	(void)str_copy(p.id, ID_MAX, r->a.pool.id);
	p.capabilities_json = found;
	p.reason = reason;
	assert_true(rig_wait(
		r, catalog_pool_probed(r->catalog, &p, rig_on_done, r, &e)));
	assert_true(rig_get_pool(r, "store"));
	assert_string_equal(r->a.pool.capabilities_json, found);
	assert_string_equal(r->a.pool.reason, "403");
	assert_false(r->a.pool.is_reachable);
	assert_int_equal(r->a.pool.probed_at, 99);
	assert_int_equal(r->a.pool.revision, 1);
	(void)str_copy(p.id, ID_MAX, "pool_00000000000000000000000000");
	assert_false(rig_wait(
		r, catalog_pool_probed(r->catalog, &p, rig_on_done, r, &e)));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_counts_completed_backups(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	rig_make_backup(r, "first", "shop", "store");
	rig_make_backup(r, "second", "shop", "store");
	assert_true(rig_begin_backup(r, "third", "shop", "store"));
	assert_true(rig_get_pool(r, "store"));
	assert_int_equal(r->a.pool.backup_count, 2);
	assert_int_equal(r->a.pool.stored_bytes, 80);
}

static void test_rule_16_empty_pool_goes(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_pool(r, "store"));
	assert_true(delete_pool(r, "STORE", NULL));
	assert_false(rig_get_pool(r, "store"));
	assert_false(delete_pool(r, "store", NULL));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_rule_16_live_backups_need_confirm(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "Store"));
	rig_make_backup(r, "first", "shop", "store");
	assert_false(delete_pool(r, "store", NULL));
	rig_refused(r, ERR_CONFLICT, "confirm_required");
	assert_false(delete_pool(r, "store", "store"));
	rig_refused(r, ERR_CONFLICT, "confirm_required");
	assert_true(rig_get_backup(r, "first"));
	assert_true(delete_pool(r, "store", "Store"));
	assert_false(rig_get_backup(r, "first"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
	assert_int_equal(r->a.usage.pools, 0);
}

static void test_rule_16_refused_while_jobs_use_it(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {0};

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_false(delete_pool(r, "store", "store"));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	assert_true(rig_start_backup(r, &b));
	assert_false(delete_pool(r, "store", "store"));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	assert_true(rig_finish_backup(r, &b, BACKUP_COMPLETED));
	assert_true(rig_begin_restore(r, "first", "shop"));
	assert_false(delete_pool(r, "store", "store"));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	backup_record_fini(&b);
}

/* Deleting ones too, with and without a job: their objects are still to go. */
static void test_rule_16_refused_while_backups_go(void **state)
{
	struct rig *r = *state;
	struct err why = {.code = ERR_REMOTE, .api = "store_failed"};
	char id[ID_MAX];

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	rig_make_backup(r, "first", "shop", "store");
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	assert_true(rig_delete_backup(r, "first"));
	assert_false(delete_pool(r, "store", "store"));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	assert_true(rig_swept(r, id, &why));
	assert_false(delete_pool(r, "store", "store"));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	assert_true(rig_swept(r, id, NULL));
	assert_true(delete_pool(r, "store", NULL));
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_create_and_get),
		RIGGED(test_update),
		RIGGED(test_rule_15_probe_is_kept),
		RIGGED(test_counts_completed_backups),
		RIGGED(test_rule_16_empty_pool_goes),
		RIGGED(test_rule_16_live_backups_need_confirm),
		RIGGED(test_rule_16_refused_while_jobs_use_it),
		RIGGED(test_rule_16_refused_while_backups_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
