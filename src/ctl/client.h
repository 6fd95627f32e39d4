/*
 * client.h - requests to the server, one after the other; each call waits for
 * its answer.
 */
#ifndef COFFER_CTL_CLIENT_H
#define COFFER_CTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"

struct client;

/* Copied. */
struct client_config {
	const char *socket;  /* path of the unix socket; or NULL: */
	const char *server;  /* http://HOST[:PORT][/PATH] or https://... */
	const char *token;   /* NULL: none is sent */
	const char *ca_file; /* what the server's certificate is checked by;
			      * NULL: the system's */
};

struct client_ask {
	const char *method, *path; /* path with its query, from "/" on */
	const json_t *body;	   /* NULL: none */
	const char *if_match;	   /* a revision; NULL: none */
	bool is_keyed;	  /* with an Idempotency-Key: it may be sent again when
			   * its answer was lost */
	unsigned seconds; /* for the whole answer; 0: 600 */
};

/* reply_fini() ends it; zero it to begin with. */
struct reply {
	long status;
	char *text; /* NUL-terminated */
	size_t len;
	json_t *json; /* the same read; NULL: it is no JSON */
};

/* A list on its way, page by page: too long to be held as a whole. */
struct client_pages {
	const char *path; /* with its filters, borrowed */
	size_t limit;	  /* of the next page; 0: as many as one may have */
	char *after;	  /* where that begins; NULL at first; free() it */
	json_int_t total; /* how many the list has */
};

/* NULL with *e filled ("usage": the address is none). */
struct client *client_new(const struct client_config *c,
			  struct err *e) MUST_CHECK;

/* Wipes the token; NULL is fine. */
void client_free(struct client *c);

/*
 * Asks and waits. False with *e filled: ERR_CONNECT or ERR_TIMEOUT (no answer),
 * ERR_CANCELED (interrupt.h), or the server refused: its code, title and detail
 * (ERR_NOT_FOUND with 404, ERR_DENIED, ERR_CONFLICT, ERR_INVALID, ERR_REMOTE),
 * the whole of it in client_problem(). *r is filled also then.
 */
bool client_call(struct client *c, const struct client_ask *ask,
		 struct reply *r, struct err *e) MUST_CHECK;

/* GET of a document; borrowed json is taken by *out, which json_decref() ends.
 * Failures as above, and ERR_REMOTE when it is no JSON object. */
bool client_get(struct client *c, const char *path, json_t **out,
		struct err *e) MUST_CHECK;

/* The same with a method and a body; is_keyed as above. */
bool client_send(struct client *c, const struct client_ask *ask, json_t **out,
		 struct err *e) MUST_CHECK;

/*
 * Appends the items of a list to items, page by page, at most limit of them (0:
 * all). *total, unless NULL, is how many there are. path has its filters.
 */
bool client_list(struct client *c, const char *path, size_t limit,
		 json_t *items, json_int_t *total, struct err *e) MUST_CHECK;

/* Appends the next page to items; at the end p->after is "". Failures as above.
 */
bool client_page(struct client *c, struct client_pages *p, json_t *items,
		 struct err *e) MUST_CHECK;

/* The problem document of the last call that was refused; NULL: none. Borrowed
 * until the next call. */
const json_t *client_problem(const struct client *c);

/* Frees what it holds and zeroes it. */
void reply_fini(struct reply *r);

#endif
