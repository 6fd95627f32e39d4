/* test_ctl_pool.c - pools by their URLs, and names of items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/pool/place.h"
#include "ctl/pool/wanted.h"

static int setup(void **state)
{
	(void)state;
	(void)setenv("AWS_ACCESS_KEY_ID", "the-key", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "the-secret", 1);
	(void)unsetenv("AWS_ENDPOINT_URL");
	(void)unsetenv("AWS_REGION");
	return 0;
}

static void test_bucket(void **state)
{
	struct place p = {0};
	struct err e = {0};

	(void)state;
	assert_true(place_read(&p,
			       "s3://b/x/y%20z/?endpoint=https://s3.test:9"
			       "&region=eu%2D1&path_style=false&ca_file=/c.pem",
			       NULL, &e));
	assert_string_equal(p.config.kind, "object_storage");
	assert_string_equal(p.config.s3.bucket, "b");
	assert_string_equal(p.config.s3.prefix, "x/y z");
	assert_string_equal(p.config.s3.endpoint, "https://s3.test:9");
	assert_string_equal(p.config.s3.region, "eu-1");
	assert_string_equal(p.config.s3.ca_file, "/c.pem");
	assert_string_equal(p.config.s3.access_key, "the-key");
	assert_string_equal(p.config.s3.secret_key, "the-secret");
	assert_false(p.config.s3.is_path_style);
	place_fini(&p);
}

static void test_what_is_not_told(void **state)
{
	struct place p = {0};
	struct err e = {0};

	(void)state;
	assert_false(place_read(&p, "s3://b", NULL, &e));
	place_fini(&p);
	(void)setenv("AWS_ENDPOINT_URL", "http://e", 1);
	(void)setenv("AWS_REGION", "r", 1);
	err_clear(&e);
	assert_true(place_read(&p, "s3://b", NULL, &e));
	assert_string_equal(p.config.s3.prefix, "");
	assert_string_equal(p.config.s3.endpoint, "http://e");
	assert_string_equal(p.config.s3.region, "r");
	assert_true(p.config.s3.is_path_style);
	place_fini(&p);
	(void)setup(NULL);
}

static void test_folder(void **state)
{
	struct place p = {0};
	struct err e = {0};

	(void)state;
	assert_true(place_read(&p, "file:///%74mp", NULL, &e));
	assert_string_equal(p.config.kind, "local_directory");
	assert_string_equal(p.config.dir.path, "/tmp");
	assert_false(p.config.dir.is_made);
	place_fini(&p);
	assert_true(place_read(&p, "/tmp/.", NULL, &e));
	assert_string_equal(p.config.dir.path, "/tmp");
	place_fini(&p);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"",
					  "s3://",
					  "s3:///p",
					  "http://x",
					  "file://tmp",
					  "/nonexistent/folder",
					  "s3://b?a=b",
					  "s3://b?endpoint=%0",
					  "s3://b?path_style=maybe",
					  "s3://b%00c?endpoint=http://e"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct place p = {0};
		struct err e = {0};

		if (place_read(&p, bad[i], NULL, &e))
			fail_msg("%s is taken", bad[i]);
		assert_string_equal(e.api, "usage");
		assert_null(strstr(e.msg, "the-secret"));
		place_fini(&p);
	}
}

static bool fits(const char *pattern, const char *type, const char *group,
		 const char *name, const char *on)
{
	const struct index_line l = {
		.type = (char *)(uintptr_t)type,
		.group = (char *)(uintptr_t)group,
		.name = (char *)(uintptr_t)name,
		.on = (char *)(uintptr_t)on,
	};

	return wanted_fits(&pattern, 1, &l);
}

static void test_items(void **state)
{
	(void)state;
	assert_true(fits("shop/orders", "table", "shop", "orders", NULL));
	assert_true(fits("shop.orders", "table", "shop", "orders", NULL));
	assert_true(fits("shop", "table", "shop", "orders", NULL));
	assert_true(fits("/shop/o*", "table", "shop", "orders", NULL));
	assert_true(fits("shop/orders", "trigger", "shop", "t", "orders"));
	assert_true(fits("shop.orders", "trigger", "shop", "t", "orders"));
	assert_true(fits("shop", "database", "shop", "", NULL));
	assert_false(fits("shop/orders", "table", "shop", "order", NULL));
	assert_false(fits("shop.orders", "table", "shop2", "orders", NULL));
	assert_false(fits("/orders", "table", "shop", "orders", NULL));
	assert_true(fits("a/**", "file", "", "a/b/c", NULL));
	assert_true(fits("*.jpg", "file", "", "a/b.jpg", NULL));
	assert_false(fits("a.b", "file", "", "a/b", NULL));
	assert_true(wanted_fits(NULL, 0, &(struct index_line){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_what_is_not_told),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_items),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
