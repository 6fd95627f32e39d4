/* test_redis_load_rig.c - one restore into a fake target. */
#include "test_redis_load_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "pipeline/pipeline.h"
#include "sources/op_int.h"
#include "sources/redis/rdb/payload.h"
#include "sources/redis/redis.h"
#include "test_redis_dump_rig.h"

/* --- the backup, as it should be */

static bool on_end(void *arg, const struct rdb_record *k,
		   const struct digest *digest, struct err *e)
{
	struct load_rig *r = arg;
	struct rdb_tally *t;

	if (k->kind != RDB_RECORD_KEY)
		return true;
	t = rdb_tally_of(&r->tallies, k->database, e);
	assert_non_null(t);
	rdb_tally_add(t, k, digest);
	return true;
}

static void tally(struct load_rig *r)
{
	static const struct rdb_events events = {.on_end = on_end};
	struct err e = {0};
	struct rdb_reader *reader = rdb_new(&events, r, &e);

	rdb_tallies_fini(&r->tallies);
	memset(&r->tallies, 0, sizeof(r->tallies));
	assert_non_null(reader);
	(void)!rdb_feed(reader, r->rdb.data, r->rdb.len, &e);
	rdb_free(reader);
}

/* --- the target */

static struct text *new_reply(struct load_rig *r)
{
	assert_true(r->nreplies < LOAD_REPLIES);
	return &r->replies[r->nreplies++];
}

static void see(void *arg, const struct fake_redis_word *w, size_t n)
{
	struct load_rig *r = arg;
	struct load_key *k = &r->keys[r->nkeys];

	if (n == 4 && w[0].len == 8 && memcmp(w[0].bytes, "FUNCTION", 8) == 0)
		text_add(&r->functions, w[2].bytes, w[2].len);
	if (n < 4 || w[0].len != 7 || memcmp(w[0].bytes, "RESTORE", 7) != 0)
		return;
	if (r->nkeys == LOAD_KEYS) {
		r->nmore++;
		return;
	}
	assert_true(w[1].len < sizeof(k->name));
	memcpy(k->name, w[1].bytes, w[1].len);
	k->name[w[1].len] = '\0';
	k->expires_at = strtoll(w[2].bytes, NULL, 10);
	text_add(&k->payload, w[3].bytes, w[3].len);
	r->nkeys++;
}

static void usual(struct load_rig *r, const char *begins, const struct text *t)
{
	assert_true(r->nusual + 1 < LOAD_ANSWERS);
	r->usual[r->nusual++] = (struct fake_redis_answer){
		.begins = begins, .says = t->data, .len = t->len};
}

static void usual_words(struct load_rig *r, const char *begins,
			const char *says)
{
	struct text *t = new_reply(r);

	text_str(t, says);
	usual(r, begins, t);
}

static void put_bulk(struct text *t, const char *bytes, size_t len)
{
	text_printf(t, "$%zu\r\n", len);
	text_add(t, bytes, len);
	text_str(t, "\r\n");
}

static const char *named(struct load_rig *r, const char *verb,
			 const struct load_key *k)
{
	struct text *t = new_reply(r);

	text_printf(t, "%s %s", verb, k->name);
	return t->data;
}

void load_hold(struct load_rig *r)
{
	struct text *names = new_reply(r), *t;

	text_printf(names, "*2\r\n$1\r\n0\r\n*%zu\r\n", r->nkeys);
	for (size_t i = 0; i < r->nkeys; i++) {
		const struct load_key *k = &r->keys[i];

		put_bulk(names, k->name, strlen(k->name));
		t = new_reply(r);
		text_printf(t, ":%lld\r\n",
			    k->expires_at > 0 ? (long long)k->expires_at : -1);
		usual(r, named(r, "PEXPIRETIME", k), t);
		t = new_reply(r);
		put_bulk(t, k->payload.data, k->payload.len);
		usual(r, named(r, "DUMP", k), t);
	}
	usual(r, "SCAN 0", names);
}

static void set_up_target(struct load_rig *r)
{
	struct text *info = new_reply(r);

	put_bulk(info, RIG_INFO, strlen(RIG_INFO));
	usual(r, "INFO", info);
	usual_words(r, "TIME", "*2\r\n$10\r\n1700000000\r\n$1\r\n5\r\n");
	usual_words(r, "CONFIG GET databases",
		    "*2\r\n$9\r\ndatabases\r\n$2\r\n16\r\n");
	usual_words(r, "CONFIG GET proto",
		    "*2\r\n$18\r\nproto-max-bulk-len\r\n$9\r\n536870912\r\n");
	r->fake = fake_redis_start(r->loop, NULL, r->own, r->usual);
	fake_redis_see(r->fake, see, r);
	r->config.address.port = fake_redis_port(r->fake);
	tally(r);
}

void load_answer(struct load_rig *r, const char *begins, const char *says,
		 enum fake_redis_then then)
{
	assert_true(r->nown + 1 < LOAD_ANSWERS);
	r->own[r->nown++] = (struct fake_redis_answer){
		.begins = begins, .says = says, .then = then};
}

/* --- the backup, as a source */

static bool next_item(void *arg, struct load_item *item)
{
	static char name[16];
	struct load_rig *r = arg;
	const struct rdb_tally *t = &r->tallies.list[r->item];

	if (r->item++ == r->tallies.n)
		return false;
	(void)snprintf(name, sizeof(name), "%u", t->database);
	*item = (struct load_item){.database = name,
				   .name = "",
				   .rows = t->keys,
				   .digest = t->digest};
	return true;
}

struct give {
	struct source source; /* comes first */
	struct load_rig *rig;
	bool is_empty;
};

static enum flow give_read(struct source *s, struct link *out, struct err *e)
{
	struct give *g = (struct give *)(void *)s;
	struct load_rig *r = g->rig;
	size_t left = r->rdb.len - r->at, n = left < r->piece ? left : r->piece;
	struct frame *f;

	if (n == 0 || g->is_empty)
		return FLOW_END;
	f = frame_new(n);
	if (f == NULL) {
		(void)err_nomem(e, "a frame");
		return FLOW_FAIL;
	}
	memcpy(f->data, r->rdb.data + r->at, n);
	f->len = n;
	r->at += n;
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

/* --- the restore */

void load_init(struct load_rig *r)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->databases[0] = "0";
	r->config.address.host = "127.0.0.1";
	r->config.address.tls = TLS_DISABLED;
	r->config.databases = r->databases;
	r->config.ndatabases = 1;
	r->config.source_version = "7.0.15";
	r->piece = FRAME_BYTES;
	make_sample(&r->rdb);
	set_up_target(r);
}

bool load_make(struct load_rig *r)
{
	if (r->load == NULL)
		r->load = redis_load_new(&r->env, &r->config, &r->err);
	return r->load != NULL;
}

static void told(struct load_rig *r, const struct err *e)
{
	r->calls++;
	if (e != NULL)
		r->err = *e;
	loop_stop(r->loop);
}

static void on_done(void *arg, const struct err *e)
{
	told(arg, e);
}

static void on_checked(void *arg, const struct load_report *report,
		       const struct err *e)
{
	struct load_rig *r = arg;

	if (report != NULL && report->nfindings > 0)
		(void)str_copy(r->finding, sizeof(r->finding),
			       report->findings[0].code);
	told(r, e);
}

struct source_op *load_check_begin(struct load_rig *r)
{
	r->calls = 0;
	return load_make(r)
		       ? r->load->ops->check(r->load, on_checked, r, &r->err)
		       : NULL;
}

struct source_op *load_verify_begin(struct load_rig *r)
{
	r->calls = 0;
	r->item = 0;
	return r->load->ops->verify(r->load, next_item, r, on_done, r, &r->err);
}

void load_check(struct load_rig *r)
{
	if (load_check_begin(r) == NULL)
		return;
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

void load_verify(struct load_rig *r)
{
	if (load_verify_begin(r) == NULL)
		return;
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

struct pipeline *load_restore_begin(struct load_rig *r, enum item_kind k)
{
	struct pipeline_parts parts = {.link_bytes = 1 << 20,
				       .idle_seconds = 20};
	struct give *g;

	r->calls = 0;
	if (!load_make(r))
		return NULL;
	parts.sink = r->load->ops->sink(r->load, k, &r->err);
	if (parts.sink == NULL)
		return NULL;
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		parts.sink->ops->destroy(parts.sink);
		(void)err_nomem(&r->err, "a source");
		return NULL;
	}
	g->source.ops = &give_ops;
	g->rig = r;
	g->is_empty = k != ITEM_DATA;
	r->at = 0;
	parts.source = &g->source;
	return pipeline_new(r->loop, &parts, on_done, r, &r->err);
}

static void run_section(struct load_rig *r, enum item_kind k)
{
	struct pipeline *p = load_restore_begin(r, k);

	if (p == NULL)
		return;
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
	pipeline_free(p);
}

void load_restore(struct load_rig *r)
{
	run_section(r, ITEM_SCHEMA);
	if (!err_is(&r->err))
		run_section(r, ITEM_DATA);
}

struct digest load_digest(const struct load_rig *r)
{
	struct digest sum = {0};
	struct err e = {0};
	enum rdb_type type;

	for (size_t i = 0; i < r->nkeys; i++) {
		const struct load_key *k = &r->keys[i];

		assert_true(rdb_payload_digest(
			k->payload.data, k->payload.len,
			&(struct rdb_record){.name = k->name,
					     .name_len = strlen(k->name),
					     .expires_at =
						     k->expires_at > 0
							     ? k->expires_at
							     : RDB_NO_EXPIRY},
			&sum, &type, &e));
	}
	return sum;
}

unsigned load_count(const struct load_rig *r, const char *begins)
{
	const char *at = fake_redis_log(r->fake);
	unsigned n = 0;

	for (; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		n += strncmp(at, begins, strlen(begins)) == 0;
	}
	return n;
}

void load_expect(const struct load_rig *r, enum err_code code, const char *api,
		 const char *words)
{
	if (r->err.code != code || strcmp(r->err.api, api) != 0 ||
	    strstr(r->err.msg, words) == NULL)
		print_message("%s: %s\n", r->err.api, r->err.msg);
	assert_int_equal(r->err.code, code);
	assert_string_equal(r->err.api, api);
	assert_non_null(strstr(r->err.msg, words));
}

void load_expect_success(const struct load_rig *r)
{
	if (err_is(&r->err))
		print_message("%s: %s\n", r->err.api, r->err.msg);
	assert_int_equal(r->err.code, ERR_NONE);
}

static void forget(struct load_rig *r)
{
	if (r->load != NULL)
		r->load->ops->destroy(r->load);
	r->load = NULL;
	fake_redis_stop(r->fake);
	for (size_t i = 0; i < r->nkeys; i++)
		text_free(&r->keys[i].payload);
	for (size_t i = 0; i < r->nreplies; i++)
		text_free(&r->replies[i]);
	text_free(&r->functions);
	r->nkeys = r->nmore = r->nreplies = r->nown = r->nusual = 0;
	memset(r->own, 0, sizeof(r->own));
	memset(r->usual, 0, sizeof(r->usual));
}

void load_again(struct load_rig *r)
{
	forget(r);
	err_clear(&r->err);
	r->finding[0] = '\0';
	set_up_target(r);
}

void load_fini(struct load_rig *r)
{
	forget(r);
	workers_free(r->env.blocking);
	loop_free(r->loop);
	text_free(&r->rdb);
	rdb_tallies_fini(&r->tallies);
}
