/* test_redis_dump_rig.c - a dump of a fake server, and what comes out. */
#include "test_redis_dump_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/rdb.h"
#include "sources/redis/redis.h"

struct keep {
	struct sink sink; /* comes first */
	struct dump_rig *rig;
};

/* Spans fill their frame without a gap, items come one after the other. */
static void keep_frame(struct dump_rig *r, const struct frame *f)
{
	size_t end = 0;

	assert_false(r->is_closed);
	assert_true(f->len > 0);
	r->is_closed = !f->is_open;
	r->nframes++;
	text_add(&r->bytes, f->data, f->len);
	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *s = &f->spans[i];

		assert_int_equal(s->plain_offset, end);
		end += s->plain_len;
		assert_int_equal(s->item->number, r->next_number);
		assert_int_equal(s->item->kind, ITEM_DATA);
		r->rows += s->rows;
		if (!s->ends_run)
			continue;
		text_printf(&r->items, "%s %s %d;", s->item->type,
			    s->item->group, (int)r->rows);
		r->rows = 0;
		r->next_number++;
	}
	assert_int_equal(end, f->len);
}

static enum flow keep_write(struct sink *sink, struct link *in, struct err *e)
{
	struct dump_rig *r = ((struct keep *)(void *)sink)->rig;
	struct frame *f;

	(void)e;
	while ((f = link_pop(in)) != NULL) {
		keep_frame(r, f);
		frame_free(f);
	}
	if (r->stop_at > 0 && r->bytes.len >= r->stop_at)
		loop_stop(r->loop);
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

void rig_init(struct dump_rig *r)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->config.address.host = "127.0.0.1";
	r->config.address.tls = TLS_DISABLED;
	rig_answer(r, &(struct fake_redis_answer){.begins = "ROLE",
						  .says = "*1\r\n$6\r\nmaster"
							  "\r\n"});
	rig_answer(r, &(struct fake_redis_answer){.begins = "ACL WHOAMI",
						  .says = "$2\r\nme\r\n"});
	rig_info(r, RIG_INFO);
}

void rig_answer(struct dump_rig *r, const struct fake_redis_answer *a)
{
	assert_true(r->nanswers + 2 < RIG_ANSWERS);
	memmove(r->answers + 1, r->answers, sizeof(*a) * (r->nanswers + 1));
	r->answers[0] = *a;
	r->nanswers++;
}

void rig_info(struct dump_rig *r, const char *info)
{
	text_reset(&r->info);
	text_printf(&r->info, "$%zu\r\n%s\r\n", strlen(info), info);
	rig_answer(r, &(struct fake_redis_answer){.begins = "INFO",
						  .says = r->info.data});
}

static void on_done(void *arg, const struct err *e)
{
	struct dump_rig *r = arg;

	r->err = *e;
	loop_stop(r->loop);
}

void rig_start(struct dump_rig *r)
{
	struct source *sources[DUMP_SOURCES_MAX];
	struct keep *k = calloc(1, sizeof(*k));
	struct pipeline_parts parts = {.link_bytes = 1 << 20,
				       .idle_seconds = 20};
	struct err e = {0};
	size_t n = 0;

	r->fake = fake_redis_start(r->loop, r->socket, r->answers, NULL);
	if (r->socket == NULL)
		r->config.address.port = fake_redis_port(r->fake);
	r->config.address.socket = r->socket;
	r->dump = redis_dump_new(&r->env, &r->config, &e);
	assert_non_null(r->dump);
	assert_true(r->dump->ops->next_phase(r->dump, sources, &n, &e));
	assert_int_equal(n, 1);
	k->sink.ops = &keep_ops;
	k->rig = r;
	parts.source = sources[0];
	parts.sink = &k->sink;
	r->pipe = pipeline_new(r->loop, &parts, on_done, r, &e);
	assert_non_null(r->pipe);
}

const struct dump_facts *rig_run(struct dump_rig *r)
{
	struct source *sources[DUMP_SOURCES_MAX];
	struct err e = {0};
	size_t n = 1;

	rig_start(r);
	loop_run(r->loop);
	if (!err_is(&r->err)) {
		assert_true(r->is_closed);
		assert_true(r->dump->ops->next_phase(r->dump, sources, &n, &e));
		assert_int_equal(n, 0);
	}
	return r->dump->ops->facts(r->dump);
}

void rig_stop(struct dump_rig *r)
{
	if (r->dump == NULL)
		return;
	pipeline_free(r->pipe);
	r->dump->ops->destroy(r->dump);
	fake_redis_stop(r->fake);
	r->dump = NULL;
	text_free(&r->bytes);
	text_free(&r->items);
	err_clear(&r->err);
	r->next_number = r->rows = 0;
	r->nframes = 0;
	r->is_closed = false;
}

void rig_turn(struct dump_rig *r)
{
	(void)event_base_loop(loop_base(r->loop), EVLOOP_ONCE);
}

void rig_fini(struct dump_rig *r)
{
	rig_stop(r);
	workers_free(r->env.blocking);
	loop_free(r->loop);
	text_free(&r->info);
	text_free(&r->phases);
}

bool rig_has_warning(const struct dump_rig *r, const char *code)
{
	const struct dump_facts *f = r->dump->ops->facts(r->dump);

	for (size_t i = 0; i < f->nwarnings; i++)
		if (strcmp(f->warnings[i].code, code) == 0)
			return true;
	return false;
}

void make_byte(struct text *t, unsigned byte)
{
	text_char(t, (char)byte);
}

void make_string(struct text *t, const char *s, size_t len)
{
	if (len < 64) {
		make_byte(t, (unsigned)len);
	} else {
		make_byte(t, 0x80);
		for (int i = 3; i >= 0; i--)
			make_byte(t, (unsigned)(len >> (8 * i)) & 0xff);
	}
	text_add(t, s, len);
}

static void put_aux(struct text *t, const char *name, const char *value)
{
	make_byte(t, 0xfa);
	make_string(t, name, strlen(name));
	make_string(t, value, strlen(value));
}

void make_begin(struct text *t)
{
	static const char library[] = "#!lua name=lib";

	text_str(t, "REDIS0010");
	put_aux(t, "redis-ver", "7.0.15");
	make_byte(t, 0xf5);
	make_string(t, library, sizeof(library) - 1);
}

void make_select(struct text *t, unsigned database)
{
	make_byte(t, 0xfe);
	make_byte(t, database);
	make_byte(t, 0xfb);
	make_byte(t, 1);
	make_byte(t, 0);
}

void make_key(struct text *t, const char *name, const char *value)
{
	make_byte(t, 0);
	make_string(t, name, strlen(name));
	make_string(t, value, strlen(value));
}

void make_key_until(struct text *t, const char *name, const char *value,
		    uint64_t expires_at)
{
	make_byte(t, 0xfc);
	for (int i = 0; i < 8; i++)
		make_byte(t, (unsigned)(expires_at >> (8 * i)) & 0xff);
	make_key(t, name, value);
}

void make_end(struct text *t)
{
	uint64_t crc;

	make_byte(t, 0xff);
	crc = rdb_crc64(0, t->data, t->len);
	for (int i = 0; i < 8; i++)
		make_byte(t, (unsigned)(crc >> (8 * i)) & 0xff);
}

void make_sample(struct text *t)
{
	make_begin(t);
	make_select(t, 0);
	make_key(t, "user:1", "ann");
	make_key_until(t, "user:2", "bob", 4102444800000);
	make_key(t, "cart:1", "apples");
	make_select(t, 3);
	make_key(t, "user:9", "zoe");
	make_select(t, 4);
	make_key(t, "other", "\n\n\n");
	make_end(t);
}

void rig_marked(struct text *t, const struct text *rdb)
{
	text_str(t, RIG_RESYNC "\n\n$EOF:" RIG_MARK "\r\n");
	text_add(t, rdb->data, rdb->len);
	text_str(t, RIG_MARK);
}

void rig_counted(struct text *t, const struct text *rdb, size_t len)
{
	text_printf(t, RIG_RESYNC "\n\n$%zu\r\n", len);
	text_add(t, rdb->data, rdb->len);
}

/* A rig whose server sends this snapshot; says is to be freed. */
void rig_serve(struct dump_rig *r, struct text *says, const struct text *rdb)
{
	rig_marked(says, rdb);
	rig_answer(r, &(struct fake_redis_answer){.begins = "PSYNC ? -1",
						  .says = says->data,
						  .len = says->len});
}

void rig_expect_bytes(const struct dump_rig *r, const struct text *rdb)
{
	if (r->err.code != ERR_NONE)
		print_message("%s\n", r->err.msg);
	assert_int_equal(r->err.code, ERR_NONE);
	assert_int_equal(r->bytes.len, rdb->len);
	assert_memory_equal(r->bytes.data, rdb->data, rdb->len);
}

void rig_expect_failure(const struct dump_rig *r, enum err_code code,
			const char *api, const char *words)
{
	if (r->err.code != code || strcmp(r->err.api, api) != 0 ||
	    strstr(r->err.msg, words) == NULL)
		print_message("%s: %s\n", r->err.api, r->err.msg);
	assert_int_equal(r->err.code, code);
	assert_string_equal(r->err.api, api);
	assert_non_null(strstr(r->err.msg, words));
}

/* Several frames, of keys smaller and larger than one. */
void make_large_sample(struct text *rdb)
{
	static char value[FRAME_BYTES * 2];
	char name[32];

	memset(value, 'v', sizeof(value));
	make_begin(rdb);
	for (unsigned db = 0; db < 3; db++) {
		make_select(rdb, db);
		for (int i = 0; i < 40; i++) {
			(void)snprintf(name, sizeof(name), "key:%d", i);
			make_byte(rdb, 0);
			make_string(rdb, name, strlen(name));
			make_string(rdb, value,
				    i == 20 ? sizeof(value) : 12345);
		}
	}
	make_end(rdb);
}
