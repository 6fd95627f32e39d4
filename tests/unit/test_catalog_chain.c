/* test_catalog_chain.c - what an increment builds upon, and who keeps it. */
#include "test_catalog_plan_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/chain.h"

enum { FULL_EVERY = 3, LONG = 100 };

static int setup(void **state)
{
	return rig_setup_with(state, "shop blog", "store");
}

/* A completion without a record says that there is nothing to build upon. */
static void on_base(void *arg, const struct backup_record *b,
		    const struct err *e)
{
	struct rig *r = arg;

	if (b != NULL)
		assert_true(backup_record_copy(&r->a.backup, b));
	rig_on_done(arg, e);
}

/* Begins a run of the plan; "" into base: it is to be a full one. */
static struct backup_record begin(struct rig *r, const char *plan,
				  int64_t full_every, char base[ID_MAX])
{
	struct backup_record b = {0};
	struct err e = {0};

	assert_true(rig_execute(r, plan, NULL));
	(void)str_copy(b.id, ID_MAX, r->a.backup.id);
	b.fence = r->a.backup.fence;
	assert_true(rig_start_backup(r, &b));
	assert_true(
		rig_wait(r, catalog_backup_chain(r->catalog, b.id, full_every,
						 on_base, r, &e)));
	(void)str_copy(base, ID_MAX, r->a.backup.id);
	return b;
}

static void end(struct rig *r, struct backup_record *b,
		enum backup_status status, const char *depends_on)
{
	struct err e = {0};

	b->status = status;
	b->source_bytes = 100;
	b->depends_on_json = depends_on != NULL ? strdup(depends_on) : NULL;
	assert_true(rig_wait(r, catalog_backup_finish(r->catalog, b, NULL,
						      rig_on_done, r, &e)));
	free(b->depends_on_json);
}

/* A completed one; what it says that it needs is what was noted. */
static void make(struct rig *r, const char *plan, int64_t full_every,
		 char id[ID_MAX], char base[ID_MAX])
{
	struct backup_record b = begin(r, plan, full_every, base);

	(void)str_copy(id, ID_MAX, b.id);
	end(r, &b, BACKUP_COMPLETED, NULL);
}

static void needs(struct rig *r, const char *id, const char *list)
{
	const char *found;

	assert_true(rig_get_backup(r, id));
	found = r->a.backup.depends_on_json;
	assert_string_equal(found != NULL ? found : "", list);
}

static void test_a_chain_is_bounded(void **state)
{
	struct rig *r = *state;
	char ids[5][ID_MAX], base[ID_MAX], list[3 * ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	for (int i = 0; i < 5; i++) {
		make(r, "nightly", FULL_EVERY, ids[i], base);
		assert_string_equal(base, i % FULL_EVERY ? ids[i - 1] : "");
	}
	needs(r, ids[0], "");
	(void)snprintf(list, sizeof(list), "[\"%s\",\"%s\"]", ids[0], ids[1]);
	needs(r, ids[2], list);
	needs(r, ids[3], "");
}

static void test_rule_13_a_base_stays(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], base[ID_MAX];
	struct backup_record b;

	assert_true(rig_create_plan(r, "nightly", 1000));
	make(r, "nightly", LONG, first, base);
	b = begin(r, "nightly", LONG, base);
	assert_string_equal(base, first);
	/* From the moment that it was chosen. */
	assert_false(rig_delete_backup(r, first));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	end(r, &b, BACKUP_FAILED, NULL);
	assert_true(rig_delete_backup(r, first));
}

static void test_a_full_one_instead(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], base[ID_MAX];
	struct backup_record b;

	assert_true(rig_create_plan(r, "nightly", 1000));
	make(r, "nightly", LONG, first, base);
	b = begin(r, "nightly", LONG, base);
	assert_string_equal(base, first);
	end(r, &b, BACKUP_COMPLETED, "[]");
	assert_true(rig_delete_backup(r, first));
}

static void test_what_is_not_built_upon(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], second[ID_MAX], base[ID_MAX];
	struct backup_record b;

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_create_plan(r, "hourly", 1000));
	make(r, "nightly", LONG, first, base);
	/* Another plan's. */
	b = begin(r, "hourly", LONG, base);
	assert_string_equal(base, "");
	end(r, &b, BACKUP_FAILED, NULL);
	/* Nor does one that failed count. */
	b = begin(r, "hourly", LONG, base);
	assert_string_equal(base, "");
	end(r, &b, BACKUP_COMPLETED, NULL);
	/* A damaged one, or one that builds upon it. */
	make(r, "nightly", LONG, second, base);
	assert_string_equal(base, first);
	rig_close(r);
	rig_sql(r, "UPDATE backups SET verify_status = 'failed'"
		   " WHERE depends_on_json IS NULL");
	rig_open(r);
	b = begin(r, "nightly", LONG, base);
	assert_string_equal(base, "");
	end(r, &b, BACKUP_COMPLETED, NULL);
}

static void test_rule_20_a_chain_goes_with_its_plan(void **state)
{
	struct rig *r = *state;
	char ids[4][ID_MAX], base[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	for (int i = 0; i < 4; i++)
		make(r, "nightly", LONG, ids[i], base);
	assert_true(rig_hold(r, ids[1], true));
	assert_true(rig_would_delete_plan(r, "nightly"));
	assert_int_equal(r->a.n, 2);
	assert_true(rig_delete_plan(r, "nightly", true));
	for (int i = 0; i < 4; i++) {
		assert_true(rig_get_backup(r, ids[i]));
		assert_int_equal(r->a.backup.status,
				 i < 2 ? BACKUP_COMPLETED : BACKUP_DELETING);
	}
	/* What builds upon others goes first. */
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 2);
	assert_string_equal(r->a.ids[0], ids[3]);
	assert_string_equal(r->a.ids[1], ids[2]);
}

/* The two oldest have expired; the newer of them needs the older one. */
static void test_rule_14_chains_expire_from_their_end(void **state)
{
	struct rig *r = *state;
	char ids[3][ID_MAX], base[ID_MAX];
	int64_t far;

	assert_true(rig_create_plan(r, "nightly", 1000));
	for (int i = 0; i < 3; i++)
		make(r, "nightly", i == 1 ? LONG : 1, ids[i], base);
	assert_string_equal(base, "");
	needs(r, ids[2], "");
	assert_true(rig_get_backup(r, ids[2]));
	far = r->a.backup.expires_at - 1;
	assert_true(rig_get_backup(r, ids[0]));
	if (far < r->a.backup.expires_at)
		far = r->a.backup.expires_at;
	/* Both go together, since nothing else needs them. */
	assert_true(rig_expire(r, far + RIG_DAY_MS, 10));
	assert_int_equal(r->a.n, 2);
	assert_true(rig_get_backup(r, ids[2]));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
}

static void test_rule_14_what_is_needed_does_not_expire(void **state)
{
	struct rig *r = *state;
	char ids[3][ID_MAX], base[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	for (int i = 0; i < 3; i++)
		make(r, "nightly", LONG, ids[i], base);
	assert_true(rig_get_backup(r, ids[2]));
	assert_true(rig_expire(r, r->a.backup.expires_at + RIG_DAY_MS, 10));
	assert_int_equal(r->a.n, 0);
}

static void test_rule_14_increments_pull_no_brake(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], base[ID_MAX];
	struct backup_record b;

	assert_true(rig_create_plan(r, "nightly", 1000));
	make(r, "nightly", LONG, first, base);
	b = begin(r, "nightly", LONG, base);
	b.source_bytes = 1;
	b.status = BACKUP_COMPLETED;
	{
		struct err e = {0};

		assert_true(
			rig_wait(r, catalog_backup_finish(r->catalog, &b, NULL,
							  rig_on_done, r, &e)));
	}
	assert_true(rig_get_plan(r, "nightly"));
	assert_null(r->a.plan.expiry_held_reason);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_chain_is_bounded),
		TEST(test_rule_13_a_base_stays),
		TEST(test_a_full_one_instead),
		TEST(test_what_is_not_built_upon),
		TEST(test_rule_20_a_chain_goes_with_its_plan),
		TEST(test_rule_14_chains_expire_from_their_end),
		TEST(test_rule_14_what_is_needed_does_not_expire),
		TEST(test_rule_14_increments_pull_no_brake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
