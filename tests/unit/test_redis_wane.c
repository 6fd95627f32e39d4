/* test_redis_wane.c - keys in cells by the instant of expiry: what is lost
 * shows, what expired does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/redis/load/wane.h"
#include "sources/redis/rdb/rdb.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };

static const int64_t from_ms = 1700000000000;

/* When keys expire, after from_ms: both edges of each sort of cell. */
static const int64_t instants[] = {
	0,
	SECOND - 1,
	SECOND,
	599 * SECOND,
	600 * SECOND - 1,
	600 * SECOND,
	660 * SECOND,
	2 * (int64_t)DAY,
	2 * (int64_t)DAY + 600 * SECOND - 1,
	2 * (int64_t)DAY + 600 * SECOND,
	4000 * (int64_t)DAY,
	INT64_MAX - 1700000000000,
};

enum { INSTANTS = sizeof(instants) / sizeof(instants[0]) };

struct pair {
	struct redis_wane want, have;
	struct redis_wane_look look;
	struct err err;
	uint64_t expired;
};

static void setup_pair(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	p->want.from_ms = p->have.from_ms = from_ms;
	p->want.database = p->have.database = 7;
	p->look.found = &p->have;
	p->look.ended_ms = from_ms - 1;
	p->look.is_exact = true;
}

static void add(struct redis_wane *w, int64_t expires_at, uint64_t value)
{
	const struct digest digest = {.low = value, .high = value * 3};
	struct err e = {0};

	assert_true(redis_wane_add(w, expires_at, &digest, &e));
}

static bool compare(struct pair *p)
{
	memset(&p->err, 0, sizeof(p->err));
	return redis_wane_compare(&p->want, &p->look, &p->expired, &p->err);
}

static void expect_difference(struct pair *p)
{
	assert_false(compare(p));
	assert_int_equal(p->err.code, ERR_DAMAGED);
	assert_string_equal(p->err.api, "verification_failed");
	assert_non_null(strstr(p->err.msg, "database 7 holds"));
}

static void clear(struct pair *p)
{
	redis_wane_fini(&p->want);
	redis_wane_fini(&p->have);
}

/* All of them, and one that lasts; but for one. */
static void fill(struct redis_wane *w, int without)
{
	redis_wane_clear(w);
	for (int i = 0; i < INSTANTS; i++) {
		if (i != without)
			add(w, from_ms + instants[i], (uint64_t)i + 1);
	}
	if (without != INSTANTS)
		add(w, RDB_NO_EXPIRY, INSTANTS + 1);
}

static void test_equal_ones_are_equal(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	assert_true(compare(&p));
	fill(&p.want, -1);
	fill(&p.have, -1);
	assert_true(compare(&p));
	assert_int_equal(p.expired, 0);
	assert_int_equal(redis_wane_keys(&p.have), INSTANTS + 1);
	redis_wane_clear(&p.have);
	assert_int_equal(redis_wane_keys(&p.have), 0);
	assert_int_equal(p.have.from_ms, from_ms);
	expect_difference(&p);
	clear(&p);
}

static void test_a_lost_key_is_seen_in_any_cell(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	fill(&p.want, -1);
	for (int i = 0; i <= INSTANTS; i++) {
		fill(&p.have, i);
		expect_difference(&p);
	}
	clear(&p);
}

static void test_a_key_too_many_is_seen_in_any_cell(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	fill(&p.have, -1);
	for (int i = 0; i <= INSTANTS; i++) {
		fill(&p.want, i);
		expect_difference(&p);
		/* Also of what may be gone. */
		p.look.ended_ms = INT64_MAX;
		expect_difference(&p);
		p.look.ended_ms = from_ms - 1;
	}
	clear(&p);
}

static void test_another_value_is_seen_in_any_cell(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	fill(&p.want, -1);
	for (int i = 0; i <= INSTANTS; i++) {
		fill(&p.have, i);
		add(&p.have,
		    i < INSTANTS ? from_ms + instants[i]
				 : (int64_t)RDB_NO_EXPIRY,
		    99);
		expect_difference(&p);
		assert_non_null(strstr(p.err.msg, "other values"));
		/* Where none is gone, all must be as they were. */
		p.look.ended_ms = INT64_MAX;
		expect_difference(&p);
		p.look.ended_ms = from_ms - 1;
	}
	clear(&p);
}

static void test_another_expiry_is_seen(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	add(&p.want, from_ms + 10 * SECOND, 1);
	add(&p.have, from_ms + 11 * SECOND, 1);
	expect_difference(&p);
	redis_wane_clear(&p.have);
	add(&p.have, RDB_NO_EXPIRY, 1);
	expect_difference(&p);
	clear(&p);
}

static void test_what_expired_is_not_missed(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	fill(&p.want, -1);
	for (int i = 0; i < INSTANTS; i++) {
		fill(&p.have, i);
		p.look.ended_ms = from_ms + instants[i];
		assert_true(compare(&p));
		assert_int_equal(p.expired, 1);
	}
	/* And one that lasts never is. */
	fill(&p.have, INSTANTS);
	expect_difference(&p);
	clear(&p);
}

/* One of the next cell is still expected, and one of the same cell is not. */
static void test_the_cell_decides(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	add(&p.want, from_ms + 5 * SECOND, 1);
	add(&p.want, from_ms + 6 * SECOND - 1, 2);
	add(&p.want, from_ms + 6 * SECOND, 3);
	p.look.ended_ms = from_ms + 5 * SECOND;
	add(&p.have, from_ms + 6 * SECOND, 3);
	assert_true(compare(&p));
	assert_int_equal(p.expired, 2);
	redis_wane_clear(&p.have);
	add(&p.have, from_ms + 5 * SECOND, 1);
	add(&p.have, from_ms + 6 * SECOND - 1, 2);
	expect_difference(&p);
	clear(&p);
}

/* A target tells any number. */
static void test_absurd_instants(void **state)
{
	static const int64_t absurd[] = {INT64_MIN, INT64_MIN + 1, -2, 0,
					 INT64_MAX};
	struct pair p;

	(void)state;
	setup_pair(&p);
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		redis_wane_clear(&p.have);
		add(&p.have, absurd[i], 1);
		assert_int_equal(redis_wane_keys(&p.have), 1);
		expect_difference(&p);
	}
	clear(&p);
}

/* PTTL tells how long is left, not until when. */
static void test_not_exact_compares_numbers(void **state)
{
	struct pair p;

	(void)state;
	setup_pair(&p);
	p.look.is_exact = false;
	add(&p.want, from_ms + 5 * SECOND, 1);
	add(&p.want, from_ms + MINUTE, 2);
	add(&p.have, 4000, 8);
	add(&p.have, 59000, 9);
	assert_true(compare(&p));
	add(&p.have, 59000, 9);
	expect_difference(&p); /* one too many */
	redis_wane_clear(&p.have);
	add(&p.have, 59000, 9);
	expect_difference(&p); /* one is lost */
	p.look.ended_ms = from_ms + 5 * SECOND;
	assert_true(compare(&p));
	assert_int_equal(p.expired, 1);
	redis_wane_clear(&p.have);
	expect_difference(&p); /* the other one as well */
	/* What lasts is compared with its value. */
	add(&p.have, 59000, 9);
	add(&p.have, RDB_NO_EXPIRY, 5);
	add(&p.want, RDB_NO_EXPIRY, 6);
	expect_difference(&p);
	clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_ones_are_equal),
		cmocka_unit_test(test_a_lost_key_is_seen_in_any_cell),
		cmocka_unit_test(test_a_key_too_many_is_seen_in_any_cell),
		cmocka_unit_test(test_another_value_is_seen_in_any_cell),
		cmocka_unit_test(test_another_expiry_is_seen),
		cmocka_unit_test(test_what_expired_is_not_missed),
		cmocka_unit_test(test_the_cell_decides),
		cmocka_unit_test(test_absurd_instants),
		cmocka_unit_test(test_not_exact_compares_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
