/* test_mysql_dump_rig.c - runs the phases of a dump. */
#include "test_mysql_dump_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "pipeline/pipeline.h"

struct keep {
	struct sink sink; /* comes first */
	struct dump_rig *rig;
};

static void keep_apart(struct dump_rig *r, const struct item *it)
{
	if (it->on != NULL || it->definer != NULL)
		text_printf(&r->apart, "%s %s %s %s;", it->type, it->name,
			    it->on != NULL ? it->on : "-",
			    it->definer != NULL ? it->definer : "-");
}

static void keep_frame(struct dump_rig *r, const struct frame *f)
{
	text_add(&r->text, f->data, f->len);
	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *s = &f->spans[i];

		assert_true(s->ends_run);
		if (r->config.parallelism == 1)
			assert_int_equal(s->item->number, r->next_number++);
		text_printf(&r->items, "%s %s %s.%s %d;",
			    item_kind_name(s->item->kind), s->item->type,
			    s->item->group, s->item->name, (int)s->rows);
		keep_apart(r, s->item);
	}
}

static enum flow keep_write(struct sink *sink, struct link *in, struct err *e)
{
	struct keep *k = (struct keep *)(void *)sink;
	struct frame *f;

	(void)e;
	while ((f = link_pop(in)) != NULL) {
		keep_frame(k->rig, f);
		frame_free(f);
	}
	return in->eof ? FLOW_END : FLOW_WAIT;
}

static void keep_destroy(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops keep_ops = {
	.name = "keep",
	.write = keep_write,
	.destroy = keep_destroy,
};

void dump_rig_init(struct dump_rig *r, const struct fake_answer *answers)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->fake = fake_start(NULL, answers, fake_shop());
	r->config.address.host = "127.0.0.1";
	r->config.address.port = fake_port(r->fake);
	r->config.address.user = "root";
	r->config.parallelism = 1;
	r->config.max_tables = 100;
	r->config.max_row_bytes = 1 << 20;
	text_str(&r->text, "");
	text_str(&r->items, "");
	text_str(&r->apart, "");
}

void dump_rig_fini(struct dump_rig *r)
{
	r->dump->ops->destroy(r->dump);
	workers_free(r->env.blocking);
	loop_free(r->loop);
	fake_stop(r->fake);
	text_free(&r->text);
	text_free(&r->items);
	text_free(&r->apart);
	text_free(&r->phases);
}

static void on_done(void *arg, const struct err *e)
{
	struct dump_rig *r = arg;

	if (!err_is(&r->err))
		r->err = *e;
	if (--r->nrunning == 0 || err_is(e))
		loop_stop(r->loop);
}

static struct pipeline *start(struct dump_rig *r, struct source *source)
{
	struct keep *k = calloc(1, sizeof(*k));
	struct pipeline_parts parts = {.source = source,
				       .sink = &k->sink,
				       .link_bytes = 1 << 20,
				       .idle_seconds = 20};
	struct pipeline *p;
	struct err e = {0};

	k->sink.ops = &keep_ops;
	k->rig = r;
	p = pipeline_new(r->loop, &parts, on_done, r, &e);
	assert_non_null(p);
	return p;
}

void dump_rig_open(struct dump_rig *r)
{
	struct err e = {0};

	r->dump = source_kind_find("mysql")->dump_new(&r->env, &r->config, &e);
	assert_non_null(r->dump);
}

bool dump_rig_phase(struct dump_rig *r)
{
	struct source *sources[DUMP_SOURCES_MAX];
	struct pipeline *pipes[DUMP_SOURCES_MAX];
	struct err e = {0};
	size_t n;

	assert_true(r->dump->ops->next_phase(r->dump, sources, &n, &e));
	if (n == 0)
		return false;
	text_printf(&r->phases, "%s ", r->dump->ops->facts(r->dump)->phase);
	for (size_t i = 0; i < n; i++)
		pipes[i] = start(r, sources[i]);
	r->nrunning = n;
	loop_run(r->loop);
	for (size_t i = 0; i < n; i++)
		pipeline_free(pipes[i]);
	return !err_is(&r->err);
}

const struct dump_facts *dump_rig_run(struct dump_rig *r)
{
	dump_rig_open(r);
	while (dump_rig_phase(r))
		;
	return r->dump->ops->facts(r->dump);
}
