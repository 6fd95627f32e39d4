/*
 * request_int.h - one request, from its head to its answer.
 *
 * A handler is called once and answers once, now or in a completion: with
 * request_reply() or one of its kin, the last thing that touches the request.
 * Meanwhile it waits for at most one op of the catalog or the jobs.
 *
 * When the client goes, the op is canceled and the request freed; unless the
 * handler has called request_keep(), because what it began has to be finished:
 * then it goes on, and its answer reaches nobody.
 */
#ifndef COFFER_HTTP_REQUEST_INT_H
#define COFFER_HTTP_REQUEST_INT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/id.h"
#include "base/sha256.h"
#include "http/auth.h"
#include "http/body.h"
#include "http/faults.h"
#include "http/query.h"
#include "http/reply.h"
#include "model/names.h"

struct conn;
struct event;
struct evhttp_request;
struct http_server;
struct jobs_op;
struct password_job;
struct route;

enum { REQUEST_PARAMS_MAX = 2 };

struct request {
	struct http_server *server;
	struct evhttp_request *ev; /* NULL: the client is gone */
	struct conn *conn;
	const struct route *route; /* NULL: none fits */
	TAILQ_ENTRY(request) entry;
	char id[ID_MAX];
	const char *method;
	char *path;			  /* as sent, without the query */
	char *params[REQUEST_PARAMS_MAX]; /* decoded parts of the path */
	struct query query;
	json_t *body; /* an object, or NULL when there was none */
	struct faults faults;
	struct principal who;
	char address[INET6_ADDRSTRLEN]; /* of the client */
	bool is_tls;
	int64_t began_ms; /* monotonic */
	bool is_head, is_kept;
	/* Idempotency-Key: the key, the digest of what was asked, and whether
	 * its reply has to be kept. */
	char *key;
	char digest[SHA256_HEX_MAX];
	bool is_claimed, is_replay;
	/* of the reply, for the audit log and for those that are kept */
	char code[ERR_API_MAX]; /* of its problem */
	char resource[ID_MAX], resource_name[NAME_BUF];
	char location[128], etag[48];
	const char *type; /* of its body */
	/* for headers that are others than those of the API; NULL: not so */
	const char *cache, *policy, *encoding, *vary;
	char cookie[160];	/* for Set-Cookie; "": none */
	bool is_private;	/* nothing of its body goes into a log */
	int64_t if_revision;	/* from If-Match; 0: any */
	unsigned retry_seconds; /* for Retry-After */
	struct catalog_op *catalog_op;
	struct jobs_op *jobs_op;
	struct password_job *password_job;
	struct event *timer;
	void *state;			 /* the handler's own ... */
	void (*state_free)(void *state); /* ... and how it ends */
};
TAILQ_HEAD(request_list, request);

/* Begins with what evhttp has read; may answer at once. */
void request_begin(struct http_server *s, struct evhttp_request *ev);

/* Cancels and frees without an answer. */
void request_drop(struct request *r);

/* The handler waits for this op; NULL answers with *e. */
void request_await_catalog(struct request *r, struct catalog_op *op,
			   const struct err *e);
void request_await_jobs(struct request *r, struct jobs_op *op,
			const struct err *e);

/* First thing in a completion: forgets the op. False: e was answered. */
bool request_resume(struct request *r, const struct err *e) MUST_CHECK;

/* The same for a completion that deals with failures itself. */
void request_forget(struct request *r);

/* From here on it goes on without its client. */
void request_keep(struct request *r);

/* Gives the handler zeroed memory of its own, wiped and freed with the
 * request after fini (or NULL). NULL: no memory, answered. */
void *request_state(struct request *r, size_t size, void (*fini)(void *state));

/* A header of the request; NULL when it is absent. */
const char *request_header(const struct request *r, const char *name);

#endif
