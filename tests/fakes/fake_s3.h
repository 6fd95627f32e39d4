/*
 * fake_s3.h - an HTTP server in the test's own loop that answers as it is
 * told, to behave as no good S3 server does on command: it stalls, cuts, lies
 * about lengths, closes idle connections, and has another clock.
 */
#ifndef COFFER_TESTS_FAKES_FAKE_S3_H
#define COFFER_TESTS_FAKES_FAKE_S3_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct fake_s3;

enum fake_act {
	FAKE_ANSWER, /* and keep the connection */
	FAKE_CUT,    /* send what there is to send, then close */
	FAKE_RESET,  /* close with a reset, sending nothing */
	FAKE_STALL,  /* send what there is to send, then nothing for ever */
};

/* One answer. Zero is "200 OK" without a body. */
struct fake_reply {
	const char *status;  /* "503 Slow Down"; NULL: "200 OK" */
	const char *headers; /* more of them, each with CR LF; NULL: none */
	const char *body;
	size_t len; /* 0: of the string body */
	enum fake_act act;
	size_t announced; /* as Content-Length; 0: the truth */
	size_t sent;	  /* only so much of the body; 0: all */
	bool is_silent;	  /* no byte at all: for CUT and STALL */
	bool is_early;	  /* answers before the request's body has come */
};

/* A request as it came. Lives as long as the server. */
struct fake_request {
	char *method;
	char *target; /* path and query as on the wire */
	char *head;   /* all of the header section */
	char *body;
	size_t body_len;
	unsigned connection; /* the n-th of the server, from 1 */
};

/* Makes an answer; runs from the loop. */
typedef void fake_respond_cb(void *arg, const struct fake_request *r,
			     struct fake_reply *out);

/* Listens on a free port of 127.0.0.1. Aborts on failure, as do all. */
struct fake_s3 *fake_s3_new(struct event_base *base);

/* Closes everything. */
void fake_s3_free(struct fake_s3 *f);

/* The port it listens on. */
unsigned fake_s3_port(const struct fake_s3 *f);

/* Answers with these (borrowed), one after the other; what comes after the
 * last gets 599. Forgets the requests that came. */
void fake_s3_script(struct fake_s3 *f, const struct fake_reply *replies,
		    size_t n);

/* Lets respond() make the answers. Forgets the requests that came. */
void fake_s3_respond(struct fake_s3 *f, fake_respond_cb *respond, void *arg);

/* Keeps only the last request from now on, for servers that run long. */
void fake_s3_endless(struct fake_s3 *f);

/* How many requests came. */
size_t fake_s3_count(const struct fake_s3 *f);

/* The i-th of them, from 0. */
const struct fake_request *fake_s3_request(const struct fake_s3 *f, size_t i);

/* A header's value in out[cap]; NULL when the request has none. */
char *fake_header(const struct fake_request *r, const char *name, char *out,
		  size_t cap);

#endif
