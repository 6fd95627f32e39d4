/*
 * test_redis_nomem.c - the n-th allocation fails, for all n: a probe, a list
 * of databases or a dump works or says so, and nothing is left behind.
 *
 * Those of the test's own server and rig do not count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "scarce_memory.h"
#include "sources/redis/redis.h"
#include "test_redis_dump_rig.h"

enum { ALLOCATIONS_MAX = 2000 };

static unsigned countdown; /* 0: nothing fails */
static bool is_elsewhere;  /* in the test's own server */

bool scarce_memory_refuses(void)
{
	return countdown > 0 && !is_elsewhere && --countdown == 0;
}

static void watch(bool is_in)
{
	is_elsewhere = is_in;
}

struct attempt {
	struct dump_rig rig;
	struct err err;
	struct text says;
};

static void on_probe(void *arg, const struct source_info *info,
		     const struct err *e)
{
	struct attempt *a = arg;

	(void)info;
	a->err = *e;
	loop_stop(a->rig.loop);
}

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	(void)names;
	(void)n;
	on_probe(arg, NULL, e);
}

static void probe(struct attempt *a)
{
	if (redis_probe(&a->rig.env, &a->rig.config.address, on_probe, a,
			&a->err) != NULL)
		loop_run(a->rig.loop);
}

static void names(struct attempt *a)
{
	const struct source_names_query all = {NULL, false};

	if (redis_names(&a->rig.env, &a->rig.config.address, &all, on_names, a,
			&a->err) != NULL)
		loop_run(a->rig.loop);
}

static enum flow poll_once(struct source *s, struct link *out, struct err *e)
{
	enum flow f = s->ops->read(s, out, e);
	struct frame *frame;

	while ((frame = link_pop(out)) != NULL)
		frame_free(frame);
	return f;
}

/* Without a pipeline, whose memory is not what is looked at. */
static void read_all(struct attempt *a, struct source *s)
{
	struct link out = {0};
	enum flow f;

	TAILQ_INIT(&out.frames);
	while ((f = poll_once(s, &out, &a->err)) != FLOW_END && f != FLOW_FAIL)
		if (f == FLOW_WAIT)
			rig_turn(&a->rig);
	s->ops->destroy(s);
}

static void dump(struct attempt *a)
{
	struct source *sources[DUMP_SOURCES_MAX];
	struct dump *d = redis_dump_new(&a->rig.env, &a->rig.config, &a->err);
	size_t n = 0;

	if (d == NULL)
		return;
	if (d->ops->next_phase(d, sources, &n, &a->err))
		read_all(a, sources[0]);
	d->ops->destroy(d);
}

static void part(struct attempt *a)
{
	static const char *const keys[] = {"user:*"};

	a->rig.config.scope.keys = keys;
	a->rig.config.scope.nkeys = 1;
	dump(a);
}

static void prepare(struct attempt *a)
{
	struct text rdb = {0};

	memset(a, 0, sizeof(*a));
	rig_init(&a->rig);
	a->rig.config.address.user = "backup";
	a->rig.config.address.password = "sesame";
	make_sample(&rdb);
	rig_marked(&a->says, &rdb);
	rig_answer(&a->rig, &(struct fake_redis_answer){.begins = "PSYNC",
							.says = a->says.data,
							.len = a->says.len});
	a->rig.fake = fake_redis_start(a->rig.loop, NULL, a->rig.answers, NULL);
	a->rig.config.address.port = fake_redis_port(a->rig.fake);
	fake_redis_watch(a->rig.fake, watch);
	text_free(&rdb);
}

static void clear(struct attempt *a)
{
	fake_redis_stop(a->rig.fake);
	rig_fini(&a->rig);
	text_free(&a->says);
}

/*
 * Runs it with the first, the second, ... allocation failing, until one run
 * needs fewer.
 */
static void torture(void (*run)(struct attempt *a))
{
	unsigned refused = 0;
	bool is_through = false;

	for (unsigned n = 1; !is_through; n++) {
		struct attempt a;

		assert_true(n < ALLOCATIONS_MAX);
		prepare(&a);
		countdown = n;
		run(&a);
		is_through = countdown > 0;
		countdown = 0;
		if (is_through)
			assert_int_equal(a.err.code, ERR_NONE);
		else if (err_is(&a.err))
			assert_int_equal(a.err.code, ERR_NOMEM);
		refused += err_is(&a.err);
		clear(&a);
	}
	assert_true(refused > 5);
}

static void test_probe(void **state)
{
	(void)state;
	torture(probe);
}

static void test_names(void **state)
{
	(void)state;
	torture(names);
}

static void test_dump(void **state)
{
	(void)state;
	torture(dump);
}

static void test_part(void **state)
{
	(void)state;
	torture(part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_part),
	};

	return scarce_memory_verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
