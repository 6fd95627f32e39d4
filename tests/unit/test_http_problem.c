/* Failures as problem documents; faults gathered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/faults.h"
#include "http/problem.h"

static int status_of(enum err_code code, const char *api)
{
	struct err e = {0};

	(void)err_set(&e, code, api, "x");
	return problem_status(&e);
}

static void test_status_by_code(void **state)
{
	(void)state;
	assert_int_equal(status_of(ERR_INVALID, "invalid_name"), 422);
	assert_int_equal(status_of(ERR_INVALID, "unknown_field"), 400);
	assert_int_equal(status_of(ERR_INVALID, "malformed"), 400);
	assert_int_equal(status_of(ERR_INVALID, "invalid_cursor"), 400);
	assert_int_equal(status_of(ERR_CONFLICT, "name_taken"), 409);
	assert_int_equal(status_of(ERR_CONFLICT, "revision_changed"), 412);
	assert_int_equal(status_of(ERR_NOT_FOUND, "not_found"), 404);
	assert_int_equal(status_of(ERR_REMOTE, "pool_check_failed"), 422);
	assert_int_equal(status_of(ERR_CONNECT, "source_check_failed"), 422);
	assert_int_equal(status_of(ERR_DENIED, "unauthorized"), 401);
	assert_int_equal(status_of(ERR_DENIED, "too_many_requests"), 429);
}

/* Codes that the table does not know go by what the caller can do. */
static void test_status_by_kind(void **state)
{
	(void)state;
	assert_int_equal(status_of(ERR_INVALID, "new_code"), 422);
	assert_int_equal(status_of(ERR_CONFLICT, "new_code"), 409);
	assert_int_equal(status_of(ERR_NOT_FOUND, "new_code"), 404);
	assert_int_equal(status_of(ERR_DAMAGED, "new_code"), 409);
	assert_int_equal(status_of(ERR_NOMEM, "internal"), 503);
	assert_int_equal(status_of(ERR_CONNECT, "new_code"), 503);
	assert_int_equal(status_of(ERR_TIMEOUT, "new_code"), 503);
	assert_int_equal(status_of(ERR_IO, "internal"), 500);
	assert_int_equal(status_of(ERR_BUG, "internal"), 500);
}

static void test_document(void **state)
{
	struct problem p = {.status = 422,
			    .code = "invalid_name",
			    .detail = "too short",
			    .request_id = "req_1"};
	json_t *json = problem_json(&p);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "type")),
			    "/problems/invalid-name");
	assert_string_equal(json_string_value(json_object_get(json, "title")),
			    "Invalid name");
	assert_int_equal(json_integer_value(json_object_get(json, "status")),
			 422);
	assert_string_equal(json_string_value(json_object_get(json, "detail")),
			    "too short");
	assert_true(json_is_array(json_object_get(json, "errors")));
	json_decref(json);
}

static void test_faults(void **state)
{
	struct faults f = {0};
	const json_t *one;
	json_t *json;

	(void)state;
	faults_add(&f, "/nmae", "unknown_field", "there is no %s", "nmae");
	faults_add(&f, "limit", "invalid_parameter", "bad");
	assert_string_equal(faults_first(&f)->code, "unknown_field");
	faults_add(&f, "/name", "required", "missing");
	assert_string_equal(faults_first(&f)->code, "required");
	json = faults_json(&f);
	assert_int_equal(json_array_size(json), 3);
	one = json_array_get(json, 0);
	assert_string_equal(json_string_value(json_object_get(one, "pointer")),
			    "/nmae");
	assert_string_equal(json_string_value(json_object_get(one, "detail")),
			    "there is no nmae");
	one = json_array_get(json, 1);
	assert_string_equal(
		json_string_value(json_object_get(one, "parameter")), "limit");
	assert_null(json_object_get(one, "pointer"));
	json_decref(json);
	faults_fini(&f);
}

/* Bounded, and never half a character. */
static void test_many_and_long_faults(void **state)
{
	struct faults f = {0};
	char name[3 * FAULT_WHERE_MAX + 1];
	json_t *json;

	(void)state;
	for (unsigned i = 0; i < FAULT_WHERE_MAX; i++)
		memcpy(name + 3 * i, "\xe6\x97\xa5", 3);
	name[sizeof(name) - 1] = '\0';
	name[0] = '/';
	for (unsigned i = 0; i < 2 * FAULTS_MAX; i++)
		faults_add(&f, name, "unknown_field", "%s%s", name, name);
	assert_int_equal(f.n, FAULTS_MAX);
	assert_int_equal(f.total, 2 * FAULTS_MAX);
	json = faults_json(&f);
	assert_non_null(json);
	json_decref(json);
	faults_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_by_code),
		cmocka_unit_test(test_status_by_kind),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_many_and_long_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
