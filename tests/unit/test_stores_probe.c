/* test_stores_probe.c - binds good, poor and broken stores. */
#include "test_stores_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/probe_int.h"

/* A bucket with room for one object, and its faults. */
struct bucket {
	struct rig *rig;
	char key[256];
	char bytes[8192];
	size_t len; /* 0: no object */
	char page[2048];
	char range[64];

	bool ignores_condition;
	bool refuses_condition; /* 501 */
	bool ignores_range;
	bool forgets_in_lists;
	bool keeps_deleted;
	bool flips_a_bit;
	const char *stalls_on;
	const char *refuses; /* a method, with 403 */
};

/* The answer to the probe. */
struct answer {
	struct rig *rig;
	bool is_done;
	bool has_caps;
	struct store_capabilities caps;
	struct err e;
};

static void answer_get(struct bucket *b, const struct fake_request *r,
		       struct fake_reply *out)
{
	char range[64];
	unsigned from, to;

	if (b->len == 0) {
		out->status = "404 x";
		out->body = "<Error><Code>NoSuchKey</Code></Error>";
		return;
	}
	out->body = b->bytes;
	out->len = b->len;
	if (fake_header(r, "range", range, sizeof(range)) == NULL ||
	    b->ignores_range)
		return;
	assert_int_equal(sscanf(range, "bytes=%u-%u", &from, &to), 2);
	snprintf(b->range, sizeof(b->range),
		 "Content-Range: bytes %u-%u/%zu\r\n", from, to, b->len);
	out->status = "206 x";
	out->headers = b->range;
	out->body = b->bytes + from;
	out->len = to - from + 1;
}

static void answer_put(struct bucket *b, const struct fake_request *r,
		       struct fake_reply *out)
{
	char value[16];
	bool is_new = fake_header(r, "if-none-match", value, sizeof(value));

	if (is_new && b->refuses_condition) {
		out->status = "501 x";
		return;
	}
	if (is_new && b->len != 0 && !b->ignores_condition) {
		out->status = "412 x";
		return;
	}
	memcpy(b->bytes, r->body, r->body_len);
	b->len = r->body_len;
	if (b->flips_a_bit)
		b->bytes[7] ^= 1;
	snprintf(b->key, sizeof(b->key), "%s", r->target + strlen("/bucket/"));
}

static void answer_list(struct bucket *b, struct fake_reply *out)
{
	if (b->forgets_in_lists) {
		out->body = "<ListBucketResult></ListBucketResult>";
		return;
	}
	snprintf(b->page, sizeof(b->page),
		 "<ListBucketResult><Contents><Key>%s</Key><Size>4096</Size>"
		 "<LastModified>2026-11-21T11:21:27Z</LastModified></Contents>"
		 "</ListBucketResult>",
		 b->key);
	out->body = b->page;
}

static void respond(void *arg, const struct fake_request *r,
		    struct fake_reply *out)
{
	struct bucket *b = arg;

	if (b->stalls_on != NULL && strcmp(r->method, b->stalls_on) == 0) {
		out->act = FAKE_STALL;
		out->is_silent = true;
	} else if (b->refuses != NULL && strcmp(r->method, b->refuses) == 0) {
		out->status = "403 x";
		out->body = "<Error><Code>AccessDenied</Code></Error>";
	} else if (strstr(r->target, "list-type=2") != NULL) {
		answer_list(b, out);
	} else if (strcmp(r->method, "GET") == 0) {
		answer_get(b, r, out);
	} else if (strcmp(r->method, "PUT") == 0) {
		answer_put(b, r, out);
	} else if (!b->keeps_deleted) {
		b->len = 0;
	}
}

static void on_done(void *arg, const struct store_capabilities *caps,
		    const struct err *e)
{
	struct answer *a = arg;

	a->is_done = true;
	a->has_caps = caps != NULL;
	assert_true((caps == NULL) == (e != NULL));
	if (caps != NULL)
		a->caps = *caps;
	if (e != NULL)
		a->e = *e;
	loop_stop(a->rig->loop);
}

/* Probes the rig's store; step_ms 0 is the default. */
static struct answer probe(struct rig *rig, unsigned step_ms)
{
	struct answer a = {.rig = rig};
	struct probe *p = probe_start(rig->loop, rig->store, on_done, &a, &a.e);

	assert_non_null(p);
	assert_false(a.is_done);
	if (step_ms != 0)
		probe_set_step_ms(p, step_ms);
	while (!a.is_done)
		rig_turn(rig, 20);
	return a;
}

static struct answer probe_bucket(struct rig *rig, struct bucket *b)
{
	struct s3_config config = rig_s3_config(rig);

	rig_use_s3(rig, &config);
	fake_s3_respond(rig->fake, respond, b);
	return probe(rig, 0);
}

static void expect_failed(const struct answer *a, enum err_code code,
			  const char *text)
{
	assert_false(a->has_caps);
	if (strstr(a->e.msg, text) == NULL || a->e.code != code)
		print_error("got %d \"%s\", wanted \"%s\"\n", (int)a->e.code,
			    a->e.msg, text);
	assert_int_equal(a->e.code, code);
	assert_string_equal(a->e.api, "pool_check_failed");
	assert_non_null(strstr(a->e.msg, text));
}

static void test_good(void **state)
{
	struct bucket b = {0};
	struct answer a = probe_bucket(*state, &b);

	assert_true(a.has_caps);
	assert_true(a.caps.conditional_put);
	assert_true(a.caps.list_after_write);
	assert_true(a.caps.ranged_get);
	assert_int_equal(a.caps.clock_skew_ms, 0);
	assert_int_equal(b.len, 0);
	assert_non_null(strstr(b.key, "pre/fix/coffer/v1/probe/prb_"));
}

/* What is missing is a capability less, no reason to refuse. */
static void test_poor(void **state)
{
	struct bucket ignores = {.ignores_condition = true};
	struct bucket refuses = {.refuses_condition = true};
	struct bucket whole = {.ignores_range = true};
	struct bucket forgets = {.forgets_in_lists = true};
	struct answer a;

	a = probe_bucket(*state, &ignores);
	assert_true(a.has_caps && !a.caps.conditional_put);
	a = probe_bucket(*state, &refuses);
	assert_true(a.has_caps && !a.caps.conditional_put);
	a = probe_bucket(*state, &whole);
	assert_true(a.has_caps && !a.caps.ranged_get);
	a = probe_bucket(*state, &forgets);
	assert_true(a.has_caps && !a.caps.list_after_write);
}

static void test_broken(void **state)
{
	struct bucket flips = {.flips_a_bit = true};
	struct bucket keeps = {.keeps_deleted = true};
	struct bucket no_put = {.refuses = "PUT"};
	struct bucket no_delete = {.refuses = "DELETE"};
	struct answer a;

	a = probe_bucket(*state, &flips);
	expect_failed(&a, ERR_DAMAGED,
		      "reading the test object: the store "
		      "gives back other bytes");
	assert_int_equal(flips.len, 0); /* cleaned up */
	a = probe_bucket(*state, &keeps);
	expect_failed(&a, ERR_REMOTE, "still there");
	a = probe_bucket(*state, &no_put);
	expect_failed(&a, ERR_DENIED, "writing a test object: PUT bucket/pre");
	a = probe_bucket(*state, &no_delete);
	expect_failed(&a, ERR_DENIED, "deleting the test object: DELETE ");
}

static void test_hanging(void **state)
{
	struct rig *rig = *state;
	struct bucket b = {.stalls_on = "GET"};
	struct s3_config config = rig_s3_config(rig);
	struct answer a;

	rig_use_s3(rig, &config);
	fake_s3_respond(rig->fake, respond, &b);
	a = probe(rig, 50);
	expect_failed(&a, ERR_TIMEOUT, "reading the test object: no answer");
	assert_int_equal(b.len, 0); /* it still takes deletes */
	b.stalls_on = "PUT";
	a = probe(rig, 50);
	expect_failed(&a, ERR_TIMEOUT, "writing a test object: no answer");
}

static void test_directory(void **state)
{
	char root[] = "/tmp/coffer-probe-XXXXXX";
	struct rig *rig = *state;
	struct answer a;

	assert_non_null(mkdtemp(root));
	rig_use_dir(rig, root);
	a = probe(rig, 0);
	assert_true(a.has_caps);
	assert_true(a.caps.conditional_put && a.caps.list_after_write &&
		    a.caps.ranged_get);
	assert_int_equal(remove(root), 0); /* nothing is left in it */
	rig_use_dir(rig, "/etc/hostname");
	a = probe(rig, 0);
	expect_failed(&a, ERR_IO, "writing a test object: the folder of");
}

static void test_cancel(void **state)
{
	struct rig *rig = *state;
	struct bucket b = {.stalls_on = "PUT"};
	struct s3_config config = rig_s3_config(rig);
	struct answer a = {.rig = rig};
	struct probe *p;

	rig_use_s3(rig, &config);
	fake_s3_respond(rig->fake, respond, &b);
	p = probe_start(rig->loop, rig->store, on_done, &a, &a.e);
	assert_non_null(p);
	rig_turn(rig, 5);
	probe_cancel(p);
	rig_turn(rig, 5);
	assert_false(a.is_done);
	probe_cancel(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_poor),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_hanging),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
