/* test_s3_list.c - listings: pages, odd keys, and answers that are none. */
#include "test_stores_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define HEAD "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\">"
#define TAIL "</ListBucketResult>"
#define URL  "<EncodingType>url</EncodingType>"
#define ENTRY(key, size)                                                       \
	"<Contents><Key>" key "</Key><LastModified>2026-11-21T11:21:27.123Z"   \
	"</LastModified><ETag>&quot;x&quot;</ETag><Size>" size "</Size>"       \
	"<StorageClass>STANDARD</StorageClass><Owner><ID>i</ID></Owner>"       \
	"</Contents>"
#define MORE(token)                                                            \
	"<IsTruncated>true</IsTruncated><NextContinuationToken>" token         \
	"</NextContinuationToken>"

static void test_pages(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = HEAD MORE("t/1+ =") ENTRY("pre/fix/a/1", "5")
			 ENTRY("pre/fix/a/2", "0") TAIL},
		{.status = "503 x"},
		{.body = HEAD ENTRY(
			 "pre/fix/a/3",
			 "18446744073709551615") "<IsTruncated>false</"
						 "IsTruncated>" TAIL},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_list(rig, "a/"));
	assert_int_equal(rig->nkeys, 3);
	assert_string_equal(rig->keys[0], "a/1");
	assert_string_equal(rig->keys[1], "a/2");
	assert_string_equal(rig->keys[2], "a/3");
	assert_int_equal(rig->sizes[0], 5);
	assert_true(rig->sizes[2] == UINT64_MAX);
	assert_string_equal(fake_s3_request(rig->fake, 0)->target,
			    "/bucket?encoding-type=url&list-type=2&max-keys="
			    "1000&prefix=pre%2Ffix%2Fa%2F");
	assert_string_equal(fake_s3_request(rig->fake, 2)->target,
			    "/bucket?continuation-token=t%2F1%2B%20%3D&"
			    "encoding-type=url&list-type=2&max-keys=1000&"
			    "prefix=pre%2Ffix%2Fa%2F");
}

static void test_odd_keys(void **state)
{
	static const struct fake_reply encoded = {
		.body = HEAD ENTRY("pre%2Ffix/a+b%2Bc%25", "1")
			URL ENTRY("pre/fix/%E6%97%A5&amp;&lt;%0A", "1") TAIL};
	static const struct fake_reply plain = {
		.body = HEAD ENTRY("pre/fix/a+b%2B&amp;\xe6\x97\xa5", "1")
			TAIL};
	struct rig *rig = *state;

	rig_script(rig, &encoded, 1);
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 2);
	assert_string_equal(rig->keys[0], "a b+c%");
	assert_string_equal(rig->keys[1], "\xe6\x97\xa5&<\n");
	rig_script(rig, &plain, 1); /* a store that knows no encoding-type */
	assert_true(rig_list(rig, ""));
	assert_string_equal(rig->keys[0], "a+b%2B&\xe6\x97\xa5");
}

static void test_empty(void **state)
{
	static const struct fake_reply replies[] = {{.body = HEAD TAIL}};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_list(rig, "x"));
	assert_int_equal(rig->nkeys, 0);
}

/* An attempt that breaks halfway: no key is told twice. */
static void test_cut_page(void **state)
{
	static const char body[] =
		HEAD ENTRY("pre/fix/a", "5") ENTRY("pre/fix/b", "5") TAIL;
	static const struct fake_reply replies[] = {
		{.body = body, .sent = sizeof(body) - 30, .act = FAKE_CUT},
		{.body = body},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 2);
}

static void expect_refused(struct rig *rig, const char *body, const char *text)
{
	struct fake_reply r = {.body = body};

	rig_script(rig, &r, 1);
	assert_false(rig_list(rig, ""));
	rig_expect(rig, ERR_REMOTE, text);
	rig_expect(rig, ERR_REMOTE, "GET bucket");
	assert_int_equal(rig->nkeys, 0);
	assert_int_equal(fake_s3_count(rig->fake), 1);
}

static void test_no_listing(void **state)
{
	static const char *const bodies[][2] = {
		{"", "no listing"},
		{"<html>Welcome</html>", "no listing"},
		{"{\"json\": true}", "no listing"},
		{HEAD, "no listing"},
		{HEAD TAIL "x", "no listing"},
		{"<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult>&a;" TAIL,
		 "no listing"},
		{HEAD
		 "<a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a>" TAIL,
		 "no listing"},
		{HEAD ENTRY("elsewhere", "1") TAIL, "without the prefix"},
		{HEAD ENTRY("pre/fix/a", "many") TAIL, "no number"},
		{HEAD ENTRY("pre/fix/a", "-1") TAIL, "no number"},
		{HEAD URL ENTRY("pre/fix/a%zz", "1") TAIL, "broken escape"},
		{HEAD URL ENTRY("pre/fix/a%00b", "1") TAIL, "broken escape"},
		{HEAD "<Contents><Key>pre/fix/a</Key></Contents>" TAIL,
		 "without key, size or time"},
		{HEAD "<IsTruncated>true</IsTruncated>" TAIL, "saying where"},
		{HEAD "<Contents><LastModified>yesterday</LastModified>"
		      "</Contents>" TAIL,
		 "a time that is none"},
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		expect_refused(*state, bodies[i][0], bodies[i][1]);
}

static void test_text_without_end(void **state)
{
	struct text t = {0};

	text_str(&t, HEAD "<Contents><Key>");
	for (size_t i = 0; i < 2000; i++)
		text_str(&t, "pre/fix/aaaa");
	text_str(&t, "</Key></Contents>" TAIL);
	assert_false(t.is_broken);
	expect_refused(*state, t.data, "no listing");
	text_free(&t);
}

static void test_answer_without_end(void **state)
{
	enum { LEN = 7 * 1024 * 1024 };
	char *body = malloc(LEN);
	struct fake_reply r = {.body = body, .len = LEN};
	struct rig *rig = *state;

	assert_non_null(body);
	memset(body, ' ', LEN);
	rig_script(rig, &r, 1);
	assert_false(rig_list(rig, ""));
	rig_expect(rig, ERR_REMOTE, "longer than any of S3");
	free(body);
}

static void test_same_page_again(void **state)
{
	static const struct fake_reply page = {
		.body = HEAD MORE("t") ENTRY("pre/fix/a", "1") TAIL};
	struct fake_reply replies[] = {page, page, page};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_false(rig_list(rig, ""));
	rig_expect(rig, ERR_REMOTE, "again and again");
	assert_int_equal(fake_s3_count(rig->fake), 2);
}

static void test_error_with_200(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = "<Error><Code>InternalError</Code></Error>"},
		{.body = HEAD TAIL},
		{.body = "<Error><Code>AccessDenied</Code></Error>"},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_list(rig, ""));
	assert_false(rig_list(rig, ""));
	rig_expect(rig, ERR_DENIED, "AccessDenied");
}

static void test_cancel_in_a_key(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = HEAD MORE("t") ENTRY("pre/fix/a", "1")
			 ENTRY("pre/fix/b", "1") TAIL}};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	rig->cancel_at = 1;
	assert_true(rig_list(rig, ""));
	rig->cancel_at = 0;
	rig_turn(rig, 5);
	assert_int_equal(rig->nkeys, 1);
	assert_int_equal(rig->ndone, 0);
	assert_int_equal(fake_s3_count(rig->fake), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_cut_page),
		cmocka_unit_test(test_no_listing),
		cmocka_unit_test(test_text_without_end),
		cmocka_unit_test(test_answer_without_end),
		cmocka_unit_test(test_same_page_again),
		cmocka_unit_test(test_error_with_200),
		cmocka_unit_test(test_cancel_in_a_key),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
