/* test_catalog_calls.c - calls: canceled, closed upon, and in order. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/text.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

static void on_never(void *arg, const struct source_record *s,
		     const struct err *e)
{
	(void)arg;
	(void)s;
	(void)e;
	fail_msg("a canceled call was answered");
}

static struct catalog_op *create(struct rig *r, const char *name,
				 catalog_source_cb *done)
{
	struct source_record s = {.engine = "mysql"};
	struct err e = {0};
	struct catalog_op *op;

	(void)str_copy(s.name, NAME_BUF, name);
	op = catalog_source_create(r->catalog, &s, done, r, &e);
	assert_non_null(op);
	return op;
}

static void test_cancel_at_once(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 200; i++)
		catalog_cancel(create(r, "canceled", on_never));
	catalog_cancel(NULL);
	assert_true(rig_create_source(r, "after"));
	assert_true(rig_count(r));
	/* It may have happened, but once at most. */
	assert_in_range(r->a.usage.sources, 1, 2);
}

static void stop_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_stop(arg);
}

/* Whether it has run or not by then, nothing of it is heard. */
static void test_cancel_later(void **state)
{
	struct rig *r = *state;
	struct event *timer =
		event_new(loop_base(r->loop), -1, 0, stop_soon, r->loop);
	struct timeval wait = {.tv_usec = 0};
	struct catalog_op *op;

	for (int i = 0; i < 30; i++) {
		op = create(r, "canceled", on_never);
		(void)usleep((useconds_t)i * 100);
		catalog_cancel(op);
		(void)event_add(timer, &wait);
		loop_run(r->loop);
	}
	event_free(timer);
	assert_true(rig_create_source(r, "after"));
}

struct chain {
	struct rig *rig;
	struct catalog_op *next;
	int answers;
};

static void on_first(void *arg, const struct source_record *s,
		     const struct err *e)
{
	struct chain *chain = arg;

	(void)s;
	assert_null(e);
	chain->answers++;
	catalog_cancel(chain->next);
	loop_stop(chain->rig->loop);
}

/* One completion cancels the call behind it, which may have run already. */
static void test_cancel_inside_a_completion(void **state)
{
	struct rig *r = *state;
	struct chain chain = {.rig = r};
	struct source_record s = {.name = "first"};
	struct err e = {0};

	assert_non_null(
		catalog_source_create(r->catalog, &s, on_first, &chain, &e));
	chain.next = create(r, "second", on_never);
	(void)usleep(50000);
	while (chain.answers == 0)
		loop_run(r->loop);
	assert_true(rig_create_source(r, "after"));
}

/* What was accepted is done, although nobody hears of it. */
static void test_close_with_calls_in_flight(void **state)
{
	struct rig *r = *state;
	char name[16] = "in-flight-00";

	for (int i = 0; i < 100; i++) {
		name[10] = (char)('0' + i / 10);
		name[11] = (char)('0' + i % 10);
		(void)create(r, name, on_never);
	}
	rig_close(r);
	rig_open(r);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.sources, 100);
}

struct order {
	struct rig *rig;
	int n;
	char names[50][NAME_BUF];
};

static void on_ordered(void *arg, const struct source_record *s,
		       const struct err *e)
{
	struct order *o = arg;

	assert_null(e);
	(void)str_copy(o->names[o->n++], NAME_BUF, s->name);
	if (o->n == 50)
		loop_stop(o->rig->loop);
}

static void test_answers_come_in_order(void **state)
{
	struct rig *r = *state;
	struct order o = {.rig = r};
	struct source_record s = {0};
	struct err e = {0};

	for (int i = 0; i < 50; i++) {
		(void)str_copy(s.name, NAME_BUF, "n00");
		s.name[1] = (char)('0' + i / 10);
		s.name[2] = (char)('0' + i % 10);
		assert_non_null(catalog_source_create(r->catalog, &s,
						      on_ordered, &o, &e));
	}
	/* Never inside the call. */
	assert_int_equal(o.n, 0);
	loop_run(r->loop);
	for (int i = 0; i < 50; i++)
		assert_int_equal(atoi(o.names[i] + 1), i);
}

/* The caller's strings may go as soon as the call is made. */
static void test_input_is_copied(void **state)
{
	struct rig *r = *state;
	char *remarks = strdup("short-lived"), *key = strdup("shop");
	struct source_record s = {.name = "shop", .remarks = remarks};
	struct catalog_op *op;
	struct err e = {0};

	op = catalog_source_create(r->catalog, &s, rig_on_source, r, &e);
	memset(remarks, 'x', strlen(remarks));
	free(remarks);
	assert_true(rig_wait(r, op));
	op = catalog_source_get(r->catalog, key, false, rig_on_source, r, &e);
	memset(key, 'x', strlen(key));
	free(key);
	assert_true(rig_wait(r, op));
	assert_string_equal(r->a.source.remarks, "short-lived");
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_cancel_at_once),
		RIGGED(test_cancel_later),
		RIGGED(test_cancel_inside_a_completion),
		RIGGED(test_close_with_calls_in_flight),
		RIGGED(test_answers_come_in_order),
		RIGGED(test_input_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
