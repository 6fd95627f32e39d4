/* server_int.h - what the files of this room share of the server. */
#ifndef COFFER_HTTP_SERVER_INT_H
#define COFFER_HTTP_SERVER_INT_H

#include "http/audit.h"
#include "http/auth.h"
#include "http/guard.h"
#include "http/listen.h"
#include "http/request_int.h"
#include "http/server.h"

struct evhttp;
struct evhttp_bound_socket;
struct streams;
struct tls;

enum { SERVER_SOCKETS = 2, STATUS_CLASSES = 6 };

struct http_server {
	struct http_config config;
	char *version;
	char *allowed_hosts;		       /* or NULL: none */
	struct tls *tls;		       /* of TCP; NULL: plain */
	struct evhttp *evhttp[SERVER_SOCKETS]; /* TCP, unix; or NULL */
	struct guard *guard;
	struct auth *auth;
	struct request_list requests;
	struct evhttp_bound_socket *bound[SERVER_SOCKETS];
	unsigned port;
	struct socket_file file;
	bool is_stopping;
	struct catalog_op *tokens_op;
	catalog_done_cb *tokens_done;
	void *tokens_arg;
	struct streams *streams;
	struct audit_gate gate;
	unsigned passwords;		  /* that are hashed just now */
	uint64_t answers[STATUS_CLASSES]; /* by status / 100 */
};

/* What its handlers ask. */
static inline struct catalog *catalog_of(const struct request *r)
{
	return r->server->config.catalog;
}

/* Why the server is not ready, or NULL when it is. */
const char *server_not_ready(const struct http_server *s);

#endif
