/* test_catalog_replies.c - Idempotency-Key: claimed once, answered again. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/replies.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

static struct {
	bool is_known;
	int status;
	char headers[200], body[200];
} got;

static void on_reply(void *arg, const struct reply_record *rec,
		     const struct err *e)
{
	got.is_known = rec != NULL;
	if (rec != NULL) {
		got.status = rec->status;
		(void)str_copy(got.headers, 200, rec->headers_json);
		(void)str_copy(got.body, 200, rec->body);
	}
	rig_on_done(arg, e);
}

static bool claim(struct rig *r, const char *token, const char *key,
		  const char *hash)
{
	const struct reply_record rec = {
		.token_id = token, .key = key, .request_hash = hash};
	struct err e = {0};

	memset(&got, 0, sizeof(got));
	return rig_wait(r,
			catalog_reply_claim(r->catalog, &rec, on_reply, r, &e));
}

static void keep(struct rig *r, const char *key, int status, const char *body)
{
	const struct reply_record rec = {.token_id = "tok_a",
					 .key = key,
					 .request_hash = "h1",
					 .status = status,
					 .headers_json =
						 "{\"Location\":\"/x\"}",
					 .body = body};
	struct err e = {0};

	assert_true(rig_wait(
		r, catalog_reply_keep(r->catalog, &rec, rig_on_done, r, &e)));
}

static void test_first_reply_again(void **state)
{
	struct rig *r = *state;

	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_false(got.is_known);
	keep(r, "k1", 202, "{\"id\":1}");
	for (int i = 0; i < 2; i++) {
		assert_true(claim(r, "tok_a", "k1", "h1"));
		assert_true(got.is_known);
		assert_int_equal(got.status, 202);
		assert_string_equal(got.headers, "{\"Location\":\"/x\"}");
		assert_string_equal(got.body, "{\"id\":1}");
	}
	/* A late report does not change what was answered. */
	keep(r, "k1", 409, "{}");
	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_int_equal(got.status, 202);
}

static void test_keys_are_their_tokens(void **state)
{
	struct rig *r = *state;

	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_true(claim(r, "tok_b", "k1", "h1"));
	assert_false(got.is_known);
}

static void test_other_request(void **state)
{
	struct rig *r = *state;

	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_false(claim(r, "tok_a", "k1", "h2"));
	rig_refused(r, ERR_INVALID, "idempotency_key_reused");
	keep(r, "k1", 201, "{}");
	assert_false(claim(r, "tok_a", "k1", "h2"));
	rig_refused(r, ERR_INVALID, "idempotency_key_reused");
}

static void test_under_way(void **state)
{
	struct rig *r = *state;

	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_false(claim(r, "tok_a", "k1", "h1"));
	rig_refused(r, ERR_CONFLICT, "request_in_progress");
}

/* A fault of the server's, or one that never began, may be tried again. */
static void test_given_back(void **state)
{
	struct rig *r = *state;
	char *longer = calloc(1, REPLY_BODY_MAX + 2);

	memset(longer, 'x', REPLY_BODY_MAX + 1);
	assert_true(claim(r, "tok_a", "k1", "h1"));
	keep(r, "k1", 503, "{}");
	assert_true(claim(r, "tok_a", "k1", "h2"));
	assert_false(got.is_known);
	keep(r, "k1", 0, NULL);
	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_false(got.is_known);
	keep(r, "k1", 200, longer);
	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_false(got.is_known);
	free(longer);
}

static void test_a_day_later(void **state)
{
	struct rig *r = *state;

	assert_true(claim(r, "tok_a", "k1", "h1"));
	keep(r, "k1", 201, "{}");
	rig_close(r);
	rig_sql(r, "UPDATE replies SET created_at = created_at - 86390000");
	rig_open(r);
	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_true(got.is_known);
	rig_close(r);
	rig_sql(r, "UPDATE replies SET created_at = created_at - 10001");
	rig_open(r);
	assert_true(claim(r, "tok_a", "k1", "h2"));
	assert_false(got.is_known);
	rig_close(r);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM replies"), 1);
	rig_open(r);
}

/* After a crash nobody answers what was under way; what was answered stays. */
static void test_rule30_crash(void **state)
{
	struct rig *r = *state;

	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_true(claim(r, "tok_a", "k2", "h1"));
	keep(r, "k2", 201, "{}");
	assert_true(rig_recover(r));
	assert_true(claim(r, "tok_a", "k1", "h1"));
	assert_false(got.is_known);
	assert_true(claim(r, "tok_a", "k2", "h1"));
	assert_true(got.is_known);
}

#define RIGGED(t) cmocka_unit_test_setup_teardown(t, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_first_reply_again),
		RIGGED(test_keys_are_their_tokens),
		RIGGED(test_other_request),
		RIGGED(test_under_way),
		RIGGED(test_given_back),
		RIGGED(test_a_day_later),
		RIGGED(test_rule30_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
