/*
 * test_redis_rdb_parts.c - what the RDB reader is fast by gives what is slow
 * and plain: scores as strtod() reads them, LZF byte by byte, the checksum bit
 * by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/redis/rdb/lzf.h"
#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/values_int.h"

enum { TEXT_MAX = 200, SCORES = 40000, PLAIN_MAX = 1200, LZF_ROUNDS = 4000 };

/* The same numbers in each run (xorshift, by George Marsaglia). */
static uint64_t chance(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Exactly as long as it is told: a look behind its end is seen. */
static void *copy_of(const void *bytes, size_t len)
{
	void *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	return copy;
}

/* Scores. */

/* Of a zero its sign, too. */
static uint64_t bits_of(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	return bits;
}

static void check_score(const char *text)
{
	size_t len = strlen(text);
	char *copy = copy_of(text, len), *end;
	double want = strtod(text, &end), got = 0;
	bool is_one = rdb_score_parse(copy, len, &got);

	free(copy);
	if (is_one != (*end == '\0' && len > 0))
		fail_msg("\"%s\" is%s taken", text, is_one ? "" : " not");
	if (is_one && bits_of(want) != bits_of(got))
		fail_msg("%s is %a and not %a", text, want, got);
}

static double some_double(uint64_t sort)
{
	uint64_t bits = chance();
	double d;

	if (sort == 0)
		return (double)(bits % 1000000) / 7;
	if (sort == 1)
		return 1.7e9 + (double)(bits % 1000000000000) / 1e6;
	if (sort == 2)
		return -(double)(bits >> chance() % 60) / 1024;
	memcpy(&d, &bits, sizeof(d));
	return d == d ? d : 0;
}

static void scores_are_what_strtod_reads(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < SCORES; i++) {
		double d = some_double(i % 4);

		(void)snprintf(text, sizeof(text), "%.17g", d);
		check_score(text);
		(void)snprintf(text, sizeof(text), "%.*g", (int)(chance() % 20),
			       d);
		check_score(text);
		if (d < 1e20 && d > -1e20) {
			(void)snprintf(text, sizeof(text), "%.*f",
				       (int)(chance() % 25), d);
			check_score(text);
		}
	}
}

/* Numbers just between two doubles, and next to there. */
static void scores_between_two_doubles_are_even(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < SCORES; i++) {
		uint64_t mantissa = UINT64_C(1) << 52 | chance() >> 12;
		uint64_t n = (2 * mantissa + 1) << i % 11;

		(void)snprintf(text, sizeof(text), "%llu",
			       (unsigned long long)(n + i % 3 - 1));
		check_score(text);
		(void)snprintf(text, sizeof(text), "%llue%d",
			       (unsigned long long)n,
			       (int)(chance() % 61) - 30);
		check_score(text);
		(void)snprintf(text, sizeof(text), "%llu.5",
			       (unsigned long long)(chance() >> 10));
		check_score(text);
	}
}

static void scores_of_all_forms(void **state)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"+1",
		"1.",
		".5",
		".",
		"-",
		"+",
		"1e",
		"1e+",
		"e5",
		"1e5",
		"1E-5",
		"1e+5",
		"0.0000000000000000000001234567890123",
		"00000000000000000000000000000000012",
		"1.5x",
		"1 ",
		"--1",
		"12345678",
		"123456789",
		"1234567.8",
		"12345678.9",
		"1.2345678",
		"1234567890123456789",
		"12345678901234567890",
		"18446744073709551615",
		"9007199254740993",
		"1e27",
		"1e-27",
		"1e28",
		"1e-28",
		"1e999",
		"1e-999",
		"4.9e-324",
		"1e1000000000",
		"inf",
		"-inf",
		"infinity",
		"0x10",
		"1:5",
		"1/2",
		"\xb1\xb2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_score(texts[i]);
}

/* LZF. */

struct packed {
	unsigned char bytes[2 * PLAIN_MAX], plain[PLAIN_MAX];
	size_t len, plain_len;
};

static void add_literal(struct packed *p)
{
	size_t n = 1 + chance() % 32;

	p->bytes[p->len++] = (unsigned char)(n - 1);
	for (; n > 0; n--) {
		unsigned char byte = (unsigned char)chance();

		p->bytes[p->len++] = byte;
		p->plain[p->plain_len++] = byte;
	}
}

/* Mostly short and from nearby. */
static void add_repeat(struct packed *p)
{
	size_t n = 3 + (chance() % 4 == 0 ? chance() % 262 : chance() % 6);
	size_t near = chance() % 2 == 0 ? 20 : PLAIN_MAX, distance;

	distance = 1 + chance() % (p->plain_len < near ? p->plain_len : near);
	if (n < 9) {
		p->bytes[p->len++] =
			(unsigned char)((n - 2) << 5 | (distance - 1) >> 8);
	} else {
		p->bytes[p->len++] =
			(unsigned char)(7U << 5 | (distance - 1) >> 8);
		p->bytes[p->len++] = (unsigned char)(n - 9);
	}
	p->bytes[p->len++] = (unsigned char)(distance - 1);
	for (; n > 0; n--, p->plain_len++)
		p->plain[p->plain_len] = p->plain[p->plain_len - distance];
}

static void make_packed(struct packed *p)
{
	size_t until = chance() % (PLAIN_MAX - 300);

	p->len = p->plain_len = 0;
	add_literal(p);
	while (p->plain_len < until) {
		if (chance() % 2 == 0)
			add_literal(p);
		else
			add_repeat(p);
	}
}

/* more: bytes that may be read behind the packed ones. */
static bool unpack(const unsigned char *bytes, size_t len, size_t more,
		   size_t plain_len, const unsigned char *want)
{
	unsigned char *copy = malloc(len + more);
	unsigned char *plain = malloc(plain_len + LZF_SLACK);
	struct lzf_packed packed = {copy, len, len + more};
	bool ok;

	assert_non_null(copy);
	assert_non_null(plain);
	memcpy(copy, bytes, len);
	memset(copy + len, 0xe0, more);
	ok = lzf_unpack(&packed, plain, plain_len);
	if (ok && want)
		assert_memory_equal(plain, want, plain_len);
	free(copy);
	free(plain);
	return ok;
}

static void what_was_packed_is_unpacked(void **state)
{
	struct packed p;

	(void)state;
	for (unsigned i = 0; i < LZF_ROUNDS; i++) {
		size_t more = chance() % 40;

		make_packed(&p);
		assert_true(unpack(p.bytes, p.len, more, p.plain_len, p.plain));
		assert_false(
			unpack(p.bytes, p.len, more, p.plain_len + 1, NULL));
		assert_false(
			unpack(p.bytes, p.len, more, p.plain_len - 1, NULL));
		assert_false(
			unpack(p.bytes, p.len - 1, more, p.plain_len, NULL));
	}
}

/* What it makes of any bytes it makes within its memory: sanitizers look. */
static void damaged_bytes_stay_within_bounds(void **state)
{
	struct packed p;

	(void)state;
	for (unsigned i = 0; i < LZF_ROUNDS; i++) {
		make_packed(&p);
		for (unsigned k = 0; k < 3; k++)
			p.bytes[chance() % p.len] = (unsigned char)chance();
		(void)unpack(p.bytes, p.len, chance() % 40, p.plain_len, NULL);
	}
}

/* The checksum. */

static uint64_t bit_by_bit(uint64_t crc, const unsigned char *p, size_t len)
{
	for (; len > 0; p++, len--) {
		crc ^= *p;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x95ac9329ac4bc9b5
				      : crc >> 1;
	}
	return crc;
}

static void checksums_of_all_lengths(void **state)
{
	static const char *const digits = "123456789";
	unsigned char bytes[700];

	(void)state;
	assert_true(rdb_crc64(0, digits, 9) == 0xe9c6d914c4b8d9ca);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)chance();
	for (size_t len = 0; len < sizeof(bytes) - 3; len++) {
		uint64_t begin = chance();
		const unsigned char *p = bytes + len % 4;

		assert_true(rdb_crc64(begin, p, len) ==
			    bit_by_bit(begin, p, len));
	}
}

/* Those from where wider registers are taken, and what these leave. */
static void checksums_of_long_pieces(void **state)
{
	enum { LONG = 8192, MORE = 300 };
	unsigned char bytes[LONG + MORE];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)chance();
	for (size_t len = LONG - 20; len < sizeof(bytes) - 3; len += 3) {
		uint64_t begin = chance();
		const unsigned char *p = bytes + len % 4;

		assert_true(rdb_crc64(begin, p, len) ==
			    bit_by_bit(begin, p, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_are_what_strtod_reads),
		cmocka_unit_test(scores_between_two_doubles_are_even),
		cmocka_unit_test(scores_of_all_forms),
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(damaged_bytes_stay_within_bounds),
		cmocka_unit_test(checksums_of_all_lengths),
		cmocka_unit_test(checksums_of_long_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
