/* Requests that are wrong in one way each: the status, the code, the field
 * that is named, and that nothing has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http_client.h"

struct bad {
	const char *body;
	int status;
	const char *code;
	const char *pointers;
};

#define SRC(more) "{\"name\":\"x\",\"engine\":\"mysql\"" more "}"
#define CON(more) SRC(",\"connection\":{\"host\":\"h\",\"user\":\"u\"" more "}")

static const struct bad sources[] = {
	{"{}", 422, "required", "/name /engine"},
	{SRC(""), 422, "required", "/connection"},
	{SRC(",\"connection\":{}"), 422, "required",
	 "/connection/host /connection/user"},
	{SRC(",\"connection\":[]"), 422, "invalid_type", "/connection"},
	{SRC(",\"connection\":null"), 422, "required", "/connection"},
	{CON(",\"port\":0"), 422, "invalid_value", "/connection/port"},
	{CON(",\"port\":65536"), 422, "invalid_value", "/connection/port"},
	{CON(",\"port\":-1"), 422, "invalid_value", "/connection/port"},
	{CON(",\"port\":3306.0"), 422, "invalid_type", "/connection/port"},
	{CON(",\"port\":\"3306\""), 422, "invalid_type", "/connection/port"},
	{CON(",\"port\":99999999999999999999"), 400, "malformed", ""},
	{CON(",\"tls\":\"maybe\""), 422, "invalid_value", "/connection/tls"},
	{CON(",\"tls\":1"), 422, "invalid_type", "/connection/tls"},
	{CON(",\"ca_file\":\"ca.pem\""), 422, "invalid_value",
	 "/connection/ca_file"},
	{CON(",\"socket\":\"/s\""), 422, "invalid_value", "/connection/socket"},
	{CON(",\"pasword\":\"x\""), 400, "unknown_field",
	 "/connection/pasword"},
	{CON(",\"password\":5"), 422, "invalid_type", "/connection/password"},
	{CON(",\"password\":{\"set\":true}"), 422, "invalid_value",
	 "/connection/password"},
	{CON(",\"password\":{\"secret\":\"../N\"}"), 422, "invalid_value",
	 "/connection/password"},
	{SRC(",\"connection\":{\"host\":\"\",\"user\":\"u\"}"), 422,
	 "invalid_value", "/connection/host"},
	{SRC(",\"connection\":{\"host\":\"a\\u0000b\",\"user\":\"u\"}"), 422,
	 "invalid_value", "/connection/host"},
	{SRC(",\"connection\":{\"host\":\"a\\nb\",\"user\":\"u\"}"), 422,
	 "invalid_value", "/connection/host"},
	{SRC(",\"connection\":{\"socket\":\"s\",\"user\":\"u\"}"), 422,
	 "invalid_value", "/connection/socket"},
	{SRC(",\"region\":5,\"connection\":{\"host\":\"h\",\"user\":\"u\"}"),
	 422, "invalid_type", "/region"},
	{SRC(",\"remarks\":\"a\\u0007\",\"connection\":{\"host\":\"h\","
	     "\"user\":\"u\"}"),
	 422, "invalid_value", "/remarks"},
	{SRC(",\"read_from\":{},\"connection\":{\"host\":\"h\","
	     "\"user\":\"u\"}"),
	 422, "required", "/read_from/host /read_from/user"},
	{"{\"name\":\"x\",\"engine\":\"oracle\",\"connection\":{}}", 422,
	 "invalid_value", "/engine"},
	{"{\"name\":\"x\",\"engine\":\"files\",\"connection\":{}}", 422,
	 "not_supported", "/engine"},
	{"{\"name\":\"x\",\"engine\":null,\"connection\":{}}", 422, "required",
	 "/engine"},
	{"{\"id\":\"src_1\"}", 422, "required", "/name /engine /id"},
};

#define POOL(more) "{\"name\":\"x\"" more "}"
#define S3(more)                                                               \
	POOL(",\"storage_type\":\"object_storage\",\"object_storage\":{"       \
	     "\"endpoint\":\"http://e\",\"bucket\":\"b\",\"access_key\":"      \
	     "\"a\",\"secret_key\":\"s\"" more "}")
#define CRYPT(value) DIR("\"/x\"", ",\"encryption\":" value)
#define AGE_KEY	     "age1knslxrmu56pcft7dhp2m2zy43s4u36u07ajun7d7465vvgfa3g9s5svuya"
#define AGE_OTHER                                                              \
	"AGE-SECRET-KEY-"                                                      \
	"132M8P7VYLVSNJFVNVP3VUFH5XN4ME6K30M9L6M27FXH0WE9JZ6JQLMUFVD"
#define DIR(path, more)                                                        \
	POOL(",\"storage_type\":\"local_directory\",\"local_directory\":"      \
	     "{\"path\":" path "}" more)

static const struct bad pools[] = {
	{"{}", 422, "required", "/name /storage_type"},
	{POOL(",\"storage_type\":\"tape\""), 422, "invalid_value",
	 "/storage_type"},
	{POOL(",\"storage_type\":1"), 422, "invalid_type", "/storage_type"},
	{POOL(",\"storage_type\":\"object_storage\""), 422, "required",
	 "/object_storage"},
	{POOL(",\"storage_type\":\"object_storage\",\"object_storage\":{}"),
	 422, "required",
	 "/object_storage/endpoint /object_storage/bucket "
	 "/object_storage/access_key /object_storage/secret_key"},
	{POOL(",\"storage_type\":\"object_storage\",\"object_storage\":{"
	      "\"endpoint\":\"no-url\",\"bucket\":\"\",\"access_key\":\"a\","
	      "\"secret_key\":{\"set\":true}}"),
	 422, "invalid_value",
	 "/object_storage/endpoint /object_storage/bucket "
	 "/object_storage/secret_key"},
	{S3(",\"prefix\":\"/a\""), 422, "invalid_value",
	 "/object_storage/prefix"},
	{S3(",\"prefix\":\"a/\""), 422, "invalid_value",
	 "/object_storage/prefix"},
	{S3(",\"prefix\":\"a//b\""), 422, "invalid_value",
	 "/object_storage/prefix"},
	{S3(",\"prefix\":\"a/../b\""), 422, "invalid_value",
	 "/object_storage/prefix"},
	{S3(",\"prefix\":\"a\\nb\""), 422, "invalid_value",
	 "/object_storage/prefix"},
	{S3(",\"path_style\":\"yes\""), 422, "invalid_type",
	 "/object_storage/path_style"},
	{S3(",\"acl\":\"x\""), 400, "unknown_field", "/object_storage/acl"},
	{DIR("\"relative\"", ""), 422, "invalid_value",
	 "/local_directory/path"},
	{DIR("5", ""), 422, "invalid_type", "/local_directory/path"},
	{DIR("\"/x\"", ",\"part_bytes\":0"), 422, "invalid_value",
	 "/part_bytes"},
	{DIR("\"/x\"", ",\"part_bytes\":1048575"), 422, "invalid_value",
	 "/part_bytes"},
	{DIR("\"/x\"", ",\"part_bytes\":268435457"), 422, "invalid_value",
	 "/part_bytes"},
	{DIR("\"/x\"", ",\"part_bytes\":\"8M\""), 422, "invalid_type",
	 "/part_bytes"},
	{CRYPT("{}"), 422, "required", "/encryption/recipients"},
	{CRYPT("7"), 422, "invalid_type", "/encryption"},
	{CRYPT("{\"recipients\":[]}"), 422, "invalid_value",
	 "/encryption/recipients"},
	{CRYPT("{\"recipients\":\"" AGE_KEY "\"}"), 422, "invalid_type",
	 "/encryption/recipients"},
	{CRYPT("{\"recipients\":[7]}"), 422, "invalid_value",
	 "/encryption/recipients/0"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\",\"age1x\"]}"), 422,
	 "invalid_value", "/encryption/recipients/1"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\",\"" AGE_KEY "\"]}"), 422,
	 "invalid_value", "/encryption/recipients/1"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\"],\"identity\":\"x\"}"), 422,
	 "invalid_value", "/encryption/identity"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\"],\"identity\":\"" AGE_OTHER
	       "\"}"),
	 422, "invalid_value", "/encryption/identity"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\"],\"identity\":"
	       "{\"set\":true}}"),
	 422, "invalid_value", "/encryption/identity"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\"],\"confirm_stored\":1}"), 422,
	 "invalid_type", "/encryption/confirm_stored"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\"],\"key\":1}"), 400,
	 "unknown_field", "/encryption/key"},
	{CRYPT("{\"recipients\":[\"" AGE_KEY "\"]}"), 409, "confirm_required",
	 NULL},
	{DIR("\"/x\"", ",\"part_byte\":1"), 400, "unknown_field", "/part_byte"},
	/* The settings of the other type do not belong here. */
	{DIR("\"/x\"", ",\"object_storage\":{}"), 400, "unknown_field",
	 "/object_storage"},
	{DIR("\"/x\"", ",\"part_bytes\":0,\"x\":1"), 422, "invalid_value",
	 "/part_bytes /x"},
};

#define BAK(more)   "{\"source\":\"db1\",\"pool\":\"local\"" more "}"
#define NAMED(more) BAK(",\"name\":\"good\"" more)

static const struct bad backups[] = {
	{"{}", 422, "required", "/source /pool /name"},
	{BAK(""), 422, "required", "/name"},
	{BAK(",\"name\":null"), 422, "required", "/name"},
	{BAK(",\"name\":5"), 422, "invalid_type", "/name"},
	{BAK(",\"name\":\"\""), 422, "invalid_name", "/name"},
	{BAK(",\"name\":\"abc\""), 422, "invalid_name", "/name"},
	{BAK(",\"name\":\"1abc\""), 422, "invalid_name", "/name"},
	{BAK(",\"name\":\"a.bc\""), 422, "invalid_name", "/name"},
	{BAK(",\"name\":\"abcd\\u0000\""), 422, "invalid_name", "/name"},
	{BAK(",\"name\":\"\\u00fcber\""), 422, "invalid_name", "/name"},
	{NAMED(",\"description\":\"a<b\""), 422, "invalid_description",
	 "/description"},
	{NAMED(",\"description\":\"a\\nb\""), 422, "invalid_description",
	 "/description"},
	{NAMED(",\"description\":\"a\\u0000b\""), 422, "invalid_description",
	 "/description"},
	{NAMED(",\"description\":[\"x\"]"), 422, "invalid_type",
	 "/description"},
	{NAMED(",\"method\":\"magical\""), 422, "invalid_value", "/method"},
	{NAMED(",\"method\":\"physical\""), 422, "not_supported", "/method"},
	{NAMED(",\"method\":true"), 422, "invalid_type", "/method"},
	{NAMED(",\"scope\":\"all\""), 422, "invalid_type", "/scope"},
	{NAMED(",\"scope\":{}"), 422, "invalid_scope", "/scope"},
	{NAMED(",\"scope\":{\"databases\":[{\"name\":\"\"}]}"), 422,
	 "invalid_scope", "/scope"},
	{NAMED(",\"scope\":{\"databases\":[{\"name\":\"a\\u0000b\"}]}"), 422,
	 "invalid_scope", "/scope"},
	{NAMED(",\"options\":5"), 422, "invalid_type", "/options"},
	{NAMED(",\"options\":{\"compression_level\":20}"), 422, "invalid_value",
	 "/options/compression_level"},
	{NAMED(",\"options\":{\"parallelism\":0}"), 422, "invalid_value",
	 "/options/parallelism"},
	{NAMED(",\"scope\":{\"include\":[\"a.b.c\"]}"), 422, "invalid_scope",
	 "/scope"},
	{NAMED(",\"scope\":{\"include\":[\"a\"],\"databases\":[]}"), 422,
	 "invalid_scope", "/scope"},
	{NAMED(",\"options\":{\"parallelism\":0}"), 422, "invalid_value",
	 "/options/parallelism"},
	{NAMED(",\"options\":{\"parallelism\":17}"), 422, "invalid_value",
	 "/options/parallelism"},
	{NAMED(",\"options\":{\"parallelism\":\"4\"}"), 422, "invalid_type",
	 "/options/parallelism"},
	{NAMED(",\"options\":{\"include_accounts\":1}"), 422, "invalid_type",
	 "/options/include_accounts"},
	{NAMED(",\"options\":{\"lock_non_transactional\":\"yes\"}"), 422,
	 "invalid_type", "/options/lock_non_transactional"},
	{NAMED(",\"scope\":{\"include\":[\"a\"]},"
	       "\"options\":{\"include_accounts\":true}"),
	 422, "invalid_value", "/options/include_accounts"},
	{NAMED(",\"scope\":{\"databases\":[{\"name\":\"a\"}]},"
	       "\"options\":{\"include_accounts\":true}"),
	 422, "invalid_value", "/options/include_accounts"},
	{NAMED(",\"options\":{\"speed\":1}"), 400, "unknown_field",
	 "/options/speed"},
	{NAMED(",\"descripton\":\"x\""), 400, "unknown_field", "/descripton"},
	{BAK(",\"name\":\"1\",\"description\":\"<\""), 422, "invalid_name",
	 "/name /description"},
	{"{\"source\":{},\"pool\":\"\",\"name\":\"good\"}", 422, "invalid_type",
	 "/source /pool"},
	{"{\"source\":\"db1\",\"source\":\"db2\"}", 400, "malformed", ""},
};

#define RES(more) "{\"backup\":\"b\",\"target\":{\"source\":\"db1\"}" more "}"

static const struct bad restores[] = {
	{"{}", 422, "required", "/backup /target"},
	{"{\"backup\":\"b\",\"target\":{}}", 422, "required", "/target/source"},
	{"{\"backup\":\"b\",\"target\":\"db1\"}", 422, "invalid_type",
	 "/target"},
	{"{\"backup\":\"b\",\"target\":{\"path\":\"/x/../y\"}}", 422,
	 "invalid_value", "/target/path"},
	{"{\"backup\":\"b\",\"target\":{\"path\":\"x\"}}", 422, "invalid_value",
	 "/target/path"},
	{"{\"backup\":\"b\",\"target\":{\"path\":\"/x\",\"source\":\"db1\"}}",
	 422, "invalid_value", "/target/source"},
	{"{\"backup\":\"b\",\"target\":{\"stream\":true}}", 422,
	 "not_supported", "/target/stream"},
	{"{\"backup\":\"b\",\"target\":{\"provision\":{}}}", 422, "required",
	 "/target/provision/provider /target/provision/name"},
	{"{\"backup\":\"b\",\"target\":{\"source\":\"a\",\"x\":1}}", 400,
	 "unknown_field", "/target/x"},
	{RES(",\"rename\":[]"), 422, "invalid_type", "/rename"},
	{RES(",\"rename\":{\"a\":5}"), 422, "invalid_value", "/rename"},
	{RES(",\"rename\":{\"a\":\"\"}"), 422, "invalid_value", "/rename"},
	{RES(",\"rename\":{\"a\":\"b\\u0000\"}"), 422, "invalid_value",
	 "/rename"},
	{RES(",\"overwrite\":\"yes\""), 422, "invalid_type", "/overwrite"},
	{RES(",\"confirm\":\"shop\""), 422, "invalid_type", "/confirm"},
	{RES(",\"confirm\":[5]"), 422, "invalid_value", "/confirm"},
	{RES(",\"scope\":[]"), 422, "invalid_type", "/scope"},
	{RES(",\"scope\":{\"databases\":5}"), 422, "invalid_scope", "/scope"},
	{RES(",\"confirm\":[\"\"]"), 422, "invalid_value", "/confirm"},
	{RES(",\"scope\":{\"exclude\":[\"*\"]}"), 422, "invalid_scope",
	 "/scope"},
	{RES(",\"options\":{\"accounts\":1}"), 422, "invalid_type",
	 "/options/accounts"},
	{RES(",\"options\":{\"definer\":\"drop\"}"), 422, "invalid_value",
	 "/options/definer"},
	{RES(",\"options\":{\"definer\":true}"), 422, "invalid_type",
	 "/options/definer"},
	{RES(",\"options\":{\"parallelism\":0}"), 422, "invalid_value",
	 "/options/parallelism"},
	{RES(",\"options\":{\"compression_level\":3}"), 400, "unknown_field",
	 "/options/compression_level"},
	{RES(",\"options\":{\"parallelism\":99}"), 422, "invalid_value",
	 "/options/parallelism"},
	{RES(",\"over_write\":true"), 400, "unknown_field", "/over_write"},
};

static const struct bad batches[] = {
	{"{}", 422, "required", "/ids"},
	{"{\"ids\":[]}", 422, "invalid_value", "/ids"},
	{"{\"ids\":\"a\"}", 422, "invalid_type", "/ids"},
	{"{\"ids\":[1,\"a\",null]}", 422, "invalid_type", "/ids/0 /ids/2"},
	{"{\"ids\":[\"a\"],\"force\":true}", 400, "unknown_field", "/force"},
};

/* Bodies that no route takes. */
static const struct bad everywhere[] = {
	{"", 400, "malformed", ""},
	{"{", 400, "malformed", ""},
	{"[]", 400, "malformed", ""},
	{"null", 400, "malformed", ""},
	{"\"text\"", 400, "malformed", ""},
	{"{\"name\":\"a\"} x", 400, "malformed", ""},
	{"{\"name\":\"\xff\xfe\"}", 400, "malformed", ""},
	{"{\"name\":\"a\",\"name\":\"b\"}", 400, "malformed", ""},
	{"{\"a\":1e999}", 400, "malformed", ""},
};

static void send_all(struct shop *s, const char *path, const struct bad *list,
		     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)shop_call(s, "POST", path, list[i].body);
		if (s->status != list[i].status ||
		    strcmp(shop_text(s, "code"), list[i].code) != 0)
			fail_msg("%s %s: %d %s", path, list[i].body, s->status,
				 s->body.data);
		shop_problem(s, list[i].status, list[i].code, list[i].pointers);
	}
}

static int64_t total(struct shop *s, const char *path)
{
	assert_int_equal(shop_call(s, "GET", path, NULL), 200);
	return json_integer_value(shop_value(s, "total"));
}

#define SEND(s, path, list)                                                    \
	send_all(s, path, list, sizeof(list) / sizeof(*(list)))

static void test_bad_bodies(void **state)
{
	struct shop *s = *state;

	SEND(s, "/v1/sources", sources);
	SEND(s, "/v1/pools", pools);
	SEND(s, "/v1/backups", backups);
	SEND(s, "/v1/restores", restores);
	SEND(s, "/v1/restores/check", restores);
	SEND(s, "/v1/backups/batch-delete", batches);
	SEND(s, "/v1/sources", everywhere);
	SEND(s, "/v1/sources/test", everywhere);
	SEND(s, "/v1/pools", everywhere);
	SEND(s, "/v1/backups", everywhere);
	SEND(s, "/v1/restores", everywhere);
	SEND(s, "/v1/restores/check", everywhere);
	SEND(s, "/v1/backups/batch-delete", everywhere);
	assert_int_equal(total(s, "/v1/sources"), 1);
	assert_int_equal(total(s, "/v1/pools"), 1);
	assert_int_equal(total(s, "/v1/backups"), 0);
	assert_int_equal(total(s, "/v1/restores"), 0);
	assert_int_equal(total(s, "/v1/jobs"), 0);
}

static void test_routes_without_a_body(void **state)
{
	static const char *const paths[] = {
		"/v1/sources/db1/test", "/v1/pools/local/test",
		"/v1/backups/x/cancel", "/v1/jobs/x/cancel"};
	struct shop *s = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)shop_call(s, "POST", paths[i], "{\"force\":true}");
		shop_problem(s, 400, "unknown_field", "/force");
		assert_true(shop_call(s, "POST", paths[i], "{}") != 400);
	}
}

static void test_content_types(void **state)
{
	static const char *const bad[] = {
		"Content-Type: text/plain\r\n",
		"Content-Type: application/jsonx\r\n",
		"Content-Type: application/merge-patch+json\r\n",
		"Content-Type:\r\n",
		"Content-Type: application/x-www-form-urlencoded\r\n"};
	struct shop *s = *state;
	struct shop_request q = {.method = "POST",
				 .path = "/v1/sources",
				 .body = "{}",
				 .role = ROLE_ADMIN};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.headers = bad[i];
		(void)shop_ask(s, &q);
		shop_problem(s, 415, "unsupported_media_type", "");
	}
	q.headers = "Content-Type: Application/JSON; charset=utf-8\r\n";
	assert_int_equal(shop_ask(s, &q), 422);
}

static void test_bad_queries(void **state)
{
	static const struct bad cases[] = {
		{"/v1/backups?statsu=failed", 400, "unknown_field", "statsu"},
		{"/v1/backups?status=nice", 400, "invalid_parameter", "status"},
		{"/v1/backups?limit=0", 400, "invalid_parameter", "limit"},
		{"/v1/backups?limit=501", 400, "invalid_parameter", "limit"},
		{"/v1/backups?limit=1&limit=2", 400, "invalid_parameter",
		 "limit"},
		{"/v1/backups?since=now", 400, "invalid_parameter", "since"},
		{"/v1/backups?q=%00", 400, "invalid_parameter", "query"},
		{"/v1/backups?q=%ff", 400, "invalid_parameter", "query"},
		{"/v1/backups?sort=x", 400, "invalid_sort", ""},
		{"/v1/backups?after=zz", 400, "invalid_cursor", ""},
		{"/v1/backups?strategy=x", 400, "unknown_field", "strategy"},
		{"/v1/sources/db1?limit=1", 400, "unknown_field", "limit"},
		{"/v1/jobs?kind=x", 400, "invalid_parameter", "kind"},
		{"/v1/jobs/job_x?wait=61", 400, "invalid_parameter", "wait"},
		{"/v1/jobs/job_x?wait=-1", 400, "invalid_parameter", "wait"},
		{"/v1/pools?storage_type=x", 400, "invalid_parameter",
		 "storage_type"},
		{"/v1/sources/%00", 400, "malformed", ""},
		{"/v1/sources/%ff", 400, "malformed", ""},
		{"/v1/sources/db1/databases?sizes=2", 400, "invalid_parameter",
		 "sizes"},
	};
	struct shop *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)shop_call(s, "GET", cases[i].body, NULL);
		shop_problem(s, cases[i].status, cases[i].code,
			     cases[i].pointers);
	}
}

static void test_deep_and_large_bodies(void **state)
{
	struct shop *s = *state;
	struct text t = {0};

	for (unsigned i = 0; i < 10000; i++)
		text_str(&t, "{\"a\":");
	(void)shop_call(s, "POST", "/v1/sources", t.data);
	shop_problem(s, 400, "malformed", "");
	text_reset(&t);
	text_str(&t, "{\"name\":\"");
	for (unsigned i = 0; i < 1000000; i++)
		text_char(&t, 'a');
	text_str(&t, "\"}");
	(void)shop_call(s, "POST", "/v1/sources", t.data);
	shop_problem(s, 422, "invalid_name", "/name /engine");
	/* More faults than are told: bounded. */
	text_reset(&t);
	text_str(&t, "{\"name\":\"x\"");
	for (unsigned i = 0; i < 5000; i++)
		text_printf(&t, ",\"f%u\":1", i);
	text_str(&t, "}");
	(void)shop_call(s, "POST", "/v1/sources", t.data);
	assert_int_equal(s->status, 422);
	assert_int_equal(json_array_size(shop_value(s, "errors")), 32);
	text_free(&t);
}

static int setup(void **state)
{
	*state = shop_open(NULL);
	return 0;
}

static int teardown(void **state)
{
	shop_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_bodies),
		cmocka_unit_test(test_routes_without_a_body),
		cmocka_unit_test(test_content_types),
		cmocka_unit_test(test_bad_queries),
		cmocka_unit_test(test_deep_and_large_bodies),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
