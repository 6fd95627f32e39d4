#include "base/digest.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { COLUMNS_MAX = 1000 };

/* A row as the driver gives it. */
struct row {
	const char *values[COLUMNS_MAX];
	unsigned long lengths[COLUMNS_MAX];
	unsigned ncolumns;
};

static void add_value(struct row *row, const char *value, size_t len)
{
	row->values[row->ncolumns] = value;
	row->lengths[row->ncolumns++] = len;
}

/* The digest of a single row as digest.h words it, by the library's own
 * one-shot function over the canonical form. */
static struct digest expected_digest(const struct row *row)
{
	size_t size = 1, used = 0;
	unsigned char *form;
	XXH128_hash_t hash;

	for (unsigned i = 0; i < row->ncolumns; i++)
		size += 9 + row->lengths[i];
	form = malloc(size);
	assert_non_null(form);
	for (unsigned i = 0; i < row->ncolumns; i++) {
		form[used++] = row->values[i] != NULL;
		if (!row->values[i])
			continue;
		for (unsigned shift = 0; shift < 64; shift += 8)
			form[used++] =
				(unsigned char)((uint64_t)row->lengths[i] >>
						shift);
		memcpy(form + used, row->values[i], row->lengths[i]);
		used += row->lengths[i];
	}
	hash = XXH3_128bits(form, used);
	free(form);
	return (struct digest){.low = hash.low64, .high = hash.high64};
}

static struct digest digest_of(const struct row *row)
{
	struct digest d = {0};

	digest_add_row(&d, row->values, row->lengths, row->ncolumns);
	return d;
}

static void assert_same(const struct digest *a, const struct digest *b)
{
	char left[DIGEST_HEX_MAX], right[DIGEST_HEX_MAX];

	assert_string_equal(digest_format(a, left), digest_format(b, right));
	assert_true(digest_equal(a, b));
}

static void check_row(const struct row *row)
{
	struct digest got = digest_of(row), expected = expected_digest(row);

	assert_same(&got, &expected);
}

/* Every length around the sizes where the way of hashing changes: XXH3's own
 * (16, 128, 240 bytes) and the end of the buffer on the stack. */
static void one_value_of_any_length(void **state)
{
	char *bytes = malloc(9000);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < 9000; i++)
		bytes[i] = (char)(i * 131 + i / 256);
	for (size_t len = 0; len < 9000; len++) {
		struct row row = {0};

		if (len > 300 && len % 512 > 20 && len % 512 < 490)
			continue;
		add_value(&row, bytes, len);
		check_row(&row);
		add_value(&row, NULL, 0);
		check_row(&row);
	}
	free(bytes);
}

static void many_columns(void **state)
{
	static const char value[] = "0123456789abcdef";

	(void)state;
	for (unsigned n = 0; n <= COLUMNS_MAX; n += 7) {
		struct row row = {0};

		for (unsigned i = 0; i < n; i++)
			add_value(&row, i % 3 ? value : NULL,
				  i % 3 ? i % sizeof(value) : 0);
		check_row(&row);
	}
}

static void long_row_of_nulls_and_values(void **state)
{
	char *bytes = calloc(1, 100000);
	struct row row = {0};

	(void)state;
	assert_non_null(bytes);
	add_value(&row, NULL, 0);
	add_value(&row, bytes, 100000);
	add_value(&row, NULL, 0);
	add_value(&row, "", 0);
	check_row(&row);
	free(bytes);
}

/* The digest is stored for years: the same rows give these digits forever. */
static void known_digits(void **state)
{
	struct row empty = {0}, row = {0};
	char hex[DIGEST_HEX_MAX];
	struct digest d = digest_of(&empty);

	(void)state;
	assert_string_equal(digest_format(&d, hex),
			    "99aa06d3014798d86001c324468d497f");
	add_value(&row, "1", 1);
	add_value(&row, NULL, 0);
	add_value(&row, "caf\xc3\xa9", 5);
	d = digest_of(&row);
	assert_string_equal(digest_format(&d, hex),
			    "0e0d87bbe63f82e7ecd01c430a00288c");
}

/* The row in pieces of so many bytes, or value by value. */
static struct digest digest_in_pieces(struct digest_row *pieces,
				      const struct row *row, size_t size)
{
	struct digest d = {.high = 1};

	digest_row_begin(pieces);
	for (unsigned i = 0; i < row->ncolumns; i++) {
		const char *value = row->values[i];
		size_t len = row->lengths[i];

		if (!value) {
			digest_row_null(pieces);
			continue;
		}
		if (size == 0) {
			digest_row_value(pieces, value, len);
			continue;
		}
		digest_row_open(pieces, len);
		for (size_t at = 0; at < len; at += size)
			digest_row_bytes(pieces, value + at,
					 len - at < size ? len - at : size);
	}
	digest_row_end(pieces, &d);
	d.high--;
	return d;
}

/* Around the sizes where the way of hashing changes, here and in XXH3. */
static void rows_in_pieces_are_the_same_rows(void **state)
{
	static const size_t lengths[] = {0,    1,    100,  231,	 232,  1000,
					 1005, 1006, 1007, 1015, 4096, 50000};
	static const size_t sizes[] = {0, 1, 3, 64, 1000, 4096, 100000};
	struct digest_row *pieces = digest_row_new();
	char *bytes = malloc(50000);

	(void)state;
	assert_non_null(pieces);
	assert_non_null(bytes);
	for (size_t i = 0; i < 50000; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	digest_row_value(pieces, "never ended", 11);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			struct row row = {0};
			struct digest whole, got;

			add_value(&row, bytes, lengths[i]);
			add_value(&row, NULL, 0);
			add_value(&row, bytes + 5, lengths[i] / 2);
			whole = digest_of(&row);
			got = digest_in_pieces(pieces, &row, sizes[k]);
			assert_same(&whole, &got);
		}
	}
	digest_row_free(pieces);
	digest_row_free(NULL);
	free(bytes);
}

/* A row of so many bytes in all but the last column, which is NULL. */
static void add_to_both(struct digest_batch *batch, struct digest *one_by_one,
			const char *bytes, size_t len)
{
	struct row row = {0};

	add_value(&row, bytes, len);
	add_value(&row, bytes + 1, len / 3);
	add_value(&row, NULL, 0);
	digest_add_row(one_by_one, row.values, row.lengths, row.ncolumns);
	digest_batch_row(batch, row.values, row.lengths, row.ncolumns);
}

/* Of all lengths about where they are copied in another way, and of rows that
 * are more than fit together or alone. */
static void rows_in_a_batch_are_the_same_rows(void **state)
{
	static const size_t large[] = {2000, 3030, 3050, 4096, 5000, 70000};
	struct digest_batch *batch = digest_batch_new();
	struct digest want = {.low = 7}, got = {.low = 7};
	char *bytes = calloc(70001, 1);

	(void)state;
	assert_non_null(batch);
	assert_non_null(bytes);
	for (size_t i = 0; i < 70001; i++)
		bytes[i] = (char)(i * 31 >> 3);
	digest_batch_begin(batch);
	add_to_both(batch, &want, bytes, 5);
	digest_batch_begin(batch); /* forgets it */
	want = (struct digest){.low = 7};
	for (size_t round = 0; round < 3; round++) {
		for (size_t len = 0; len < 300; len++)
			add_to_both(batch, &want, bytes, len);
		for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
			add_to_both(batch, &want, bytes, large[i]);
		digest_batch_end(batch, &got);
		assert_same(&want, &got);
	}
	digest_batch_end(batch, &got);
	assert_same(&want, &got);
	digest_batch_free(batch);
	digest_batch_free(NULL);
	free(bytes);
}

static void rows_that_look_alike_differ(void **state)
{
	struct row rows[5] = {0};

	(void)state;
	add_value(&rows[0], "ab", 2);
	add_value(&rows[0], "c", 1);
	add_value(&rows[1], "a", 1);
	add_value(&rows[1], "bc", 2);
	add_value(&rows[2], "abc", 3);
	add_value(&rows[3], "abc", 3);
	add_value(&rows[3], "", 0);
	add_value(&rows[4], "abc", 3);
	add_value(&rows[4], NULL, 0);
	for (unsigned i = 0; i < 5; i++) {
		for (unsigned k = 0; k < i; k++) {
			struct digest a = digest_of(&rows[i]);
			struct digest b = digest_of(&rows[k]);

			assert_false(digest_equal(&a, &b));
		}
	}
}

static void order_does_not_matter_but_count_does(void **state)
{
	struct digest forth = {0}, back = {0}, twice = {0};
	struct row rows[3] = {0};

	(void)state;
	add_value(&rows[0], "one", 3);
	add_value(&rows[1], "two", 3);
	add_value(&rows[2], "three", 5);
	for (unsigned i = 0; i < 3; i++) {
		digest_add_row(&forth, rows[i].values, rows[i].lengths, 1);
		digest_add_row(&back, rows[2 - i].values, rows[2 - i].lengths,
			       1);
	}
	assert_same(&forth, &back);
	digest_add(&twice, &forth);
	assert_same(&twice, &back);
	digest_add(&twice, &forth);
	assert_false(digest_equal(&twice, &back));
}

static void sum_carries_and_wraps(void **state)
{
	struct digest one = {.low = 1};
	struct digest d = {.low = UINT64_MAX, .high = 6};

	(void)state;
	digest_add(&d, &one);
	assert_true(d.low == 0 && d.high == 7);
	d = (struct digest){.low = UINT64_MAX, .high = UINT64_MAX};
	digest_add(&d, &one);
	assert_true(d.low == 0 && d.high == 0);
	d = (struct digest){.low = UINT64_MAX, .high = 3};
	digest_add(&d, &d);
	assert_true(d.low == UINT64_MAX - 1 && d.high == 7);
}

static void format_and_parse(void **state)
{
	struct digest d = {.low = 0xabc, .high = 0x0123456789abcdef}, back;
	char hex[DIGEST_HEX_MAX];

	(void)state;
	assert_string_equal(digest_format(&d, hex),
			    "0123456789abcdef0000000000000abc");
	assert_true(digest_parse(hex, &back));
	assert_same(&d, &back);
}

static void parse_refuses_what_is_none(void **state)
{
	static const char *const cases[] = {
		"",
		"0",
		"0123456789abcdef",
		"0123456789abcdef0000000000000ab",
		"0123456789abcdef0000000000000abcd",
		"0123456789ABCDEF0000000000000abc",
		"0123456789abcdeg0000000000000abc",
		"0123456789abcdef 000000000000abc",
		"0x23456789abcdef0000000000000abc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct digest d = {.low = 1, .high = 2};

		if (digest_parse(cases[i], &d))
			fail_msg("taken: %s", cases[i]);
		assert_true(d.low == 1 && d.high == 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value_of_any_length),
		cmocka_unit_test(many_columns),
		cmocka_unit_test(long_row_of_nulls_and_values),
		cmocka_unit_test(known_digits),
		cmocka_unit_test(rows_in_pieces_are_the_same_rows),
		cmocka_unit_test(rows_in_a_batch_are_the_same_rows),
		cmocka_unit_test(rows_that_look_alike_differ),
		cmocka_unit_test(order_does_not_matter_but_count_does),
		cmocka_unit_test(sum_carries_and_wraps),
		cmocka_unit_test(format_and_parse),
		cmocka_unit_test(parse_refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
