/* guard_int.h - what the guard keeps of each connection. */
#ifndef COFFER_HTTP_GUARD_INT_H
#define COFFER_HTTP_GUARD_INT_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <sys/queue.h>

#include "http/guard.h"
#include "http/wire.h"

struct evhttp_connection;
struct tls;

enum conn_phase {
	CONN_IDLE,	/* nothing of a request yet */
	CONN_RECEIVING, /* a part of one */
	CONN_WORKING,	/* a whole one, not answered */
	CONN_SENDING,	/* the answer is on its way */
	CONN_STREAMING, /* an answer without an end */
	CONN_REFUSED,	/* refused; what still comes is thrown away */
};

struct conn {
	TAILQ_ENTRY(conn) entry;
	struct guard *guard;
	struct bufferevent *bev; /* a reference of our own */
	struct evbuffer_cb_entry *watch;
	struct evhttp_connection *evcon; /* once a request was there */
	struct wire wire;
	struct peer peer;
	enum conn_phase phase;
	int64_t since_ms;    /* it is there, monotonic */
	int64_t deadline_ms; /* the same */
	size_t claimed;	     /* bytes of bodies, of the guard's bound */
	bool is_greeted;     /* the socket is known, peer is filled */
	bool is_spoiled;     /* to be closed after the answer */
	bool is_excess;	     /* refused when it can be told so */
	void (*gone)(void *arg);
	void *arg;
};
TAILQ_HEAD(conn_list, conn);

/* What connections come in by. */
struct door {
	struct guard *guard;
	const struct tls *tls; /* NULL: plain */
};

struct guard {
	struct guard_config config;
	struct conn_list list;
	unsigned n;
	size_t claimed;
	struct event *tick, *soon;
	struct evconnlistener *listeners[2];
	struct door doors[2];
	bool is_paused;
	int64_t tick_due_ms, lag_ms;
};

/* Looks up who is there; false: not connected any more. */
bool peer_look(struct peer *p, int fd) MUST_CHECK;

/* Answers with a problem, closes the sending half, and throws away what still
 * comes; nothing of it reaches evhttp. */
void conn_refuse(struct conn *c, const struct err *e);

#endif
