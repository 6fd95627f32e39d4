/* test_jobs_transfer.c - from a dump straight into a load: all of it arrives,
 * counted, in the order of sections, and no more at once than the load takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_source.h"
#include "jobs/extract/transfer.h"
#include "jobs/jobs_int.h"
#include "jobs/restore/preflight.h"
#include "loop/loop.h"
#include "pipeline/budget.h"
#include "sources/load.h"

enum { BUFFERS = 64 * 1024 * 1024, STALL_SECONDS = 1 };

struct rig {
	struct jobs jobs;
	struct preflight p;
	struct transfer t;
	size_t share;
	bool is_over;
	struct err err;
};

static int set_up(void **state)
{
	static char engine[] = "mysql";
	struct rig *r = calloc(1, sizeof(*r));
	const struct load_config c = {0};
	struct err e = {0};

	assert_non_null(r);
	fake_source_reset();
	r->jobs.config.loop = loop_new(&e);
	assert_non_null(r->jobs.config.loop);
	r->jobs.config.budget = budget_new(r->jobs.config.loop, BUFFERS, &e);
	assert_non_null(r->jobs.config.budget);
	r->jobs.config.stall_seconds = STALL_SECONDS;
	r->jobs.source_env.loop = r->jobs.config.loop;
	r->p.jobs = &r->jobs;
	r->p.manifest.engine = engine;
	r->p.load =
		source_kind_find(engine)->load_new(&r->jobs.source_env, &c, &e);
	assert_non_null(r->p.load);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	transfer_drop(&r->t);
	r->p.manifest.engine = NULL;
	preflight_fini(&r->p);
	assert_int_equal(fake_source_facts()->alive, 0);
	budget_free(r->jobs.config.budget);
	loop_free(r->jobs.config.loop);
	fake_source_reset();
	free(r);
	return 0;
}

static void on_done(void *arg, const struct err *e)
{
	struct rig *r = arg;

	assert_false(r->is_over);
	r->is_over = true;
	if (e != NULL)
		r->err = *e;
	loop_stop(r->jobs.config.loop);
}

static void start(struct rig *r)
{
	const struct source_address a = {0};
	struct err e = {0};

	r->share = transfer_share(&r->t, &r->p);
	if (!transfer_start(&r->t, &a, on_done, r, &e))
		fail_msg("%s", e.msg);
	assert_false(r->is_over);
}

static void run(struct rig *r)
{
	start(r);
	loop_run(r->jobs.config.loop);
	assert_true(r->is_over);
}

/* What the fake writes into the table, a row each frame. */
static struct digest digest_of(const char *table, unsigned frames)
{
	struct digest d = {0};

	for (unsigned i = 1; i <= frames; i++) {
		char line[64];
		const char *value = line;
		unsigned long len;

		(void)snprintf(line, sizeof(line), "db/%s %u;\n", table, i);
		len = strlen(line);
		digest_add_row(&d, &value, &len, 1);
	}
	return d;
}

static void test_all_of_it_arrives_and_is_counted(void **state)
{
	struct rig *r = *state;
	const struct fake_facts *f = fake_source_facts();

	fake_source_script()->tables = 5;
	fake_source_script()->frames = 4;
	fake_source_script()->width = 2;
	run(r);
	assert_false(err_is(&r->err));
	assert_int_equal(f->frames_loaded, 1 + 5 * 4);
	assert_int_equal(f->sinks[ITEM_SCHEMA], 1);
	assert_int_equal(f->sinks[ITEM_DATA], 5);
	assert_int_equal(f->most_sinks, 2);
	assert_false(f->is_mixed);
	assert_int_equal(f->loaded_spans, 0);
	assert_int_equal(transfer_bytes(&r->t), f->loaded.len);
	assert_int_equal(r->p.ntables, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct preflight_table *t = &r->p.tables[i];
		struct digest want = digest_of(t->name, 4);

		assert_string_equal(t->database, "db");
		assert_int_equal(t->rows, 4);
		assert_true(digest_equal(&t->digest, &want));
	}
}

static void test_the_buffers_bound_how_many_run(void **state)
{
	struct rig *r = *state;

	fake_source_script()->tables = DUMP_SOURCES_MAX;
	fake_source_script()->width = 100;
	run(r);
	assert_false(err_is(&r->err));
	assert_true(r->share <= BUFFERS / 4 * 3);
	assert_in_range(fake_source_facts()->most_sinks, 2, r->t.max_lanes);
	assert_int_equal(r->p.ntables, DUMP_SOURCES_MAX);
}

static void fails_with(struct rig *r, const char *api)
{
	run(r);
	assert_string_equal(r->err.api, api);
}

static void test_a_dump_that_fails(void **state)
{
	struct fake_script *s = fake_source_script();

	s->width = 2;
	s->failures = 1;
	s->fail_at_frame = 2;
	(void)err_set(&s->dump_err, ERR_REMOTE, "source_failed", "no");
	fails_with(*state, "source_failed");
}

static void test_a_load_that_fails(void **state)
{
	struct fake_script *s = fake_source_script();

	s->tables = 5;
	s->sink_fails_at = 3;
	(void)err_set(&s->sink_err, ERR_REMOTE, "target_failed", "no");
	fails_with(*state, "target_failed");
}

static void test_a_dump_that_hangs_is_ended(void **state)
{
	fake_source_script()->is_hanging = true;
	fails_with(*state, "provisioner_failed");
}

static void test_dropped_before_anything_has_run(void **state)
{
	struct rig *r = *state;

	fake_source_script()->tables = 5;
	start(r);
	transfer_drop(&r->t);
	assert_int_equal(fake_source_facts()->frames_loaded, 0);
	assert_null(transfer_facts(&r->t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_all_of_it_arrives_and_is_counted),
		TEST(test_the_buffers_bound_how_many_run),
		TEST(test_a_dump_that_fails),
		TEST(test_a_load_that_fails),
		TEST(test_a_dump_that_hangs_is_ended),
		TEST(test_dropped_before_anything_has_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
