#include "config.h" /* for memmem() */

#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"

/* A key of its own for each test. */
static struct secret_key *new_key(void)
{
	char path[] = "/tmp/test_base_secret.XXXXXX";
	struct secret_key *k;
	struct err e = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	k = secret_key_load(path, &e);
	unlink(path);
	if (!k)
		fail_msg("%s", e.msg);
	return k;
}

static int make_key(void **state)
{
	*state = new_key();
	return 0;
}

static int free_key(void **state)
{
	secret_key_free(*state);
	return 0;
}

static char *seal(const struct secret_key *k, const void *plain, size_t len)
{
	struct err e = {0};
	char *sealed = secret_seal(k, "src_1/password", plain, len, &e);

	assert_non_null(sealed);
	return sealed;
}

static void assert_refused(const struct secret_key *k, const char *bound,
			   const char *sealed)
{
	struct err e = {0};

	if (secret_open(k, bound, sealed, NULL, &e))
		fail_msg("opened: %s", sealed);
	assert_int_equal(e.code, ERR_DAMAGED);
	assert_null(strstr(e.msg, "hunter2"));
}

static void opens_what_was_sealed(void **state)
{
	char plain[100];
	struct err e = {0};

	for (size_t len = 0; len < sizeof(plain); len++) {
		size_t opened_len = 999;
		char *sealed, *opened;

		memset(plain, (int)len, len);
		sealed = seal(*state, plain, len);
		opened = secret_open(*state, "src_1/password", sealed,
				     &opened_len, &e);
		assert_non_null(opened);
		assert_int_equal(opened_len, len);
		assert_memory_equal(opened, plain, len);
		assert_int_equal(opened[len], '\0');
		secret_free(opened);
		free(sealed);
	}
}

static void length_may_be_left_out(void **state)
{
	char *sealed = seal(*state, "hunter2", 7);
	struct err e = {0};
	char *opened;

	opened = secret_open(*state, "src_1/password", sealed, NULL, &e);
	assert_string_equal(opened, "hunter2");
	secret_free(opened);
	free(sealed);
}

static void bytes_may_hold_nul(void **state)
{
	char *sealed = seal(*state, "a\0b", 3);
	struct err e = {0};
	size_t len;
	char *opened;

	opened = secret_open(*state, "src_1/password", sealed, &len, &e);
	assert_int_equal(len, 3);
	assert_memory_equal(opened, "a\0b\0", 4);
	secret_free(opened);
	free(sealed);
}

/* The form is nonce, ciphertext and tag in base64, and no two are alike. */
static void seals_differ_each_time(void **state)
{
	char *a = seal(*state, "hunter2", 7), *b = seal(*state, "hunter2", 7);
	char raw[64];
	size_t len;

	assert_string_not_equal(a, b);
	assert_true(base64_decode(a, raw, &len));
	assert_int_equal(len, 12 + 7 + 16);
	assert_null(memmem(raw, len, "hunter2", 7));
	free(a);
	free(b);
}

static void each_bit_counts(void **state)
{
	char *sealed = seal(*state, "hunter2", 7);
	unsigned char raw[64];
	size_t len;

	assert_true(base64_decode(sealed, raw, &len));
	for (size_t i = 0; i < 8 * len; i++) {
		raw[i / 8] ^= (unsigned char)(1 << i % 8);
		base64_encode(raw, len, sealed);
		assert_refused(*state, "src_1/password", sealed);
		raw[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	free(sealed);
}

/* The text, too, is taken as it was written or not at all. */
static void each_byte_of_the_text_counts(void **state)
{
	char *sealed = seal(*state, "hunter2", 7);
	size_t len = strlen(sealed);

	for (size_t i = 0; i < len; i++) {
		char kept = sealed[i];

		for (int c = 1; c < 256; c++) {
			if ((char)c == kept)
				continue;
			sealed[i] = (char)c;
			assert_refused(*state, "src_1/password", sealed);
		}
		sealed[i] = kept;
	}
	free(sealed);
}

static void every_cut_is_refused(void **state)
{
	char *sealed = seal(*state, "hunter2", 7);
	char raw[64];
	size_t len;

	assert_true(base64_decode(sealed, raw, &len));
	while (len-- > 0) {
		base64_encode(raw, len, sealed);
		assert_refused(*state, "src_1/password", sealed);
	}
	free(sealed);
}

static void every_cut_of_the_text_is_refused(void **state)
{
	char *sealed = seal(*state, "hunter2", 7);

	for (size_t len = strlen(sealed); len-- > 0;) {
		sealed[len] = '\0';
		assert_refused(*state, "src_1/password", sealed);
	}
	free(sealed);
}

static void opens_for_what_it_belongs_to_alone(void **state)
{
	char *sealed = seal(*state, "hunter2", 7);

	assert_refused(*state, "src_2/password", sealed);
	assert_refused(*state, "src_1/passwor", sealed);
	assert_refused(*state, "src_1/password ", sealed);
	assert_refused(*state, "", sealed);
	free(sealed);
}

static void another_key_opens_nothing(void **state)
{
	struct secret_key *other = new_key();
	char *sealed = seal(*state, "hunter2", 7);

	assert_refused(other, "src_1/password", sealed);
	secret_key_free(other);
	free(sealed);
}

static void foreign_text_is_refused(void **state)
{
	assert_refused(*state, "src_1/password", "");
	assert_refused(*state, "src_1/password", "hunter2 in the clear");
	assert_refused(*state, "src_1/password",
		       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

static void a_secret_of_megabytes_is_refused(void **state)
{
	struct err e = {0};

	assert_null(secret_seal(*state, "x", "", (size_t)1 << 30, &e));
	assert_int_equal(e.code, ERR_INVALID);
}

static void wipe_leaves_zeros(void **state)
{
	char bytes[16], zeros[16] = {0};

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	secret_wipe(bytes + 1, sizeof(bytes) - 2);
	assert_int_equal(bytes[0], 'x');
	assert_int_equal(bytes[15], 'x');
	assert_memory_equal(bytes + 1, zeros, sizeof(bytes) - 2);
	secret_free(NULL);
	secret_key_free(NULL);
}

static void random_fills_all_of_it(void **state)
{
	enum { LEN = 1000 };
	unsigned char a[LEN + 1] = {0}, b[LEN] = {0};
	unsigned same = 0;

	(void)state;
	secret_random(a, LEN);
	secret_random(b, LEN);
	assert_int_equal(a[LEN], 0);
	for (unsigned i = 0; i < LEN; i++)
		same += a[i] == b[i];
	assert_true(same < 40); /* 4 expected; 40 is 18 deviations away */
	secret_random(a, 0);
}

static void equal_looks_at_every_byte(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", "abc", 3));
	assert_false(secret_equal("abc", "abd", 3));
	assert_false(secret_equal("xbc", "abc", 3));
	assert_true(secret_equal("abc", "abd", 2));
	assert_true(secret_equal("a", "b", 0));
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, make_key, free_key)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KEY(opens_what_was_sealed),
		WITH_KEY(length_may_be_left_out),
		WITH_KEY(bytes_may_hold_nul),
		WITH_KEY(seals_differ_each_time),
		WITH_KEY(each_bit_counts),
		WITH_KEY(each_byte_of_the_text_counts),
		WITH_KEY(every_cut_is_refused),
		WITH_KEY(every_cut_of_the_text_is_refused),
		WITH_KEY(opens_for_what_it_belongs_to_alone),
		WITH_KEY(another_key_opens_nothing),
		WITH_KEY(foreign_text_is_refused),
		WITH_KEY(a_secret_of_megabytes_is_refused),
		cmocka_unit_test(wipe_leaves_zeros),
		cmocka_unit_test(random_fills_all_of_it),
		cmocka_unit_test(equal_looks_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
