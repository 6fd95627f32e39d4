/* test_catalog_claims.c - whose start it was that a pool remembers. */
#include <string.h>

#include "base/text.h"
#include "catalog/claims.h"
#include "test_catalog_rig.h"

#define STRANGER "sta_0123456789abcdefghjkmnpqrs"
#define ANOTHER	 "sta_abcdefghjkmnpqrs0123456789"

static char pool[ID_MAX];

/* The answer of the last call. */
static struct {
	char write[ID_MAX];
	bool has_rival, is_doubted;
} verdict;

static void on_claim(void *arg, const struct claim_verdict *v,
		     const struct err *e)
{
	memset(&verdict, 0, sizeof(verdict));
	if (v != NULL) {
		(void)str_copy(verdict.write, ID_MAX, v->write);
		verdict.has_rival = v->rival != NULL;
		verdict.is_doubted = v->is_doubted;
	}
	rig_on_done(arg, e);
}

static bool judge_as(struct rig *r, const char *found, bool is_sure)
{
	const struct claim_found f = {found, is_sure};
	struct err e = {0};

	return rig_wait(
		r, catalog_claim_judge(r->catalog, pool, &f, on_claim, r, &e));
}

static bool judge(struct rig *r, const char *found)
{
	return judge_as(r, found, true);
}

static bool take(struct rig *r)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_claim_take(r->catalog, pool, on_claim, r, &e));
}

static void make_pool(struct rig *r)
{
	assert_true(rig_create_pool(r, "store"));
	(void)str_copy(pool, ID_MAX, r->a.pool.id);
}

/* Its own starts, also those of before a restart, are no rivals. */
static void test_own(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX];

	make_pool(r);
	assert_true(judge(r, ""));
	assert_false(verdict.has_rival);
	(void)str_copy(first, ID_MAX, verdict.write);
	assert_true(id_has_prefix(first, "sta"));
	assert_true(judge(r, first));
	assert_false(verdict.has_rival);
	assert_string_equal(verdict.write, "");
	rig_close(r);
	rig_open(r);
	assert_true(judge(r, first));
	assert_false(verdict.has_rival);
	assert_string_not_equal(verdict.write, first);
}

/* Contested until somebody decides, and then also for who read before. */
static void test_taken(void **state)
{
	struct rig *r = *state;
	char other[ID_MAX];

	make_pool(r);
	assert_true(judge(r, STRANGER));
	assert_true(verdict.has_rival);
	(void)str_copy(other, ID_MAX, verdict.write);
	assert_true(id_has_prefix(other, "sta"));
	assert_true(judge(r, other));
	assert_true(verdict.has_rival);
	assert_true(take(r));
	assert_false(verdict.has_rival);
	assert_string_not_equal(verdict.write, other);
	assert_true(judge(r, STRANGER)); /* read before the decision */
	assert_false(verdict.has_rival);
	assert_true(judge(r, ANOTHER)); /* it goes on all the same */
	assert_true(verdict.has_rival);
}

/* What was read once may have been read wrong. */
static void test_doubted(void **state)
{
	struct rig *r = *state;

	make_pool(r);
	assert_true(judge_as(r, "", false));
	assert_false(verdict.is_doubted);
	assert_true(judge_as(r, STRANGER, false));
	assert_true(verdict.is_doubted);
	assert_false(verdict.has_rival);
	assert_string_equal(verdict.write, "");
	assert_true(judge_as(r, STRANGER, true));
	assert_false(verdict.is_doubted);
	assert_true(verdict.has_rival);
	assert_true(judge_as(r, ANOTHER, false)); /* it is contested anyway */
	assert_false(verdict.is_doubted);
	assert_true(verdict.has_rival);
}

static void test_refused(void **state)
{
	struct rig *r = *state;

	(void)str_copy(pool, ID_MAX, "pool_0");
	assert_false(judge(r, ""));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	(void)str_copy(pool, ID_MAX, "pool_0");
	assert_false(take(r));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own),
		TEST(test_taken),
		TEST(test_doubted),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
