/* /v1/plans over a real catalog, real jobs and a fake engine; and what sources
 * say of plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_client.h"

#define TIMER  "\"timer\":{\"cycle\":\"daily\",\"at\":\"02:30\"}"
#define PLACE  "\"source\":\"db1\",\"pool\":\"local\""
#define PLAN   "{\"name\":\"nightly\"," PLACE ",\"strategy\":\"timer\"," TIMER "}"
#define MANUAL "{\"name\":\"byhand\"," PLACE ",\"strategy\":\"manual\"}"
#define CONNECTION(host)                                                       \
	"{\"host\":\"" host "\",\"user\":\"u\",\"password\":\"hush-hush\"}"

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

static void want(struct shop *s, int status, const char *method,
		 const char *path, const char *body)
{
	if (shop_call(s, method, path, body) != status)
		fail_msg("%s %s: %d %s", method, path, s->status,
			 s->body.data ? s->body.data : "");
}

static int64_t number(const struct shop *s, const char *path)
{
	return json_integer_value(shop_value(s, path));
}

static size_t count(const struct shop *s, const char *path)
{
	return json_array_size(shop_value(s, path));
}

static void test_plan_is_made_and_shown(void **state)
{
	struct shop *s = *state;

	want(s, 201, "POST", "/v1/plans", PLAN);
	assert_int_equal(s->plan_changes, 1);
	assert_string_equal(shop_text(s, "status"), "active");
	assert_string_equal(shop_text(s, "source/name"), "db1");
	assert_string_equal(shop_text(s, "source/engine"), "mysql");
	assert_string_equal(shop_text(s, "pool/name"), "local");
	assert_string_equal(shop_text(s, "timer/timezone"), "UTC");
	assert_string_equal(shop_text(s, "timer/missed"), "run_once");
	assert_non_null(strstr(shop_text(s, "timer_words"), "02:30"));
	assert_int_equal(count(s, "next_runs"), 5);
	assert_int_equal(number(s, "retention_days"), 7);
	assert_int_equal(number(s, "options/grace_seconds"), 21600);
	assert_true(json_is_true(shop_value(s, "options/include_accounts")));
	want(s, 200, "GET", "/v1/plans/NIGHTLY", NULL);
	assert_string_equal(shop_header(s, "ETag"), "\"1\"");
	want(s, 200, "GET", "/v1/plans?strategy=timer&pool=local", NULL);
	assert_int_equal(number(s, "total"), 1);
	assert_int_equal(s->plan_changes, 1);
	(void)shop_call(s, "POST", "/v1/plans", PLAN);
	shop_problem(s, 409, "name_taken", "/name");
}

static void refused(struct shop *s, const char *body, int status,
		    const char *code, const char *pointers)
{
	(void)shop_call(s, "POST", "/v1/plans", body);
	shop_problem(s, status, code, pointers);
	assert_int_equal(s->plan_changes, 0);
}

static void test_all_faults_are_told(void **state)
{
	struct shop *s = *state;

	refused(s,
		"{\"name\":\"1\",\"source\":\"none\",\"pool\":5,"
		"\"strategy\":\"timer\",\"timer\":{\"cycle\":\"daily\","
		"\"at\":\"24:00\"},\"retention_days\":733,\"x\":1}",
		422, "invalid_name",
		"/name /pool /timer/at /retention_days /x /source");
	refused(s, "{\"name\":\"a\"," PLACE ",\"strategy\":\"timer\"}", 422,
		"required", "/timer");
	refused(s,
		"{\"name\":\"a\"," PLACE ",\"strategy\":\"manual\"," TIMER "}",
		422, "invalid_timer", "/timer");
	refused(s, "{\"name\":\"a\"," PLACE ",\"strategy\":\"perhaps\"}", 422,
		"invalid_value", "/strategy");
	refused(s,
		"{\"name\":\"a\"," PLACE ",\"strategy\":\"timer\",\"timer\":"
		"{\"cycle\":\"once\",\"date\":\"2001-01-01\",\"at\":\"00:00\"}"
		"}",
		422, "invalid_timer", "/timer");
}

static void test_options_fit_the_engine(void **state)
{
	static const char *const foreign[] = {
		"incremental\":true",
		"strict\":true",
		"full_every\":6",
		"snapshot_hook\":\"x\"",
	};
	struct shop *s = *state;
	char body[256], pointer[64];

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		(void)snprintf(body, sizeof(body),
			       "{\"name\":\"a\"," PLACE ",\"strategy\":"
			       "\"manual\",\"options\":{\"%s}}",
			       foreign[i]);
		(void)snprintf(pointer, sizeof(pointer), "/options/%.*s",
			       (int)strcspn(foreign[i], "\""), foreign[i]);
		refused(s, body, 422, "invalid_value", pointer);
	}
	/* What it says without them may be said. */
	want(s, 201, "POST", "/v1/plans",
	     "{\"name\":\"a\"," PLACE ",\"strategy\":\"manual\",\"options\":"
	     "{\"incremental\":false,\"full_every\":7,\"strict\":null,"
	     "\"snapshot_hook\":null,\"drill\":null}}");
}

static void change(struct shop *s, const char *body)
{
	want(s, 200, "PATCH", "/v1/plans/nightly", body);
}

static void test_patch_is_merged(void **state)
{
	struct shop *s = *state;

	want(s, 201, "POST", "/v1/plans", PLAN);
	change(s, "{\"timer\":{\"cycle\":\"weekly\",\"weekdays\":[\"mon\"]}}");
	assert_string_equal(shop_text(s, "timer/at"), "02:30");
	assert_int_equal(number(s, "revision"), 2);
	/* Its weekdays go with the cycle. */
	change(s, "{\"timer\":{\"cycle\":\"hourly\"}}");
	assert_true(json_is_null(shop_value(s, "timer/weekdays")));
	change(s, "{\"timer\":{\"cycle\":\"cron\",\"cron\":\"1 2 * * *\"}}");
	assert_int_equal(count(s, "next_runs"), 5);
	change(s, "{\"scope\":{\"databases\":[{\"name\":\"a\"}]}}");
	assert_true(json_is_false(shop_value(s, "options/include_accounts")));
	change(s, "{\"scope\":{\"include\":[\"b.*\"]}}");
	assert_null(shop_value(s, "scope/databases"));
	change(s, "{\"strategy\":\"manual\"}");
	assert_true(json_is_null(shop_value(s, "timer")));
	assert_int_equal(count(s, "next_runs"), 0);
	assert_int_equal(s->plan_changes, 7);
}

static void test_what_was_read_may_be_sent_back(void **state)
{
	struct shop *s = *state;
	char *whole;

	want(s, 201, "POST", "/v1/plans", PLAN);
	json_object_set_new(json_object_get(s->json, "options"),
			    "compression_level", json_integer(9));
	json_object_set_new(s->json, "scope",
			    json_pack("{s:[s]}", "include", "a.*"));
	whole = json_dumps(s->json, JSON_COMPACT);
	assert_non_null(whole);
	change(s, whole);
	free(whole);
	assert_int_equal(number(s, "options/compression_level"), 9);
	/* It was not given, so it follows the scope. */
	assert_true(json_is_false(shop_value(s, "options/include_accounts")));
}

static void test_nothing_changes_by_mistake(void **state)
{
	struct shop *s = *state;
	struct shop_request q = {.method = "PATCH",
				 .path = "/v1/plans/nightly",
				 .headers = "If-Match: \"7\"\r\n",
				 .body = "{\"remarks\":\"x\"}",
				 .role = ROLE_ADMIN};

	want(s, 201, "POST", "/v1/plans", PLAN);
	assert_int_equal(shop_ask(s, &q), 412);
	shop_problem(s, 412, "revision_changed", "");
	want(s, 200, "PATCH", "/v1/plans/nightly?dry_run=true",
	     "{\"enabled\":false}");
	assert_string_equal(shop_text(s, "status"), "paused");
	assert_int_equal(count(s, "next_runs"), 0);
	(void)shop_call(s, "PATCH", "/v1/plans/nightly", "{\"timer\":null}");
	shop_problem(s, 422, "required", "/timer");
	want(s, 200, "GET", "/v1/plans/nightly", NULL);
	assert_int_equal(number(s, "revision"), 1);
	assert_string_equal(shop_text(s, "status"), "active");
	assert_int_equal(s->plan_changes, 1);
}

static void test_executed_and_deleted(void **state)
{
	struct shop *s = *state;
	char path[128], id[ID_MAX];

	want(s, 201, "POST", "/v1/plans", MANUAL);
	want(s, 202, "POST", "/v1/plans/byhand/execute", NULL);
	assert_string_equal(shop_text(s, "type"), "automated");
	assert_string_equal(shop_text(s, "plan/name"), "byhand");
	(void)snprintf(id, sizeof(id), "%s", shop_text(s, "id"));
	(void)snprintf(path, sizeof(path), "/v1/jobs/%s?wait=30",
		       shop_text(s, "job_id"));
	want(s, 200, "GET", path, NULL);
	assert_string_equal(shop_text(s, "status"), "completed");
	want(s, 200, "GET", "/v1/plans/byhand/backups?status=completed", NULL);
	assert_string_equal(shop_text(s, "items/0/id"), id);
	want(s, 200, "GET", "/v1/plans/byhand/runs", NULL);
	assert_int_equal(count(s, "items"), 0);
	want(s, 200, "GET", "/v1/plans/byhand/expiry", NULL);
	assert_string_equal(shop_text(s, "items/0/id"), id);
	assert_true(json_is_false(shop_value(s, "items/0/goes")));
	/* There is no newer one: it stays, however old it gets. */
	assert_string_equal(shop_text(s, "items/0/verdict"), "last");
	assert_true(json_is_null(shop_value(s, "items/0/goes_at")));
	assert_true(strlen(shop_text(s, "items/0/reason")) > 20);
	want(s, 200, "POST", "/v1/plans/byhand/release", NULL);
	want(s, 200, "DELETE", "/v1/plans/byhand?dry_run=true", NULL);
	assert_int_equal(count(s, "would_delete"), 0);
	want(s, 200, "DELETE",
	     "/v1/plans/byhand?dry_run=true&delete_backups=true", NULL);
	assert_string_equal(shop_text(s, "would_delete/0/id"), id);
	want(s, 204, "DELETE", "/v1/plans/byhand", NULL);
	assert_int_equal(s->plan_changes, 2);
	want(s, 404, "GET", "/v1/plans/byhand", NULL);
	want(s, 200, "GET", "/v1/backups?plan=byhand", NULL);
	(void)snprintf(path, sizeof(path), "/v1/backups/%s", id);
	want(s, 200, "GET", path, NULL);
	assert_string_equal(shop_text(s, "plan/name"), "byhand");
}

/* --- sources */

#define SOURCE                                                                 \
	"{\"name\":\"shop\",\"engine\":\"mysql\",\"connection\":" CONNECTION(  \
		"primary") ",\"read_from\":" CONNECTION("replica") "}"

static bool is_told(const struct shop *s, const char *text)
{
	return s->body.data != NULL && strstr(s->body.data, text) != NULL;
}

static void test_replica_of_a_source(void **state)
{
	struct shop *s = *state;

	/* A server that is none is not read through. */
	(void)shop_call(s, "POST", "/v1/sources", SOURCE);
	shop_problem(s, 422, "source_check_failed", NULL);
	assert_true(is_told(s, "read_from"));
	want(s, 404, "GET", "/v1/sources/shop", NULL);
	fake_source_script()->role = "replica";
	want(s, 201, "POST", "/v1/sources", SOURCE);
	assert_string_equal(shop_text(s, "read_from/host"), "replica");
	assert_int_equal(number(s, "read_from/port"), 3306);
	assert_true(json_is_true(shop_value(s, "read_from/password/set")));
	assert_false(is_told(s, "hush"));
	want(s, 200, "PATCH", "/v1/sources/shop",
	     "{\"read_from\":{\"port\":3307,\"password\":{\"set\":true}}}");
	assert_int_equal(number(s, "read_from/port"), 3307);
	assert_true(json_is_true(shop_value(s, "read_from/password/set")));
	assert_string_equal(shop_text(s, "read_from/host"), "replica");
	/* Only another replica is tried. */
	fake_source_script()->role = NULL;
	want(s, 200, "PATCH", "/v1/sources/shop", "{\"remarks\":\"x\"}");
	(void)shop_call(s, "PATCH", "/v1/sources/shop",
			"{\"read_from\":{\"port\":3308}}");
	shop_problem(s, 422, "source_check_failed", NULL);
	want(s, 200, "PATCH", "/v1/sources/shop", "{\"read_from\":null}");
	assert_true(json_is_null(shop_value(s, "read_from")));
	(void)shop_call(s, "PATCH", "/v1/sources/shop",
			"{\"read_from\":{\"host\":\"a\",\"user\":\"u\","
			"\"password\":{\"set\":true}}}");
	shop_problem(s, 422, "invalid_value", "/read_from/password");
	(void)shop_call(s, "PATCH", "/v1/sources/shop",
			"{\"read_from\":{\"user\":5,\"x\":1}}");
	shop_problem(s, 422, "required",
		     "/read_from/host /read_from/user /read_from/x");
}

static void test_rule4_plans_go_with_their_source(void **state)
{
	struct shop *s = *state;
	char id[ID_MAX];

	want(s, 201, "POST", "/v1/plans", PLAN);
	(void)snprintf(id, sizeof(id), "%s", shop_text(s, "id"));
	want(s, 200, "GET", "/v1/sources/db1", NULL);
	assert_string_equal(shop_text(s, "plans/0/id"), id);
	want(s, 200, "GET", "/v1/pools/local", NULL);
	assert_string_equal(shop_text(s, "plans/0/name"), "nightly");
	(void)shop_call(s, "DELETE", "/v1/pools/local", NULL);
	shop_problem(s, 409, "pool_in_use", NULL);
	want(s, 200, "DELETE", "/v1/sources/db1?dry_run=true", NULL);
	assert_string_equal(shop_text(s, "would_delete/0/id"), id);
	assert_int_equal(number(s, "would_delete/0/stored_bytes"), 0);
	want(s, 204, "DELETE", "/v1/sources/db1", NULL);
	assert_int_equal(s->plan_changes, 2);
	want(s, 404, "GET", "/v1/plans/nightly", NULL);
	want(s, 200, "GET", "/v1/pools/local", NULL);
	assert_int_equal(count(s, "plans"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plan_is_made_and_shown),
		TEST(test_all_faults_are_told),
		TEST(test_options_fit_the_engine),
		TEST(test_patch_is_merged),
		TEST(test_what_was_read_may_be_sent_back),
		TEST(test_nothing_changes_by_mistake),
		TEST(test_executed_and_deleted),
		TEST(test_replica_of_a_source),
		TEST(test_rule4_plans_go_with_their_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
