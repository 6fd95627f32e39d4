/* test_catalog_tokens.c - tokens go, but never the last that can make more. */
#include <string.h>

#include "base/text.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

static size_t ntokens;

static void on_tokens(void *arg, const struct token_record *list, size_t n,
		      const struct err *e)
{
	struct rig *r = arg;

	ntokens = n;
	for (size_t i = 0; i < n && i < 8; i++)
		r->a.tokens[i] = list[i];
	rig_on_done(arg, e);
}

static void list(struct rig *r)
{
	struct err e = {0};

	assert_true(
		rig_wait(r, catalog_token_list(r->catalog, on_tokens, r, &e)));
}

static void add(struct rig *r, const char *name, const char *role,
		int64_t expires_at)
{
	struct token_record t = {.expires_at = expires_at};
	struct err e = {0};

	(void)str_copy(t.name, sizeof(t.name), name);
	(void)str_copy(t.role, sizeof(t.role), role);
	(void)str_copy(t.hash, sizeof(t.hash), name);
	(void)str_copy(t.password, sizeof(t.password),
		       strcmp(role, "operate") == 0 ? "scrypt$of$it" : "");
	assert_true(rig_wait(
		r, catalog_token_add(r->catalog, &t, rig_on_done, r, &e)));
}

static bool delete (struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_token_delete(r->catalog, key, rig_on_done, r, &e));
}

static void test_delete(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	add(r, "admin", "admin", 0);
	add(r, "Reader", "read", 0);
	add(r, "console", "operate", 5000);
	list(r);
	assert_int_equal(ntokens, 3);
	assert_string_equal(r->a.tokens[2].role, "operate");
	assert_int_equal(r->a.tokens[2].expires_at, 5000);
	assert_string_equal(r->a.tokens[2].password, "scrypt$of$it");
	assert_string_equal(r->a.tokens[0].password, "");
	(void)str_copy(id, ID_MAX, r->a.tokens[2].id);
	assert_true(delete (r, id));
	assert_true(delete (r, "READER"));
	list(r);
	assert_int_equal(ntokens, 1);
	assert_string_equal(r->a.tokens[0].name, "admin");
	assert_false(delete (r, id));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	add(r, "reader", "read", 0); /* the name is free again */
}

/* What was typed may be a token: the reply must not repeat it. */
static void test_rule29_unknown_key(void **state)
{
	struct rig *r = *state;

	assert_false(delete (r, "secret-that-is-no-name"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_null(strstr(r->a.err.msg, "secret"));
	assert_false(delete (r, "0123456789012345678901234567890123456789"
				"0123456789012345678901234567890123456789"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_null(strstr(r->a.err.msg, "0123"));
}

static void test_last_admin(void **state)
{
	struct rig *r = *state;

	add(r, "first", "admin", 0);
	add(r, "brief", "admin", INT64_C(99999999999999));
	add(r, "reader", "read", 0);
	assert_false(delete (r, "first"));
	rig_refused(r, ERR_CONFLICT, "last_admin");
	assert_true(delete (r, "brief"));
	assert_false(delete (r, "first"));
	rig_refused(r, ERR_CONFLICT, "last_admin");
	add(r, "second", "admin", 0);
	assert_true(delete (r, "first"));
	assert_false(delete (r, "second"));
	rig_refused(r, ERR_CONFLICT, "last_admin");
}

#define RIGGED(t) cmocka_unit_test_setup_teardown(t, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_delete),
		RIGGED(test_rule29_unknown_key),
		RIGGED(test_last_admin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
