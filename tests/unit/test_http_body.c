/* JSON bodies: which are refused, and what forms say of members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "http/body.h"
#include "http/fields.h"
#include "http/merge.h"

static void test_bad_bodies(void **state)
{
	static const char *const bad[] = {
		" ",
		"{",
		"[]",
		"null",
		"1",
		"\"a\"",
		"{}x",
		"{\"a\":}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":1,}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\xed\xa0\x80\"}",
		"{\"\\u0000\":1}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":99999999999999999999}",
		"{\"a\":1e999}",
		"{\"a\":NaN}",
		"{\"a\":01}",
		"{\"a\":\"\n\"}",
		"\xef\xbb\xbf{}",
		"{\"a\":tru}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {0};
		json_t *json = body_parse(bad[i], strlen(bad[i]), &e);

		if (json != NULL)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(e.api, "malformed");
		assert_true(utf8_check(e.msg, strlen(e.msg), NULL));
	}
}

/* count times open, then close. */
static bool is_taken(const char *open, const char *close, unsigned count)
{
	struct text t = {0};
	struct err e = {0};
	json_t *json;

	for (unsigned i = 0; i < count; i++)
		text_str(&t, open);
	text_str(&t, "1");
	for (unsigned i = 0; i < count; i++)
		text_str(&t, close);
	json = body_parse(t.data, t.len, &e);
	text_free(&t);
	json_decref(json);
	return json != NULL;
}

static void test_depth(void **state)
{
	(void)state;
	assert_true(is_taken("{\"a\":", "}", BODY_DEPTH_MAX));
	assert_false(is_taken("{\"a\":", "}", BODY_DEPTH_MAX + 1));
	assert_false(is_taken("{\"a\":", "}", 10000));
	assert_false(is_taken("{\"a\":[", "]}", 10000));
	assert_false(is_taken("[", "", 100000));
}

/* Brackets in strings are none. */
static void test_depth_looks_past_strings(void **state)
{
	struct text t = {0};
	struct err e = {0};
	json_t *json;

	(void)state;
	text_str(&t, "{\"a\":\"\\\"");
	for (unsigned i = 0; i < 100; i++)
		text_str(&t, "[{");
	text_str(&t, "\"}");
	json = body_parse(t.data, t.len, &e);
	assert_non_null(json);
	json_decref(json);
	text_free(&t);
}

static json_t *parse(const char *text)
{
	struct err e = {0};
	json_t *json = body_parse(text, strlen(text), &e);

	assert_non_null(json);
	return json;
}

static void check(const struct faults *f, size_t i, const char *where,
		  const char *code)
{
	assert_true(i < f->n);
	assert_string_equal(f->list[i].where, where);
	assert_string_equal(f->list[i].code, code);
}

static void test_good_members(void **state)
{
	static const struct form_range range = {1, 9, 5};
	json_t *json = parse("{\"s\":\"x\",\"b\":true,\"i\":7,\"o\":{\"p\":"
			     "\"q\"},\"n\":null}");
	struct faults faults = {0};
	struct form f, inner;

	(void)state;
	form_init(&f, json, "", &faults);
	assert_string_equal(form_string(&f, "s", FORM_REQUIRED), "x");
	assert_true(form_bool(&f, "b", false));
	assert_int_equal(form_integer(&f, "i", &range), 7);
	assert_int_equal(form_integer(&f, "absent", &range), 5);
	assert_null(form_string(&f, "n", FORM_OPTIONAL));
	assert_true(form_has(&f, "n"));
	assert_false(form_has(&f, "m"));
	assert_true(form_open(&f, "o", FORM_REQUIRED, &inner));
	assert_string_equal(form_string(&inner, "p", FORM_REQUIRED), "q");
	form_end(&inner);
	form_end(&f);
	assert_int_equal(faults.total, 0);
	json_decref(json);
}

static void test_every_fault_is_told(void **state)
{
	static const struct form_range range = {1, 9, 5};
	json_t *json = parse("{\"s\":1,\"b\":\"true\",\"i\":1.5,\"j\":10,"
			     "\"o\":[],\"a\":{},\"n\":\"a\\u0000b\","
			     "\"in\":{\"x/y~z\":1},\"extra\":1}");
	struct faults faults = {0};
	struct form f, inner;

	(void)state;
	form_init(&f, json, "", &faults);
	assert_null(form_string(&f, "s", FORM_OPTIONAL));
	assert_false(form_bool(&f, "b", false));
	assert_int_equal(form_integer(&f, "i", &range), 5);
	assert_int_equal(form_integer(&f, "j", &range), 5);
	assert_false(form_open(&f, "o", FORM_OPTIONAL, &inner));
	assert_null(form_json(&f, "a", JSON_ARRAY, FORM_OPTIONAL));
	assert_null(form_string(&f, "n", FORM_OPTIONAL));
	assert_null(form_string(&f, "needed", FORM_REQUIRED));
	assert_true(form_open(&f, "in", FORM_REQUIRED, &inner));
	form_end(&inner);
	form_end(&f);
	assert_int_equal(faults.n, 10);
	check(&faults, 0, "/s", "invalid_type");
	check(&faults, 1, "/b", "invalid_type");
	check(&faults, 2, "/i", "invalid_type");
	check(&faults, 3, "/j", "invalid_value");
	check(&faults, 4, "/o", "invalid_type");
	check(&faults, 5, "/a", "invalid_type");
	check(&faults, 6, "/n", "invalid_value");
	check(&faults, 7, "/needed", "required");
	check(&faults, 8, "/in/x~1y~0z", "unknown_field");
	check(&faults, 9, "/extra", "unknown_field");
	faults_fini(&faults);
	json_decref(json);
}

static void test_fields(void **state)
{
	static const char *const words[] = {"one", "two", NULL};
	json_t *json = parse("{\"name\":\"1\",\"text\":\"a\\u0085b\",\"line\":"
			     "\"ok\",\"word\":\"three\",\"empty\":\"\"}");
	struct faults faults = {0};
	char name[NAME_BUF];
	struct form f;
	char *text, *line;

	(void)state;
	form_init(&f, json, "", &faults);
	field_name(&f, name);
	assert_string_equal(name, "");
	field_text(&f, "text", 10, &text);
	assert_null(text);
	field_text(&f, "line", 2, &line);
	assert_string_equal(line, "ok");
	free(line);
	assert_string_equal(field_word(&f, "word", words, "one"), "one");
	assert_null(field_setting(&f, "empty", FORM_REQUIRED));
	form_end(&f);
	assert_int_equal(faults.n, 4);
	check(&faults, 0, "/name", "invalid_name");
	check(&faults, 1, "/text", "invalid_value");
	check(&faults, 2, "/word", "invalid_value");
	check(&faults, 3, "/empty", "invalid_value");
	faults_fini(&faults);
	json_decref(json);
}

static void test_secrets(void **state)
{
	static const struct {
		const char *json;
		bool has;
		enum secret_change change;
		const char *code;
	} cases[] = {
		{"{}", true, SECRET_NONE, NULL},
		{"{\"p\":null}", true, SECRET_NONE, NULL},
		{"{\"p\":\"x\"}", false, SECRET_NEW, NULL},
		{"{\"p\":{\"set\":true}}", true, SECRET_KEEP, NULL},
		{"{\"p\":{\"set\":true}}", false, SECRET_NONE, "invalid_value"},
		{"{\"p\":{\"set\":false}}", true, SECRET_NONE, "invalid_type"},
		{"{\"p\":{\"set\":true,\"a\":1}}", true, SECRET_NONE,
		 "invalid_type"},
		{"{\"p\":{\"secret\":\"N\"}}", false, SECRET_NEW, NULL},
		{"{\"p\":{\"secret\":\"../N\"}}", false, SECRET_NONE,
		 "invalid_value"},
		{"{\"p\":5}", true, SECRET_NONE, "invalid_type"},
		{"{\"p\":\"a\\u0000\"}", true, SECRET_NONE, "invalid_value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = parse(cases[i].json);
		struct faults faults = {0};
		struct form f;
		const char *value;

		form_init(&f, json, "", &faults);
		assert_int_equal(field_secret(&f, "p", cases[i].has, &value),
				 cases[i].change);
		form_end(&f);
		assert_int_equal(faults.n, cases[i].code != NULL);
		if (cases[i].code != NULL)
			check(&faults, 0, "/p", cases[i].code);
		faults_fini(&faults);
		json_decref(json);
	}
}

/* The examples of RFC 7396, appendix A, whose target is an object. */
static void test_merge(void **state)
{
	static const char *const cases[][3] = {
		{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
		{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
		{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
		{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
		 "{\"a\":{\"b\":\"d\"}}"},
		{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
		{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
		{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}",
		 "{\"a\":{\"bb\":{}}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *base = parse(cases[i][0]);
		json_t *patch = parse(cases[i][1]);
		json_t *wanted = parse(cases[i][2]);

		assert_true(merge_apply(base, patch));
		assert_true(json_equal(base, wanted));
		json_decref(base);
		json_decref(patch);
		json_decref(wanted);
	}
}

static void test_echoes_are_dropped(void **state)
{
	json_t *shown = parse("{\"id\":\"a\",\"n\":1,\"o\":{\"x\":true}}");
	json_t *patch = parse("{\"id\":\"a\",\"n\":2,\"o\":{\"x\":true}}");
	json_t *wanted = parse("{\"n\":2}");

	(void)state;
	merge_drop_echoes(patch, shown);
	assert_true(json_equal(patch, wanted));
	json_decref(shown);
	json_decref(patch);
	json_decref(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_bodies),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_looks_past_strings),
		cmocka_unit_test(test_good_members),
		cmocka_unit_test(test_every_fault_is_told),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_echoes_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
