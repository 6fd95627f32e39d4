/* What does not suit the engine of a source: methods, scopes and options of
 * manual backups and of plans, given or changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "catalog/plans.h"
#include "http_client.h"

#define CACHE                                                                  \
	"{\"name\":\"cache\",\"engine\":\"redis\","                            \
	"\"connection\":{\"host\":\"h\"}}"
#define NAMES "\"scope\":{\"databases\":[{\"name\":\"db\"}]}"
#define KEYS  "\"scope\":{\"databases\":[0],\"keys\":[\"user:*\"]}"

/* of: members beside name, source and pool. */
struct wish {
	const char *source, *of;
	const char *code, *pointers; /* NULL: it suits */
};

static const struct wish of_both[] = {
	{"db1", "", NULL, NULL},
	{"cache", "", NULL, NULL},
	{"db1",
	 "," NAMES ",\"options\":{\"parallelism\":2,\"compression_level\":0,"
	 "\"lock_non_transactional\":true,\"include_accounts\":false}",
	 NULL, NULL},
	{"db1", ",\"options\":{\"include_accounts\":true}", NULL, NULL},
	{"cache", "," KEYS ",\"options\":{\"compression_level\":19}", NULL,
	 NULL},
	/* What says nothing. */
	{"cache",
	 ",\"options\":{\"parallelism\":1,\"lock_non_transactional\":false,"
	 "\"include_accounts\":false,\"strict\":false,\"snapshot_hook\":null,"
	 "\"incremental\":false,\"full_every\":null}",
	 NULL, NULL},
	{"cache", ",\"options\":{\"include_accounts\":true}", "invalid_value",
	 "/options/include_accounts"},
	{"cache", ",\"options\":{\"lock_non_transactional\":true}",
	 "invalid_value", "/options/lock_non_transactional"},
	{"cache", ",\"options\":{\"parallelism\":2}", "invalid_value",
	 "/options/parallelism"},
	{"db1", ",\"options\":{\"strict\":true}", "invalid_value",
	 "/options/strict"},
	{"db1", ",\"options\":{\"snapshot_hook\":\"x\"}", "invalid_value",
	 "/options/snapshot_hook"},
	{"db1", ",\"options\":{\"incremental\":true}", "invalid_value",
	 "/options/incremental"},
	{"db1", ",\"options\":{\"full_every\":3}", "invalid_value",
	 "/options/full_every"},
	{"db1", "," NAMES ",\"options\":{\"include_accounts\":true}",
	 "invalid_value", "/options/include_accounts"},
	{"db1", "," KEYS, "invalid_scope", "/scope"},
	{"db1", ",\"scope\":{\"keys\":[\"*\"]}", "invalid_scope", "/scope"},
	{"cache", "," NAMES, "invalid_scope", "/scope"},
	{"cache", ",\"scope\":{\"include\":[\"a.*\"]}", "invalid_scope",
	 "/scope"},
	{"cache", ",\"scope\":{\"exclude\":[\"a.*\"]}", "invalid_scope",
	 "/scope"},
	{"cache", ",\"method\":\"physical\"", "not_supported", "/method"},
	{"cache", ",\"method\":\"snapshot\"", "not_supported", "/method"},
	{"db1", ",\"method\":\"snapshot\"", "not_supported", "/method"},
	{"db1", ",\"options\":{\"snapshot_hook\":\"a\\u0000b\"}",
	 "invalid_value", "/options/snapshot_hook"},
	/* All of it, each once. */
	{"cache",
	 ",\"method\":\"physical\"," NAMES ",\"options\":{\"strict\":true,"
	 "\"parallelism\":99,\"speed/x\":1,\"include_accounts\":true}",
	 "invalid_value",
	 "/options/parallelism /options/speed~1x /method /scope "
	 "/options/include_accounts /options/strict"},
};

static int setup(void **state)
{
	struct shop *s = shop_open(NULL);

	*state = s;
	assert_int_equal(shop_call(s, "POST", "/v1/sources", CACHE), 201);
	return 0;
}

static int teardown(void **state)
{
	shop_close(*state);
	return 0;
}

static void ask(struct shop *s, const char *path, const char *more,
		const struct wish *w, int taken)
{
	static unsigned n;
	char body[600];

	(void)snprintf(body, sizeof(body),
		       "{\"name\":\"name%u\",\"source\":\"%s\","
		       "\"pool\":\"local\"%s%s}",
		       n++, w->source, more, w->of);
	(void)shop_call(s, "POST", path, body);
	if (w->code != NULL)
		shop_problem(s, 422, w->code, w->pointers);
	else if (s->status != taken)
		fail_msg("%s: %d %s", body, s->status, s->body.data);
}

static void test_plans(void **state)
{
	for (size_t i = 0; i < sizeof(of_both) / sizeof(of_both[0]); i++)
		ask(*state, "/v1/plans", ",\"strategy\":\"manual\"",
		    &of_both[i], 201);
}

/* One at a time: a source makes one at a time (rule 3). */
static void test_manual_backups(void **state)
{
	struct shop *s = *state;

	for (size_t i = 0; i < sizeof(of_both) / sizeof(of_both[0]); i++) {
		ask(s, "/v1/backups", "", &of_both[i], 202);
		if (of_both[i].code == NULL)
			house_wait(s->house, shop_text(s, "job_id"));
	}
}

/* Rule 7. What plans alone have is refused in words, what is none at all as
 * ever. */
static void test_increments_are_of_plans(void **state)
{
	static const struct wish one = {"db1",
					",\"options\":{\"full_every\":7}",
					"invalid_value", "/options/full_every"};

	ask(*state, "/v1/backups", "", &one, 0);
	assert_non_null(strstr((*(struct shop **)state)->body.data,
			       "manual backups are full"));
}

static void test_a_source_that_is_not_there(void **state)
{
	struct shop *s = *state;

	(void)shop_call(s, "POST", "/v1/plans",
			"{\"name\":\"a\",\"source\":\"none\",\"pool\":\"local\""
			",\"strategy\":\"manual\",\"method\":\"snapshot\","
			"\"options\":{\"strict\":true,\"parallelism\":2}}");
	shop_problem(s, 404, "not_found", "/source /method /options/strict");
}

static void change(struct shop *s, const char *body)
{
	(void)shop_call(s, "PATCH", "/v1/plans/plan1", body);
}

static void test_patch(void **state)
{
	struct shop *s = *state;

	assert_int_equal(
		shop_call(s, "POST", "/v1/plans",
			  "{\"name\":\"plan1\",\"source\":\"db1\","
			  "\"pool\":\"local\",\"strategy\":\"manual\"," NAMES
			  ",\"options\":{\"lock_non_transactional\":true}}"),
		201);
	change(s, "{\"options\":{\"strict\":true}}");
	shop_problem(s, 422, "invalid_value", "/options/strict");
	change(s, "{\"method\":\"physical\"}");
	shop_problem(s, 422, "not_supported", "/method");
	change(s, "{" KEYS "}");
	shop_problem(s, 422, "invalid_scope", "/scope");
	change(s, "{\"options\":{\"include_accounts\":true}}");
	shop_problem(s, 422, "invalid_value", "/options/include_accounts");
	change(s, "{\"source\":\"cache\"}");
	shop_problem(s, 422, "invalid_scope",
		     "/scope /options/lock_non_transactional");
	change(s, "{\"options\":{\"parallelism\":3}}");
	assert_int_equal(s->status, 200);
	change(s, "{\"source\":\"cache\",\"scope\":null,\"options\":null}");
	assert_int_equal(s->status, 200);
	/* What is shown says what is, and may be sent back. */
	assert_true(json_is_false(shop_value(s, "options/include_accounts")));
	assert_int_equal(
		json_integer_value(shop_value(s, "options/parallelism")), 1);
}

static void on_updated(void *arg, const struct plan_record *r,
		       const struct err *e)
{
	assert_null(e);
	assert_non_null(r);
	*(bool *)arg = true;
}

/* A plan from before the check. */
static void spoil(struct shop *s)
{
	static char options[] = "{\"include_accounts\":true}";
	struct plan_record p = {.options_json = options,
				.retention_days = 7,
				.grace_seconds = 60,
				.is_enabled = true};
	bool is_done = false;
	struct err e = {0};

	(void)str_copy(p.id, sizeof(p.id), shop_text(s, "id"));
	(void)str_copy(p.source_id, sizeof(p.source_id),
		       shop_text(s, "source/id"));
	(void)str_copy(p.pool_id, sizeof(p.pool_id), shop_text(s, "pool/id"));
	(void)str_copy(p.name, sizeof(p.name), "plan1");
	(void)str_copy(p.strategy, sizeof(p.strategy), "manual");
	(void)str_copy(p.method, sizeof(p.method), "logical");
	assert_non_null(catalog_plan_update(s->house->catalog, &p, 1,
					    on_updated, &is_done, &e));
	house_until(s->house, &is_done);
}

static void test_what_is_not_touched_is_no_fault(void **state)
{
	struct shop *s = *state;

	assert_int_equal(shop_call(s, "POST", "/v1/plans",
				   "{\"name\":\"plan1\",\"source\":\"cache\","
				   "\"pool\":\"local\",\"strategy\":"
				   "\"manual\"}"),
			 201);
	spoil(s);
	change(s, "{\"remarks\":\"x\"}");
	assert_int_equal(s->status, 200);
	assert_true(json_is_true(shop_value(s, "options/include_accounts")));
	change(s, "{\"options\":{\"compression_level\":1}}");
	shop_problem(s, 422, "invalid_value", "/options/include_accounts");
	change(s, "{\"source\":\"db1\"}");
	assert_int_equal(s->status, 200);
	change(s, "{\"source\":\"cache\"}");
	shop_problem(s, 422, "invalid_value", "/options/include_accounts");
	change(s, "{\"source\":\"cache\",\"options\":null}");
	assert_int_equal(s->status, 200);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plans),
		TEST(test_manual_backups),
		TEST(test_increments_are_of_plans),
		TEST(test_a_source_that_is_not_there),
		TEST(test_patch),
		TEST(test_what_is_not_touched_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
