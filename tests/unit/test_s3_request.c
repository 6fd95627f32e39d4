/* test_s3_request.c - what a request looks like on the wire, and its end. */
#include "test_stores_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/encode.h"
#include "base/sha256.h"

enum { LONG_LEN = 300 * 1000, VALUE_MAX = 512 };

static void expect_header(const struct fake_request *r, const char *name,
			  const char *wanted)
{
	char value[VALUE_MAX];

	assert_non_null(fake_header(r, name, value, sizeof(value)));
	assert_string_equal(value, wanted);
}

static void expect_no_header(const struct fake_request *r, const char *name)
{
	char value[VALUE_MAX];

	assert_null(fake_header(r, name, value, sizeof(value)));
}

/* Signature and sums must be those of the body that came. */
static void expect_sums(const struct fake_request *r)
{
	char hex[SHA256_HEX_MAX], text[32];
	unsigned char sum[MD5_LEN];

	sha256_hex(r->body, r->body_len, hex);
	expect_header(r, "x-amz-content-sha256", hex);
	assert_true(md5(r->body, r->body_len, sum));
	base64_encode(sum, MD5_LEN, text);
	expect_header(r, "Content-MD5", text);
}

static void test_put(void **state)
{
	static const struct fake_reply replies[] = {{0}, {0}, {0}};
	struct rig *rig = *state;
	const struct fake_request *r;
	char auth[VALUE_MAX];

	RIG_SCRIPT(rig, replies);
	assert_true(rig_put(rig, "a b/c+d", "hello", 5));
	assert_true(rig_put(rig, "empty", NULL, 0));
	assert_int_equal(fake_s3_count(rig->fake), 2);
	r = fake_s3_request(rig->fake, 0);
	assert_string_equal(r->method, "PUT");
	assert_string_equal(r->target, "/bucket/pre/fix/a%20b/c%2Bd");
	assert_int_equal(r->body_len, 5);
	assert_memory_equal(r->body, "hello", 5);
	expect_sums(r);
	expect_header(r, "Host", rig->endpoint + strlen("http://"));
	expect_header(r, "Content-Length", "5");
	expect_no_header(r, "Expect");
	expect_no_header(r, "Transfer-Encoding");
	expect_no_header(r, "If-None-Match");
	assert_non_null(fake_header(r, "Authorization", auth, sizeof(auth)));
	assert_non_null(strstr(auth, "AWS4-HMAC-SHA256 Credential=AKTEST/"));
	assert_non_null(strstr(auth, "content-md5;"));
	assert_true(rig_put(rig, "a/../b/./c", "x", 1));
	assert_string_equal(fake_s3_request(rig->fake, 2)->target,
			    "/bucket/pre/fix/a/../b/./c");
	r = fake_s3_request(rig->fake, 1);
	expect_header(r, "Content-Length", "0");
	assert_int_equal(r->connection,
			 fake_s3_request(rig->fake, 0)->connection);
}

/* Hashed on a thread, or by the caller. */
static void test_put_long(void **state)
{
	static const struct fake_reply replies[] = {{0}, {0}};
	struct rig *rig = *state;
	char *bytes = malloc(LONG_LEN);
	unsigned char sum[SHA256_LEN];
	struct store_put p = {.key = "k", .len = LONG_LEN, .sha256 = sum};

	assert_non_null(bytes);
	for (size_t i = 0; i < LONG_LEN; i++)
		bytes[i] = (char)(i * 7 + i / 1000);
	RIG_SCRIPT(rig, replies);
	assert_true(rig_put(rig, "k", bytes, LONG_LEN));
	expect_sums(fake_s3_request(rig->fake, 0));
	sha256(bytes, LONG_LEN, sum);
	p.bytes = bytes;
	rig_start_put(rig, &p);
	memset(sum, 0, sizeof(sum)); /* it was copied */
	assert_true(rig_wait(rig));
	expect_sums(fake_s3_request(rig->fake, 1));
	free(bytes);
}

static void test_virtual_host(void **state)
{
	static const struct fake_reply replies[] = {{0}, {.body = "x"}};
	struct rig *rig = *state;
	struct s3_config config = rig_s3_config(rig);
	char endpoint[64], host[64], buf[1];

	snprintf(endpoint, sizeof(endpoint), "http://localhost:%u/",
		 fake_s3_port(rig->fake));
	snprintf(host, sizeof(host), "bucket.localhost:%u",
		 fake_s3_port(rig->fake));
	config.endpoint = endpoint;
	config.is_path_style = false;
	config.prefix = "";
	rig_use_s3(rig, &config);
	fake_s3_script(rig->fake, replies, 2);
	assert_true(rig_put(rig, "a/b", "x", 1));
	assert_string_equal(fake_s3_request(rig->fake, 0)->target, "/a/b");
	expect_header(fake_s3_request(rig->fake, 0), "Host", host);
	assert_true(rig_get(rig, "a/b", buf, 1));
}

/* Neither a proxy nor keys of the environment may lead away. */
static void test_environment_is_ignored(void **state)
{
	static const struct fake_reply replies[] = {{0}};
	struct rig *rig = *state;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("AWS_ACCESS_KEY_ID", "OTHER", 1);
	RIG_SCRIPT(rig, replies);
	assert_true(rig_put(rig, "k", "x", 1));
	assert_null(strstr(fake_s3_request(rig->fake, 0)->head, "OTHER"));
	unsetenv("http_proxy");
	unsetenv("AWS_ACCESS_KEY_ID");
}

static void test_put_new(void **state)
{
	static const struct fake_reply replies[] = {
		{0},
		{.status = "412 Precondition Failed",
		 .body = "<Error><Code>PreconditionFailed</Code></Error>"},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_put_new(rig, "k", "x", 1));
	expect_header(fake_s3_request(rig->fake, 0), "If-None-Match", "*");
	assert_false(rig_put_new(rig, "k", "x", 1));
	assert_int_not_equal(fake_s3_request(rig->fake, 0)->connection,
			     fake_s3_request(rig->fake, 1)->connection);
	rig_expect(rig, ERR_CONFLICT, "PUT bucket/pre/fix/k: ");
	assert_string_equal(rig->e.api, "store_failed");
	assert_int_equal(fake_s3_count(rig->fake), 2);
}

/* Swift says 501: then it goes without, from then on. */
static void test_put_new_not_implemented(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "501 Not Implemented"}, {0}, {0}};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_true(rig_put_new(rig, "k", "x", 1));
	expect_header(fake_s3_request(rig->fake, 0), "If-None-Match", "*");
	expect_no_header(fake_s3_request(rig->fake, 1), "If-None-Match");
	assert_true(rig_put_new(rig, "k", "x", 1));
	assert_int_equal(fake_s3_count(rig->fake), 3);
	expect_no_header(fake_s3_request(rig->fake, 2), "If-None-Match");
}

/* The first attempt was carried out, its answer lost: no conflict. */
static void test_put_new_by_ourselves(void **state)
{
	static const struct fake_reply ours[] = {
		{.act = FAKE_CUT, .is_silent = true},
		{.status = "503 x"},
		{.status = "412 x"},
		{.body = "mine"},
	};
	static const struct fake_reply other[] = {
		{.status = "500 x"},
		{.status = "412 x"},
		{.body = "theirs"},
	};
	static const struct fake_reply same_len[] = {
		{.status = "500 x"},
		{.status = "412 x"},
		{.body = "them"},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, ours);
	assert_true(rig_put_new(rig, "k", "mine", 4));
	assert_int_equal(fake_s3_count(rig->fake), 4);
	assert_string_equal(fake_s3_request(rig->fake, 3)->method, "GET");
	RIG_SCRIPT(rig, other);
	assert_false(rig_put_new(rig, "k", "mine", 4));
	rig_expect(rig, ERR_CONFLICT, "PUT ");
	RIG_SCRIPT(rig, same_len);
	assert_false(rig_put_new(rig, "k", "mine", 4));
	rig_expect(rig, ERR_CONFLICT, "PUT ");
}

static void test_bad_arguments(void **state)
{
	struct rig *rig = *state;
	char key[1100], buf[4];

	rig_script(rig, NULL, 0);
	memset(key, 'a', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	assert_false(rig_put(rig, key, "x", 1));
	rig_expect(rig, ERR_INVALID, "1024");
	assert_false(rig_put(rig, "", "x", 1));
	rig_expect(rig, ERR_INVALID, "key");
	assert_false(rig_put(rig, "\xff", "x", 1));
	rig_expect(rig, ERR_INVALID, "UTF-8");
	assert_false(rig_get(rig, "", buf, 4));
	rig_expect(rig, ERR_INVALID, "key");
	assert_int_equal(fake_s3_count(rig->fake), 0);
}

static bool has_request(struct rig *rig)
{
	return fake_s3_count(rig->fake) > 0;
}

/* In each of its states; the sanitizer looks for what is left behind. */
static void test_cancel(void **state)
{
	static const struct fake_reply stall[] = {
		{.act = FAKE_STALL, .is_silent = true}};
	static const struct fake_reply busy[] = {
		{.status = "503 x", .headers = "Retry-After: 30\r\n"}};
	struct rig *rig = *state;
	struct store_put p = {.key = "k", .bytes = "x", .len = 1};
	struct store_put big = {.key = "k", .len = 8 * 1024 * 1024};
	void *bytes = mmap(NULL, big.len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(bytes != MAP_FAILED);
	big.bytes = bytes;
	RIG_SCRIPT(rig, stall);
	rig_start_put(rig, &p);
	rig_cancel(rig); /* before its first turn */
	assert_int_equal(fake_s3_count(rig->fake), 0);

	rig_start_put(rig, &big);
	rig_turn(rig, 1);
	store_cancel(rig->store, rig->op); /* while a thread hashes it */
	munmap(bytes, big.len);		   /* ours again at once */

	RIG_SCRIPT(rig, stall);
	rig_start_put(rig, &p);
	rig_turn_until(rig, has_request);
	rig_cancel(rig); /* on the wire */

	RIG_SCRIPT(rig, busy);
	rig_start_put(rig, &p);
	rig_turn_until(rig, has_request);
	rig_cancel(rig); /* waiting for its next attempt */
	assert_int_equal(fake_s3_count(rig->fake), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_long),
		cmocka_unit_test(test_virtual_host),
		cmocka_unit_test(test_environment_is_ignored),
		cmocka_unit_test(test_put_new),
		cmocka_unit_test(test_put_new_not_implemented),
		cmocka_unit_test(test_put_new_by_ourselves),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
