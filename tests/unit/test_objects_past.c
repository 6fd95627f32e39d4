/*
 * test_objects_past.c - what of a listing is unchanged since a base: only what
 * is surely so, whatever either of the two tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/text.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "s3/fields.h"
#include "sources/objects/heads.h"
#include "sources/objects/past.h"
#include "sources/tree_base.h"

#define FACTS "{\"size\":5,\"etag\":\"\\\"e\\\"\",\"last_modified_ms\":1000"
#define PLAIN FACTS "}"

enum { ITEMS_MAX = 300 };

struct told {
	const char *key, *facts, *type;
	bool is_sparse;
};

struct fake {
	struct tree_base base; /* first */
	struct told items[ITEMS_MAX];
	size_t n, at;
	size_t fails_at; /* 0: never */
	bool carry_fails;
	unsigned ncarried;
	bool *was_destroyed;
};

struct rig {
	struct loop *loop;
	struct workers *workers;
	struct fake *fake;
	struct past *past;
	bool was_destroyed;
	bool is_done;
	struct err err;
	char found[ITEMS_MAX + 1]; /* '=' or '!' of each */
	size_t nfound;
};

static struct fake *fake_of(struct tree_base *b)
{
	return (struct fake *)(void *)b;
}

static int next(struct tree_base *b, struct tree_base_item *item, struct err *e)
{
	struct fake *f = fake_of(b);
	const struct told *t = &f->items[f->at];

	if (f->fails_at > 0 && f->at == f->fails_at) {
		(void)err_set(e, ERR_IO, "internal", "no");
		return -1;
	}
	if (f->at == f->n)
		return 0;
	f->at++;
	*item = (struct tree_base_item){
		.type = t->type != NULL ? t->type : "object",
		.path = t->key,
		.facts = t->facts != NULL ? t->facts : PLAIN,
		.rows = 1,
		.is_sparse = t->is_sparse,
	};
	return 1;
}

static char *carry(struct tree_base *b, const char *facts, struct err *e)
{
	struct fake *f = fake_of(b);

	assert_null(facts);
	if (f->carry_fails) {
		(void)err_nomem(e, "a line");
		return NULL;
	}
	f->ncarried++;
	return strdup(f->items[f->at - 1].key);
}

static void destroy(struct tree_base *b)
{
	*fake_of(b)->was_destroyed = true;
	free(b);
}

static int setup(void **state)
{
	static const struct tree_base_ops ops = {next, carry, destroy};
	struct rig *r = calloc(1, sizeof(*r));
	struct err e = {0};

	r->loop = loop_new(&e);
	r->workers = workers_new(r->loop, "test", 1, &e);
	r->fake = calloc(1, sizeof(*r->fake));
	r->fake->base.ops = &ops;
	r->fake->base.refs = 1;
	r->fake->was_destroyed = &r->was_destroyed;
	r->past = past_new(r->workers, &r->fake->base);
	assert_non_null(r->past);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	past_free(r->past);
	tree_base_unref(&r->fake->base);
	workers_free(r->workers);
	assert_true(r->was_destroyed);
	loop_free(r->loop);
	free(r);
	return 0;
}

static void base_has(struct rig *r, struct told t)
{
	assert_true(r->fake->n < ITEMS_MAX);
	r->fake->items[r->fake->n++] = t;
}

static void add(struct rig *r, const char *key)
{
	const struct past_object o = {key, "\"e\"", 5, 1000};

	assert_true(past_add(r->past, &o));
}

static void on_done(void *arg, const struct err *e)
{
	struct rig *r = arg;

	assert_false(past_is_busy(r->past));
	r->is_done = true;
	if (e != NULL)
		r->err = *e;
	loop_stop(r->loop);
}

/* Asks, and takes n answers. */
static void ask(struct rig *r, size_t n)
{
	past_ask(r->past, on_done, r);
	assert_true(past_is_busy(r->past));
	assert_false(r->is_done);
	loop_run(r->loop);
	assert_true(r->is_done);
	r->is_done = false;
	for (size_t i = 0; i < n; i++) {
		char *line = past_take(r->past);

		r->found[r->nfound++] = line != NULL ? '=' : '!';
		free(line);
	}
}

static void test_side_by_side(void **state)
{
	struct rig *r = *state;

	base_has(r, (struct told){.key = "b"});
	base_has(r, (struct told){.key = "c/"});
	base_has(r, (struct told){.key = "c/d"});
	base_has(r, (struct told){.key = "gone"});
	base_has(r, (struct told){.key = "\xc3\xa4"});
	add(r, "a");
	add(r, "b");
	add(r, "c");
	add(r, "c/");
	ask(r, 4);
	add(r, "c/d");
	add(r, "z");
	add(r, "\xc3\xa4");
	add(r, "\xef\xbf\xbd");
	ask(r, 4);
	assert_string_equal(r->found, "!=!==!=!");
	assert_int_equal(r->fake->ncarried, 4);
	assert_false(err_is(&r->err));
	assert_false(past_has_failed(r->past));
}

static void test_what_differs(void **state)
{
	static const struct past_object now[] = {
		{"k", "\"e\"", 5, 1000},   {"k", "e", 5, 1000},
		{"k", "\"f\"", 5, 1000},   {"k", "\"e\"", 6, 1000},
		{"k", "\"e\"", 5, 1001},   {"k", NULL, 5, 1000},
		{"k", "W/\"e\"", 5, 1000},
	};
	static const char wanted[] = "==!!!!!";

	for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
		struct rig *r;

		if (i > 0)
			(void)setup(state);
		r = *state;
		base_has(r, (struct told){.key = "k"});
		assert_true(past_add(r->past, &now[i]));
		ask(r, 1);
		assert_int_equal(r->found[0], wanted[i]);
		if (i + 1 < sizeof(now) / sizeof(now[0]))
			(void)teardown(state);
	}
}

static void test_what_is_no_base(void **state)
{
	struct rig *r = *state;
	static const struct told bad[] = {
		{.key = "a", .facts = FACTS ",\"recent\":true}"},
		{.key = "b", .facts = FACTS ",\"changed\":true}"},
		{.key = "c", .facts = FACTS ",\"unreadable\":true}"},
		{.key = "d", .facts = FACTS ",\"tags_unread\":true}"},
		{.key = "e", .facts = FACTS ",\"metadata_partial\":true}"},
		{.key = "f", .type = "superseded"},
		{.key = "g", .type = "file"},
		{.key = "h", .is_sparse = true},
		{.key = "i", .facts = "{}"},
		{.key = "j", .facts = "no json"},
		{.key = "k", .facts = "{\"size\":5,\"last_modified_ms\":1000}"},
	};
	size_t n = sizeof(bad) / sizeof(bad[0]);

	for (size_t i = 0; i < n; i++) {
		base_has(r, bad[i]);
		add(r, bad[i].key);
	}
	base_has(r, (struct told){.key = "z"});
	add(r, "z");
	ask(r, n + 1);
	assert_string_equal(r->found, "!!!!!!!!!!!=");
}

/* A time that is not told is none that could be the same. */
static void test_without_a_time(void **state)
{
	const struct past_object now = {"k", "\"e\"", 5, 0};
	struct rig *r = *state;

	base_has(r, (struct told){.key = "k",
				  .facts = "{\"size\":5,\"etag\":\"\\\"e\\\"\","
					   "\"last_modified_ms\":0}"});
	assert_true(past_add(r->past, &now));
	ask(r, 1);
	assert_string_equal(r->found, "!");
}

static void test_out_of_order(void **state)
{
	struct rig *r = *state;

	base_has(r, (struct told){.key = "b"});
	base_has(r, (struct told){.key = "a"});
	base_has(r, (struct told){.key = "b"});
	base_has(r, (struct told){.key = "c"});
	base_has(r, (struct told){.key = "x"});
	add(r, "b");
	/* Listed twice: only one of them is carried over. */
	add(r, "b");
	add(r, "c");
	/* Nothing is looked for behind what it has passed. */
	add(r, "a");
	add(r, "x");
	ask(r, 5);
	assert_string_equal(r->found, "=!=!=");
}

static void test_a_base_that_fails(void **state)
{
	struct rig *r = *state;

	base_has(r, (struct told){.key = "a"});
	base_has(r, (struct told){.key = "b"});
	base_has(r, (struct told){.key = "c"});
	r->fake->fails_at = 2;
	add(r, "a");
	add(r, "b");
	add(r, "c");
	ask(r, 3);
	assert_string_equal(r->found, "==!");
	assert_false(err_is(&r->err));
	assert_true(past_has_failed(r->past));
	assert_false(past_has_failed(r->past));
	add(r, "d");
	ask(r, 1);
	assert_false(past_has_failed(r->past));
}

static void test_no_memory_for_a_line(void **state)
{
	struct rig *r = *state;

	base_has(r, (struct told){.key = "a"});
	r->fake->carry_fails = true;
	add(r, "a");
	ask(r, 1);
	assert_string_equal(r->found, "!");
	assert_int_equal(r->err.code, ERR_NOMEM);
}

static void test_as_many_as_fit(void **state)
{
	struct rig *r = *state;
	const struct past_object more = {"z", "\"e\"", 5, 1000};
	char keys[PAST_ASKED_MAX][32];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PAST_ASKED_MAX; i++) {
			(void)snprintf(keys[i], sizeof(keys[i]), "%d%03d",
				       round, i);
			add(r, keys[i]);
		}
		assert_false(past_add(r->past, &more));
		ask(r, PAST_ASKED_MAX);
	}
	assert_null(strchr(r->found, '='));
}

/* In the middle of an asking: the base is let go when the worker is. */
static void test_freed_at_any_moment(void **state)
{
	struct rig *r = *state;

	base_has(r, (struct told){.key = "a"});
	add(r, "a");
	past_ask(r->past, on_done, r);
	past_free(r->past);
	r->past = past_new(r->workers, &r->fake->base);
	add(r, "a");
	add(r, "b");
	ask(r, 1);
	past_free(r->past);
	r->past = NULL;
	past_free(NULL);
}

static void test_recent(void **state)
{
	static const struct {
		const char *date, *modified;
		bool is_recent;
	} all[] = {
		{"Fri, 02 Jan 2026 03:04:08 GMT",
		 "Fri, 02 Jan 2026 03:04:05 GMT", false},
		{"Fri, 02 Jan 2026 03:04:07 GMT",
		 "Fri, 02 Jan 2026 03:04:05 GMT", true},
		{"Fri, 02 Jan 2026 03:04:05 GMT",
		 "Fri, 02 Jan 2026 03:04:08 GMT", true},
		{NULL, "Fri, 02 Jan 2026 03:04:05 GMT", true},
		{"Fri, 02 Jan 2026 03:04:08 GMT", NULL, true},
		{"yesterday", "Fri, 02 Jan 2026 03:04:05 GMT", true},
		{"Fri, 02 Jan 2026 03:04:08 GMT", "long ago", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct s3_fields f = {0};

		if (all[i].date != NULL)
			s3_fields_add(&f, "date", all[i].date);
		if (all[i].modified != NULL)
			s3_fields_add(&f, "last-modified", all[i].modified);
		assert_int_equal(heads_is_recent(&f), all[i].is_recent);
		s3_fields_fini(&f);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_side_by_side),	 TEST(test_what_differs),
		TEST(test_what_is_no_base),	 TEST(test_without_a_time),
		TEST(test_out_of_order),	 TEST(test_a_base_that_fails),
		TEST(test_no_memory_for_a_line), TEST(test_as_many_as_fit),
		TEST(test_freed_at_any_moment),	 cmocka_unit_test(test_recent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
