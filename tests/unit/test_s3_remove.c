/* test_s3_remove.c - deletes: one, many, some that stay, and none at once. */
#include "test_stores_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULT(inner) "<DeleteResult xmlns=\"x\">" inner "</DeleteResult>"
#define REFUSED(key, code)                                                     \
	"<Error><Key>" key "</Key><Code>" code "</Code>"                       \
	"<Message>why</Message></Error>"

static const char *const three[] = {"a", "b&<'\">", "c\nd"};

static void test_one(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "204 x"},
		{.status = "404 x",
		 .body = "<Error><Code>NoSuchKey</Code></Error>"},
		{.status = "404 x",
		 .body = "<Error><Code>NoSuchBucket</Code></Error>"},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, three, 1));
	assert_string_equal(fake_s3_request(rig->fake, 0)->method, "DELETE");
	assert_string_equal(fake_s3_request(rig->fake, 0)->target,
			    "/bucket/pre/fix/a");
	assert_true(rig_remove(rig, three, 1)); /* gone is gone */
	assert_false(rig_remove(rig, three, 1));
	rig_expect(rig, ERR_NOT_FOUND, "DELETE bucket/pre/fix/a: ");
}

static void test_many(void **state)
{
	static const struct fake_reply replies[] = {{.body = RESULT("")}};
	struct rig *rig = *state;
	const struct fake_request *r;
	char value[128];

	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, three, 3));
	assert_int_equal(fake_s3_count(rig->fake), 1);
	r = fake_s3_request(rig->fake, 0);
	assert_string_equal(r->method, "POST");
	assert_string_equal(r->target, "/bucket?delete=");
	assert_non_null(fake_header(r, "Content-MD5", value, sizeof(value)));
	assert_non_null(strstr(r->body, "<Quiet>true</Quiet><Object><Key>"
					"pre/fix/a</Key></Object>"));
	assert_non_null(strstr(r->body, "<Key>pre/fix/b&#38;&#60;&#39;&#34;"
					"&#62;</Key>"));
	assert_non_null(strstr(r->body, "<Key>pre/fix/c&#10;d</Key>"));
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;

	while ((s = strstr(s, what)) != NULL) {
		s += strlen(what);
		n++;
	}
	return n;
}

static void test_more_than_a_thousand(void **state)
{
	enum { KEYS = 2001 };
	static const struct fake_reply replies[] = {{.body = RESULT("")},
						    {.body = RESULT("")},
						    {.status = "204 x"}};
	static char names[KEYS][16];
	const char *keys[KEYS];
	struct rig *rig = *state;

	for (size_t i = 0; i < KEYS; i++) {
		snprintf(names[i], sizeof(names[i]), "key/%zu", i);
		keys[i] = names[i];
	}
	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, keys, KEYS));
	assert_int_equal(count(fake_s3_request(rig->fake, 0)->body, "<Key>"),
			 1000);
	assert_int_equal(count(fake_s3_request(rig->fake, 1)->body, "<Key>"),
			 1000);
	assert_non_null(
		strstr(fake_s3_request(rig->fake, 1)->body, "key/1999<"));
	assert_string_equal(fake_s3_request(rig->fake, 2)->target,
			    "/bucket/pre/fix/key/2000");
}

static void test_some_stay(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = RESULT(REFUSED("pre/fix/a", "NoSuchKey"))},
		{.body = RESULT("<Deleted><Key>x</Key></Deleted>" REFUSED(
			 "pre/fix/a", "AccessDenied")
					REFUSED("y", "InternalError"))},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, three, 3));
	assert_false(rig_remove(rig, three, 3));
	rig_expect(rig, ERR_DENIED, "AccessDenied (pre/fix/a: why)");
	assert_int_equal(fake_s3_count(rig->fake), 2);
}

static void test_trouble_with_one_is_retried(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = RESULT(REFUSED("pre/fix/a", "SlowDown"))},
		{.body = "<Error><Code>InternalError</Code></Error>"},
		{.body = RESULT("")},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, three, 3));
	assert_int_equal(fake_s3_count(rig->fake), 3);
}

static void test_unreadable_answer(void **state)
{
	static const struct fake_reply replies[] = {{.body = "<html/>"},
						    {.body = "<DeleteResult>"}};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	for (size_t i = 0; i < 2; i++) {
		assert_false(rig_remove(rig, three, 3));
		rig_expect(rig, ERR_REMOTE, "cannot be read");
	}
}

static void test_no_multi_delete(void **state)
{
	static const struct fake_reply ok = {.status = "204 x"};
	static const struct fake_reply no = {
		.status = "501 x",
		.body = "<Error><Code>NotImplemented</Code></Error>"};
	struct fake_reply replies[] = {no, ok, ok, ok, ok, ok, ok};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, three, 3));
	assert_true(rig_remove(rig, three, 3)); /* it was learned */
	assert_int_equal(fake_s3_count(rig->fake), 7);
	assert_string_equal(fake_s3_request(rig->fake, 3)->target,
			    "/bucket/pre/fix/c%0Ad");
	for (size_t i = 1; i < 7; i++)
		assert_string_equal(fake_s3_request(rig->fake, i)->method,
				    "DELETE");
}

/* XML cannot hold every key; such a one goes alone. */
static void test_control_characters(void **state)
{
	static const char *const keys[] = {"a", "b", "c\x01", "d", "e"};
	static const struct fake_reply replies[] = {{.body = RESULT("")},
						    {.status = "204 x"},
						    {.body = RESULT("")}};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_remove(rig, keys, 5));
	assert_string_equal(fake_s3_request(rig->fake, 1)->target,
			    "/bucket/pre/fix/c%01");
}

/* An empty key is the prefix, or the bucket itself. */
static void test_bad_keys(void **state)
{
	static const char *const keys[] = {"a", ""};
	struct rig *rig = *state;

	rig_script(rig, NULL, 0);
	assert_false(rig_remove(rig, keys, 2));
	rig_expect(rig, ERR_INVALID, "key");
	assert_true(rig_remove(rig, NULL, 0));
	assert_int_equal(fake_s3_count(rig->fake), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_more_than_a_thousand),
		cmocka_unit_test(test_some_stay),
		cmocka_unit_test(test_trouble_with_one_is_retried),
		cmocka_unit_test(test_unreadable_answer),
		cmocka_unit_test(test_no_multi_delete),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_bad_keys),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
