/* test_base_age.c - files of age: vectors made by the program age, sizes at
 * the edges of chunks, and damage at every place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "age_tool.h"
#include "base/age.h"
#include "base/encode.h"

#define PUBLIC_1                                                               \
	"age1knslxrmu56pcft7dhp2m2zy43s4u36u07ajun7d7465vvgfa3g9s5svuya"
#define SECRET_1                                                               \
	"AGE-SECRET-KEY-"                                                      \
	"1PSCTXK9QUYFDYG96SDUYSMXWJ3WGKDYAKC0H07MYG0EKND5TQQMS08PD03"
#define PUBLIC_2                                                               \
	"age16uplundlhy0f7yryh07cnm5zelceau5z9tqzn5skuk5guhvvfd3q906vng"
#define SECRET_2                                                               \
	"AGE-SECRET-KEY-"                                                      \
	"132M8P7VYLVSNJFVNVP3VUFH5XN4ME6K30M9L6M27FXH0WE9JZ6JQLMUFVD"

/* "hello" for the first, made by age 1.1.1. */
static const char hello[] =
	"6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920"
	"42494c5938535a6149334e683956797a4e7368527074776e4941554c35684639"
	"4a484e52636159747830450a676a42696372557069614743652b787963416d66"
	"2b443535664e73315a537a497436396f6f5453723852450a2d2d2d2077593247"
	"6d534c6b6a54683741736b6f586936784c4e55316c635a566265342f564b3934"
	"6342386146616f0a4947e02468b8c1787ad42a6e8af3dfc724ffbc2e1c500296"
	"d3882f6bf08a7bc77cfdb7e5eb";

/* Nothing at all, for the second and the first. */
static const char empty[] =
	"6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920"
	"52486a356b59447962734b506d32686933363462645754774f7a72334c636d45"
	"49624b2b476d625776554d0a6b7662735a5573574a714633756f646b636d5667"
	"47393741764c7245514a736d615677586a71494b6976550a2d3e205832353531"
	"39204d5378787a6b746d6158426e705669646879434c3338314f5139425a4757"
	"5154396e5174707751693142410a30544f53647a706b365951786e6869553864"
	"48354e697265796644656855776a716b6d41434770474172670a2d2d2d20716d"
	"33532b566175487430736944386a57527a74722b4b4e70455462435761525845"
	"57623057334f4d34770acdbde98ca5711a56404c4adf7382d7c6aa842360c45b"
	"b0967e68df60ab13b083";

enum { C = AGE_CHUNK_BYTES };

static struct age_recipients recipients_of(const char *one, const char *two)
{
	struct age_recipients r = {0};
	struct err e = {0};

	assert_true(age_recipients_add(&r, one, &e));
	if (two != NULL)
		assert_true(age_recipients_add(&r, two, &e));
	return r;
}

static struct age_identities identities_of(const char *text)
{
	struct age_identities ids;
	struct err e = {0};

	assert_true(age_identities_read(&ids, text, &e));
	return ids;
}

static unsigned char *pattern(size_t len)
{
	unsigned char *p = malloc(len + 1);

	assert_non_null(p);
	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)(i * 31 + i / 256 * 7);
	return p;
}

/* A sealed pattern, caller frees. */
static unsigned char *sealed_pattern(size_t plain, size_t *len)
{
	struct age_recipients r = recipients_of(PUBLIC_1, NULL);
	unsigned char *bytes = pattern(plain);
	size_t cap = plain + 1;
	struct err e = {0};

	*len = plain;
	assert_true(age_seal(&r, &bytes, len, &cap, &e));
	assert_true(cap >= *len);
	assert_int_equal(*len, age_sealed_bytes(1, plain));
	return bytes;
}

/* Opens a copy of exactly that length, so that reading beyond it is seen. */
static bool opens(const unsigned char *bytes, size_t len, const char *secret,
		  struct err *e)
{
	struct age_identities ids = identities_of(secret);
	unsigned char *copy = malloc(len > 0 ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	ok = age_open(&ids, copy, &len, e);
	free(copy);
	return ok;
}

static void open_vector(const char *hex, const char *secret, const char *plain)
{
	struct age_identities ids = identities_of(secret);
	size_t len = strlen(hex) / 2;
	unsigned char bytes[512];
	struct err e = {0};

	assert_true(hex_decode(hex, bytes, len));
	assert_true(age_open(&ids, bytes, &len, &e));
	assert_int_equal(len, strlen(plain));
	assert_memory_equal(bytes, plain, len);
}

static void test_vectors(void **state)
{
	(void)state;
	open_vector(hello, SECRET_1, "hello");
	open_vector(empty, SECRET_1, "");
	open_vector(empty, SECRET_2, "");
	open_vector(empty, "# a key file\n\n" SECRET_2 "\r\n", "");
	open_vector(hello, SECRET_2 "\n" SECRET_1 "\n", "hello");
}

static void test_another_key(void **state)
{
	unsigned char bytes[512];
	size_t len = strlen(hello) / 2;
	struct err e = {0};

	(void)state;
	assert_true(hex_decode(hello, bytes, len));
	assert_false(opens(bytes, len, SECRET_2, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(e.api, "identity_missing");
}

static const size_t sizes[] = {0,     1,	 C - 1,	    C,	   C + 1,
			       2 * C, 2 * C + 1, 3 * C - 1, 5 * C, 300000};

static void test_round_trips(void **state)
{
	struct age_identities ids = identities_of(SECRET_1);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		unsigned char *plain = pattern(sizes[i]);
		struct err e = {0};
		uint64_t told;
		size_t len;
		unsigned char *bytes = sealed_pattern(sizes[i], &len);

		assert_true(age_plain_bytes(1, len, &told));
		assert_int_equal(told, sizes[i]);
		assert_true(age_open(&ids, bytes, &len, &e));
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(bytes, plain, len);
		free(bytes);
		free(plain);
	}
}

/* Lengths that no file has are told from those that one may have. */
static void test_lengths(void **state)
{
	uint64_t header = age_header_bytes(3), plain;

	(void)state;
	assert_false(age_plain_bytes(3, 0, &plain));
	assert_false(age_plain_bytes(3, header + AGE_TAG_LEN - 1, &plain));
	assert_true(age_plain_bytes(3, header + AGE_TAG_LEN, &plain));
	assert_int_equal(plain, 0);
	/* A second chunk, and nothing in it. */
	for (unsigned i = 1; i <= AGE_TAG_LEN; i++)
		assert_false(age_plain_bytes(3, header + C + AGE_TAG_LEN + i,
					     &plain));
	assert_true(
		age_plain_bytes(3, header + C + 2 * AGE_TAG_LEN + 1, &plain));
	assert_int_equal(plain, C + 1);
}

/* Every bit of header, nonce, tags; one of each byte of what is between. */
static void test_flipped_bits(void **state)
{
	size_t len;
	unsigned char *bytes = sealed_pattern(100, &len);

	(void)state;
	for (size_t i = 0; i < 8 * len; i++) {
		struct err e = {0};

		bytes[i / 8] ^= (unsigned char)(1U << i % 8);
		assert_false(opens(bytes, len, SECRET_1, &e));
		assert_true(e.code == ERR_DAMAGED || e.code == ERR_CONFLICT);
		bytes[i / 8] ^= (unsigned char)(1U << i % 8);
	}
	free(bytes);
}

static void test_flipped_in_chunks(void **state)
{
	size_t len;
	unsigned char *bytes = sealed_pattern(2 * C + 10, &len);

	(void)state;
	for (size_t i = age_header_bytes(1); i < len; i += 4099) {
		struct err e = {0};

		bytes[i] ^= 0x10;
		assert_false(opens(bytes, len, SECRET_1, &e));
		assert_int_equal(e.code, ERR_DAMAGED);
		bytes[i] ^= 0x10;
	}
	free(bytes);
}

/* At every length for a short one; where chunks end for a long one. */
static void test_cut(void **state)
{
	const size_t sealed = C + AGE_TAG_LEN;
	size_t header = age_header_bytes(1), len;
	unsigned char *bytes = sealed_pattern(100, &len);
	struct err e = {0};

	(void)state;
	for (size_t n = 0; n < len; n++) {
		err_clear(&e);
		assert_false(opens(bytes, n, SECRET_1, &e));
		assert_int_equal(e.code, ERR_DAMAGED);
	}
	free(bytes);
	bytes = sealed_pattern(3 * C, &len);
	for (size_t n = 0; n < 3; n++) {
		err_clear(&e);
		assert_false(opens(bytes, header + n * sealed, SECRET_1, &e));
		assert_string_equal(e.api, "damaged_backup");
	}
	free(bytes);
}

/* Whole chunks in another order, twice, or with one left out. */
static void test_moved_chunks(void **state)
{
	const size_t sealed = C + AGE_TAG_LEN;
	size_t header = age_header_bytes(1), len;
	unsigned char *bytes = sealed_pattern(3 * C, &len);
	unsigned char *kept = malloc(sealed);
	struct err e = {0};

	(void)state;
	assert_non_null(kept);
	memcpy(kept, bytes + header, sealed);
	memcpy(bytes + header, bytes + header + sealed, sealed);
	assert_false(opens(bytes, len, SECRET_1, &e)); /* the second, twice */
	memcpy(bytes + header + sealed, kept, sealed);
	err_clear(&e);
	assert_false(opens(bytes, len, SECRET_1, &e)); /* in another order */
	free(bytes);
	bytes = sealed_pattern(3 * C, &len);
	memmove(bytes + header + sealed, bytes + header + 2 * sealed, sealed);
	err_clear(&e);
	assert_false(opens(bytes, len - sealed, SECRET_1, &e));
	free(bytes);
	free(kept);
}

/* What follows the end is not of the file. */
static void test_appended(void **state)
{
	size_t len;
	unsigned char *bytes = sealed_pattern(100, &len);
	unsigned char *more = realloc(bytes, len + 1);
	struct err e = {0};

	(void)state;
	assert_non_null(more);
	more[len] = 0;
	assert_false(opens(more, len + 1, SECRET_1, &e));
	free(more);
}

static void check_range(const struct age_payload *p, const unsigned char *file,
			const unsigned char *plain, size_t total, size_t offset,
			size_t length)
{
	struct age_range g = age_range(1, total, offset, length);
	unsigned char *copy = malloc((size_t)g.length);
	size_t len = (size_t)g.length;
	struct err e = {0};

	assert_non_null(copy);
	assert_true(g.offset + g.length <= age_sealed_bytes(1, total));
	assert_true(g.skip < C);
	memcpy(copy, file + g.offset, len);
	assert_true(age_open_range(p, &g, copy, &len, &e));
	assert_true(g.skip + length <= len);
	assert_true(len < length + 2 * C);
	assert_memory_equal(copy + g.skip, plain + offset, length);
	free(copy);
}

static void test_ranges(void **state)
{
	static const size_t totals[] = {1, C, C + 1, 3 * C, 3 * C + 77};
	static const size_t places[] = {0,     1,     C - 1,	 C,
					C + 1, 2 * C, 2 * C + 5, 3 * C};
	struct age_identities ids = identities_of(SECRET_1);

	(void)state;
	for (size_t t = 0; t < sizeof(totals) / sizeof(*totals); t++) {
		unsigned char *plain = pattern(totals[t]);
		struct age_payload p;
		struct err e = {0};
		size_t len;
		unsigned char *file = sealed_pattern(totals[t], &len);

		assert_true(age_open_header(&ids, file, age_header_bytes(1), &p,
					    &e));
		for (size_t a = 0; a < 8 && places[a] < totals[t]; a++) {
			check_range(&p, file, plain, totals[t], places[a], 1);
			check_range(&p, file, plain, totals[t], places[a],
				    totals[t] - places[a]);
		}
		free(file);
		free(plain);
	}
}

/* Chunks from elsewhere in the file, or another length: refused. */
static void test_wrong_range(void **state)
{
	struct age_identities ids = identities_of(SECRET_1);
	struct age_range g = age_range(1, 3 * C, 0, 1);
	struct age_payload p;
	struct err e = {0};
	size_t len;
	unsigned char *file = sealed_pattern(3 * C, &len);
	size_t header = age_header_bytes(1), n = C + AGE_TAG_LEN;

	(void)state;
	assert_true(age_open_header(&ids, file, header, &p, &e));
	assert_false(age_open_header(&ids, file, header + 1, &p, &e));
	assert_int_equal(e.code, ERR_DAMAGED);
	err_clear(&e);
	assert_false(age_open_range(&p, &g, file + header + n, &n, &e));
	assert_string_equal(e.api, "damaged_backup");
	err_clear(&e);
	n = C;
	assert_false(age_open_range(&p, &g, file + header, &n, &e));
	free(file);
}

static void test_bech32(void **state)
{
	struct age_recipients r = recipients_of(PUBLIC_1, PUBLIC_2);
	char text[AGE_RECIPIENT_MAX];

	(void)state;
	assert_string_equal(age_recipient_format(r.keys[0], text), PUBLIC_1);
	assert_string_equal(age_recipient_format(r.keys[1], text), PUBLIC_2);
}

/* Each letter of a key, exchanged for another one. */
static void test_mistyped_recipients(void **state)
{
	static const char *const wrong[] = {
		"",	      "age1",	    "age",
		SECRET_1,     "x" PUBLIC_1, PUBLIC_1 "q",
		PUBLIC_1 " ", " " PUBLIC_1, "AGE1QQQQ",
	};
	char text[] = PUBLIC_1;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct age_recipients r = {0};
		struct err e = {0};

		assert_false(age_recipients_add(&r, wrong[i], &e));
		assert_string_equal(e.api, "invalid_value");
		assert_int_equal(r.n, 0);
	}
	for (size_t i = 0; text[i] != '\0'; i++) {
		struct age_recipients r = {0};
		struct err e = {0};
		char was = text[i];

		text[i] = was == 'q' ? 'p' : 'q';
		assert_false(age_recipients_add(&r, text, &e));
		text[i] = was;
	}
}

static void test_recipients_twice_or_many(void **state)
{
	struct age_recipients r = recipients_of(PUBLIC_1, NULL);
	struct err e = {0};

	(void)state;
	assert_false(age_recipients_add(&r, PUBLIC_1, &e));
	r.n = AGE_RECIPIENTS_MAX;
	err_clear(&e);
	assert_false(age_recipients_add(&r, PUBLIC_2, &e));
	assert_int_equal(r.n, AGE_RECIPIENTS_MAX);
}

/* Nothing of what was typed is told. */
static void test_mistyped_identities(void **state)
{
	static const char *const wrong[] = {
		"",
		"# " SECRET_1,
		"\n\n",
		PUBLIC_1,
		SECRET_1 "Q",
		SECRET_1 SECRET_2,
		SECRET_1 "\nhello",
	};
	char text[] = SECRET_1;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct age_identities ids;
		struct err e = {0};

		assert_false(age_identities_read(&ids, wrong[i], &e));
		assert_string_equal(e.api, "invalid_value");
		assert_null(strstr(e.msg, "AGE-SECRET-KEY-1"
					  "PS"));
		assert_int_equal(ids.n, 0);
	}
	for (size_t i = 0; text[i] != '\0'; i++) {
		struct age_identities ids;
		struct err e = {0};
		char was = text[i];

		text[i] = was == 'Q' ? 'P' : 'Q';
		if (i == 0)
			text[i] = 'a';
		assert_false(age_identities_read(&ids, text, &e));
		text[i] = was;
	}
}

static void test_fit(void **state)
{
	struct age_recipients one = recipients_of(PUBLIC_1, NULL);
	struct age_recipients both = recipients_of(PUBLIC_1, PUBLIC_2);
	struct age_identities second = identities_of(SECRET_2);

	(void)state;
	assert_false(age_identities_fit(&second, &one));
	assert_true(age_identities_fit(&second, &both));
	age_identities_wipe(&second);
	assert_int_equal(second.n, 0);
	assert_false(age_identities_fit(&second, &both));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_another_key),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_flipped_in_chunks),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_moved_chunks),
		cmocka_unit_test(test_appended),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_wrong_range),
		cmocka_unit_test(test_bech32),
		cmocka_unit_test(test_mistyped_recipients),
		cmocka_unit_test(test_recipients_twice_or_many),
		cmocka_unit_test(test_mistyped_identities),
		cmocka_unit_test(test_fit),
	};

	if (argc > 1)
		return age_tool(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
