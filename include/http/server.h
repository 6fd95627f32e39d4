/*
 * server.h - the HTTP API: evhttp on the loop, behind a guard that bounds
 * what a client may send, hold open and take time for.
 *
 * Life: http_server_new() binds and serves at once; /readyz and everything
 * that needs a token answer 503 until http_server_load_tokens() is through.
 * Everything runs on the loop's thread.
 */
#ifndef COFFER_HTTP_SERVER_H
#define COFFER_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "catalog/catalog.h"

struct budget;
struct http_server;
struct jobs;
struct loop;
struct workers;

/* What clients are held to. A member that is 0 takes the value named. */
struct http_limits {
	size_t header_bytes;	      /* request line and headers: 16 KiB */
	size_t body_bytes;	      /* 1 MiB */
	unsigned connections;	      /* at once: 256 */
	unsigned per_address;	      /* of them, outside loopback: 16 */
	unsigned request_seconds;     /* to send one request: 30 */
	unsigned idle_seconds;	      /* between requests: 60 */
	unsigned failures_per_minute; /* wrong tokens of an address: 20 */
};

/* Pointers are borrowed for the life of the server; strings only during
 * http_server_new(), but console_dir. */
struct http_config {
	struct loop *loop;
	struct catalog *catalog;
	struct jobs *jobs;
	struct budget *budget; /* for /metrics, or NULL */
	const char *listen;    /* "ADDR:PORT", "[ADDR]:PORT"; NULL: none */
	const char *socket;    /* path of a unix socket; NULL: none */
	/* Files of PEM: TLS on listen; all NULL: plain HTTP. The last one
	 * alone may be NULL, too: clients need no certificate. */
	const char *tls_cert, *tls_key, *tls_client_ca;
	/* Names that Host may have beside localhost and the
	 * certificate's, with ',' between
	 * them; NULL: none. */
	const char *allowed_hosts;
	bool allows_plain_http; /* also beyond this machine */
	struct http_limits limits;
	unsigned manual_backups_max; /* rule 7, for /v1/system */
	unsigned max_jobs, max_tables;
	struct workers *blocking; /* for files and passwords */
	bool has_console;
	const char *console_dir; /* serves it instead; NULL: what is embedded */
	const char *version;	 /* of this program */
	int64_t started_at;	 /* ms since 1970 */
	/* Why the server is not ready yet, or NULL when it is; may be NULL
	 * itself: ready as soon as tokens are loaded. */
	const char *(*not_ready)(void *arg);
	/* A plan was made, changed or deleted; may be NULL. */
	void (*plans_changed)(void *arg);
	void *arg;
};

/*
 * Binds and begins to serve. Port 0 takes a free one. A unix socket (0660)
 * takes the place of a stale one, never of one that a server listens on.
 * NULL with *e filled: which address, why, what to do.
 */
struct http_server *http_server_new(const struct http_config *c,
				    struct err *e) MUST_CHECK;

/* The TCP port that is listened on; 0: none. */
unsigned http_server_port(const struct http_server *s);

/*
 * Reads the tokens from the catalog and keeps them in memory; until the first
 * call is through nobody is let in. done (or NULL) runs once, from the loop;
 * not after http_server_free(). A second call takes the place of one under
 * way. False with *e filled: nothing was started.
 */
bool http_server_load_tokens(struct http_server *s, catalog_done_cb *done,
			     void *arg, struct err *e) MUST_CHECK;

/* Reads certificate and key again, for connections to come; when they are not
 * right it says so in the log, and all stays as it was. */
void http_server_reload(struct http_server *s);

/* Takes no more connections; those that are open are served and closed after
 * the answer to their next request. The socket's file is removed. */
void http_server_stop_accepting(struct http_server *s);

/* Drops every connection at once and cancels what their requests wait for;
 * what was accepted (a queued backup) goes on. NULL is fine. */
void http_server_free(struct http_server *s);

#endif
