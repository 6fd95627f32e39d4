/* test_s3_config.c - what may stand in a pool's configuration. */
#include "test_stores_rig.h"

#include <stdlib.h>
#include <string.h>

#include "s3/client_int.h"

static struct s3_config good(void)
{
	return (struct s3_config){
		.endpoint = "https://s3.example.com",
		.bucket = "bucket",
		.access_key = "key",
		.secret_key = "very-secret",
		.is_path_style = true,
	};
}

static void expect(const struct s3_config *config, const char *text)
{
	struct s3_client st = {0};
	struct err e = {0};
	bool ok = s3_config_init(&st, config, &e);

	s3_config_fini(&st);
	if (text == NULL) {
		if (!ok)
			print_error("%s\n", e.msg);
		assert_true(ok);
		return;
	}
	assert_false(ok);
	assert_int_equal(e.code, ERR_INVALID);
	assert_string_equal(e.api, "store_failed");
	if (strstr(e.msg, text) == NULL)
		print_error("got \"%s\", wanted \"%s\"\n", e.msg, text);
	assert_non_null(strstr(e.msg, text));
	assert_null(strstr(e.msg, "very-secret"));
}

static void test_endpoints(void **state)
{
	static const char *const bad[] = {
		"",
		"s3.example.com",
		"ftp://host",
		"http://",
		"http://h/s3",
		"http://h?x=1",
		"http://h#x",
		"http://user:very-secret@h",
		"http://h:x",
		"http://h:99999",
		"http://a b",
		"http://\xc3\xa4.example",
	};
	static const char *const fine[] = {
		"http://h",
		"https://h:9000/",
		"http://10.0.0.1",
		"http://[::1]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct s3_config c = good();

		c.endpoint = bad[i];
		expect(&c, "endpoint: ");
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		struct s3_config c = good();

		c.endpoint = fine[i];
		expect(&c, NULL);
	}
}

static void test_buckets(void **state)
{
	static const char *const bad[] = {
		"", "ab", "a/b", "a b", "..", ".abc", "-abc", "b\xc3\xa4r",
	};
	struct s3_config c = good();
	char name[65] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c.bucket = bad[i];
		expect(&c, "bucket: ");
	}
	memset(name, 'b', 64);
	c.bucket = name;
	expect(&c, "bucket: ");
	name[63] = '\0';
	expect(&c, NULL);
}

static void test_prefixes(void **state)
{
	static const char *const bad[] = {"/a", "a/", "/", "a//b", "\xff"};
	struct s3_config c = good();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c.prefix = bad[i];
		expect(&c, "prefix: ");
	}
	c.prefix = "a/b c";
	expect(&c, NULL);
}

static void test_keys_and_region(void **state)
{
	struct s3_config c = good();

	(void)state;
	c.access_key = "a\nb";
	expect(&c, "access_key: ");
	c.access_key = "";
	expect(&c, "access_key: ");
	c = good();
	c.secret_key = NULL;
	expect(&c, "secret_key: ");
	c.secret_key = "very-secret ";
	expect(&c, "secret_key: ");
	c = good();
	c.region = "us east";
	expect(&c, "region: ");
	c = good();
	c.endpoint = "http://10.0.0.1";
	c.is_path_style = false;
	expect(&c, "path_style: ");
}

/* Which host and path a configuration leads to. */
static void expect_address(const struct s3_config *c, const char *origin,
			   const char *path, const char *bucket_path)
{
	struct s3_client st = {0};
	struct err e = {0};
	struct text t = {0};
	char *key;

	assert_true(s3_config_init(&st, c, &e));
	s3_origin(&st, &t);
	assert_string_equal(t.data, origin);
	text_reset(&t);
	key = s3_whole_key(&st, "k k");
	assert_non_null(key);
	s3_path(&st, &t, key);
	assert_string_equal(t.data, path);
	text_reset(&t);
	s3_path(&st, &t, NULL);
	assert_string_equal(t.data, bucket_path);
	assert_string_equal(st.region, "us-east-1");
	assert_int_equal(st.max_attempts, 10);
	text_free(&t);
	free(key);
	s3_config_fini(&st);
}

static void test_addresses(void **state)
{
	struct s3_config c = good();

	(void)state;
	expect_address(&c, "https://s3.example.com", "/bucket/k%20k",
		       "/bucket");
	c.prefix = "p/q";
	c.endpoint = "https://s3.example.com:443/";
	expect_address(&c, "https://s3.example.com", "/bucket/p/q/k%20k",
		       "/bucket");
	c.endpoint = "http://s3.example.com:443";
	c.is_path_style = false;
	expect_address(&c, "http://bucket.s3.example.com:443", "/p/q/k%20k",
		       "/");
	c.endpoint = "http://[::1]:80";
	c.is_path_style = true;
	expect_address(&c, "http://[::1]", "/bucket/p/q/k%20k", "/bucket");
}

static void test_kinds(void **state)
{
	struct store_env env = {0};
	struct store_config c = {.kind = "tape"};
	struct err e = {0};

	(void)state;
	assert_null(store_new(&env, &c, &e));
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	c.kind = "local_directory";
	c.dir.path = "relative";
	assert_null(store_new(&env, &c, &e));
	assert_int_equal(e.code, ERR_INVALID);
	store_free(NULL);
	store_cancel(NULL, NULL);
}

static void test_printable(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(str_printable(out, sizeof(out),
					  "a\n\x7f"
					  "b"),
			    "a  b");
	assert_string_equal(str_printable(out, sizeof(out), "123456789"),
			    "1234567");
	assert_string_equal(str_printable(out, sizeof(out),
					  "12345\xe6\x97"
					  "\xa5"),
			    "12345");
	assert_string_equal(str_printable(out, sizeof(out), "1\xe6\x97\xa5"),
			    "1\xe6\x97\xa5");
	assert_string_equal(str_printable(out, sizeof(out),
					  "1\xff"
					  "2"),
			    "1?2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_keys_and_region),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
