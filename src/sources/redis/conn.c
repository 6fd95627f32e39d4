/*
 * conn.c - commands go out and replies come in, in the loop's turns.
 *
 * on_open and all that follows run from the link's events or the timer of the
 * next turn. A callback may free the connection: what runs then looks at
 * is_freed before it touches it again, and the outermost frees it.
 */
#include "sources/redis/conn_int.h"

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "base/log.h"
#include "base/secret.h"
#include "loop/loop.h"
#include "sources/redis/fault.h"
#include "sources/redis/link.h"

enum {
	CHUNK_BYTES = 64 * 1024,
	TURN_CHUNKS = 8, /* read and written in one turn */
	REPLY_MAX_BYTES = 1024 * 1024 * 1024,
	ELEMENTS_MAX = 1024 * 1024, /* of all arrays of a reply together */
	LINE_MAX_BYTES =
		64 * 1024, /* of a reply that is a line, or begins so */
};

static const char without_measure[] = "a reply without measure";

static const char *const state_names[] = {
	"opening", "auth", "open", "raw", "lost",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == CONN_STATE_COUNT,
	       "one name per state");

static void set_state(struct redis_conn *c, enum conn_state next)
{
	log_debug("sources", "redis %p: %s -> %s", (void *)c,
		  state_names[c->state], state_names[next]);
	c->state = next;
}

static void forget_hello(struct redis_conn *c)
{
	if (c->hello != NULL)
		secret_wipe(c->hello, c->hello_len);
	free(c->hello);
	c->hello = NULL;
	c->hello_len = 0;
}

static void destroy(struct redis_conn *c)
{
	redis_link_free(c->link);
	if (c->turn != NULL)
		event_free(c->turn);
	if (c->deadline != NULL)
		event_free(c->deadline);
	if (c->out != NULL)
		evbuffer_free(c->out);
	if (c->reader != NULL)
		redisReaderFree(c->reader);
	forget_hello(c);
	free(c);
}

void redis_conn_free(struct redis_conn *c)
{
	if (c == NULL)
		return;
	if (c->depth == 0) {
		destroy(c);
		return;
	}
	c->is_freed = true;
	redis_link_free(c->link);
	c->link = NULL;
}

static void enter(struct redis_conn *c)
{
	c->depth++;
}

static void leave(struct redis_conn *c)
{
	if (--c->depth == 0 && c->is_freed)
		destroy(c);
}

static bool is_talking(const struct redis_conn *c)
{
	return !c->is_freed && (c->state == CONN_AUTH || c->state == CONN_OPEN);
}

void redis_conn_next_turn(struct redis_conn *c)
{
	if (c->is_turn_set || c->state == CONN_OPENING || c->state == CONN_LOST)
		return;
	c->is_turn_set = true;
	loop_next_turn(c->turn);
}

/* What the server said of itself tells more than that it hung up. */
static void lose(struct redis_conn *c, const struct err *e)
{
	const struct err *why = err_is(&c->told) ? &c->told : e;
	bool was_open = c->state == CONN_OPEN;

	(void)evtimer_del(c->deadline);
	set_state(c, CONN_LOST);
	if (was_open)
		c->events.on_lost(c->arg, why);
	else
		c->events.on_open(c->arg, why);
}

static void opened(struct redis_conn *c)
{
	(void)evtimer_del(c->deadline);
	set_state(c, CONN_OPEN);
	c->events.on_open(c->arg, NULL);
}

static bool is_error(const redisReply *r)
{
	return r->type == REDIS_REPLY_ERROR;
}

static bool take_unasked(struct redis_conn *c, const redisReply *r,
			 struct err *e)
{
	if (is_error(r))
		return redis_fault(e, r->str, "connect", NULL);
	return err_set(e, ERR_CONNECT, "connection_failed",
		       "%s answers without being asked: check that it is a "
		       "Redis server",
		       redis_link_where(c->link));
}

static bool take_reply(struct redis_conn *c, const redisReply *r, struct err *e)
{
	if (c->state == CONN_AUTH) {
		if (is_error(r))
			return redis_fault(e, r->str, "log in", NULL);
		opened(c);
		return true;
	}
	if (c->unanswered == 0)
		return take_unasked(c, r, e);
	/* Before a server that is full or guarded hangs up, it says so. */
	if (is_error(r) && (strncmp(r->str, "DENIED", 6) == 0 ||
			    strncmp(r->str, "ERR max number of", 17) == 0))
		(void)redis_fault(&c->told, r->str, "connect", NULL);
	c->unanswered--;
	c->events.on_reply(c->arg, r);
	return true;
}

/* Nothing of the next reply was read, not even its type. */
static bool is_between_replies(const redisReader *r)
{
	return r->ridx < 0 || (r->ridx == 0 && r->rstack[0].type < 0);
}

/* What is to be read next begins with a line, and is no endless one. */
static bool is_absurd(const redisReader *r)
{
	size_t len = r->len - r->pos;

	return len > REPLY_MAX_BYTES ||
	       (len > LINE_MAX_BYTES &&
		memchr(r->buf + r->pos, '\n', LINE_MAX_BYTES) == NULL);
}

/* Memory for an array is taken when its length is known, before any of it has
 * come; of nested ones for each. (How deep they are hiredis bounds.) */
static void *make_array(const redisReadTask *task, int elements)
{
	struct redis_conn *c = task->privdata;

	if (elements < 0 || (size_t)elements > ELEMENTS_MAX - c->elements) {
		c->is_absurd = true;
		return NULL;
	}
	c->elements += (size_t)elements;
	return c->make_array(task, elements);
}

/* Nearly all replies to commands that write: not worth memory of their own. */
static char fine_text[] = "OK";
static redisReply fine = {
	.type = REDIS_REPLY_STATUS, .str = fine_text, .len = 2};

static void *make_string(const redisReadTask *task, char *text, size_t len)
{
	const struct redis_conn *c = task->privdata;

	if (task->parent == NULL && task->type == REDIS_REPLY_STATUS &&
	    len == fine.len && memcmp(text, fine_text, len) == 0)
		return &fine;
	return c->make_string(task, text, len);
}

static void free_reply(void *reply)
{
	if (reply != &fine)
		freeReplyObject(reply);
}

static bool make_reader(struct redis_conn *c)
{
	c->reader = redisReaderCreate();
	if (c->reader == NULL)
		return false;
	c->makers = *c->reader->fn;
	c->make_array = c->makers.createArray;
	c->makers.createArray = make_array;
	c->make_string = c->makers.createString;
	c->makers.createString = make_string;
	c->makers.freeObject = free_reply;
	c->reader->fn = &c->makers;
	c->reader->privdata = c;
	return true;
}

/* Servers keep a silent connection alive with line ends. */
static void skip_line_ends(redisReader *r)
{
	while (is_between_replies(r) && r->pos < r->len &&
	       r->buf[r->pos] == '\n')
		r->pos++;
}

static bool nonsense(struct redis_conn *c, const char *why, struct err *e)
{
	return err_set(e, ERR_CONNECT, "connection_failed",
		       "%s does not answer as Redis does (%s): check host, "
		       "port and \"tls\"",
		       redis_link_where(c->link), why);
}

static bool unreadable(struct redis_conn *c, struct err *e)
{
	if (c->is_absurd)
		return nonsense(c, without_measure, e);
	if (c->reader->err == REDIS_ERR_OOM)
		return err_nomem(e, "a reply");
	return nonsense(c, c->reader->errstr, e);
}

/* The replies that are whole. */
static bool take_replies(struct redis_conn *c, struct err *e)
{
	while (is_talking(c)) {
		void *reply = NULL;
		bool ok;

		skip_line_ends(c->reader);
		if (is_absurd(c->reader))
			return nonsense(c, without_measure, e);
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			return unreadable(c, e);
		if (reply == NULL)
			return true;
		c->elements = 0;
		ok = take_reply(c, reply, e);
		free_reply(reply);
		if (!ok)
			return false;
	}
	return true;
}

/* *is_more: there may be more to read at once. */
static bool read_some(struct redis_conn *c, bool *is_more, struct err *e)
{
	char chunk[CHUNK_BYTES];
	long n = 1;

	for (int i = 0; i < TURN_CHUNKS && is_talking(c) && n > 0; i++) {
		n = redis_link_read(c->link, chunk, sizeof(chunk), e);
		if (n < 0)
			return false;
		if (n > 0 &&
		    redisReaderFeed(c->reader, chunk, (size_t)n) != REDIS_OK)
			return err_nomem(e, "a reply");
		if (!take_replies(c, e))
			return false;
	}
	*is_more = n > 0;
	return true;
}

static bool write_hello(struct redis_conn *c, struct err *e)
{
	long n = 1;

	while (n > 0 && c->hello != NULL) {
		n = redis_link_write(c->link, c->hello + c->hello_sent,
				     c->hello_len - c->hello_sent, e);
		if (n < 0)
			return false;
		c->hello_sent += (size_t)n;
		if (c->hello_sent == c->hello_len)
			forget_hello(c);
	}
	return true;
}

static bool write_out(struct redis_conn *c, bool *is_more, struct err *e)
{
	long n = 1;

	redis_conn_settle(c);
	for (int i = 0; i < TURN_CHUNKS && n > 0; i++) {
		struct evbuffer_iovec v;

		if (evbuffer_peek(c->out, CHUNK_BYTES, NULL, &v, 1) < 1) {
			*is_more = false;
			return true;
		}
		n = redis_link_write(c->link, v.iov_base, v.iov_len, e);
		if (n < 0)
			return false;
		if (n > 0)
			(void)evbuffer_drain(c->out, (size_t)n);
	}
	*is_more = n > 0;
	return true;
}

void redis_conn_push(struct redis_conn *c)
{
	struct evbuffer_iovec v;
	size_t n = 1;

	if (c->state != CONN_OPEN)
		return;
	redis_conn_settle(c);
	while (n > 0 && evbuffer_peek(c->out, CHUNK_BYTES, NULL, &v, 1) == 1) {
		n = redis_link_push(c->link, v.iov_base, v.iov_len);
		if (n > 0)
			(void)evbuffer_drain(c->out, n);
	}
}

static bool has_output(const struct redis_conn *c)
{
	return c->hello != NULL ||
	       (c->state != CONN_AUTH && redis_conn_unsent(c) > 0);
}

static void tell_ready(struct redis_conn *c)
{
	size_t unsent = redis_conn_unsent(c);

	if (c->events.on_ready == NULL || c->peak == 0 || unsent > c->peak / 2)
		return;
	c->peak = unsent;
	c->events.on_ready(c->arg);
}

/* Replies are read before commands are sent: why a server hung up may be
 * among them. */
static bool talk(struct redis_conn *c, bool *is_more, struct err *e)
{
	bool reads_on = false, writes_on = false;

	if (!read_some(c, &reads_on, e) || c->is_freed)
		return c->is_freed;
	if (!write_hello(c, e) ||
	    (c->state != CONN_AUTH && !write_out(c, &writes_on, e)))
		return false;
	*is_more = reads_on || writes_on;
	if (c->state == CONN_OPEN)
		tell_ready(c);
	return true;
}

static void wait_for_more(struct redis_conn *c, bool is_more)
{
	if (c->state == CONN_LOST)
		return;
	if (is_more)
		redis_conn_next_turn(c);
	else
		redis_link_wait(c->link, true, has_output(c));
}

/* In a stream it is redis_conn_read() that finds out and tells. */
static void stream_on(struct redis_conn *c)
{
	struct err e = {0};
	bool is_more = false;

	(void)write_out(c, &is_more, &e);
	if (is_more)
		redis_conn_next_turn(c);
	if (c->events.on_ready != NULL)
		c->events.on_ready(c->arg);
}

static void work(struct redis_conn *c)
{
	struct err e = {0};
	bool is_more = false;

	enter(c);
	if (c->state == CONN_RAW) {
		stream_on(c);
	} else if (is_talking(c)) {
		bool ok = talk(c, &is_more, &e);

		if (!c->is_freed && !ok)
			lose(c, &e);
		else if (!c->is_freed)
			wait_for_more(c, is_more);
	}
	leave(c);
}

static void on_io(void *arg)
{
	work(arg);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct redis_conn *c = arg;

	(void)fd;
	(void)what;
	c->is_turn_set = false;
	work(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct redis_conn *c = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	(void)err_set(&e, ERR_CONNECT, "connection_failed",
		      "%s does not answer to the login within %d s: check "
		      "host, port and \"tls\"",
		      redis_link_where(c->link), REDIS_CONNECT_SECONDS);
	enter(c);
	lose(c, &e);
	leave(c);
}

static void on_up(void *arg, const struct err *e)
{
	static const struct timeval patience = {REDIS_CONNECT_SECONDS, 0};
	struct redis_conn *c = arg;

	enter(c);
	if (e != NULL) {
		lose(c, e);
	} else if (c->hello != NULL) {
		set_state(c, CONN_AUTH);
		(void)evtimer_add(c->deadline, &patience);
		redis_conn_next_turn(c);
	} else {
		opened(c);
		if (!c->is_freed)
			redis_conn_next_turn(c);
	}
	leave(c);
}

static bool make_parts(struct redis_conn *c, const struct source_env *env,
		       const struct source_address *a, struct err *e)
{
	static const struct redis_link_events events = {on_up, on_io};

	c->turn = evtimer_new(loop_base(env->loop), on_turn, c);
	c->deadline = evtimer_new(loop_base(env->loop), on_deadline, c);
	c->out = evbuffer_new();
	if (c->turn == NULL || c->deadline == NULL || c->out == NULL ||
	    !make_reader(c))
		return err_nomem(e, "a connection");
	if (!redis_conn_make_hello(c, a, e))
		return false;
	c->link = redis_link_new(env, a, &events, c, e);
	if (c->link == NULL)
		return false;
	return true;
}

struct redis_conn *redis_conn_new(const struct source_env *env,
				  const struct source_address *a,
				  const struct redis_conn_events *events,
				  void *arg, struct err *e)
{
	struct redis_conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "a connection");
		return NULL;
	}
	c->events = *events;
	c->arg = arg;
	if (make_parts(c, env, a, e))
		return c;
	destroy(c);
	return NULL;
}

void redis_conn_go_raw(struct redis_conn *c)
{
	set_state(c, CONN_RAW);
	redis_conn_next_turn(c);
}

/* What came together with the last reply. */
static size_t take_rest(struct redis_conn *c, void *to, size_t len)
{
	redisReader *r = c->reader;
	size_t n = r->len - r->pos < len ? r->len - r->pos : len;

	if (n > 0)
		memcpy(to, r->buf + r->pos, n);
	r->pos += n;
	return n;
}

long redis_conn_read(struct redis_conn *c, void *to, size_t len, struct err *e)
{
	size_t rest = take_rest(c, to, len);
	long n;

	if (rest > 0)
		return (long)rest;
	n = redis_link_read(c->link, to, len, e);
	if (n == 0)
		redis_link_wait(c->link, true, has_output(c));
	return n;
}
