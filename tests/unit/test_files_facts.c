/* test_files_facts.c - what the index knows of a file: written, read, broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/file_facts.h"

static char *format(const struct file_facts *f, bool is_device)
{
	struct text t = {0};
	char *taken;

	file_facts_format(f, is_device, &t);
	taken = text_take(&t);
	assert_non_null(taken);
	return taken;
}

static void test_what_is_written(void **state)
{
	static const struct file_facts f = {
		.size = 5,
		.mode = 0100644,
		.uid = 1,
		.gid = 2,
		.mtime = {-3, 999999999},
		.ctime = {1700000000, 0},
		.inode = UINT64_MAX,
	};
	char *text = format(&f, false);

	(void)state;
	assert_string_equal(text,
			    "{\"size\":5,\"mode\":\"0644\",\"uid\":1,\"gid\":2,"
			    "\"mtime\":[-3,999999999],\"ctime\":[1700000000,0],"
			    "\"inode\":\"18446744073709551615\"}");
	free(text);
}

static void comes_back(const struct file_facts *f, bool is_device)
{
	char *text = format(f, is_device), *again;
	struct file_facts got;
	struct err e = {0};

	if (!file_facts_parse(&got, text, &e))
		fail_msg("%s: %s", text, e.msg);
	if (f->target != NULL)
		assert_string_equal(got.target, f->target);
	else
		assert_null(got.target);
	assert_int_equal(got.inode, f->inode);
	assert_int_equal(got.mtime.seconds, f->mtime.seconds);
	assert_int_equal(got.is_changed, f->is_changed);
	again = format(&got, is_device);
	assert_string_equal(again, text);
	free(again);
	free(text);
	file_facts_fini(&got);
	assert_null(got.target);
}

static void test_round_trips(void **state)
{
	char plain[] = "../a \"b\"\\\n\xc3\xa9", foreign[] = "x\xff\xfe";
	const struct file_facts cases[] = {
		{0},
		{.size = INT64_MAX, .mode = 07777, .uid = UINT32_MAX},
		{.mtime = {INT64_MIN, 1}, .ctime = {INT64_MAX, 2}},
		{.target = plain},
		{.target = foreign, .inode = UINT64_MAX},
		{.is_changed = true, .is_unreadable = true},
	};
	const struct file_facts device = {.major = 8, .minor = UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		comes_back(&cases[i], false);
	comes_back(&device, true);
}

/* Each stands in for one member of a good one. */
static void test_what_is_damaged(void **state)
{
	static const char good[] =
		"{\"size\":5,\"mode\":\"0644\",\"uid\":1,\"gid\":2,"
		"\"mtime\":[1,2],\"ctime\":[1,2],\"inode\":\"7\",\"new\":[]}";
	static const struct {
		const char *member, *by;
	} bad[] = {
		{"\"size\":5", "\"size\":-5"},
		{"\"size\":5", "\"size\":\"5\""},
		{"\"size\":5,", ""},
		{"\"mode\":\"0644\"", "\"mode\":\"644\""},
		{"\"mode\":\"0644\"", "\"mode\":\"0648\""},
		{"\"mode\":\"0644\"", "\"mode\":420"},
		{"\"uid\":1", "\"uid\":4294967296"},
		{"\"gid\":2,", ""},
		{"\"mtime\":[1,2]", "\"mtime\":[1]"},
		{"\"mtime\":[1,2]", "\"mtime\":[1,1000000000]"},
		{"\"mtime\":[1,2]", "\"mtime\":[1.5,2]"},
		{"\"ctime\":[1,2]", "\"ctime\":1"},
		{"\"inode\":\"7\"", "\"inode\":7"},
		{"\"inode\":\"7\"", "\"inode\":\"-7\""},
		{"\"new\":[]", "\"target\":7"},
		{"\"new\":[]", "\"target\":\"a\\u0000b\""},
		{"\"new\":[]", "\"target_base64\":\"?\""},
		{"\"new\":[]", "\"target_base64\":\"AAAA\""},
		{"\"new\":[]", "\"device\":[1]"},
	};
	struct file_facts f;
	struct err e = {0};

	(void)state;
	assert_true(file_facts_parse(&f, good, &e));
	file_facts_fini(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *at = strstr(good, bad[i].member);
		struct text t = {0};

		assert_non_null(at);
		text_add(&t, good, (size_t)(at - good));
		text_str(&t, bad[i].by);
		text_str(&t, at + strlen(bad[i].member));
		err_clear(&e);
		if (file_facts_parse(&f, t.data, &e))
			fail_msg("taken: %s", t.data);
		assert_string_equal(e.api, "damaged_backup");
		text_free(&t);
	}
	err_clear(&e);
	assert_false(file_facts_parse(&f, "[]", &e));
	err_clear(&e);
	assert_false(file_facts_parse(&f, NULL, &e));
}

/* With a space before it the parser reads it. */
static void assert_same_either_way(const char *json)
{
	struct file_facts fast, slow;
	struct err e = {0};
	char spaced[512];
	bool is_fast = file_facts_parse(&fast, json, &e);

	err_clear(&e);
	(void)snprintf(spaced, sizeof(spaced), " %s", json);
	if (file_facts_parse(&slow, spaced, &e) != is_fast)
		fail_msg("%s", json);
	if (!is_fast)
		return;
	assert_true(fast.size == slow.size && fast.inode == slow.inode);
	assert_true(fast.mode == slow.mode && fast.uid == slow.uid &&
		    fast.gid == slow.gid);
	assert_true(fast.mtime.seconds == slow.mtime.seconds &&
		    fast.mtime.nanoseconds == slow.mtime.nanoseconds);
	assert_true(fast.ctime.seconds == slow.ctime.seconds &&
		    fast.ctime.nanoseconds == slow.ctime.nanoseconds);
	assert_true(fast.is_changed == slow.is_changed &&
		    fast.has_attributes == slow.has_attributes);
	assert_string_equal(fast.target ? fast.target : "none",
			    slow.target ? slow.target : "none");
	file_facts_fini(&fast);
	file_facts_fini(&slow);
}

/* Any byte another one, left out, or twice. */
static void test_fast_and_slow(void **state)
{
	static const char good[] =
		"{\"size\":50,\"mode\":\"0644\",\"uid\":10,\"gid\":0,"
		"\"mtime\":[-3,999999999],\"ctime\":[17,0],\"inode\":\"905\","
		"\"target\":\"a\xc3\xbc\"}";
	static const char others[] = "\"{}[],:0178-aet\\ \x01\x7f\xc3\xff";
	char json[512];

	(void)state;
	assert_same_either_way(good);
	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		for (size_t c = 0; c < sizeof(others) - 1; c++) {
			memcpy(json, good, sizeof(good));
			json[at] = others[c];
			assert_same_either_way(json);
		}
		(void)snprintf(json, sizeof(json), "%.*s%s", (int)at, good,
			       good + at + 1);
		assert_same_either_way(json);
		(void)snprintf(json, sizeof(json), "%.*s%s", (int)at + 1, good,
			       good + at);
		assert_same_either_way(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_what_is_damaged),
		cmocka_unit_test(test_fast_and_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
