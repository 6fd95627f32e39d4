/*
 * sink.c - the snapshot of a backup, read as it passes and sent as RESTORE
 * commands: a key's payload is its bytes in the file behind their type byte,
 * with the RDB version and a CRC64 at the end (src/cluster.c of Redis,
 * createDumpPayload). What is to be replaced goes in the first section, which
 * has no bytes; in that of the data functions come, then keys in their order,
 * as many commands on their way as the target takes.
 *
 *	dial -> clear -> stream -> finish
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/redis/conn.h"
#include "sources/redis/load/clear.h"
#include "sources/redis/load/command.h"
#include "sources/redis/load/load_int.h"
#include "sources/redis/rdb/keys.h"

enum {
	UNSENT_MAX = 4 * 1024 * 1024, /* bytes; more is asked for below half */
	UNANSWERED_MAX = 20000,	      /* commands */
	SLICE_BYTES = 64 * 1024,      /* of a frame */
	KINDS_SPENT_MAX = 4096,
};

enum sink_state {
	SINK_DIAL,   /* the connection is made */
	SINK_CLEAR,  /* what is to be replaced goes */
	SINK_STREAM, /* frames become commands */
	SINK_FINISH, /* the last replies are waited for */
	SINK_STATE_COUNT,
};

static const char *const state_names[] = {"dial", "clear", "stream", "finish"};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == SINK_STATE_COUNT,
	       "one name per state");

struct redis_sink {
	struct sink base; /* comes first */
	struct redis_load *load;
	struct redis_conn *conn;
	struct rdb_reader *reader;
	enum sink_state state;
	bool is_data; /* else the section before it, which has no bytes */
	bool is_open;
	struct err err; /* what a callback found */

	struct redis_clear clear;
	struct redis_command command; /* what is being cut out */
	const unsigned char *frame;   /* that is read now */
	uint64_t fed;		      /* bytes before it */
	struct text functions;	      /* records of libraries */
	struct text kinds;	      /* of the commands on their way */
	size_t kinds_at;	      /* those before it were answered */
	bool is_current;	      /* database is the selected one */
	uint32_t database;
};

static struct redis_sink *sink_of(struct sink *sk)
{
	return (struct redis_sink *)(void *)sk;
}

static void set_state(struct redis_sink *s, enum sink_state next)
{
	log_debug("sources", "redis load: %s -> %s", state_names[s->state],
		  state_names[next]);
	s->state = next;
}

/* --- which commands are on their way */

enum { KIND_KEY = 'k', KIND_OTHER = 'o' };

/* A command was sent, its reply is to come. */
static bool expect_reply(struct redis_sink *s, char kind, struct err *e)
{
	struct text *t = &s->kinds;

	if (s->kinds_at > KINDS_SPENT_MAX) {
		t->len -= s->kinds_at;
		memmove(t->data, t->data + s->kinds_at, t->len);
		s->kinds_at = 0;
	}
	text_char(t, kind);
	return !t->is_broken || err_nomem(e, "a command");
}

/* The first of them was answered. */
static char take_kind(struct redis_sink *s)
{
	if (s->kinds_at == s->kinds.len)
		return KIND_OTHER;
	return s->kinds.data[s->kinds_at++];
}

/* --- what the reader tells */

static bool lasts(const struct rdb_record *r)
{
	return r->expires_at == RDB_NO_EXPIRY;
}

static bool is_wanted(struct redis_sink *s, const struct rdb_record *r)
{
	struct redis_load *l = s->load;

	if (redis_load_find(l, r->database) == NULL ||
	    !redis_scope_has_key(&l->scope, r->database, r->name, r->name_len))
		return false;
	if (lasts(r) || r->expires_at > redis_load_now(l))
		return true;
	l->facts.expired++;
	return false;
}

static bool on_begin(void *arg, const struct rdb_record *r, struct err *e)
{
	struct redis_sink *s = arg;

	(void)e;
	if (r->kind == RDB_RECORD_KEY && s->load->is_skimmed && lasts(r))
		rdb_skim(s->reader);
	if (r->kind == RDB_RECORD_KEY && is_wanted(s, r))
		redis_command_hold(&s->command, r->value_begin);
	else if (r->kind == RDB_RECORD_FUNCTION)
		redis_command_hold(&s->command, r->begin);
	return true;
}

static bool select_database(struct redis_sink *s, uint32_t to, struct err *e)
{
	if (s->is_current && s->database == to)
		return true;
	s->is_current = true;
	s->database = to;
	return redis_select_send(s->conn, to, e) &&
	       expect_reply(s, KIND_OTHER, e);
}

static bool restore_key(struct redis_sink *s, const struct rdb_record *r,
			const struct digest *digest, struct err *e)
{
	struct redis_target_db *db = redis_load_find(s->load, r->database);

	return select_database(s, db->to, e) &&
	       redis_command_restore(&s->command, s->conn, r,
				     rdb_version(s->reader), e) &&
	       expect_reply(s, KIND_KEY, e) &&
	       redis_wane_add(&db->wane, r->expires_at, digest, e);
}

static bool count(struct redis_sink *s, const struct rdb_record *r,
		  const struct digest *digest, struct err *e)
{
	struct rdb_tally *t = rdb_tally_of(&s->load->stream, r->database, e);

	if (t == NULL)
		return false;
	rdb_tally_add(t, r, digest);
	return true;
}

/* All that came before the first key, in one go. */
static bool restore_functions(struct redis_sink *s, struct err *e)
{
	bool ok;

	if (s->functions.len == 0 && !s->functions.is_broken)
		return true;
	if (s->functions.is_broken)
		return err_nomem(e, "functions");
	ok = redis_command_functions(s->conn, &s->functions,
				     rdb_version(s->reader),
				     s->load->is_overwrite, e) &&
	     expect_reply(s, KIND_OTHER, e);
	text_free(&s->functions);
	return ok;
}

/* Functions are the instance's: some of its keys come without them. */
static bool wants_functions(const struct redis_load *l)
{
	return l->scope.nnumbers == 0 && l->scope.nkeys == 0;
}

static bool on_end(void *arg, const struct rdb_record *r,
		   const struct digest *digest, struct err *e)
{
	struct redis_sink *s = arg;
	size_t at = (size_t)(r->end - s->fed);
	bool is_held = redis_command_take(&s->command, s->frame, s->fed, at);
	bool ok = true;

	if (r->kind == RDB_RECORD_FUNCTION && is_held &&
	    wants_functions(s->load))
		redis_command_append(&s->command, &s->functions);
	if (r->kind == RDB_RECORD_DATABASE || r->kind == RDB_RECORD_END)
		ok = restore_functions(s, e);
	if (r->kind == RDB_RECORD_KEY)
		ok = count(s, r, digest, e) &&
		     (!is_held || restore_key(s, r, digest, e));
	redis_command_drop(&s->command);
	return ok;
}

/* --- what the connection tells */

static void fail(struct redis_sink *s, const struct err *e)
{
	if (!err_is(&s->err))
		s->err = *e;
	wake(&s->base.waker);
}

static void on_open(void *arg, const struct err *e)
{
	struct redis_sink *s = arg;

	s->is_open = e == NULL;
	if (e != NULL)
		fail(s, e);
	else
		wake(&s->base.waker);
}

static void refused(struct redis_sink *s, const char *words)
{
	struct err e = {0};

	redis_command_fault(&e, words, s->load->facts.rows_committed);
	fail(s, &e);
}

static void on_reply(void *arg, const struct redisReply *r)
{
	struct redis_sink *s = arg;
	struct err e = {0};

	if (s->state == SINK_CLEAR) {
		if (!redis_clear_take(&s->clear, r, &e))
			fail(s, &e);
	} else {
		bool is_key = take_kind(s) == KIND_KEY;

		if (r->type == REDIS_REPLY_ERROR)
			refused(s, r->str);
		else
			s->load->facts.rows_committed += is_key;
	}
	if (redis_conn_unanswered(s->conn) <= UNANSWERED_MAX / 2)
		wake(&s->base.waker);
}

static void on_lost(void *arg, const struct err *e)
{
	fail(arg, e);
}

static void on_ready(void *arg)
{
	struct redis_sink *s = arg;

	wake(&s->base.waker);
}

/* --- its life */

static bool is_full(const struct redis_sink *s)
{
	return redis_conn_unsent(s->conn) >= UNSENT_MAX ||
	       redis_conn_unanswered(s->conn) >= UNANSWERED_MAX;
}

/* What the target would not take is not gathered. */
static bool is_bearable(const struct redis_sink *s, struct err *e)
{
	uint64_t most = s->load->bulk_max;

	return (s->command.held.len <= most && s->functions.len <= most) ||
	       err_set(e, ERR_CONFLICT, "target_incompatible",
		       "a key of the backup is longer than %" PRIu64
		       " bytes, the most that the target takes: raise its "
		       "proto-max-bulk-len, and restore again",
		       most);
}

static bool feed(struct redis_sink *s, const unsigned char *bytes, size_t len,
		 struct err *e)
{
	s->frame = bytes;
	if (!rdb_feed(s->reader, bytes, len, e))
		return false;
	if (rdb_is_opaque(s->reader) != NULL)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "the backup holds what cannot be taken apart "
			       "(%s): put its parts together to a dump.rdb, as "
			       "README.txt in the pool says",
			       rdb_is_opaque(s->reader));
	if (!redis_command_keep(&s->command, bytes, s->fed, len))
		return err_nomem(e, "a key");
	if (!is_bearable(s, e))
		return false;
	s->fed += len;
	s->load->facts.statement_bytes += len;
	return true;
}

/* What a socket holds the target has read before a whole frame is cut into
 * commands: it gets more after each slice, so that both work all the time. */
static bool feed_slices(struct redis_sink *s, const struct frame *f,
			struct err *e)
{
	for (size_t at = 0; at < f->len; at += SLICE_BYTES) {
		size_t left = f->len - at;

		if (!feed(s, f->data + at,
			  left < SLICE_BYTES ? left : SLICE_BYTES, e))
			return false;
		redis_conn_push(s->conn);
	}
	return true;
}

static enum flow stream(struct redis_sink *s, struct link *in, struct err *e)
{
	struct frame *f;
	bool ok;

	if (is_full(s))
		return FLOW_WAIT;
	f = link_pop(in);
	if (f == NULL) {
		if (!in->eof)
			return FLOW_WAIT;
		if (s->is_data && !rdb_is_over(s->reader)) {
			(void)err_set(e, ERR_DAMAGED, "damaged_backup",
				      "the backup ends before its end mark, "
				      "after %" PRIu64 " bytes: restore "
				      "another one",
				      s->fed);
			return FLOW_FAIL;
		}
		set_state(s, SINK_FINISH);
		return FLOW_MORE;
	}
	ok = feed_slices(s, f, e);
	frame_free(f);
	return ok ? FLOW_MORE : FLOW_FAIL;
}

static enum flow clear(struct redis_sink *s, struct err *e)
{
	bool is_over = false;

	if (!redis_clear_next(&s->clear, s->conn, &is_over, e))
		return FLOW_FAIL;
	if (!is_over)
		return FLOW_WAIT;
	set_state(s, SINK_STREAM);
	return FLOW_MORE;
}

static enum flow sink_write(struct sink *base, struct link *in, struct err *e)
{
	struct redis_sink *s = sink_of(base);

	if (err_is(&s->err)) {
		*e = s->err;
		return FLOW_FAIL;
	}
	switch (s->state) {
	case SINK_DIAL:
		if (!s->is_open)
			return FLOW_WAIT;
		set_state(s, s->is_data ? SINK_STREAM : SINK_CLEAR);
		return FLOW_MORE;
	case SINK_CLEAR:
		return clear(s, e);
	case SINK_STREAM:
		return stream(s, in, e);
	case SINK_FINISH:
		return redis_conn_unanswered(s->conn) == 0 ? FLOW_END
							   : FLOW_WAIT;
	case SINK_STATE_COUNT:
		break;
	}
	return FLOW_END;
}

static void sink_destroy(struct sink *base)
{
	struct redis_sink *s = sink_of(base);

	redis_conn_free(s->conn);
	rdb_free(s->reader);
	redis_clear_fini(&s->clear);
	redis_command_fini(&s->command);
	text_free(&s->functions);
	text_free(&s->kinds);
	free(s);
}

static const struct sink_ops ops = {
	.name = "target",
	.write = sink_write,
	.destroy = sink_destroy,
};

struct sink *redis_load_sink(struct load *base, enum item_kind section,
			     struct err *e)
{
	static const struct redis_conn_events on_conn = {on_open, on_reply,
							 on_lost, on_ready};
	static const struct rdb_events on_file = {on_begin, on_end, NULL};
	struct redis_load *l = (struct redis_load *)(void *)base;
	struct redis_sink *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	s->base.ops = &ops;
	s->load = l;
	l->is_skimmed = l->scope.nkeys == 0;
	s->is_data = section == ITEM_DATA;
	s->clear.load = l;
	s->reader = rdb_new(&on_file, s, e);
	if (s->reader != NULL)
		s->conn = redis_conn_new(l->env, &l->address.view, &on_conn, s,
					 e);
	if (s->conn == NULL) {
		sink_destroy(&s->base);
		return NULL;
	}
	return &s->base;
}
