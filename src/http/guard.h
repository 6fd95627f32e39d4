/*
 * guard.h - stands between the sockets and evhttp: how many connections, how
 * long, how much, and what bytes get through.
 *
 * evhttp tells of a connection only once it has a whole request, and its
 * timeouts start anew with every byte. The guard makes the bufferevent of each
 * connection, holds a reference of its own, and sees the bytes first. Once a
 * second it looks at all of them and shuts down what is overdue; evhttp then
 * finds the end of the stream and lets go.
 */
#ifndef COFFER_HTTP_GUARD_H
#define COFFER_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "base/err.h"
#include "http/server.h"

struct conn;
struct evconnlistener;
struct event_base;
struct evhttp;
struct evhttp_request;
struct guard;
struct tls;

/* So many handshakes are begun at a time; who comes meanwhile waits. */
enum { GUARD_SHAKING = 16 };

/* Who is at the other end. */
struct peer {
	char address[INET6_ADDRSTRLEN]; /* "unix" for the socket */
	bool is_unix;			/* the socket */
	bool is_local;			/* loopback or the unix socket */
	bool is_trusted; /* unix socket, root or the server's own user */
};

struct guard_config {
	struct event_base *base;
	struct http_limits limits; /* none is 0 */
	/* An answer that the guard gave itself, for the counters. */
	void (*refused)(void *arg, int status);
	void *arg;
};

/* NULL with *e filled. */
struct guard *guard_new(const struct guard_config *c, struct err *e) MUST_CHECK;

/* After evhttp_free(). NULL is fine. */
void guard_free(struct guard *g);

/* Makes every connection of http pass here; at most two of them, each once. By
 * TLS, unless tls is NULL; borrowed. */
void guard_watch(struct guard *g, struct evhttp *http, const struct tls *tls);

/* A listener to pause when far too many connections are open; borrowed. NULL
 * takes the place of all: there are none any more. */
void guard_add_listener(struct guard *g, struct evconnlistener *l);

/*
 * A whole request has come and is being worked on. gone(arg) runs when the
 * connection ends before guard_sending(); the request is then evhttp's to
 * free. NULL: the connection is unknown, drop it.
 */
struct conn *guard_working(struct guard *g, struct evhttp_request *req,
			   void (*gone)(void *arg), void *arg);

/* Its answer, of so many bytes, has been handed to evhttp; gone() does not run
 * any more. Before evhttp_send_reply(). */
void guard_sending(struct conn *c, struct evhttp_request *req, size_t bytes);

/*
 * Its answer is a stream: no deadline until guard_sending(), gone() runs when
 * the connection ends. Who streams drops a client that takes nothing; one
 * that is away is dropped by the system after a minute.
 */
void guard_streaming(struct conn *c);

/* Bytes that wait because the client does not take them. */
size_t conn_backlog(const struct conn *c);

/* Borrowed from the connection. */
const struct peer *conn_peer(const struct conn *c);

/* Whether it came by TLS. */
bool conn_is_tls(const struct conn *c);

/* Connections that are open. */
unsigned guard_connections(const struct guard *g);

/* How late the loop was for its last tick, in milliseconds. */
int64_t guard_lag_ms(const struct guard *g);

#endif
