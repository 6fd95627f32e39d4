/* test_s3_get.c - objects and ranges: whole, cut, too long, not there. */
#include "test_stores_rig.h"

#include <string.h>

enum { BUF_LEN = 64 };

static void test_whole(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = "hello"}, {.body = "a\0b", .len = 3}, {0}};
	struct rig *rig = *state;
	char buf[BUF_LEN] = {0}, value[64];

	RIG_SCRIPT(rig, replies);
	assert_true(rig_get(rig, "a//b", buf, BUF_LEN));
	assert_int_equal(rig->got, 5);
	assert_memory_equal(buf, "hello", 6);
	assert_string_equal(fake_s3_request(rig->fake, 0)->target,
			    "/bucket/pre/fix/a//b");
	assert_null(fake_header(fake_s3_request(rig->fake, 0), "Range", value,
				sizeof(value)));
	assert_true(rig_get(rig, "a", buf, 3)); /* just fits */
	assert_int_equal(rig->got, 3);
	assert_memory_equal(buf, "a\0b", 3);
	assert_true(rig_get(rig, "a", NULL, 0));
	assert_int_equal(rig->got, 0);
}

static void test_longer_than_it_must_be(void **state)
{
	static const struct fake_reply replies[] = {{.body = "hello!"}};
	struct rig *rig = *state;
	char buf[6] = "......";

	RIG_SCRIPT(rig, replies);
	assert_false(rig_get(rig, "a", buf, 5));
	rig_expect(rig, ERR_DAMAGED, "longer than the 5 bytes");
	assert_int_equal(fake_s3_count(rig->fake), 1);
	assert_int_equal(buf[5], '.');
	assert_int_equal(rig->got, 0);
}

/* Bytes of the broken attempt must not stay in front of the whole one. */
static void test_cut_and_then_whole(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = "hexxx", .act = FAKE_CUT, .sent = 4},
		{.act = FAKE_RESET},
		{.body = "hello"},
	};
	struct rig *rig = *state;
	char buf[BUF_LEN] = {0};

	RIG_SCRIPT(rig, replies);
	assert_true(rig_get(rig, "a", buf, 5));
	assert_int_equal(rig->got, 5);
	assert_memory_equal(buf, "hello", 6);
	assert_int_equal(fake_s3_count(rig->fake), 3);
}

static void test_always_cut(void **state)
{
	static const struct fake_reply cut = {
		.body = "hello", .announced = 9, .act = FAKE_CUT};
	struct fake_reply replies[] = {cut, cut, cut, cut};
	struct rig *rig = *state;
	char buf[BUF_LEN];

	RIG_SCRIPT(rig, replies);
	assert_false(rig_get(rig, "a", buf, BUF_LEN));
	rig_expect(rig, ERR_DAMAGED, "broke off");
	assert_int_equal(fake_s3_count(rig->fake), 4);
}

static void test_not_there(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "404 x",
		 .body = "<Error><Code>NoSuchKey</Code></Error>"},
		{.status = "404 x"},
		{.status = "404 x",
		 .body = "<Error><Code>NoSuchBucket</Code></Error>"},
	};
	struct rig *rig = *state;
	char buf[BUF_LEN];

	RIG_SCRIPT(rig, replies);
	assert_false(rig_get(rig, "a", buf, BUF_LEN));
	rig_expect(rig, ERR_NOT_FOUND,
		   "GET bucket/pre/fix/a: the store "
		   "answered 404 NoSuchKey; there is no");
	assert_false(rig_get(rig, "a", buf, BUF_LEN));
	rig_expect(rig, ERR_NOT_FOUND, "404");
	assert_false(rig_get(rig, "a", buf, BUF_LEN));
	/* It says nothing about the object. */
	rig_expect(rig, ERR_DENIED, "make the bucket");
}

static void test_range(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "206 x",
		 .headers = "Content-Range: bytes 10-14/100\r\n",
		 .body = "hello"},
		{.status = "206 x",
		 .headers = "content-range: bytes 10-14/*\r\n",
		 .body = "hello"},
		{.status = "206 x", .body = "hello"},
	};
	struct rig *rig = *state;
	char buf[6] = {0}, value[64];

	RIG_SCRIPT(rig, replies);
	for (size_t i = 0; i < 3; i++) {
		memset(buf, 0, sizeof(buf));
		assert_true(rig_range(rig, "a", 10, buf, 5));
		assert_int_equal(rig->got, 5);
		assert_string_equal(buf, "hello");
	}
	assert_non_null(fake_header(fake_s3_request(rig->fake, 0), "Range",
				    value, sizeof(value)));
	assert_string_equal(value, "bytes=10-14");
	assert_non_null(fake_header(fake_s3_request(rig->fake, 0),
				    "Authorization", value, sizeof(value)));
}

/* One answer that must end it at once. */
static void expect_bad_range(struct rig *rig, const struct fake_reply *r,
			     enum err_code code, const char *text)
{
	char buf[5];

	rig_script(rig, r, 1);
	assert_false(rig_range(rig, "a", 10, buf, 5));
	rig_expect(rig, code, text);
	assert_int_equal(fake_s3_count(rig->fake), 1);
}

static void test_range_not_kept(void **state)
{
	static const struct fake_reply whole = {.body = "0123456789hello"};
	static const struct fake_reply nothing = {0};
	static const struct fake_reply shorter = {
		.status = "206 x",
		.headers = "Content-Range: bytes 10-12/13\r\n",
		.body = "hel"};
	static const struct fake_reply longer = {
		.status = "206 x",
		.headers = "Content-Range: bytes 10-15/100\r\n",
		.body = "hello!"};
	static const struct fake_reply other = {
		.status = "206 x",
		.headers = "Content-Range: bytes 0-4/100\r\n",
		.body = "01234"};
	static const struct fake_reply outside = {
		.status = "416 x",
		.body = "<Error><Code>InvalidRange</Code></Error>"};

	expect_bad_range(*state, &whole, ERR_REMOTE, "200 where it must be");
	expect_bad_range(*state, &nothing, ERR_REMOTE, "200 where it must be");
	expect_bad_range(*state, &shorter, ERR_DAMAGED, "3 of 5 bytes");
	expect_bad_range(*state, &longer, ERR_DAMAGED, "longer");
	expect_bad_range(*state, &other, ERR_REMOTE, "another range");
	expect_bad_range(*state, &outside, ERR_DAMAGED, "shorter");
}

/* The object is long enough, the answer was not: worth another attempt. */
static void test_range_in_part(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "206 x",
		 .headers = "Content-Range: bytes 10-12/100\r\n",
		 .body = "hel"},
		{.status = "206 x",
		 .headers = "Content-Range: bytes 10-14/100\r\n",
		 .body = "hello"},
	};
	struct rig *rig = *state;
	char buf[6] = {0};

	RIG_SCRIPT(rig, replies);
	assert_true(rig_range(rig, "a", 10, buf, 5));
	assert_string_equal(buf, "hello");
}

/* More than was asked for, though it would fit the buffer. */
static void test_range_that_is_longer(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "206 x",
		 .headers = "Content-Range: bytes 10-14/100\r\n",
		 .body = "hello!"}};
	struct rig *rig = *state;
	char buf[BUF_LEN] = {0};
	struct store_get g = {.key = "a",
			      .offset = 10,
			      .length = 5,
			      .buf = buf,
			      .cap = BUF_LEN};

	RIG_SCRIPT(rig, replies);
	rig_start_get(rig, &g);
	assert_false(rig_wait(rig));
	rig_expect(rig, ERR_DAMAGED, "longer");
	assert_int_equal(fake_s3_count(rig->fake), 1);
	assert_int_equal(buf[5], 0);
}

static void test_impossible_ranges(void **state)
{
	struct rig *rig = *state;
	char buf[5];
	struct store_get beyond = {
		.key = "a", .length = 6, .buf = buf, .cap = 5};
	struct store_get open_end = {
		.key = "a", .offset = 6, .buf = buf, .cap = 5};

	rig_script(rig, NULL, 0);
	rig_start_get(rig, &beyond);
	assert_null(rig->op);
	assert_int_equal(rig->e.code, ERR_BUG);
	rig_start_get(rig, &open_end);
	assert_null(rig->op);
	assert_int_equal(rig->e.code, ERR_BUG);
}

static bool has_request(struct rig *rig)
{
	return fake_s3_count(rig->fake) > 0;
}

static void test_cancel(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = "hello", .act = FAKE_STALL, .sent = 2}};
	struct rig *rig = *state;
	char buf[5];
	struct store_get g = {.key = "a", .buf = buf, .cap = 5};

	RIG_SCRIPT(rig, replies);
	rig_start_get(rig, &g);
	rig_turn_until(rig, has_request);
	rig_cancel(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_longer_than_it_must_be),
		cmocka_unit_test(test_cut_and_then_whole),
		cmocka_unit_test(test_always_cut),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_range_not_kept),
		cmocka_unit_test(test_range_in_part),
		cmocka_unit_test(test_range_that_is_longer),
		cmocka_unit_test(test_impossible_ranges),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
