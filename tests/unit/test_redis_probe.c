/* test_redis_probe.c - what a server says of itself and its databases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "fake_redis.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "sources/redis/redis.h"

struct rig {
	struct loop *loop;
	struct source_env env;
	struct source_address address;
	struct fake_redis *fake;
	unsigned calls;
	struct err err;
	struct source_info info;
	struct text names;
};

static void rig_init(struct rig *r, const struct fake_redis_answer *answers)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->fake = fake_redis_start(r->loop, NULL, answers, NULL);
	r->address.host = "127.0.0.1";
	r->address.port = fake_redis_port(r->fake);
	r->address.tls = TLS_DISABLED;
	text_str(&r->names, "");
}

static void rig_fini(struct rig *r)
{
	fake_redis_stop(r->fake);
	workers_free(r->env.blocking);
	loop_free(r->loop);
	text_free(&r->names);
}

static void on_probe(void *arg, const struct source_info *info,
		     const struct err *e)
{
	struct rig *r = arg;

	r->calls++;
	r->err = *e;
	assert_int_equal(info == NULL, err_is(e));
	if (info != NULL)
		r->info = *info;
	loop_stop(r->loop);
}

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	struct rig *r = arg;

	r->calls++;
	r->err = *e;
	for (size_t i = 0; i < n; i++)
		text_printf(&r->names, "%s:%d:%d ", names[i].name,
			    (int)names[i].ntables, (int)names[i].bytes);
	loop_stop(r->loop);
}

static void probe(struct rig *r)
{
	struct err e = {0};

	assert_non_null(redis_probe(&r->env, &r->address, on_probe, r, &e));
	assert_int_equal(r->calls, 0);
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

/* As a bulk string; to be freed. */
static char *bulk(const char *s)
{
	struct text t = {0};

	text_printf(&t, "$%zu\r\n%s\r\n", strlen(s), s);
	return text_take(&t);
}

static void test_probe(void **state)
{
	static const struct {
		const char *info, *role, *want_version, *want_role;
	} cases[] = {
		{"redis_version:7.0.15\r\nrole:master\r\n",
		 "*1\r\n$6\r\nmaster\r\n", "7.0.15", "primary"},
		{"redis_version:6.0.16\r\nrole:slave\r\n", "-NOPERM no\r\n",
		 "6.0.16", "replica"},
		{"redis_version:7.2.4\r\nvalkey_version:8.0.1\r\n",
		 "*2\r\n$5\r\nslave\r\n:7\r\n", "8.0.1-Valkey", "replica"},
		{"redis_version:7.0.15\r\n", "-NOPERM no\r\n", "7.0.15", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *info = bulk(cases[i].info);
		const struct fake_redis_answer answers[] = {
			{.begins = "INFO", .says = info},
			{.begins = "ROLE", .says = cases[i].role},
			{0}};
		struct rig r;

		rig_init(&r, answers);
		probe(&r);
		assert_int_equal(r.err.code, ERR_NONE);
		assert_string_equal(r.info.version, cases[i].want_version);
		assert_string_equal(r.info.role, cases[i].want_role);
		rig_fini(&r);
		free(info);
	}
}

static void test_probe_fails(void **state)
{
	static const struct {
		const char *command, *says, *api, *words;
		enum fake_redis_then then;
	} cases[] = {
		{"ACL", "-NOAUTH Authentication required.\r\n", "access_denied",
		 "wants a password", FAKE_REDIS_GOES_ON},
		{"INFO", "-NOPERM no 'info'\r\n", "access_denied",
		 "ACL SETUSER ... +info", FAKE_REDIS_GOES_ON},
		{"INFO", NULL, "connection_failed", "closed it",
		 FAKE_REDIS_CUTS},
		{"INFO", "$28\r\nredis_version:7\r\nloading:1\r\n\r\n",
		 "source_unavailable", "is loading", FAKE_REDIS_GOES_ON},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_redis_answer answers[] = {
			{.begins = cases[i].command,
			 .says = cases[i].says,
			 .then = cases[i].then},
			{0}};
		struct rig r;

		rig_init(&r, answers);
		probe(&r);
		assert_string_equal(r.err.api, cases[i].api);
		assert_non_null(strstr(r.err.msg, cases[i].words));
		rig_fini(&r);
	}
}

static void test_probe_is_given_up(void **state)
{
	struct rig r;
	struct err e = {0};

	(void)state;
	rig_init(&r, NULL);
	source_op_cancel(redis_probe(&r.env, &r.address, on_probe, &r, &e));
	probe(&r);
	assert_string_equal(r.err.api, "connection_failed");
	rig_fini(&r);
}

static void test_names(void **state)
{
	char *info = bulk("# Keyspace\r\ndb0:keys=3,expires=0,avg_ttl=0\r\n"
			  "db12:keys=1,expires=1,avg_ttl=9\r\ndbx:1\r\n");
	const struct fake_redis_answer answers[] = {
		{.begins = "INFO keyspace", .says = info}, {0}};
	const struct source_names_query all = {NULL, true};
	const struct source_names_query one = {"12", false};
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, answers);
	assert_non_null(
		redis_names(&r.env, &r.address, &all, on_names, &r, &e));
	loop_run(r.loop);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_string_equal(r.names.data, "0:-1:-1 12:-1:-1 ");
	text_reset(&r.names);
	assert_non_null(
		redis_names(&r.env, &r.address, &one, on_names, &r, &e));
	loop_run(r.loop);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.names.len, 0);
	rig_fini(&r);
	free(info);
}

static void test_names_are_refused(void **state)
{
	static const struct fake_redis_answer answers[] = {
		{.begins = "INFO", .says = "-NOPERM no\r\n"}, {0}};
	const struct source_names_query all = {NULL, false};
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, answers);
	assert_non_null(
		redis_names(&r.env, &r.address, &all, on_names, &r, &e));
	loop_run(r.loop);
	assert_int_equal(r.err.code, ERR_DENIED);
	assert_non_null(strstr(r.err.msg, "+info"));
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_fails),
		cmocka_unit_test(test_probe_is_given_up),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
