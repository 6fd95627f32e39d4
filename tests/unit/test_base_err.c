#include "base/err.h"

#include <errno.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static void set_fills_and_is_false(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_is(&e));
	assert_false(
		err_set(&e, ERR_CONFLICT, "source_busy", "%s is %d", "it", 7));
	assert_true(err_is(&e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(e.api, "source_busy");
	assert_string_equal(e.msg, "it is 7");
	assert_int_equal(e.ncauses, 0);
}

static void first_error_wins(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, ERR_CONNECT, "connection_failed", "first");
	assert_false(err_set(&e, ERR_BUG, "internal", "second"));
	assert_false(err_nomem(&e, "third"));
	assert_false(err_bug(&e, "fourth"));
	assert_int_equal(e.code, ERR_CONNECT);
	assert_string_equal(e.api, "connection_failed");
	assert_string_equal(e.msg, "first");
}

static void an_error_without_code_is_a_bug(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_set(&e, ERR_NONE, "internal", "what"));
	assert_int_equal(e.code, ERR_BUG);
}

static void nomem_and_bug(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_nomem(&e, "a frame"));
	assert_int_equal(e.code, ERR_NOMEM);
	assert_string_equal(e.api, "internal");
	assert_string_equal(e.msg, "out of memory for a frame");
	err_clear(&e);
	assert_false(err_is(&e));
	assert_string_equal(e.msg, "");
	assert_false(err_bug(&e, "state %d", 3));
	assert_int_equal(e.code, ERR_BUG);
	assert_string_equal(e.msg, "state 3");
}

static void errno_can_be_told(void **state)
{
	struct err e = {0};

	(void)state;
	errno = ENOSPC;
	err_set(&e, ERR_IO, "internal", "write: %m");
	assert_string_equal(e.msg, "write: No space left on device");
}

static void long_texts_are_cut(void **state)
{
	char word[2 * ERR_MSG_MAX];
	struct err e = {0};

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	err_set(&e, ERR_IO, word, "%s", word);
	assert_int_equal(strlen(e.api), ERR_API_MAX - 1);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	err_prefix(&e, "%s", word);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
}

/* A cut inside a character, and bytes that another server sent. */
static void texts_are_always_utf8(void **state)
{
	char word[ERR_MSG_MAX + 8] = "";
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(word); i += 2)
		memcpy(word + i, "\xc3\xa9", 3);
	for (unsigned shift = 0; shift < 4; shift++) {
		err_clear(&e);
		err_set(&e, ERR_IO, "internal", "%.*s%s", (int)shift, "abcd",
			word);
		assert_true(utf8_check(e.msg, strlen(e.msg), NULL));
		err_prefix(&e, "y");
		assert_true(utf8_check(e.msg, strlen(e.msg), NULL));
	}
	err_clear(&e);
	err_set(&e, ERR_REMOTE, "internal", "said \xff\xfe, caf\xc3\xa9");
	assert_string_equal(e.msg, "said ??, caf\xc3\xa9");
}

static void prefix_goes_before(void **state)
{
	struct err e = {0};

	(void)state;
	err_prefix(&e, "nothing");
	assert_string_equal(e.msg, "");
	err_set(&e, ERR_IO, "internal", "disk full");
	err_prefix(&e, "table %s.%s", "a", "b");
	err_prefix(&e, "dump");
	assert_string_equal(e.msg, "dump: table a.b: disk full");
	assert_int_equal(e.code, ERR_IO);
}

static void the_last_two_causes_are_kept(void **state)
{
	static const char *const words[] = {"one", "two", "three"};
	struct err e = {0}, none = {0};

	(void)state;
	err_set(&e, ERR_TIMEOUT, "store_stalled", "gave up");
	err_add_cause(&e, &none);
	assert_int_equal(e.ncauses, 0);
	for (unsigned i = 0; i < 3; i++) {
		struct err cause = {0};

		err_set(&cause, ERR_CONNECT, "store_failed", "%s", words[i]);
		err_add_cause(&e, &cause);
	}
	assert_int_equal(e.ncauses, 2);
	assert_string_equal(e.causes[0].msg, "two");
	assert_string_equal(e.causes[1].msg, "three");
	assert_string_equal(e.causes[1].api, "store_failed");
	assert_string_equal(e.msg, "gave up");
}

static void causes_of_a_cause_come_before_it(void **state)
{
	struct err first = {0}, second = {0}, e = {0};

	(void)state;
	err_set(&first, ERR_CONNECT, "connection_failed", "reset");
	err_set(&second, ERR_TIMEOUT, "store_stalled", "slow");
	err_add_cause(&second, &first);
	err_add_cause(&e, &second);
	assert_int_equal(e.ncauses, 2);
	assert_string_equal(e.causes[0].msg, "reset");
	assert_string_equal(e.causes[1].msg, "slow");
	assert_false(err_is(&e));
	err_set(&e, ERR_REMOTE, "store_failed", "no more tries");
	assert_int_equal(e.ncauses, 2);
	err_add_cause(&e, &e);
	assert_int_equal(e.ncauses, 2);
	err_clear(&e);
	assert_int_equal(e.ncauses, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_and_is_false),
		cmocka_unit_test(first_error_wins),
		cmocka_unit_test(an_error_without_code_is_a_bug),
		cmocka_unit_test(nomem_and_bug),
		cmocka_unit_test(errno_can_be_told),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(texts_are_always_utf8),
		cmocka_unit_test(prefix_goes_before),
		cmocka_unit_test(the_last_two_causes_are_kept),
		cmocka_unit_test(causes_of_a_cause_come_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
