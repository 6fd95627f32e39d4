/* test_zstd_stage.c - the stages in a pipeline: order, bounds, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "pipeline/pipeline.h"
#include "stages/zstd.h"

enum { MAX_PLAIN = 1 << 20 };

/* Frames of very different sizes, so that workers overtake one another. */
struct stream {
	struct source source; /* first */
	struct sink sink;
	struct loop *loop;
	struct workers *workers;
	struct pipeline *p;
	unsigned total, given, taken;
	unsigned damaged_at; /* frame that is broken before unpacking */
	struct item *item;
	bool is_over;
	struct err err;
};

static size_t len_of(unsigned n)
{
	return n % 7 == 0 ? 200000 : n % 5;
}

static enum flow give(struct source *s, struct link *out, struct err *e)
{
	struct stream *st = (struct stream *)(void *)s;
	struct frame *f;
	struct span *sp;

	(void)e;
	if (st->given == st->total)
		return FLOW_END;
	f = frame_new(len_of(st->given) + 4);
	assert_non_null(f);
	f->len = len_of(st->given) + 4;
	memset(f->data, 'x', f->len);
	memcpy(f->data, &st->given, 4);
	sp = frame_add_span(f, st->item);
	assert_non_null(sp);
	sp->plain_len = f->len;
	st->given++;
	link_push(out, f);
	return FLOW_MORE;
}

static enum flow take(struct sink *sk, struct link *in, struct err *e)
{
	struct stream *st =
		(struct stream *)((char *)sk - offsetof(struct stream, sink));
	struct frame *f = link_pop(in);

	(void)e;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	assert_int_equal(f->len, len_of(st->taken) + 4);
	assert_memory_equal(f->data, &st->taken, 4);
	assert_int_equal(f->nspans, 1);
	assert_int_equal(f->plain_len, f->len);
	st->taken++;
	frame_free(f);
	return FLOW_MORE;
}

static void leave_source(struct source *s)
{
	(void)s;
}

static void leave_sink(struct sink *sk)
{
	(void)sk;
}

static const struct source_ops give_ops = {
	.name = "give", .read = give, .destroy = leave_source};
static const struct sink_ops take_ops = {
	.name = "take", .write = take, .destroy = leave_sink};

/* Breaks one frame between the two stages. */
struct breaker {
	struct stage base;
	struct stream *stream;
	unsigned n;
};

static enum flow break_one(struct stage *s, struct link *in, struct link *out,
			   struct err *e)
{
	struct breaker *b = (struct breaker *)(void *)s;
	struct frame *f = link_pop(in);

	(void)e;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	if (++b->n == b->stream->damaged_at)
		f->data[f->len - 1] ^= 1;
	link_push(out, f);
	return FLOW_MORE;
}

static void free_breaker(struct stage *s)
{
	free(s);
}

static const struct stage_ops break_ops = {
	.name = "breaker", .step = break_one, .destroy = free_breaker};

static void on_done(void *arg, const struct err *e)
{
	struct stream *st = arg;

	st->is_over = true;
	st->err = *e;
}

static void start(struct stream *st, unsigned total, unsigned in_flight)
{
	struct pipeline_parts parts = {
		.nstages = 3, .link_bytes = 300000, .idle_seconds = 60};
	struct breaker *b = calloc(1, sizeof(*b));
	struct err e = {0};

	memset(st, 0, sizeof(*st));
	st->loop = loop_new(&e);
	st->workers = workers_new(st->loop, "zstd", 3, &e);
	st->item = item_new(0, ITEM_DATA, "table", "a", "b");
	assert_non_null(st->workers);
	st->total = total;
	st->source.ops = &give_ops;
	st->sink.ops = &take_ops;
	b->base.ops = &break_ops;
	b->stream = st;
	parts.source = &st->source;
	parts.sink = &st->sink;
	parts.stages[0] = zstd_pack_new(
		st->workers, (struct zstd_how){.level = 1}, in_flight, &e);
	parts.stages[1] = &b->base;
	parts.stages[2] =
		zstd_unpack_new(st->workers, MAX_PLAIN, in_flight, &e);
	st->p = pipeline_new(st->loop, &parts, on_done, st, &e);
	assert_non_null(st->p);
}

static void stop(struct stream *st)
{
	pipeline_free(st->p);
	item_unref(st->item);
	workers_free(st->workers);
	loop_free(st->loop);
}

static void run(struct stream *st)
{
	while (!st->is_over)
		(void)event_base_loop(loop_base(st->loop), EVLOOP_ONCE);
}

static void test_order(void **state)
{
	(void)state;
	for (unsigned in_flight = 0; in_flight <= 6; in_flight++) {
		struct stream st;

		start(&st, 100, in_flight);
		run(&st);
		assert_false(err_is(&st.err));
		assert_int_equal(st.taken, 100);
		stop(&st);
	}
}

static void test_nothing(void **state)
{
	struct stream st;

	(void)state;
	start(&st, 0, 2);
	run(&st);
	assert_false(err_is(&st.err));
	stop(&st);
}

/* What came before the damage goes on, nothing behind it. */
static void test_damage(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 20; at++) {
		struct stream st;

		start(&st, 20, 4);
		st.damaged_at = at;
		run(&st);
		assert_int_equal(st.err.code, ERR_DAMAGED);
		assert_string_equal(st.err.api, "damaged_backup");
		assert_true(st.taken < at);
		stop(&st);
	}
}

static void test_torn_down_at_every_turn(void **state)
{
	bool is_over = false;

	(void)state;
	for (unsigned turns = 0; !is_over && turns < 200; turns++) {
		struct stream st;

		start(&st, 30, 3);
		for (unsigned i = 0; i < turns && !st.is_over; i++)
			(void)event_base_loop(loop_base(st.loop),
					      i % 3 == 0 ? EVLOOP_ONCE
							 : EVLOOP_NONBLOCK);
		is_over = st.is_over;
		stop(&st);
	}
}

static void test_level_out_of_range(void **state)
{
	struct err e = {0};

	(void)state;
	assert_null(zstd_pack_new(NULL, (struct zstd_how){.level = 20}, 1, &e));
	assert_int_equal(e.code, ERR_BUG);
	err_clear(&e);
	assert_null(zstd_pack_new(NULL, (struct zstd_how){.level = -1}, 1, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_torn_down_at_every_turn),
		cmocka_unit_test(test_level_out_of_range),
	};

	return cmocka_run_group_tests_name("zstd stage", tests, NULL, NULL);
}
