/* test_model_packs.c - sets of packs, against a plain array of bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/packs.h"

#define ONE "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define TWO "bak_01HAAAAAAAAAAAAAAAAAAAAAAA"

enum { NUMBERS = 40, ROUNDS = 3000, STEPS = 30 };

static void expect(const struct pack_set *s, const char *text)
{
	char *found = pack_set_format(s);

	assert_non_null(found);
	assert_string_equal(found, text);
	free(found);
}

static void test_adding(void **state)
{
	struct pack_set s = {0};

	(void)state;
	expect(&s, "");
	assert_true(pack_set_add(&s, ONE, 5, 5));
	assert_true(pack_set_add(&s, ONE, 7, 7));
	expect(&s, ONE " 5,7\n");
	assert_true(pack_set_add(&s, ONE, 6, 6));
	expect(&s, ONE " 5-7\n");
	assert_true(pack_set_add(&s, TWO, 1, PACK_NUMBER_MAX));
	assert_true(pack_set_add(&s, ONE, 1, 2));
	expect(&s, TWO " 1-99999999\n" ONE " 1-2,5-7\n");
	assert_true(pack_set_has(&s, ONE, 2));
	assert_false(pack_set_has(&s, ONE, 3));
	assert_false(pack_set_has(&s, "bak_x", 1));
	pack_set_fini(&s);
}

static void test_text(void **state)
{
	static const char *const bad[] = {
		"x",
		ONE,
		ONE " ",
		ONE " 0",
		ONE " 1-",
		ONE " 5-4",
		ONE " 1,",
		ONE " 1 ,2",
		ONE " 100000000",
		ONE " -1",
		"src_x 1",
		ONE " 01",
		ONE " 1-2-3",
		ONE " 99999999999",
		"\n" ONE "\t1",
	};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct pack_set s = {0};

		assert_false(pack_set_parse(&s, bad[i], &e));
		assert_true(err_is(&e));
		err_clear(&e);
		pack_set_fini(&s);
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *text = i == 0 ? "" : TWO " 3\n" ONE " 1-4,9\n";
		struct pack_set s = {0};

		assert_true(pack_set_parse(&s, text, &e));
		expect(&s, text);
		pack_set_fini(&s);
	}
}

static void fill(struct pack_set *s, bool bits[2][NUMBERS + 2])
{
	memset(bits, 0, 2 * sizeof(bits[0]));
	for (int i = rand() % STEPS; i > 0; i--) {
		int w = rand() % 2, first = 1 + rand() % NUMBERS;
		int last = first + rand() % 4;

		last = last > NUMBERS ? NUMBERS : last;
		assert_true(pack_set_add(s, w ? ONE : TWO, (uint32_t)first,
					 (uint32_t)last));
		for (int k = first; k <= last; k++)
			bits[w][k] = true;
	}
}

/* Also that ranges rise and do not touch, and that there are no empty ones. */
static void compare(const struct pack_set *s, bool bits[2][NUMBERS + 2])
{
	for (int w = 0; w < 2; w++)
		for (uint32_t k = 1; k <= NUMBERS; k++)
			assert_int_equal(pack_set_has(s, w ? ONE : TWO, k),
					 bits[w][k]);
	for (size_t i = 0; i < s->n; i++) {
		assert_true(s->writers[i].n > 0);
		for (size_t k = 1; k < s->writers[i].n; k++)
			assert_true(s->writers[i].ranges[k].first >
				    s->writers[i].ranges[k - 1].last + 1);
	}
}

static void test_arithmetic(void **state)
{
	bool a[2][NUMBERS + 2], b[2][NUMBERS + 2];

	(void)state;
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		struct pack_set x = {0}, y = {0};
		struct err e = {0};
		bool is_within = true;
		char *text;

		fill(&x, a);
		fill(&y, b);
		compare(&x, a);
		for (int w = 0; w < 2; w++)
			for (int k = 1; k <= NUMBERS; k++)
				is_within = is_within && (!a[w][k] || b[w][k]);
		assert_int_equal(pack_set_is_within(&x, &y), is_within);
		assert_true(pack_set_subtract(&x, &y));
		for (int w = 0; w < 2; w++)
			for (int k = 1; k <= NUMBERS; k++)
				a[w][k] = a[w][k] && !b[w][k];
		compare(&x, a);
		assert_true(pack_set_unite(&y, &x));
		assert_true(pack_set_is_within(&x, &y));
		text = pack_set_format(&x);
		pack_set_fini(&x);
		assert_true(pack_set_parse(&x, text, &e));
		compare(&x, a);
		free(text);
		pack_set_fini(&x);
		pack_set_fini(&y);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_arithmetic),
	};

	return cmocka_run_group_tests_name("packs", tests, NULL, NULL);
}
