/*
 * conn.h - one connection to a Redis or Valkey server: TCP, TLS or a unix
 * socket, never blocking; replies by hiredis' reader, streams raw.
 *
 * Names are looked up on a worker (env->blocking). AUTH (and HELLO's absence:
 * RESP2 is all we need) is done before it counts as open. The password is
 * wiped when it was sent.
 */
#ifndef COFFER_SOURCES_REDIS_CONN_H
#define COFFER_SOURCES_REDIS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/address.h"

struct redisReply;
struct redis_conn;

struct redis_conn_events {
	/* Once: it is open (e NULL), or could not be ("connection_failed",
	 * "access_denied"; the sentence names the host, never the password).
	 * After an error nothing else runs; redis_conn_free() it. */
	void (*on_open)(void *arg, const struct err *e);
	/* One for each command, in their order. The reply is valid in the
	 * call. A reply that is an error is a reply. */
	void (*on_reply)(void *arg, const struct redisReply *reply);
	/* The server is gone or talks nonsense: "connection_failed". Once;
	 * nothing follows. */
	void (*on_lost)(void *arg, const struct err *e);
	/* Less than half of the output is left to be sent: more is welcome;
	 * or, raw, there is something to read. May be NULL. */
	void (*on_ready)(void *arg);
};

/* Begins to open it; events and address are copied. All callbacks run from the
 * loop, never inside a call. NULL with *e filled. */
struct redis_conn *redis_conn_new(const struct source_env *env,
				  const struct source_address *a,
				  const struct redis_conn_events *events,
				  void *arg, struct err *e) MUST_CHECK;

/* Appends a command to the output, which is sent from the loop. lens NULL: argv
 * are strings. False: no memory. A reply will come. */
bool redis_conn_send(struct redis_conn *c, size_t argc, const char *const *argv,
		     const size_t *lens, struct err *e) MUST_CHECK;

/* The same in pieces, for large arguments without a copy of their own: the
 * header of a command with argc arguments, then each as one or more runs. */
bool redis_conn_begin(struct redis_conn *c, size_t argc,
		      struct err *e) MUST_CHECK;
bool redis_conn_argument(struct redis_conn *c, size_t len,
			 struct err *e) MUST_CHECK;
bool redis_conn_bytes(struct redis_conn *c, const void *bytes, size_t len,
		      struct err *e) MUST_CHECK;
bool redis_conn_argument_end(struct redis_conn *c, struct err *e) MUST_CHECK;

/* Hands on what the socket takes now of what waits, instead of with the next
 * turn of the loop; no callback runs. For who appends much in one turn. */
void redis_conn_push(struct redis_conn *c);

/* Bytes that wait to be sent; commands whose replies are not there. */
size_t redis_conn_unsent(const struct redis_conn *c);
uint64_t redis_conn_unanswered(const struct redis_conn *c);

/*
 * From now on what comes is no reply but raw bytes (after SYNC), which are
 * read by redis_conn_read() alone; on_ready tells that there are some. That the
 * server is gone is told by redis_conn_read() too, and on_lost does not run.
 */
void redis_conn_go_raw(struct redis_conn *c);

/*
 * Reads at most len bytes. > 0: so many; 0: none now, on_ready will run;
 * -1 with *e filled: the connection is over ("connection_failed").
 */
long redis_conn_read(struct redis_conn *c, void *to, size_t len,
		     struct err *e) MUST_CHECK;

/* Ends it at once, without waiting for anything. Never blocks. NULL is fine. */
void redis_conn_free(struct redis_conn *c);

#endif
