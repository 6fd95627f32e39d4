/* test_manifest_rig.c - backups of made-up items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>
#include <xxhash.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "manifest/part_reader.h"
#include "manifest/parts.h"
#include "stages/zstd.h"
#include "test_manifest_rig.h"

enum { RUN_MS = 120000, MAX_PLAIN = 64 * 1024 * 1024 };

/* One pipeline's items, cut into frames. */
struct maker {
	struct source base;
	struct rig *rig;
	unsigned pipe;
	enum item_kind kind;
	size_t item; /* next or current */
	size_t at;   /* in it */
	struct item *it;
	bool owes_end; /* all bytes are out, the end comes in the next frame */
};

struct taker {
	struct sink base;
	struct rig *rig;
};

size_t rig_random(struct rig *r, size_t n)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (size_t)(r->random >> 11) % n;
}

/* Every third item does not compress; of the others one byte in four, so that
 * any 24 bytes are like no others. */
unsigned char rig_byte(size_t item, size_t at)
{
	uint64_t x = item * 0x9e3779b97f4a7c15ULL + at;

	if (item % 3 != 0 && at % 4 != 0)
		return (unsigned char)('a' + at % 13);
	x ^= x >> 31;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 29;
	return (unsigned char)(x >> 24);
}

void rig_init(struct rig *r, uint64_t seed)
{
	const unsigned char key[SIGNER_SEED_LEN] = {42};
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->random = seed * 2654435761U + 88172645463325252ULL;
	r->loop = loop_new(&e);
	r->workers = workers_new(r->loop, "rig", 2, &e);
	r->fake = fake_store_new(r->loop);
	r->budget = budget_new(r->loop, 1 << 24, &e);
	r->signer = signer_new(key, &e);
	assert_non_null(r->signer);
	r->npipes = 3;
	r->part_bytes = 8192;
	r->frame_bytes = 2048;
	r->share_bytes = 1 << 16;
	r->puts_at_once = 3;
	r->gets_at_once = 3;
	r->level = 1;
	r->has_open_frames = true;
}

void rig_encrypt(struct rig *r)
{
	static const char *const recipients[] = {
		"age1knslxrmu56pcft7dhp2m2zy43s4u36u07ajun7d7465vvgfa3g9s5svuy"
		"a",
		"age16uplundlhy0f7yryh07cnm5zelceau5z9tqzn5skuk5guhvvfd3q906vn"
		"g"};
	struct err e = {0};

	for (size_t i = 0; i < 2; i++)
		assert_true(
			age_recipients_add(&r->recipients, recipients[i], &e));
	assert_true(age_identities_read(
		&r->identities,
		"AGE-SECRET-KEY-"
		"132M8P7VYLVSNJFVNVP3VUFH5XN4ME6K30M9L6M27FXH0WE9JZ6JQLMUFVD",
		&e));
}

void rig_fini(struct rig *r)
{
	rig_stop(r);
	free(r->items);
	free(r->frames);
	manifest_fini(&r->m);
	text_free(&r->got);
	signer_free(r->signer);
	store_free(&r->fake->base);
	budget_release(&r->share);
	workers_free(r->workers);
	budget_free(r->budget);
	loop_free(r->loop);
}

void rig_make_items(struct rig *r, size_t n, size_t max_len)
{
	free(r->items);
	r->items = calloc(n, sizeof(*r->items));
	assert_non_null(r->items);
	r->nitems = n;
	r->nframes = 0;
	for (size_t i = 0; i < n; i++) {
		size_t len = rig_random(r, 4) == 0 ? rig_random(r, max_len + 1)
						   : rig_random(r, 100);

		r->items[i].len = len;
		r->items[i].pipe = (unsigned)rig_random(r, r->npipes);
	}
}

static enum item_kind kind_of(const struct rig *r, size_t i)
{
	return i < r->nitems / 3       ? ITEM_SCHEMA
	       : i < 2 * r->nitems / 3 ? ITEM_DATA
				       : ITEM_POST;
}

static struct item *make_item(const struct rig *r, size_t i)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "t\"%zu\\\n\xc3\xa4", i);
	return item_new(i, kind_of(r, i), "table", "shop", name);
}

/* Moves on to the next item of this pipeline; false: there is none. */
static bool next_item(struct maker *k)
{
	struct rig *r = k->rig;

	item_unref(k->it);
	k->it = NULL;
	k->at = 0;
	while (k->item < r->nitems && (r->items[k->item].pipe != k->pipe ||
				       kind_of(r, k->item) != k->kind))
		k->item++;
	if (k->item == r->nitems)
		return false;
	k->it = make_item(r, k->item);
	assert_non_null(k->it);
	return true;
}

static void end_span(struct maker *k, struct span *sp)
{
	struct rig_item *x = &k->rig->items[k->item];

	sp->rows = rig_random(k->rig, 5);
	sp->digest.low = k->rig->random;
	sp->digest.high = k->item;
	x->rows += sp->rows;
	digest_add(&x->digest, &sp->digest);
	if (k->at < x->len)
		return;
	k->owes_end = !k->owes_end && rig_random(k->rig, 4) == 0;
	if (k->owes_end)
		return;
	sp->ends_run = true;
	k->item++;
	(void)next_item(k);
}

static void add_span(struct maker *k, struct frame *f, size_t room)
{
	const struct rig_item *x = &k->rig->items[k->item];
	size_t n = x->len - k->at < room ? x->len - k->at : room;
	struct span *sp = frame_add_span(f, k->it);

	assert_non_null(sp);
	sp->plain_offset = f->len;
	sp->plain_len = n;
	for (size_t i = 0; i < n; i++)
		f->data[f->len++] = rig_byte(k->item, k->at++);
	end_span(k, sp);
}

static void remember(struct maker *k, struct frame *f)
{
	struct rig *r = k->rig;

	if (r->nframes == r->cap) {
		r->cap = r->cap > 0 ? 2 * r->cap : 64;
		r->frames = realloc(r->frames, r->cap * sizeof(*r->frames));
		assert_non_null(r->frames);
	}
	r->frames[r->nframes++] = (struct rig_frame){
		.hash = XXH64(f->data, f->len, 0),
		.pipe = k->pipe,
		.seq = r->seq[k->pipe]++,
		.is_open = f->is_open,
	};
}

static enum flow make_frame(struct maker *k, struct link *out, struct err *e)
{
	struct rig *r = k->rig;
	size_t least = r->frame_bytes > RIG_KNOWN_BYTES ? RIG_KNOWN_BYTES : 1;
	size_t want = least + rig_random(r, r->frame_bytes);
	struct frame *f;

	(void)e;
	f = frame_new(want);
	assert_non_null(f);
	while (k->it != NULL && f->len < want)
		add_span(k, f, want - f->len);
	f->is_open = r->has_open_frames && k->it != NULL && k->at > 0 &&
		     rig_random(r, 3) > 0;
	remember(k, f);
	link_push(out, f);
	return FLOW_MORE;
}

static enum flow maker_read(struct source *s, struct link *out, struct err *e)
{
	struct maker *k = (struct maker *)(void *)s;
	enum flow f = FLOW_END;

	fake_spare(1);
	if (k->it != NULL || next_item(k))
		f = make_frame(k, out, e);
	fake_spare(-1);
	return f;
}

static void maker_destroy(struct source *s)
{
	struct maker *k = (struct maker *)(void *)s;

	item_unref(k->it);
	free(k);
}

static const struct source_ops maker_ops = {
	.name = "maker", .read = maker_read, .destroy = maker_destroy};

static const struct rig_frame *known(const struct rig *r, const struct frame *f)
{
	uint64_t hash = XXH64(f->data, f->len, 0);
	const struct rig_frame *found = NULL;

	/* The last ones of two pipelines may be the same few bytes: then the
	 * one that continues what is open. */
	for (size_t i = 0; i < r->nframes; i++) {
		const struct rig_frame *x = &r->frames[i];

		if (x->hash != hash || x->seq != r->got_seq[x->pipe])
			continue;
		if (found == NULL || (r->last != NULL && r->last->is_open &&
				      r->last->pipe == x->pipe))
			found = x;
	}
	return found;
}

/* Frames of a pipeline in order, and behind an open one none of another. */
static void check_order(struct rig *r, const struct frame *f)
{
	const struct rig_frame *x = known(r, f);

	if (x == NULL ||
	    (r->last != NULL && r->last->is_open && r->last->pipe != x->pipe))
		r->is_out_of_order = true;
	if (x != NULL)
		r->got_seq[x->pipe]++;
	r->last = x;
	r->got_frames++;
}

static enum flow taker_write(struct sink *sk, struct link *in, struct err *e)
{
	struct rig *r = ((struct taker *)(void *)sk)->rig;
	struct frame *f = link_pop(in);

	(void)e;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	assert_true(f->is_checked);
	check_order(r, f);
	fake_spare(1);
	text_add(&r->got, f->data, f->len);
	fake_spare(-1);
	frame_free(f);
	return FLOW_MORE;
}

static void taker_destroy(struct sink *sk)
{
	free(sk);
}

static const struct sink_ops taker_ops = {
	.name = "taker", .write = taker_write, .destroy = taker_destroy};

void rig_done(void *arg, const struct err *e)
{
	struct rig *r = arg;

	assert_false(r->is_over);
	r->is_over = true;
	r->x = NULL;
	if (e != NULL)
		r->err = *e;
}

static void start_pipes(struct rig *r);

/* The next kind of items, or the end. */
static void next_phase(struct rig *r)
{
	for (unsigned i = 0; i < r->npipes; i++) {
		pipeline_free(r->pipes[i]);
		r->pipes[i] = NULL;
	}
	if (r->phase == ITEM_POST) {
		part_writer_finish(r->writer, &r->m, rig_done, r);
		return;
	}
	r->phase++;
	start_pipes(r);
}

static void on_pipe(void *arg, const struct err *e)
{
	struct rig *r = arg;

	if (r->is_over)
		return;
	if (err_is(e)) {
		rig_done(r, e);
		return;
	}
	r->running--;
	if (r->running == 0)
		next_phase(r);
}

static struct source *maker_new(struct rig *r, unsigned pipe)
{
	struct maker *k;

	fake_spare(1);
	k = calloc(1, sizeof(*k));
	assert_non_null(k);
	k->base.ops = &maker_ops;
	k->rig = r;
	k->pipe = pipe;
	k->kind = r->phase;
	fake_spare(-1);
	return &k->base;
}

static bool start_pipe(struct rig *r, unsigned i, struct err *e)
{
	struct pipeline_parts parts = {
		.nstages = 1, .link_bytes = r->frame_bytes, .idle_seconds = 60};
	struct stage *stage = zstd_pack_new(
		r->workers, (struct zstd_how){.level = r->level}, 3, e);

	if (stage == NULL)
		return false;
	parts.stages[0] = stage;
	parts.sink = part_writer_port(r->writer, e);
	if (parts.sink == NULL) {
		stage->ops->destroy(stage);
		return false;
	}
	parts.source = maker_new(r, i);
	r->pipes[i] = pipeline_new(r->loop, &parts, on_pipe, r, e);
	return r->pipes[i] != NULL;
}

static void start_pipes(struct rig *r)
{
	struct err e = {0};
	bool is_started = true;

	r->running = r->npipes;
	for (unsigned i = 0; i < r->npipes && is_started; i++)
		is_started = start_pipe(r, i, &e);
	if (!is_started)
		rig_done(r, &e);
}

static void on_granted(void *arg)
{
	(void)arg;
}

void rig_start_backup(struct rig *r)
{
	struct part_writer_config c = {
		.loop = r->loop,
		.store = &r->fake->base,
		.workers = r->workers,
		.share = &r->share,
		.source_id = RIG_SOURCE,
		.backup_id = r->backup_id != NULL ? r->backup_id : RIG_BACKUP,
		.is_packs = r->is_packs,
		.base = r->base,
		.suffix = ".sql.zst",
		.recipients = r->recipients,
		.part_bytes = r->part_bytes,
		.puts_at_once = r->puts_at_once,
	};
	struct err e = {0};

	r->is_over = false;
	r->phase = ITEM_SCHEMA;
	memset(r->seq, 0, sizeof(r->seq));
	err_clear(&r->err);
	if (r->share.budget == NULL)
		budget_reserve(r->budget, &r->share, r->share_bytes, on_granted,
			       NULL);
	rig_turns(r, 2);
	r->writer = part_writer_new(&c, &e);
	for (const uint32_t *k = r->keeps; r->writer != NULL && k != NULL && *k;
	     k++)
		assert_true(part_writer_keep(r->writer, *k, &e));
	if (r->writer != NULL)
		start_pipes(r);
	else
		rig_done(r, &e);
}

void rig_stop(struct rig *r)
{
	for (unsigned i = 0; i < RIG_PIPES_MAX; i++) {
		pipeline_free(r->pipes[i]);
		r->pipes[i] = NULL;
	}
	part_writer_free(r->writer);
	r->writer = NULL;
	pipeline_free(r->restore);
	r->restore = NULL;
	part_feed_fini(&r->feed);
	exchange_cancel(r->x);
	r->x = NULL;
	assert_int_equal(fake_store_pending(r->fake), 0);
	assert_int_equal(r->share.borrowed, 0);
}

static void on_restored(void *arg, const struct err *e)
{
	rig_done(arg, err_is(e) ? e : NULL);
}

static struct sink *taker_new(struct rig *r)
{
	struct taker *t;

	fake_spare(1);
	t = calloc(1, sizeof(*t));
	assert_non_null(t);
	t->base.ops = &taker_ops;
	t->rig = r;
	fake_spare(-1);
	return &t->base;
}

static void reset_restore(struct rig *r)
{
	r->is_over = false;
	err_clear(&r->err);
	text_reset(&r->got);
	r->got_frames = 0;
	r->last = NULL;
	r->is_out_of_order = false;
	memset(r->got_seq, 0, sizeof(r->got_seq));
}

static bool start_reading(struct rig *r, struct err *e)
{
	const struct part_reader_config c = {
		.loop = r->loop,
		.store = &r->fake->base,
		.workers = r->workers,
		.feed = &r->feed,
		.gets_at_once = r->gets_at_once,
		.identities = &r->identities,
	};
	struct pipeline_parts parts = {
		.nstages = 1, .link_bytes = 4096, .idle_seconds = 60};

	part_feed_fini(&r->feed);
	if (!part_feed_parts(&r->feed, &r->m, 1, manifest_last_number(&r->m),
			     e))
		return false;
	parts.source = part_reader_new(&c, e);
	if (parts.source == NULL)
		return false;
	parts.stages[0] = zstd_unpack_new(r->workers, MAX_PLAIN, 3, e);
	if (parts.stages[0] == NULL) {
		parts.source->ops->destroy(parts.source);
		return false;
	}
	parts.sink = taker_new(r);
	r->restore = pipeline_new(r->loop, &parts, on_restored, r, e);
	return r->restore != NULL;
}

void rig_start_restore(struct rig *r)
{
	struct err e = {0};

	reset_restore(r);
	if (!start_reading(r, &e))
		rig_done(r, &e);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void rig_turns(struct rig *r, unsigned n)
{
	while (n-- > 0)
		(void)event_base_loop(loop_base(r->loop), EVLOOP_NONBLOCK);
}

void rig_step(struct rig *r)
{
	(void)event_base_loop(loop_base(r->loop), EVLOOP_ONCE);
}

void rig_run(struct rig *r)
{
	struct timeval tv = {1, 0};
	struct event *tick =
		event_new(loop_base(r->loop), -1, EV_PERSIST, on_tick, NULL);
	int64_t until = clock_mono_ms() + RUN_MS;

	assert_non_null(tick);
	assert_int_equal(evtimer_add(tick, &tv), 0);
	while (!r->is_over && clock_mono_ms() < until)
		(void)event_base_loop(loop_base(r->loop), EVLOOP_ONCE);
	event_free(tick);
	assert_true(r->is_over);
}

void rig_converse(struct rig *r, struct exchange *x)
{
	assert_non_null(x);
	r->x = x;
	r->is_over = false;
	err_clear(&r->err);
	rig_run(r);
}

void rig_backup(struct rig *r)
{
	rig_start_backup(r);
	rig_run(r);
	rig_stop(r);
}

void rig_restore(struct rig *r)
{
	rig_start_restore(r);
	rig_run(r);
	rig_stop(r);
}

struct exchange_env rig_env(const struct rig *r)
{
	return (struct exchange_env){.loop = r->loop,
				     .store = &r->fake->base,
				     .workers = r->workers,
				     .signer = r->signer,
				     .identities = &r->identities,
				     .server_id = "srv_1"};
}

void rig_describe(struct rig *r)
{
	struct manifest *m = &r->m;

	(void)str_copy(m->source_id, ID_MAX, RIG_SOURCE);
	(void)str_copy(m->backup_id, ID_MAX, RIG_BACKUP);
	(void)str_copy(m->server_id, ID_MAX, "srv_01HZZZZZZZZZZZZZZZZZZZZZZZ");
	m->name = strdup("nightly-1");
	m->description = strdup("of \xe4\xb8\xad");
	m->source_name = strdup("shop");
	m->engine = strdup("mysql");
	m->version = strdup("10.11.6-MariaDB");
	m->method = strdup("logical");
	m->type = strdup("manual");
	m->region = strdup("");
	m->scope_json = strdup("{\"databases\":[{\"name\":\"shop\"}]}");
	m->consistency_json = strdup("{\"binlog_position\":1234}");
	m->session_json = strdup("{\"sql_mode\":\"\"}");
	m->counts_json = strdup("{\"tables\":3,\"rows\":12}");
	m->compression = strdup("zstd");
	m->started_at = 1796092200000;
	m->finished_at = 1796092260000;
	m->longest_statement = 1024;
}
