/*
 * stream.c - the source of a dump: from the first word to the last byte.
 *
 * Replies come by callbacks, which take them and wake the pipeline; the
 * snapshot is pulled by stream_read(), straight into the frame that leaves
 * (or, where only a part is wanted, into a buffer out of which it is copied).
 * What the server sends while it prepares counts as work, so that the idle
 * limit of the pipeline looks at silence alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/redis/conn.h"
#include "sources/redis/dump/dump_int.h"
#include "sources/redis/dump/payload.h"
#include "sources/redis/fault.h"

enum stream_state {
	STREAM_CONNECT, /* until it is open */
	STREAM_LOOK,	/* what it says of itself */
	STREAM_OPTIONS, /* what kind of replica we are */
	STREAM_SAVE,	/* it was asked for a snapshot and prepares it */
	STREAM_DATA,	/* the snapshot comes */
	STREAM_CHECK,	/* all came: whether it is whole */
	STREAM_STATE_COUNT,
};

/* The name of each, and the phase that users see. */
static const char *const state_names[][2] = {
	{"connect", "connect"}, {"look", "connect"}, {"options", "connect"},
	{"save", "save"},	{"data", "data"},    {"check", "check"},
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       STREAM_STATE_COUNT,
	       "one name per state");

struct stream {
	struct source base; /* comes first */
	struct redis_dump *dump;
	struct redis_conn *conn;
	enum stream_state state;
	struct err err; /* found in a callback */
	bool has_news;	/* a callback did something */
	bool is_old;	/* it does not know PSYNC: SYNC was sent */
	struct redis_payload payload;
	struct redis_frames frames;
	struct redis_content content;
	struct frame *scratch; /* for a part, or NULL */
	size_t taken; /* bytes of the frame or of scratch that are payload */
};

static struct stream *stream_of(struct source *s)
{
	return (struct stream *)(void *)s; /* comes first */
}

static void set_state(struct stream *s, enum stream_state next)
{
	struct dump_facts *f = &s->dump->facts;

	log_debug("sources", "redis dump: %s -> %s", state_names[s->state][0],
		  state_names[next][0]);
	s->state = next;
	(void)str_copy(f->phase, sizeof(f->phase), state_names[next][1]);
}

static void news(struct stream *s)
{
	s->has_news = true;
	wake(&s->base.waker);
}

/* What it does not know of these changes nothing for the worse. Valkey gives
 * up on a replica that is older than itself, or does not say how old it is. */
static bool send_options(struct stream *s, struct err *e)
{
	static const char *const capa[] = {"REPLCONF", "capa", "eof", "capa",
					   "psync2"};
	static const char *const only[] = {"REPLCONF", "rdb-only", "1"};
	const char *const version[] = {"REPLCONF", "version",
				       s->dump->server.version};
	const size_t lens[] = {8, 7, strcspn(version[2], "-")};

	return redis_conn_send(s->conn, 5, capa, NULL, e) &&
	       redis_conn_send(s->conn, 3, only, NULL, e) &&
	       (!s->dump->server.is_valkey ||
		redis_conn_send(s->conn, 3, version, lens, e));
}

/* From the question on all is read raw: while the server prepares it sends
 * line ends, and they are news. */
static bool ask_for_snapshot(struct stream *s, struct err *e)
{
	static const char *const psync[] = {"PSYNC", "?", "-1"};

	if (!redis_conn_send(s->conn, 3, psync, NULL, e))
		return false;
	redis_conn_go_raw(s->conn);
	set_state(s, STREAM_SAVE);
	return true;
}

static bool ask_as_of_old(struct stream *s, struct err *e)
{
	static const char *const sync[] = {"SYNC"};

	s->is_old = true;
	return redis_conn_send(s->conn, 1, sync, NULL, e);
}

static bool take_look(struct stream *s, const redisReply *r, struct err *e)
{
	bool is_over;

	if (!redis_look_take(&s->dump->server, r, &is_over, e))
		return false;
	if (!is_over)
		return true;
	if (!redis_dump_check(s->dump, e))
		return false;
	s->dump->facts.items_total = s->dump->server.keys;
	set_state(s, STREAM_OPTIONS);
	return send_options(s, e);
}

static bool take_option(struct stream *s, const redisReply *r, struct err *e)
{
	if (r->type == REDIS_REPLY_ERROR &&
	    (redis_is_denial(r->str) || strncmp(r->str, "ERR", 3) != 0))
		return redis_fault(e, r->str, "become a replica", "+replconf");
	if (redis_conn_unanswered(s->conn) > 0)
		return true;
	return ask_for_snapshot(s, e);
}

static void on_open(void *arg, const struct err *e)
{
	struct stream *s = arg;

	news(s);
	if (e != NULL) {
		s->err = *e;
		return;
	}
	set_state(s, STREAM_LOOK);
	if (!redis_look_send(s->conn, &s->err))
		log_debug("sources", "redis dump: no memory to ask");
}

static void on_reply(void *arg, const struct redisReply *r)
{
	struct stream *s = arg;

	news(s);
	if (err_is(&s->err))
		return;
	if (s->state == STREAM_LOOK)
		(void)take_look(s, r, &s->err);
	else if (s->state == STREAM_OPTIONS)
		(void)take_option(s, r, &s->err);
}

static void on_lost(void *arg, const struct err *e)
{
	struct stream *s = arg;

	news(s);
	if (!err_is(&s->err))
		s->err = *e;
}

static void on_ready(void *arg)
{
	struct stream *s = arg;

	wake(&s->base.waker);
}

static bool take_resync(struct stream *s, struct err *e)
{
	struct dump_facts *f = &s->dump->facts;

	return redis_payload_resync(&s->payload, f->replication_id,
				    &f->replication_offset) ||
	       err_set(e, ERR_REMOTE, "source_failed",
		       "ask for a snapshot: the server answers what no Redis "
		       "does; check host and port");
}

static bool take_refusal(struct stream *s, struct err *e)
{
	if (redis_is_unknown(s->payload.line) && !s->is_old)
		return ask_as_of_old(s, e);
	if (redis_is_unknown(s->payload.line))
		return err_set(
			e, ERR_REMOTE, "source_failed",
			"the server knows neither PSYNC nor SYNC: a "
			"backup is made as a replica makes its copy, and "
			"services that hide the commands cannot be "
			"backed up so");
	return redis_fault(e, s->payload.line, "ask for a snapshot", "+psync");
}

/* False with *e filled. */
static bool take_line(struct stream *s, enum redis_line line, struct err *e)
{
	switch (line) {
	case REDIS_LINE_PART:
	case REDIS_LINE_ALIVE:
		return true;
	case REDIS_LINE_RESYNC:
		return take_resync(s, e);
	case REDIS_LINE_REFUSAL:
		return take_refusal(s, e);
	case REDIS_LINE_BEGIN:
		set_state(s, s->payload.is_over ? STREAM_CHECK : STREAM_DATA);
		return true;
	case REDIS_LINE_BAD:
		break;
	}
	return err_set(e, ERR_REMOTE, "source_failed",
		       "ask for a snapshot: the server answers what no Redis "
		       "does; check host and port");
}

/* One byte at a time, so that nothing of the payload is read. */
static enum flow read_preamble(struct stream *s, struct err *e)
{
	enum flow f = FLOW_WAIT;
	char byte;
	long n;

	while (s->state == STREAM_SAVE) {
		n = redis_conn_read(s->conn, &byte, 1, e);
		if (n == 0)
			return f;
		if (n < 0) {
			err_prefix(e, "while the server prepared a snapshot "
				      "(its log tells if there was no room on "
				      "its disk, or for a fork)");
			return FLOW_FAIL;
		}
		f = FLOW_MORE;
		if (!take_line(s, redis_payload_line(&s->payload, byte), e))
			return FLOW_FAIL;
	}
	return FLOW_MORE;
}

static bool is_part(const struct stream *s)
{
	return s->content.scope != NULL;
}

/* Where the next bytes go to, with room for some. NULL with *e filled. */
static struct frame *buffer_of(struct stream *s, struct err *e)
{
	if (!is_part(s))
		return redis_frames_room(&s->frames, e) ? s->frames.frame
							: NULL;
	if (s->scratch == NULL)
		s->scratch = frame_new(FRAME_BYTES);
	if (s->scratch == NULL)
		(void)err_nomem(e, "a frame");
	return s->scratch;
}

/* It is full. The last byte that was taken stays too, so that the frame after
 * it never is empty when nothing but the mark follows. */
static bool make_room(struct stream *s, struct frame *f, struct err *e)
{
	size_t rest;

	if (!is_part(s)) {
		if (!redis_frames_cut(&s->frames, s->taken - 1, e))
			return false;
		s->taken = 1;
		return true;
	}
	rest = f->len - s->taken;
	memmove(f->data, f->data + s->taken, rest);
	f->len = rest;
	s->taken = 0;
	return true;
}

static bool take_bytes(struct stream *s, struct frame *f, struct err *e)
{
	const unsigned char *bytes = f->data + s->taken;
	size_t n = redis_payload_take(&s->payload, bytes, f->len - s->taken);

	if (n > 0 && !redis_content_feed(&s->content, bytes, n, s->taken, e))
		return false;
	s->taken += n;
	if (!s->payload.is_over)
		return true;
	f->len = s->taken; /* without the mark */
	set_state(s, STREAM_CHECK);
	return true;
}

static bool cut_off(struct stream *s, struct err *e)
{
	err_prefix(e, "after %llu bytes of the snapshot",
		   (unsigned long long)s->content.fed);
	return false;
}

/* Until the frame is full or nothing is there: *f is FLOW_WAIT only if nothing
 * was there at all. */
static bool read_data(struct stream *s, enum flow *flow, struct err *e)
{
	struct frame *f = buffer_of(s, e);
	size_t room;
	long n;

	if (f == NULL)
		return false;
	while (s->state == STREAM_DATA && (room = redis_frame_room(f)) > 0) {
		n = redis_conn_read(s->conn, f->data + f->len,
				    redis_payload_want(&s->payload, room), e);
		if (n < 0)
			return cut_off(s, e);
		if (n == 0)
			return true;
		*flow = FLOW_MORE;
		f->len += (size_t)n;
		if (!take_bytes(s, f, e))
			return false;
	}
	redis_dump_count(s->dump, &s->content);
	return s->state != STREAM_DATA || make_room(s, f, e);
}

static enum flow check(struct stream *s, struct err *e)
{
	if (!redis_content_check(&s->content, e) ||
	    !redis_dump_settle(s->dump, &s->content, e) ||
	    !redis_frames_end(&s->frames, e))
		return FLOW_FAIL;
	redis_conn_free(s->conn);
	s->conn = NULL;
	return FLOW_END;
}

static enum flow step(struct stream *s, struct err *e)
{
	enum flow f = FLOW_WAIT;

	switch (s->state) {
	case STREAM_CONNECT:
	case STREAM_LOOK:
	case STREAM_OPTIONS:
		f = s->has_news ? FLOW_MORE : FLOW_WAIT;
		s->has_news = false;
		return f;
	case STREAM_SAVE:
		return read_preamble(s, e);
	case STREAM_DATA:
		return read_data(s, &f, e) ? f : FLOW_FAIL;
	case STREAM_CHECK:
		return check(s, e);
	case STREAM_STATE_COUNT:
		break;
	}
	return FLOW_FAIL;
}

static enum flow stream_read(struct source *base, struct link *out,
			     struct err *e)
{
	struct stream *s = stream_of(base);

	s->frames.link = out;
	if (err_is(&s->err)) {
		*e = s->err;
		return FLOW_FAIL;
	}
	return step(s, e);
}

static void stream_destroy(struct source *base)
{
	struct stream *s = stream_of(base);

	redis_conn_free(s->conn);
	redis_content_fini(&s->content);
	redis_frames_fini(&s->frames);
	frame_free(s->scratch);
	free(s);
}

static const struct source_ops ops = {
	.name = "redis",
	.read = stream_read,
	.destroy = stream_destroy,
};

struct source *redis_stream_new(struct redis_dump *d, struct err *e)
{
	static const struct redis_conn_events events = {on_open, on_reply,
							on_lost, on_ready};
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a stream");
		return NULL;
	}
	s->base.ops = &ops;
	s->dump = d;
	s->frames.plain_bytes = &d->facts.plain_bytes;
	if (redis_content_begin(&s->content, &s->frames, &d->scope, e))
		s->conn =
			redis_conn_new(d->env, &d->address.view, &events, s, e);
	if (s->conn == NULL) {
		stream_destroy(&s->base);
		return NULL;
	}
	address_copy_forget(&d->address);
	return &s->base;
}
