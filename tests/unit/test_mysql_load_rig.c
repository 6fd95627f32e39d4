/* test_mysql_load_rig.c - one restore into a fake target. */
#include "test_mysql_load_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/workers.h"
#include "pipeline/pipeline.h"

void rig_init(struct rig *r, const struct fake_answer *answers)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->fake = fake_start(NULL, answers, fake_shop());
	r->databases[0] = "shop";
	r->config.address.host = "127.0.0.1";
	r->config.address.port = fake_port(r->fake);
	r->config.address.user = "root";
	r->config.databases = r->databases;
	r->config.ndatabases = 1;
	r->config.source_version = "10.11.6-MariaDB";
	r->piece = 1 << 20;
}

bool rig_load(struct rig *r, struct err *e)
{
	r->load = source_kind_find("mysql")->load_new(&r->env, &r->config, e);
	return r->load != NULL;
}

void rig_fini(struct rig *r)
{
	if (r->load != NULL)
		r->load->ops->destroy(r->load);
	workers_free(r->env.blocking);
	loop_free(r->loop);
	fake_stop(r->fake);
}

void rig_done(void *arg, const struct err *e)
{
	struct rig *r = arg;

	r->calls++;
	r->err = *e;
	loop_stop(r->loop);
}

struct give {
	struct source source; /* comes first */
	struct rig *rig;
};

static enum flow give_read(struct source *s, struct link *out, struct err *e)
{
	struct rig *r = ((struct give *)(void *)s)->rig;
	size_t left = strlen(r->text), n = left < r->piece ? left : r->piece;
	struct frame *f;

	(void)e;
	if (n == 0)
		return FLOW_END;
	f = frame_new(n);
	memcpy(f->data, r->text, n);
	f->len = n;
	if (r->item != NULL)
		frame_add_span(f, r->item)->plain_len = n;
	r->text += n;
	if (r->next_item != NULL)
		r->item = r->next_item;
	link_push(out, f);
	return FLOW_MORE;
}

static void give_destroy(struct source *s)
{
	free(s);
}

static const struct source_ops give_ops = {
	.name = "give",
	.read = give_read,
	.destroy = give_destroy,
};

void rig_restore(struct rig *r, const char *text)
{
	struct give *g = calloc(1, sizeof(*g));
	struct pipeline_parts parts = {.source = &g->source,
				       .link_bytes = 1 << 20,
				       .idle_seconds = 20};
	struct pipeline *p;
	struct err e = {0};

	r->text = text;
	g->source.ops = &give_ops;
	g->rig = r;
	if (r->load == NULL)
		assert_true(rig_load(r, &e));
	parts.sink = r->load->ops->sink(r->load, r->section, &e);
	assert_non_null(parts.sink);
	r->calls = 0;
	p = pipeline_new(r->loop, &parts, rig_done, r, &e);
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
	pipeline_free(p);
}

void rig_wants(struct rig *r, const char *const *wanted)
{
	const char *at = fake_log(r->fake);

	for (; *wanted != NULL; wanted++) {
		at = strstr(at, *wanted);
		if (at == NULL)
			fail_msg("not run or not in order: %s", *wanted);
		at++;
	}
}
