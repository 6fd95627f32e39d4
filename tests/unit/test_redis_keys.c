/* Patterns of key names, scopes, counts per database, checksums, scores. */
#include "sources/redis/rdb/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/tally.h"
#include "sources/redis/rdb/values_int.h"

struct glob_case {
	const char *pattern, *name;
	bool fits;
};

/* Each was asked of a Redis 7.0, with KEYS; it says no to the one marked. */
static const struct glob_case globs[] = {
	{"", "", true},
	{"", "a", false},
	{"*", "", true},
	{"*", "anything", true},
	{"**", "", true}, /* this one: "*" fits there, too */
	{"?", "", false},
	{"?", "a", true},
	{"?", "ab", false},
	{"user:*", "user:17", true},
	{"user:*", "user:", true},
	{"user:*", "User:17", false},
	{"*:17", "user:17", true},
	{"*:17", "user:17:17", true},
	{"*:17", "user:171", false},
	{"a*b*c", "a-b-b-c", true},
	{"a*b*c", "a-c-b", false},
	{"h[ae]llo", "hello", true},
	{"h[ae]llo", "hillo", false},
	{"h[^e]llo", "hallo", true},
	{"h[^e]llo", "hello", false},
	{"h[a-c]llo", "hbllo", true},
	{"h[c-a]llo", "hbllo", true},
	{"h[a-c]llo", "hdllo", false},
	{"[a-]", "-", false},
	{"[a-]", "]", true},
	{"[a-]", "c", false},
	{"[]", "]", false},
	{"[]a]", "a]", false},
	{"[^]", "x", true},
	{"[ab", "a", true},
	{"[ab", "c", false},
	{"[", "[", false},
	{"[\\]]", "]", true},
	{"[\\-a]", "-", true},
	{"\\*", "*", true},
	{"\\*", "x", false},
	{"\\?\\[", "?[", true},
	{"a\\", "a\\", true},
	{"a\\", "a", false},
	{"*a", "aaab", false},
	{"*[b]", "aaab", true},
	{"x*", "", false},
	{"\xc3?", "\xc3\xa9", true},
	{"[\x80-\xff]*", "\xc3\xa9", true},
};

static void globs_fit_as_in_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
		const struct glob_case *c = &globs[i];

		if (redis_glob_fits(c->pattern, c->name, strlen(c->name)) !=
		    c->fits)
			fail_msg("%s and %s", c->pattern, c->name);
	}
	assert_true(redis_glob_fits("a*z", "a\0b\0z", 5));
	assert_true(redis_glob_fits("a?b", "a\0b", 3));
	assert_false(redis_glob_fits("a", "a\0", 2));
}

/* Would take longer than the universe has, were it tried in every way. */
static void hostile_patterns_end(void **state)
{
	char pattern[400] = "", *name = malloc(100000);

	(void)state;
	assert_non_null(name);
	memset(name, 'a', 100000);
	for (size_t i = 0; i + 3 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "a*", 3);
	strcat(pattern, "b");
	assert_false(redis_glob_fits(pattern, name, 100000));
	free(name);
}

static void scopes(void **state)
{
	static const uint32_t numbers[] = {0, 3};
	static const char *const keys[] = {"user:*", "cart:?"};
	struct source_scope all = {0}, s = {0};

	(void)state;
	assert_true(redis_scope_is_whole(NULL) && redis_scope_is_whole(&all));
	assert_true(redis_scope_has_database(NULL, 7));
	assert_true(redis_scope_has_key(&all, 7, "x", 1));
	s.numbers = numbers;
	s.nnumbers = 2;
	assert_false(redis_scope_is_whole(&s));
	assert_true(redis_scope_has_database(&s, 3));
	assert_false(redis_scope_has_database(&s, 1));
	assert_true(redis_scope_has_key(&s, 0, "x", 1));
	assert_false(redis_scope_has_key(&s, 1, "x", 1));
	s.keys = keys;
	s.nkeys = 2;
	assert_true(redis_scope_has_key(&s, 0, "user:1", 6));
	assert_true(redis_scope_has_key(&s, 3, "cart:9", 6));
	assert_false(redis_scope_has_key(&s, 3, "cart:99", 7));
	assert_false(redis_scope_has_key(&s, 2, "user:1", 6));
	s.nnumbers = 0;
	assert_false(redis_scope_is_whole(&s));
	assert_true(redis_scope_has_key(&s, 2, "user:1", 6));
}

static void count(struct rdb_tallies *t, uint32_t database, enum rdb_type type,
		  int64_t expires_at)
{
	struct rdb_record key = {.kind = RDB_RECORD_KEY,
				 .begin = 100,
				 .end = 110,
				 .database = database,
				 .type = type,
				 .expires_at = expires_at};
	struct digest one = {.low = 1};
	struct err e = {0};
	struct rdb_tally *tally = rdb_tally_of(t, database, &e);

	assert_non_null(tally);
	rdb_tally_add(tally, &key, &one);
}

static void counts_per_database(void **state)
{
	struct rdb_tallies t = {0};
	struct rdb_tally sum;
	char *json;

	(void)state;
	json = rdb_tallies_json(&t, 10);
	assert_string_equal(json, "[]");
	free(json);
	for (uint32_t i = 0; i < 40; i++)
		count(&t, i * 7 % 40, RDB_STRING, RDB_NO_EXPIRY);
	count(&t, 1, RDB_HASH, 5);
	count(&t, 1, RDB_MODULE, RDB_NO_EXPIRY);
	assert_int_equal(t.n, 40);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(t.list[i].database, i);
	assert_int_equal(t.list[1].digest.low, 2);
	sum = rdb_tallies_sum(&t);
	assert_int_equal(sum.keys, 42);
	assert_int_equal(sum.expiring, 1);
	assert_int_equal(sum.bytes, 420);
	assert_int_equal(sum.of_type[RDB_STRING], 40);
	assert_int_equal(sum.digest.low, 41);
	json = rdb_tallies_json(&t, 2);
	assert_string_equal(json,
			    "[{\"database\":0,\"keys\":1,\"expiring\":0,"
			    "\"bytes\":10,\"types\":{\"string\":1}},"
			    "{\"database\":1,\"keys\":3,\"expiring\":1,"
			    "\"bytes\":30,\"types\":{\"string\":1,\"hash\":1,"
			    "\"module\":1}}]");
	free(json);
	rdb_tallies_fini(&t);
}

/* Bit by bit, as the polynomial tells it. */
static uint64_t slow_crc(uint64_t crc, const unsigned char *p, size_t len)
{
	for (; len > 0; p++, len--) {
		crc ^= *p;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x95ac9329ac4bc9b5
				      : crc >> 1;
	}
	return crc;
}

static void checksums_of_any_length_and_place(void **state)
{
	unsigned char *bytes = malloc(2000);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < 2000; i++)
		bytes[i] = (unsigned char)(i * i * 31 + i / 7);
	/* As Redis' own crc64.c tells it. */
	assert_int_equal(rdb_crc64(0, "123456789", 9), 0xe9c6d914c4b8d9ca);
	for (size_t len = 0; len < 700; len++)
		for (size_t at = 0; at < 17; at += 5)
			assert_int_equal(rdb_crc64(len, bytes + at, len),
					 slow_crc(len, bytes + at, len));
	for (size_t cut = 0; cut < 2000; cut += 13)
		assert_int_equal(rdb_crc64(rdb_crc64(0, bytes, cut),
					   bytes + cut, 2000 - cut),
				 slow_crc(0, bytes, 2000));
	free(bytes);
}

static void check_score(const char *text)
{
	double expected = strtod(text, NULL), got = -1;
	unsigned char a[8], b[8];

	if (!rdb_score_parse(text, strlen(text), &got))
		fail_msg("%s is refused", text);
	rdb_score_bytes(expected, a);
	rdb_score_bytes(got, b);
	if (memcmp(a, b, 8) != 0)
		fail_msg("%s becomes %.17g", text, got);
}

/* Bit by bit what strtod() makes of them. */
static void scores_as_text(void **state)
{
	static const char *const good[] = {
		"0",
		"-0",
		"1",
		"-1.5",
		"17",
		"inf",
		"-inf",
		"1e300",
		"1e-300",
		"0.1",
		"9007199254740993",
		"9007199254740992.99999",
		"1.7976931348623157e+308",
		"4.9406564584124654e-324",
		"00000000000000000000000001.50",
		"123456789012345678901234",
		"9223372036854775808.5",
		"18446744073709551615",
		"9007199254740993e0",
		"4503599627370497.5",
		"1e22",
		"1e23",
		"12345678",
		"12345678.12345678",
		"1234567.87654321",
		"0.00000000123456789",
		"00000000.123456789",
		"99999999.99999999999",
		"1234567890123456789",
		"12345678901234567890.5",
	};
	static const char *const bad[] = {
		"",	    "x",	"1x",	   "1e", "e5",
		"--1",	    "1.5.",	"1 ",	   "0x", "1234567/",
		"1234567:", "1234:678", "/2345678"};
	uint64_t bits = 88172645463325252;
	double score;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check_score(good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(rdb_score_parse(bad[i], strlen(bad[i]), &score));
	for (unsigned i = 0; i < 20000; i++) {
		char text[64];

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		(void)snprintf(text, sizeof(text), i % 2 ? "%.17g" : "%.5f",
			       (double)(int64_t)bits / 1e13);
		check_score(text);
		/* Next to the middle of two doubles from 0.5 to 1. */
		(void)snprintf(
			text, sizeof(text), "%.19Lf",
			(long double)(bits >> 10 | UINT64_C(1) << 53 | 1) /
				0x1p54L);
		check_score(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_fit_as_in_keys),
		cmocka_unit_test(hostile_patterns_end),
		cmocka_unit_test(scopes),
		cmocka_unit_test(counts_per_database),
		cmocka_unit_test(checksums_of_any_length_and_place),
		cmocka_unit_test(scores_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
