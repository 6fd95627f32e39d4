/*
 * streams.c - streams of events.
 *
 *   drain -> ask -> drain -> ... -> live
 *
 * A stream that begins with what was missed asks the catalog for it page by
 * page, each when the client has taken the one before. What is stored
 * meanwhile is not sent but noted, and asked for, so that nothing is lost and
 * nothing comes twice. The request is the stream's owner: when it goes, the
 * stream does.
 */
#include "http/streams.h"
#include "http/reply_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/events.h"
#include "http/server_int.h"
#include "http/show.h"
#include "jobs/jobs.h"
#include "loop/loop.h"

enum {
	STREAMS_MAX = 32,
	HEARTBEAT_MS = 15 * 1000,
	BACKLOG_BYTES = 256 << 10, /* a slower reader is dropped */
	DRAINED_BYTES = 32 << 10,  /* then the next page is asked for */
	PAGE_EVENTS = 500,	   /* of catalog_event_since() */
	DRAIN_MS = 20,
	DEAF_TICKS = 10, /* seconds; a reader that takes nothing so long goes */
};

enum stream_state {
	STREAM_DRAIN, /* the client takes what it was sent */
	STREAM_ASK,   /* the catalog is asked */
	STREAM_LIVE,
};

struct stream {
	TAILQ_ENTRY(stream) entry;
	struct streams *all;
	struct request *request;
	enum stream_state state;
	int64_t last_id;   /* the newest that was sent, or asked after */
	int64_t sent_id;   /* the newest that was sent; 0: none */
	int64_t missed_id; /* the newest that was stored before it was live */
	bool is_more;	   /* the last page was full */
	int64_t spoke_ms;  /* monotonic */
	size_t waiting;	   /* bytes that waited for it at the last look */
	unsigned deaf;	   /* ticks since it took any */
};
TAILQ_HEAD(stream_list, stream);

struct streams {
	struct http_server *server;
	struct stream_list list;
	unsigned n;
	struct event *tick;
};

static void stream_fini(void *state)
{
	struct stream *s = state;

	if (s->all == NULL)
		return;
	TAILQ_REMOVE(&s->all->list, s, entry);
	if (--s->all->n == 0)
		(void)evtimer_del(s->all->tick);
}

/* The client may connect again and say what it had last. */
static void stream_cut(struct stream *s)
{
	struct evhttp_request *ev = s->request->ev;

	evhttp_connection_free(evhttp_request_get_connection(ev));
}

static void stream_drop(struct stream *s)
{
	log_info("http",
		 "a stream of events is dropped: its client is too slow "
		 "request=%s",
		 s->request->id);
	stream_cut(s);
}

/* Has the client taken anything since the last look? */
static void stream_look(struct stream *s)
{
	size_t now = conn_backlog(s->request->conn);

	if (now == 0 || now < s->waiting)
		s->deaf = 0;
	s->waiting = now;
}

/* False: the client takes too little, the stream is gone. */
static bool stream_send(struct stream *s, const struct text *t)
{
	struct request *r = s->request;
	struct evbuffer *b;

	if (t->len == 0 && !t->is_broken)
		return true;
	stream_look(s);
	b = evbuffer_new();
	if (b == NULL || t->is_broken ||
	    evbuffer_add(b, t->data, t->len) != 0 ||
	    (s->state == STREAM_LIVE &&
	     conn_backlog(r->conn) > BACKLOG_BYTES)) {
		if (b != NULL)
			evbuffer_free(b);
		stream_drop(s);
		return false;
	}
	evhttp_send_reply_chunk(r->ev, b);
	evbuffer_free(b);
	s->waiting = conn_backlog(r->conn);
	s->spoke_ms = clock_mono_ms();
	return true;
}

static void add_line(struct text *t, const char *field, const char *value)
{
	text_printf(t, "%s: %s\n", field, value);
}

/* Ends one message with its data (taken). */
static void add_data(struct text *t, json_t *json)
{
	char *data = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (data == NULL)
		t->is_broken = true;
	else
		add_line(t, "data", data);
	text_char(t, '\n');
	free(data);
}

static bool passes(const struct stream *s, const char *parameter,
		   const char *value)
{
	const char *wanted = query_get(&s->request->query, parameter);

	return wanted == NULL || *wanted == '\0' || strcmp(wanted, value) == 0;
}

static void add_event(struct text *t, const struct stream *s,
		      const struct event_record *e)
{
	if (!events_may_see(s->request, e->kind) ||
	    !passes(s, "kind", e->kind) ||
	    !passes(s, "resource", e->resource) ||
	    !passes(s, "result", e->result))
		return;
	text_printf(t, "id: %lld\n", (long long)e->id);
	add_line(t, "event", e->kind);
	add_data(t, show_event(e));
}

/* --- what was missed */

static void stream_ask(struct stream *s);

static void stream_step(struct stream *s)
{
	static const struct timeval wait = {0, DRAIN_MS * 1000L};

	s->state = STREAM_DRAIN;
	if (conn_backlog(s->request->conn) > DRAINED_BYTES) {
		if (evtimer_add(s->request->timer, &wait) != 0)
			stream_cut(s);
	} else if (s->is_more || s->missed_id > s->last_id) {
		stream_ask(s);
	} else {
		s->state = STREAM_LIVE;
		s->last_id = s->sent_id;
	}
}

static void on_drained(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stream_step(arg);
}

static void on_page(void *arg, const struct event_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct stream *s = arg;
	struct text t = {0};
	bool ok;

	request_forget(s->request);
	if (e != NULL) {
		log_error("http", "a stream of events ends: %s", e->msg);
		stream_cut(s);
		return;
	}
	for (size_t i = 0; i < page->n; i++)
		add_event(&t, s, &list[i]);
	s->is_more = page->n == PAGE_EVENTS;
	if (page->n > 0)
		s->last_id = s->sent_id = list[page->n - 1].id;
	else
		s->missed_id = 0;
	ok = stream_send(s, &t);
	text_free(&t);
	if (ok)
		stream_step(s);
}

static void stream_ask(struct stream *s)
{
	struct catalog *c = s->all->server->config.catalog;
	struct err e = {0};

	s->state = STREAM_ASK;
	s->request->catalog_op =
		catalog_event_since(c, s->last_id, on_page, s, &e);
	if (s->request->catalog_op == NULL)
		stream_cut(s);
}

/* --- what happens */

static void on_event(void *arg, const struct event_record *e)
{
	struct streams *all = arg;
	struct stream *s, *next;

	for (s = TAILQ_FIRST(&all->list); s != NULL; s = next) {
		struct text t = {0};

		next = TAILQ_NEXT(s, entry);
		if (s->state == STREAM_LIVE && e->id > s->last_id) {
			s->last_id = e->id;
			add_event(&t, s, e);
			(void)stream_send(s, &t);
		} else if (s->state != STREAM_LIVE) {
			s->missed_id = e->id;
		}
		text_free(&t);
	}
}

struct progress_of {
	struct stream *stream;
	struct text text;
};

static void add_progress(void *arg, const char *job_id, const char *kind)
{
	struct progress_of *p = arg;
	struct jobs *jobs = p->stream->all->server->config.jobs;
	struct job_progress now = {0};

	if (!passes(p->stream, "kind", "job") ||
	    !passes(p->stream, "resource", job_id) ||
	    !jobs_progress(jobs, job_id, &now) ||
	    strcmp(now.phase, "queued") == 0)
		return;
	add_line(&p->text, "event", "progress");
	add_data(&p->text,
		 json_pack("{s:s, s:s, s:o}", "job_id", job_id, "kind", kind,
			   "progress", show_progress(&now)));
}

/* The token was deleted, or has expired. */
static void stream_end(struct stream *s)
{
	struct request *r = s->request;

	guard_sending(r->conn, r->ev, 0);
	evhttp_send_reply_end(r->ev);
	request_drop(r);
}

static void stream_tick(struct stream *s)
{
	const struct http_server *server = s->all->server;
	struct progress_of p = {.stream = s};

	if (!auth_still_knows(server->auth, &s->request->who)) {
		stream_end(s);
		return;
	}
	stream_look(s);
	/* Ticks, not time: a loop that was held up is not its fault. */
	if (++s->deaf > DEAF_TICKS) {
		stream_drop(s);
		return;
	}
	if (s->state == STREAM_LIVE)
		jobs_each(server->config.jobs, add_progress, &p);
	if (p.text.len == 0 && clock_mono_ms() - s->spoke_ms >= HEARTBEAT_MS)
		text_str(&p.text, ":\n\n");
	(void)stream_send(s, &p.text);
	text_free(&p.text);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct streams *all = arg;
	struct stream *s, *next;

	(void)fd;
	(void)what;
	for (s = TAILQ_FIRST(&all->list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		stream_tick(s);
	}
}

/* --- beginning */

static void open_reply(struct request *r)
{
	struct evkeyvalq *h = evhttp_request_get_output_headers(r->ev);

	r->server->answers[2]++;
	reply_log(r, 200, 0);
	reply_standing_headers(r);
	(void)evhttp_add_header(h, "Content-Type", "text/event-stream");
	/* nginx would keep it back. */
	(void)evhttp_add_header(h, "X-Accel-Buffering", "no");
	guard_streaming(r->conn);
	evhttp_send_reply_start(r->ev, 200, "OK");
}

/* -1 without Last-Event-ID. False: it is no number. */
static bool read_last_id(struct request *r, int64_t *id)
{
	const char *value = request_header(r, "Last-Event-ID");
	unsigned long long n;

	*id = -1;
	if (value == NULL || *value == '\0')
		return true;
	if (!str_to_u64(value, &n) || n > INT64_MAX) {
		request_refuse(r, ERR_INVALID, "malformed",
			       "Last-Event-ID has to be the id of an event");
		return false;
	}
	*id = (int64_t)n;
	return true;
}

static bool take_place(struct streams *all, struct request *r)
{
	static const struct timeval second = {1, 0};
	struct stream *s = r->state;
	struct err e = {0};

	r->timer =
		evtimer_new(loop_base(r->server->config.loop), on_drained, s);
	if (r->timer == NULL ||
	    (all->n == 0 && evtimer_add(all->tick, &second) != 0)) {
		(void)err_nomem(&e, "a timer");
		request_fail(r, &e);
		return false;
	}
	s->all = all;
	s->request = r;
	TAILQ_INSERT_TAIL(&all->list, s, entry);
	all->n++;
	return true;
}

void streams_begin(struct request *r)
{
	struct streams *all = r->server->streams;
	struct text hello = {0};
	struct stream *s;
	int64_t from;

	if (!read_last_id(r, &from))
		return;
	if (all->n >= STREAMS_MAX) {
		request_refuse(r, ERR_CONFLICT, "too_many_streams",
			       "there are %d streams of events already: close "
			       "some, or read the list",
			       (int)STREAMS_MAX);
		return;
	}
	s = request_state(r, sizeof(*s), stream_fini);
	if (s == NULL || !take_place(all, r))
		return;
	open_reply(r);
	text_str(&hello, "retry: 3000\n\n");
	s->is_more = from >= 0;
	s->last_id = from >= 0 ? from : 0;
	if (stream_send(s, &hello))
		stream_step(s);
	text_free(&hello);
}

struct streams *streams_new(struct http_server *server, struct err *e)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "the streams");
		return NULL;
	}
	s->server = server;
	TAILQ_INIT(&s->list);
	s->tick = event_new(loop_base(server->config.loop), -1, EV_PERSIST,
			    on_tick, s);
	if (s->tick == NULL) {
		(void)err_nomem(e, "the streams");
		free(s);
		return NULL;
	}
	catalog_event_listen(server->config.catalog, on_event, s);
	return s;
}

void streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	catalog_event_listen(s->server->config.catalog, NULL, NULL);
	event_free(s->tick);
	free(s);
}
