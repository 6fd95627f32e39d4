/* test_jobs_provision.c - answers of provisioners, before they are believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobs/instances/provision.h"

static json_t *json(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

static void lied(const struct err *e, const char *word)
{
	assert_int_equal(e->code, ERR_REMOTE);
	assert_string_equal(e->api, "provisioner_failed");
	assert_non_null(strstr(e->msg, "provisioner \"p\""));
	if (strstr(e->msg, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, e->msg);
}

static void test_describe(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{"{}", "contract"},
		{"{\"contract\":\"1\",\"engines\":[]}", "contract"},
		{"{\"contract\":2,\"engines\":[]}", "contract"},
		{"{\"contract\":1}", "engines"},
		{"{\"contract\":1,\"engines\":{}}", "engines"},
		{"{\"contract\":1,\"engines\":[7]}", "engine"},
		{"{\"contract\":1,\"engines\":[{\"engine\":\"\","
		 "\"versions\":[],\"methods\":[]}]}",
		 "engine"},
		{"{\"contract\":1,\"engines\":[{\"engine\":\"mysql\","
		 "\"versions\":[10],\"methods\":[]}]}",
		 "versions"},
		{"{\"contract\":1,\"engines\":[{\"engine\":\"mysql\","
		 "\"versions\":[],\"methods\":\"logical\"}]}",
		 "methods"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *answer = json(bad[i].text), *engines;
		const char *description;
		struct err e = {0};

		assert_false(provision_described("p", answer, &description,
						 &engines, &e));
		lied(&e, bad[i].word);
		json_decref(answer);
	}
}

static bool suits(const char *version, const char *method, struct err *e)
{
	json_t *answer = json(
		"{\"contract\":1,\"description\":\"here\",\"engines\":["
		"{\"engine\":\"mysql\",\"versions\":[\"10.11.19-MariaDB\"],"
		"\"methods\":[\"logical\",\"physical\"]},"
		"{\"engine\":\"redis\",\"versions\":[\"7.0.15\"],"
		"\"methods\":[\"logical\"]}]}");
	const bool is_redis = version[0] == 'r';
	const struct provision_need need = {
		.engine = is_redis ? "redis" : "mysql",
		.version = version + is_redis,
		.method = method,
	};
	const char *description;
	json_t *engines;
	bool ok;

	memset(e, 0, sizeof(*e));
	assert_true(
		provision_described("p", answer, &description, &engines, e));
	assert_string_equal(description, "here");
	ok = provision_suits("p", answer, &need, e);
	json_decref(answer);
	return ok;
}

static void test_versions_that_suit(void **state)
{
	struct err e;

	(void)state;
	assert_true(suits("10.11.19-MariaDB-log", "logical", &e));
	assert_true(suits("10.6.1-MariaDB", "logical", &e));
	assert_false(suits("11.4.1-MariaDB", "logical", &e));
	assert_string_equal(e.api, "target_incompatible");
	assert_non_null(strstr(e.msg, "mysql 10.11.19-MariaDB by logical, "
				      "physical; redis 7.0.15 by logical"));
	assert_false(suits("9.7.0", "logical", &e));
	assert_true(suits("10.11.2-MariaDB", "physical", &e));
	assert_false(suits("10.6.1-MariaDB", "physical", &e));
	assert_false(suits("10.11.19-MariaDB", "snapshot", &e));
	assert_true(suits("r7.0.15", "logical", &e));
	assert_true(suits("r6.2.1", "logical", &e));
	assert_false(suits("r7.2.4", "logical", &e));
	assert_false(suits("r7.0.15", "physical", &e));
}

static bool prepared(const char *text, const char *engine, const char *method,
		     char directory[64], struct err *e)
{
	const struct provision_need need = {engine, "1", method};
	json_t *answer = json(text);
	const char *found = NULL;
	bool ok;

	memset(e, 0, sizeof(*e));
	ok = provision_prepared("p", answer, &need, &found, e);
	directory[0] = '\0';
	if (ok && found != NULL)
		(void)strncat(directory, found, 63);
	json_decref(answer);
	return ok;
}

static void test_prepare(void **state)
{
	static const char folder[] =
		"{\"wants\":\"data_dir\",\"data_dir\":\"/x/y\"}";
	static const char link[] = "{\"wants\":\"connection\"}";
	char directory[64];
	struct err e;

	(void)state;
	assert_true(prepared(folder, "mysql", "physical", directory, &e));
	assert_string_equal(directory, "/x/y");
	assert_true(prepared(folder, "redis", "logical", directory, &e));
	assert_true(prepared(link, "mysql", "logical", directory, &e));
	assert_string_equal(directory, "");
	assert_false(prepared(folder, "mysql", "logical", directory, &e));
	lied(&e, "files");
	assert_false(prepared(link, "mysql", "snapshot", directory, &e));
	lied(&e, "connection");
	assert_false(prepared("{}", "mysql", "logical", directory, &e));
	lied(&e, "wants");
	assert_false(prepared("{\"wants\":\"data_dir\",\"data_dir\":\"x\"}",
			      "mysql", "physical", directory, &e));
	lied(&e, "data_dir");
	assert_false(prepared("{\"wants\":\"data_dir\",\"data_dir\":"
			      "\"/x\\ny\"}",
			      "mysql", "physical", directory, &e));
	lied(&e, "data_dir");
}

static bool started(const char *text, struct provision_place *place,
		    struct err *e)
{
	json_t *answer = json(text);
	bool ok;

	memset(e, 0, sizeof(*e));
	ok = provision_started("p", answer, place, e);
	json_decref(answer);
	return ok;
}

static void test_start(void **state)
{
	struct provision_place place;
	struct err e;

	(void)state;
	assert_true(started("{\"version\":\"7.0.15\",\"connection\":{"
			    "\"host\":\"127.0.0.1\",\"port\":6400,"
			    "\"socket\":\"/s\",\"user\":\"admin\","
			    "\"password\":\"p w\"}}",
			    &place, &e));
	assert_string_equal(place.version, "7.0.15");
	assert_string_equal(place.secret, "p w");
	assert_string_equal(place.connection_json,
			    "{\"host\":\"127.0.0.1\",\"port\":6400,"
			    "\"socket\":null,\"user\":\"admin\","
			    "\"tls\":\"preferred\",\"ca_file\":null}");
	assert_null(strstr(place.connection_json, "p w"));
	provision_place_fini(&place);
	assert_true(started("{\"version\":\"1\",\"connection\":{"
			    "\"socket\":\"/s\",\"password\":null}}",
			    &place, &e));
	assert_null(place.secret);
	assert_non_null(strstr(place.connection_json, "\"socket\":\"/s\""));
	provision_place_fini(&place);
}

static void test_start_that_lies(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{"{}", "version"},
		{"{\"version\":\"1\"}", "connection"},
		{"{\"version\":5,\"connection\":{\"socket\":\"/s\"}}",
		 "version"},
		{"{\"version\":\"1\",\"connection\":{\"host\":\"a\"}}", "port"},
		{"{\"version\":\"1\",\"connection\":{\"host\":\"a\","
		 "\"port\":70000}}",
		 "port"},
		{"{\"version\":\"1\",\"connection\":{\"host\":\"a\\nb\","
		 "\"port\":7}}",
		 "host"},
		{"{\"version\":\"1\",\"connection\":{\"socket\":\"s\"}}",
		 "socket"},
		{"{\"version\":\"1\",\"connection\":{\"socket\":\"/s\","
		 "\"password\":5}}",
		 "password"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct provision_place place;
		struct err e;

		assert_false(started(bad[i].text, &place, &e));
		lied(&e, bad[i].word);
	}
}

static void test_destroy(void **state)
{
	json_t *good = json("{\"state\":\"absent\"}");
	json_t *bad = json("{\"state\":\"running\"}");
	struct err e = {0};

	(void)state;
	assert_true(provision_destroyed("p", good, &e));
	assert_false(provision_destroyed("p", bad, &e));
	lied(&e, "absent");
	json_decref(good);
	json_decref(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_versions_that_suit),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_that_lies),
		cmocka_unit_test(test_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
