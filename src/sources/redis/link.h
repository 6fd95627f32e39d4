/*
 * link.h - bytes to and from a server over TCP, TLS or a unix socket, never
 * blocking.
 *
 * Redis has no word by which a connection becomes TLS: a port speaks it or
 * does not. With TLS_PREFERRED a first connection finds out: PING, without any
 * secret, is answered by a port that speaks plainly, and one that speaks TLS
 * hangs up. (The other way round takes long: a plain port waits for the rest
 * of what TLS begins with.) Then it is left, and the connection is made. Like
 * any "preferred" it keeps out who listens, not who can change what passes.
 */
#ifndef COFFER_SOURCES_REDIS_LINK_H
#define COFFER_SOURCES_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sources/address.h"

struct redis_dial;
struct redis_link;

enum { REDIS_CONNECT_SECONDS = 10 };

struct redis_link_events {
	/* Once: bytes can flow (e NULL), or never will ("connection_failed").
	 */
	void (*on_up)(void *arg, const struct err *e);
	/* What redis_link_wait() asked for may go on. */
	void (*on_io)(void *arg);
};

/* Begins to connect, all addresses of a name in their order, for at most
 * REDIS_CONNECT_SECONDS. Callbacks run from the loop, never inside a call.
 * NULL with *e filled. */
struct redis_link *redis_link_new(const struct source_env *env,
				  const struct source_address *a,
				  const struct redis_link_events *events,
				  void *arg, struct err *e) MUST_CHECK;

/* "host:port" or the socket's path, for sentences. */
const char *redis_link_where(const struct redis_link *l);

/* What the socket takes of it at once: so many bytes. Of a connection in TLS,
 * or one that is broken, none: the next write tells. */
size_t redis_link_push(const struct redis_link *l, const void *from,
		       size_t len);

/* > 0: so many bytes; 0: none now, wait; -1 with *e filled: it is over,
 * "connection_failed". */
long redis_link_read(struct redis_link *l, void *to, size_t len,
		     struct err *e) MUST_CHECK;
long redis_link_write(struct redis_link *l, const void *from, size_t len,
		      struct err *e) MUST_CHECK;

/* on_io() once, when the last read or write that had to wait may go on.
 * Replaces what was asked for before. */
void redis_link_wait(struct redis_link *l, bool to_read, bool to_write);

/* Ends it at once, in any state. NULL is fine. */
void redis_link_free(struct redis_link *l);

#endif
