/*
 * guard.c - the connections and their limits.
 *
 * A connection is idle, then receiving, then working, then sending, then idle
 * again; each phase has its deadline. evhttp frees its side whenever it likes:
 * it then has taken its callbacks out of the bufferevent, by which the guard
 * knows (conn_is_dead) and drops its own reference, which closes the socket.
 */
#include "http/guard_int.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/tls.h"
#include "loop/loop.h"

enum {
	TICK_MS = 1000,
	WORK_MS = 300 * 1000,	 /* the longest any handler may take */
	SEND_BYTES_PER_MS = 16,	 /* the slowest reader that is served */
	BODIES_BYTES = 16 << 20, /* of all requests at once */
	AHEAD_BYTES = 64 << 10,	 /* of requests sent before an answer is read */
	DEAF_BYTES = 1 << 30,	 /* evhttp reads when so much is there */
	PEEK_PIECES = 8,
	EXCESS_MS = 2000, /* for the handshake of one that is refused */
	STREAM_DEAF_MS = 60 * 1000, /* nothing acknowledged for so long */
	SHAKING_MS = 200,
	RUSH_US = 5000, /* until others may come */
};

static int64_t after_seconds(unsigned seconds)
{
	return clock_mono_ms() + (int64_t)seconds * 1000;
}

static void tend_soon(struct guard *g)
{
	loop_next_turn(g->soon);
}

static void conn_claim(struct conn *c, size_t bytes)
{
	c->guard->claimed += bytes - c->claimed;
	c->claimed = bytes;
}

/* Idle, or in the middle of a request that was sent ahead. */
static void conn_rest(struct conn *c)
{
	const struct http_limits *l = &c->guard->config.limits;
	bool is_midway =
		c->wire.state == WIRE_HEAD || c->wire.state == WIRE_BODY;

	c->phase = is_midway ? CONN_RECEIVING : CONN_IDLE;
	c->deadline_ms =
		after_seconds(is_midway ? l->request_seconds : l->idle_seconds);
}

static bool conn_is_dead(const struct conn *c)
{
	bufferevent_event_cb on_event;

	bufferevent_getcb(c->bev, NULL, NULL, &on_event, NULL);
	return on_event == NULL;
}

static void conn_free(struct conn *c)
{
	struct guard *g = c->guard;

	TAILQ_REMOVE(&g->list, c, entry);
	g->n--;
	conn_claim(c, 0);
	(void)evbuffer_remove_cb_entry(bufferevent_get_input(c->bev), c->watch);
	bufferevent_decref(c->bev);
	wire_fini(&c->wire);
	free(c);
}

static void guard_reap(struct guard *g)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&g->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (conn_is_dead(c))
			conn_free(c);
	}
}

/* Handshakes that have begun just now and are not over. One that is slow to go
 * on does not count: it must not keep others out. */
static unsigned count_shaking(const struct guard *g)
{
	int64_t since_ms = clock_mono_ms() - SHAKING_MS;
	const struct conn *c;
	unsigned n = 0;

	TAILQ_FOREACH_REVERSE (c, &g->list, conn_list, entry) {
		if (c->since_ms < since_ms)
			break;
		n += !c->is_excess && !conn_is_dead(c) &&
		     tls_is_shaking(c->bev);
	}
	return n;
}

/* Hundreds that shake hands at once would take one very long turn of the loop:
 * half a millisecond each. They wait in the kernel. */
static bool is_rush(struct guard *g)
{
	static const struct timeval again = {0, RUSH_US};

	if (count_shaking(g) < GUARD_SHAKING)
		return false;
	/* Where there is no memory for that, on_tick() looks again. */
	(void)evtimer_add(g->soon, &again);
	return true;
}

/* Far more than is allowed: what refusing them costs is too much as well. */
static void guard_pause(struct guard *g)
{
	bool is_full = is_rush(g) || g->n >= 2 * g->config.limits.connections;

	if (is_full == g->is_paused)
		return;
	g->is_paused = is_full;
	for (size_t i = 0; i < 2; i++) {
		if (g->listeners[i] == NULL)
			continue;
		if (is_full)
			(void)evconnlistener_disable(g->listeners[i]);
		else
			(void)evconnlistener_enable(g->listeners[i]);
	}
}

static unsigned count_address(const struct guard *g, const char *address)
{
	const struct conn *c;
	unsigned n = 0;

	TAILQ_FOREACH (c, &g->list, entry)
		n += c->is_greeted && strcmp(c->peer.address, address) == 0;
	return n;
}

static void conn_refuse_excess(struct conn *c)
{
	struct err e = {0};

	(void)err_set(&e, ERR_CONFLICT, "too_many_connections",
		      "too many connections are open: close some, or try again "
		      "later");
	conn_refuse(c, &e);
}

/* The first look at a connection; false: it is refused, one of TLS when its
 * handshake is over, since before nothing can be said. */
static bool conn_greet(struct conn *c)
{
	struct guard *g = c->guard;
	const struct http_limits *l = &g->config.limits;

	if (c->is_greeted)
		return c->phase != CONN_REFUSED && !c->is_excess;
	c->is_greeted = true;
	if (!peer_look(&c->peer, bufferevent_getfd(c->bev)))
		return true;
	c->is_excess = g->n > l->connections ||
		       (!c->peer.is_local &&
			count_address(g, c->peer.address) > l->per_address);
	if (!c->is_excess)
		return true;
	if (tls_is_shaking(c->bev))
		c->deadline_ms = clock_mono_ms() + EXCESS_MS;
	else
		conn_refuse_excess(c);
	return false;
}

/* Follows the wire: which phase, until when, how much memory is claimed. */
static bool conn_follow(struct conn *c, struct err *e)
{
	struct guard *g = c->guard;

	if (c->phase == CONN_IDLE) {
		c->phase = CONN_RECEIVING;
		c->deadline_ms =
			after_seconds(g->config.limits.request_seconds);
	}
	if (c->wire.body_len > c->claimed)
		conn_claim(c, (size_t)c->wire.body_len);
	if (g->claimed <= BODIES_BYTES)
		return true;
	return err_set(e, ERR_CONFLICT, "too_many_connections",
		       "too many large requests at once: try again later");
}

static bool conn_feed(struct conn *c, struct evbuffer *in, size_t added,
		      struct err *e)
{
	struct evbuffer_iovec pieces[PEEK_PIECES];
	struct evbuffer_ptr at;
	size_t len = evbuffer_get_length(in);
	int n;

	if ((c->phase == CONN_SENDING || c->phase == CONN_STREAMING) &&
	    len > c->guard->config.limits.header_bytes + AHEAD_BYTES)
		return err_set(e, ERR_INVALID, "malformed",
			       "too much was sent ahead of answers");
	if (added > len ||
	    evbuffer_ptr_set(in, &at, len - added, EVBUFFER_PTR_SET) != 0)
		return err_bug(e, "the input is shorter than what was added");
	n = evbuffer_peek(in, (ev_ssize_t)added, &at, pieces, PEEK_PIECES);
	if (n < 0 || n > PEEK_PIECES)
		return err_bug(e, "the input lies in too many pieces");
	for (int i = 0; i < n; i++) {
		size_t take = pieces[i].iov_len;

		take = take < added ? take : added;
		if (!wire_feed(&c->wire, pieces[i].iov_base, take, e))
			return false;
		added -= take;
	}
	return conn_follow(c, e);
}

/* Runs when bytes have come, before evhttp gets to see them. */
static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info,
		     void *arg)
{
	struct conn *c = arg;
	struct err e = {0};

	if (info->n_added == 0)
		return;
	if (conn_is_dead(c) || c->phase == CONN_REFUSED || c->is_spoiled ||
	    !conn_greet(c)) {
		if (c->is_excess && c->phase != CONN_REFUSED)
			conn_refuse_excess(c);
		(void)evbuffer_drain(in, evbuffer_get_length(in));
		return;
	}
	if (!conn_feed(c, in, info->n_added, &e))
		conn_refuse(c, &e);
}

static struct conn *conn_new(struct guard *g, struct bufferevent *bev)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->watch = evbuffer_add_cb(bufferevent_get_input(bev), on_input, c);
	if (c->watch == NULL) {
		free(c);
		return NULL;
	}
	c->guard = g;
	c->bev = bev;
	bufferevent_incref(bev);
	wire_init(&c->wire, g->config.limits.header_bytes,
		  g->config.limits.body_bytes);
	c->phase = CONN_IDLE;
	c->since_ms = clock_mono_ms();
	c->deadline_ms = after_seconds(g->config.limits.request_seconds);
	TAILQ_INSERT_TAIL(&g->list, c, entry);
	g->n++;
	return c;
}

/*
 * evhttp has accepted and wants a bufferevent; which socket it will hold is
 * known only afterwards. When there is no memory to guard it, evhttp is not
 * told what comes over it, and it ends by itself soon.
 */
static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
	static const struct timeval soon = {1, 0};
	const struct door *door = arg;
	struct guard *g = door->guard;
	struct bufferevent *bev;

	if (g->n >= g->config.limits.connections)
		guard_reap(g);
	bev = door->tls
		      ? tls_accept(door->tls, base)
		      : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (bev != NULL && conn_new(g, bev) == NULL) {
		(void)bufferevent_set_timeouts(bev, &soon, &soon);
		bufferevent_setwatermark(bev, EV_READ, DEAF_BYTES, 0);
	}
	tend_soon(g);
	guard_pause(g);
	return bev;
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct guard *g = arg;
	struct conn *c;

	(void)fd;
	(void)what;
	guard_reap(g);
	TAILQ_FOREACH (c, &g->list, entry)
		(void)conn_greet(c);
	guard_pause(g);
}

/* The client has closed, or half of it: nobody waits for the answer. */
static bool has_left(const struct conn *c)
{
	struct pollfd p = {.fd = bufferevent_getfd(c->bev),
			   .events = POLLRDHUP};

	return poll(&p, 1, 0) == 1 &&
	       (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void conn_sweep(struct conn *c, int64_t now_ms)
{
	bool is_overdue = now_ms >= c->deadline_ms;

	if (c->phase == CONN_WORKING || c->phase == CONN_STREAMING) {
		/* evhttp does not read meanwhile: it would not notice. */
		if (is_overdue || has_left(c))
			evhttp_connection_free(c->evcon);
		return;
	}
	if (is_overdue)
		(void)shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct guard *g = arg;
	int64_t now_ms = clock_mono_ms();
	struct conn *c, *next;

	(void)fd;
	(void)what;
	g->lag_ms = now_ms > g->tick_due_ms ? now_ms - g->tick_due_ms : 0;
	g->tick_due_ms = now_ms + TICK_MS;
	guard_reap(g);
	for (c = TAILQ_FIRST(&g->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		conn_sweep(c, now_ms);
	}
	guard_reap(g);
	guard_pause(g);
}

/* The last call that evhttp makes about a connection. */
static void on_close(struct evhttp_connection *evcon, void *arg)
{
	struct conn *c = arg;
	void (*gone)(void *) = c->gone;

	(void)evcon;
	c->evcon = NULL;
	c->gone = NULL;
	c->phase = CONN_REFUSED;
	tend_soon(c->guard);
	if (gone != NULL)
		gone(c->arg);
}

struct conn *guard_working(struct guard *g, struct evhttp_request *req,
			   void (*gone)(void *arg), void *arg)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
	struct conn *c;

	TAILQ_FOREACH (c, &g->list, entry) {
		if (c->bev != bev)
			continue;
		c->evcon = evcon;
		c->gone = gone;
		c->arg = arg;
		c->phase = CONN_WORKING;
		c->deadline_ms = clock_mono_ms() + WORK_MS;
		evhttp_connection_set_closecb(evcon, on_close, c);
		return c;
	}
	return NULL;
}

static void on_sent(struct evhttp_request *req, void *arg)
{
	struct conn *c = arg;

	(void)req;
	if (c->phase != CONN_SENDING)
		return;
	conn_rest(c);
	if (c->is_spoiled)
		(void)shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
}

void guard_sending(struct conn *c, struct evhttp_request *req, size_t bytes)
{
	c->gone = NULL;
	c->phase = CONN_SENDING;
	c->deadline_ms = after_seconds(c->guard->config.limits.request_seconds);
	c->deadline_ms += (int64_t)(bytes / SEND_BYTES_PER_MS);
	conn_claim(c, 0);
	evhttp_request_set_on_complete_cb(req, on_sent, c);
}

void guard_streaming(struct conn *c)
{
	unsigned limit_ms = STREAM_DEAF_MS;

	c->phase = CONN_STREAMING;
	c->deadline_ms = INT64_MAX;
	conn_claim(c, 0);
	if (!c->peer.is_local)
		(void)setsockopt(bufferevent_getfd(c->bev), IPPROTO_TCP,
				 TCP_USER_TIMEOUT, &limit_ms, sizeof(limit_ms));
}

size_t conn_backlog(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

const struct peer *conn_peer(const struct conn *c)
{
	return &c->peer;
}

unsigned guard_connections(const struct guard *g)
{
	return g->n;
}

int64_t guard_lag_ms(const struct guard *g)
{
	return g->lag_ms;
}

bool conn_is_tls(const struct conn *c)
{
	return tls_is(c->bev);
}

void guard_watch(struct guard *g, struct evhttp *http, const struct tls *tls)
{
	struct door *door = &g->doors[g->doors[0].guard != NULL];

	door->guard = g;
	door->tls = tls;
	evhttp_set_bevcb(http, on_accept, door);
}

void guard_add_listener(struct guard *g, struct evconnlistener *l)
{
	size_t i = g->listeners[0] != NULL;

	if (l == NULL)
		g->listeners[0] = g->listeners[1] = NULL;
	else
		g->listeners[i] = l;
}

struct guard *guard_new(const struct guard_config *config, struct err *e)
{
	static const struct timeval each = {TICK_MS / 1000, 0};
	struct guard *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		(void)err_nomem(e, "the guard");
		return NULL;
	}
	g->config = *config;
	TAILQ_INIT(&g->list);
	g->tick = event_new(config->base, -1, EV_PERSIST, on_tick, g);
	g->soon = evtimer_new(config->base, on_soon, g);
	g->tick_due_ms = clock_mono_ms() + TICK_MS;
	if (g->tick == NULL || g->soon == NULL ||
	    event_add(g->tick, &each) != 0) {
		(void)err_nomem(e, "the guard's timers");
		guard_free(g);
		return NULL;
	}
	return g;
}

void guard_free(struct guard *g)
{
	struct conn *c, *next;

	if (g == NULL)
		return;
	for (c = TAILQ_FIRST(&g->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		conn_free(c);
	}
	if (g->tick != NULL)
		event_free(g->tick);
	if (g->soon != NULL)
		event_free(g->soon);
	free(g);
}
