/*
 * http_client.h - a server of the room http over the house of the jobs, and a
 * client that sends bytes to it within the same loop.
 */
#ifndef COFFER_TESTS_HTTP_CLIENT_H
#define COFFER_TESTS_HTTP_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "http/auth.h"
#include "http/server.h"
#include "jobs_house.h"

struct shop {
	struct house *house;
	struct http_server *http;
	struct http_config config;
	char socket[96];
	char tokens[ROLE_COUNT][40]; /* one for each role */
	unsigned plan_changes;	     /* that were told */

	/* the last reply */
	int status; /* 0: the connection ended without one */
	struct text head, body;
	json_t *json; /* NULL when the body is none */
};

/* Opens the house and a server on a free port, with a token for each role.
 * limits NULL: the defaults. */
struct shop *shop_open(const struct http_limits *limits);
void shop_close(struct shop *s);

/* A connection; the loop runs until it is accepted. */
int shop_connect(struct shop *s);
int shop_connect_unix(struct shop *s);

/* Sends bytes, and runs the loop a little. False: the other side has gone. */
bool shop_send(struct shop *s, int fd, const char *bytes, size_t len);

/* Reads one reply; has_body false: to HEAD. Returns its status. */
int shop_reply(struct shop *s, int fd, bool has_body);

/* Runs the loop so many milliseconds. */
void shop_run(struct shop *s, unsigned ms);

/* True when the other side closes within ms. */
bool shop_is_closed(struct shop *s, int fd, unsigned ms);

/* Sends bytes over a connection of its own; returns the reply's status. */
int shop_raw(struct shop *s, const char *bytes);

/* One request as admin; body NULL: none. Returns the status. */
int shop_call(struct shop *s, const char *method, const char *path,
	      const char *body);

/* The same with another role and more headers ("Name: value\r\n"). */
struct shop_request {
	const char *method, *path, *body, *headers;
	enum role role;
	bool is_unix;
};
int shop_ask(struct shop *s, const struct shop_request *q);

/* A header of the last reply, or "" (valid until the next call of it). */
const char *shop_header(struct shop *s, const char *name);

/* The member of the last reply at a path of names: "source/name"; "" when it
 * is no string. */
const char *shop_text(const struct shop *s, const char *path);
const json_t *shop_value(const struct shop *s, const char *path);

/* The last reply is a problem with that status and code; pointers, in order
 * and with blanks between, are its errors (NULL: any). */
void shop_problem(struct shop *s, int status, const char *code,
		  const char *pointers);

#endif
