/* test_objects_facts.c - what the index knows of an object, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/object_facts.h"

static void expect_same_fields(const struct s3_fields *a,
			       const struct s3_fields *b)
{
	const char *name, *value;
	size_t at = 0;

	assert_int_equal(a->bytes.len, b->bytes.len);
	while (s3_fields_next(a, &at, &name, &value)) {
		assert_non_null(s3_fields_get(b, name));
		assert_string_equal(s3_fields_get(b, name), value);
	}
}

static void expect_round_trip(const struct object_facts *f, struct text *json)
{
	struct object_facts got = {0};
	struct err e = {0};

	text_reset(json);
	object_facts_format(f, json);
	assert_false(json->is_broken);
	assert_true(object_facts_parse(&got, json->data, &e));
	assert_int_equal(got.size, f->size);
	assert_int_equal(got.modified_ms, f->modified_ms);
	assert_int_equal(got.etag == NULL, f->etag == NULL);
	if (f->etag != NULL)
		assert_string_equal(got.etag, f->etag);
	assert_int_equal(got.version_id == NULL, f->version_id == NULL);
	expect_same_fields(&f->headers, &got.headers);
	expect_same_fields(&f->metadata, &got.metadata);
	expect_same_fields(&f->tags, &got.tags);
	assert_int_equal(got.is_changed, f->is_changed);
	assert_int_equal(got.is_unreadable, f->is_unreadable);
	assert_int_equal(got.are_tags_unread, f->are_tags_unread);
	assert_int_equal(got.is_metadata_partial, f->is_metadata_partial);
	object_facts_fini(&got);
}

static void test_round_trips(void **state)
{
	struct object_facts f = {0};
	struct text json = {0};

	(void)state;
	expect_round_trip(&f, &json);
	assert_string_equal(json.data, "{\"size\":0,\"last_modified_ms\":0}");
	f.size = UINT64_C(5) << 40;
	f.modified_ms = -5;
	f.etag = strdup("\"abc\"");
	f.version_id = strdup("v/1+2=");
	s3_fields_add(&f.headers, "content-type", "text/plain; x=\"y\"");
	s3_fields_add(&f.metadata, "colour", "d\xc3\xbcster \\ \"");
	s3_fields_add(&f.metadata, "latin", "d\xfcster");
	s3_fields_add(&f.metadata, "empty", "");
	s3_fields_add(&f.tags, "team / a", "b=c&d");
	f.is_changed = f.are_tags_unread = true;
	expect_round_trip(&f, &json);
	assert_non_null(strstr(json.data, "\"etag\":\"\\\"abc\\\"\""));
	assert_non_null(strstr(json.data,
			       "\"metadata_base64\":{\"latin\":\"ZPxzdGVy\"}"));
	f.is_unreadable = f.is_metadata_partial = true;
	expect_round_trip(&f, &json);
	object_facts_reset(&f);
	expect_round_trip(&f, &json);
	assert_string_equal(json.data, "{\"size\":0,\"last_modified_ms\":0}");
	object_facts_fini(&f);
	text_free(&json);
}

static void test_broken_ones(void **state)
{
	static const char *const bad[] = {
		NULL,
		"",
		"[]",
		"{}",
		"{\"size\":5}",
		"{\"size\":-1,\"last_modified_ms\":0}",
		"{\"size\":\"5\",\"last_modified_ms\":0}",
		"{\"size\":5,\"last_modified_ms\":0.5}",
		"{\"size\":5,\"last_modified_ms\":0,\"etag\":5}",
		"{\"size\":5,\"last_modified_ms\":0,\"etag\":\"a\\u0000b\"}",
		"{\"size\":5,\"last_modified_ms\":0,\"tags\":[]}",
		"{\"size\":5,\"last_modified_ms\":0,\"tags\":{\"a\":5}}",
		"{\"size\":5,\"last_modified_ms\":0,"
		"\"metadata_base64\":{\"a\":\"?\"}}",
		"{\"size\":5,\"last_modified_ms\":0,"
		"\"metadata_base64\":{\"a\":\"AAAA\"}}",
	};
	struct object_facts f = {.size = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {0};

		assert_false(object_facts_parse(&f, bad[i], &e));
		assert_string_equal(e.api, "damaged_backup");
		assert_int_equal(f.size, 7);
	}
}

/* Members that a later version adds are passed over. */
static void test_unknown_members(void **state)
{
	struct object_facts f = {0};
	struct err e = {0};

	(void)state;
	assert_true(object_facts_parse(
		&f, "{\"size\":5,\"later\":[1],\"last_modified_ms\":9}", &e));
	assert_int_equal(f.size, 5);
	object_facts_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_broken_ones),
		cmocka_unit_test(test_unknown_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
