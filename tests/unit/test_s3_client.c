/* test_s3_client.c - requests, pages and tags as others than stores use them.
 */
#include "test_stores_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3/client.h"
#include "s3/fields.h"
#include "s3/pages.h"
#include "s3/request.h"
#include "s3/tags.h"
#include "s3/xml.h"

enum { VALUE_MAX = 256, KEPT_MAX = 4096 };

/* What came of a request or a page. */
struct answer {
	bool is_done;
	struct err e;
	size_t got;
	long status;
	struct s3_fields fields;
	bool are_cut;
	char keys[KEPT_MAX]; /* "key etag size\n" */
	bool is_truncated;
};

static struct s3_client *client(struct rig *rig)
{
	const struct s3_config config = rig_s3_config(rig);
	const struct s3_env env = {rig->loop, rig->transfers, rig->workers};
	struct err e = {0};
	struct s3_client *c = s3_client_new(&env, &config, &e);

	assert_non_null(c);
	return c;
}

static void on_done(void *arg, const struct s3_result *r, const struct err *e)
{
	struct answer *a = arg;
	const char *name, *value;
	size_t at = 0;

	a->is_done = true;
	a->got = r->got;
	a->status = r->status;
	a->are_cut = r->are_fields_cut;
	while (s3_fields_next(r->fields, &at, &name, &value))
		s3_fields_add(&a->fields, name, value);
	if (e != NULL)
		a->e = *e;
}

static struct answer *waited_for;

static bool is_done(struct rig *rig)
{
	(void)rig;
	return waited_for->is_done;
}

static void await(struct rig *rig, struct answer *a)
{
	waited_for = a;
	rig_turn_until(rig, is_done);
	a->is_done = false;
}

static void ask(struct rig *rig, struct s3_client *c,
		const struct s3_call *call, struct answer *a)
{
	struct err e = {0};

	assert_non_null(s3_request_start(c, call, on_done, a, &e));
	await(rig, a);
}

static void expect_header(const struct fake_request *r, const char *name,
			  const char *wanted)
{
	char value[VALUE_MAX];

	assert_non_null(fake_header(r, name, value, sizeof(value)));
	assert_string_equal(value, wanted);
}

static void test_headers_out(void **state)
{
	static const struct fake_reply replies[] = {{0}};
	static const struct s3_pair headers[] = {{"content-type", "text/x"},
						 {"x-amz-meta-b", "two words"},
						 {"x-amz-meta-a", ""}};
	const struct s3_call call = {.method = "PUT",
				     .key = "k",
				     .headers = headers,
				     .nheaders = 3,
				     .body = "x",
				     .body_len = 1};
	struct rig *rig = *state;
	struct s3_client *c = client(rig);
	struct answer a = {0};
	const struct fake_request *r;
	char auth[2 * VALUE_MAX];

	fake_s3_script(rig->fake, replies, 1);
	ask(rig, c, &call, &a);
	assert_false(err_is(&a.e));
	r = fake_s3_request(rig->fake, 0);
	assert_string_equal(r->target, "/bucket/k");
	expect_header(r, "content-type", "text/x");
	expect_header(r, "x-amz-meta-b", "two words");
	expect_header(r, "x-amz-meta-a", "");
	assert_null(strstr(r->head, "octet-stream"));
	assert_non_null(fake_header(r, "Authorization", auth, sizeof(auth)));
	assert_non_null(strstr(auth, ";x-amz-meta-a;x-amz-meta-b,"));
	s3_client_free(c);
}

static void test_broken_headers(void **state)
{
	static const struct s3_pair bad[] = {
		{"x-amz-meta-a", "b\r\nevil: 1"}, {"x y", "b"}, {"x:", "b"}};
	struct rig *rig = *state;
	struct s3_client *c = client(rig);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct s3_call call = {.method = "PUT",
					     .key = "k",
					     .headers = &bad[i],
					     .nheaders = 1};
		struct err e = {0};

		assert_null(s3_request_start(c, &call, on_done, NULL, &e));
		assert_int_equal(e.code, ERR_INVALID);
	}
	s3_client_free(c);
}

static void test_headers_in(void **state)
{
	static const struct fake_reply replies[] = {
		{.headers = "ETag: \"abc\"\r\n"
			    "X-Amz-Meta-Colour:  dark  red \r\n"
			    "x-amz-meta-none:\r\n",
		 .body = "hello"}};
	const struct s3_call call = {
		.method = "HEAD", .key = "k", .wants_fields = true};
	struct rig *rig = *state;
	struct s3_client *c = client(rig);
	struct answer a = {0};

	fake_s3_script(rig->fake, replies, 1);
	ask(rig, c, &call, &a);
	assert_false(err_is(&a.e));
	assert_string_equal(fake_s3_request(rig->fake, 0)->method, "HEAD");
	assert_string_equal(s3_fields_get(&a.fields, "etag"), "\"abc\"");
	assert_string_equal(s3_fields_get(&a.fields, "x-amz-meta-colour"),
			    "dark  red");
	assert_string_equal(s3_fields_get(&a.fields, "x-amz-meta-none"), "");
	assert_string_equal(s3_fields_get(&a.fields, "content-length"), "5");
	assert_null(s3_fields_get(&a.fields, "x-amz-meta-other"));
	assert_false(a.are_cut);
	s3_fields_fini(&a.fields);
	s3_client_free(c);
}

/* A value beyond the bound: what there is of the others is told, and that it
 * is not all. */
static void test_too_many_headers_in(void **state)
{
	struct fake_reply reply = {.body = "x"};
	char buf[1];
	const struct s3_call call = {.method = "GET",
				     .key = "k",
				     .buf = buf,
				     .cap = 1,
				     .wants_fields = true};
	struct rig *rig = *state;
	struct s3_client *c = client(rig);
	struct answer a = {0};
	struct text headers = {0};

	for (unsigned i = 0; i < 4; i++) {
		text_printf(&headers, "x-amz-meta-%u: ", i);
		for (unsigned k = 0; k < 20000; k++)
			text_char(&headers, 'v');
		text_str(&headers, "\r\n");
	}
	reply.headers = headers.data;
	fake_s3_script(rig->fake, &reply, 1);
	ask(rig, c, &call, &a);
	assert_false(err_is(&a.e));
	assert_int_equal(a.got, 1);
	assert_true(a.are_cut);
	assert_int_equal(strlen(s3_fields_get(&a.fields, "x-amz-meta-2")),
			 20000);
	assert_null(s3_fields_get(&a.fields, "x-amz-meta-3"));
	text_free(&headers);
	s3_fields_fini(&a.fields);
	s3_client_free(c);
}

static void on_page(void *arg, const struct s3_page *page, const struct err *e)
{
	struct answer *a = arg;
	size_t at = 0;

	a->is_done = true;
	a->keys[0] = '\0';
	if (e != NULL) {
		a->e = *e;
		return;
	}
	a->is_truncated = page->is_truncated;
	for (size_t i = 0; i < page->n; i++)
		at += (size_t)snprintf(
			a->keys + at, sizeof(a->keys) - at, "%s %s %llu\n",
			page->keys.data + page->entries[i].key_at,
			page->keys.data + page->entries[i].etag_at,
			(unsigned long long)page->entries[i].size_bytes);
}

static void test_pages(void **state)
{
	static const struct fake_reply replies[] = {
		{.body = "<ListBucketResult><EncodingType>url</EncodingType>"
			 "<IsTruncated>true</IsTruncated>"
			 "<NextContinuationToken>next</NextContinuationToken>"
			 "<Contents><Key>p/a%2Fb</Key><Size>5</Size>"
			 "<ETag>&quot;e1&quot;</ETag><LastModified>"
			 "2026-01-02T03:04:05.000Z</LastModified></Contents>"
			 "<Contents><ETag>e%25</ETag><Key>p/c%2F%2Fd</Key>"
			 "<Size>0</Size><LastModified>"
			 "2026-01-02T03:04:05.000Z</LastModified></Contents>"
			 "</ListBucketResult>"},
		{.body = "<ListBucketResult><Contents><Key>p/z</Key>"
			 "<Size>7</Size><LastModified>"
			 "2026-01-02T03:04:05.000Z</LastModified></Contents>"
			 "</ListBucketResult>"},
	};
	struct rig *rig = *state;
	struct s3_client *c = client(rig);
	struct s3_pages *p = s3_pages_new(c, "p");
	struct answer a = {0};
	struct err e = {0};

	fake_s3_script(rig->fake, replies, 2);
	assert_non_null(p);
	assert_true(s3_pages_next(p, 1, on_page, &a, &e));
	await(rig, &a);
	assert_string_equal(a.keys, "p/a/b \"e1\" 5\np/c//d e%25 0\n");
	assert_true(a.is_truncated);
	assert_non_null(strstr(fake_s3_request(rig->fake, 0)->target,
			       "max-keys=1&prefix=p"));
	assert_true(s3_pages_next(p, 0, on_page, &a, &e));
	await(rig, &a);
	assert_string_equal(a.keys, "p/z  7\n");
	assert_false(a.is_truncated);
	assert_non_null(strstr(fake_s3_request(rig->fake, 1)->target,
			       "continuation-token=next"));
	s3_pages_free(p);
	s3_client_free(c);
}

/* In the middle of a page: nobody is called any more. */
static void test_pages_end_early(void **state)
{
	static const struct fake_reply replies[] = {
		{.act = FAKE_STALL, .is_silent = true}};
	struct rig *rig = *state;
	struct s3_client *c = client(rig);
	struct s3_pages *p = s3_pages_new(c, "");
	struct answer a = {0};
	struct err e = {0};

	fake_s3_script(rig->fake, replies, 1);
	assert_true(s3_pages_next(p, 0, on_page, &a, &e));
	while (fake_s3_count(rig->fake) == 0)
		rig_turn(rig, 1);
	s3_pages_free(p);
	rig_turn(rig, 20);
	assert_false(a.is_done);
	s3_client_free(c);
}

static void test_tags(void **state)
{
	static const char xml[] =
		"<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value>"
		"</Tag><Tag><Key>empty</Key><Value/></Tag></TagSet></Tagging>";
	static const char *const bad[] = {
		"", "<Tagging>", "<Other/>",
		("<Tagging><TagSet><Tag><Value>x</Value></Tag></TagSet>"
		 "</Tagging>")};
	struct s3_fields tags = {0};
	struct s3_fault f = {0};
	struct text out = {0};

	(void)state;
	assert_true(s3_tags_read(&tags, xml, sizeof(xml) - 1, &f));
	assert_string_equal(s3_fields_get(&tags, "a b"), "1&2");
	assert_string_equal(s3_fields_get(&tags, "empty"), "");
	assert_true(s3_tags_encode(&out, &tags));
	assert_string_equal(out.data, "a%20b=1%262&empty=");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(s3_tags_read(&tags, bad[i], strlen(bad[i]), &f));
	assert_true(
		s3_tags_read(&tags, "<Tagging><TagSet/></Tagging>", 28, &f));
	assert_int_equal(tags.bytes.len, 0);
	s3_fields_fini(&tags);
	text_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_out),
		cmocka_unit_test(test_broken_headers),
		cmocka_unit_test(test_headers_in),
		cmocka_unit_test(test_too_many_headers_in),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_pages_end_early),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
