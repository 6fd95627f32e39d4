/* audit.h - what the log of events learns of requests: who asked for what, and
 * what came of it. */
#ifndef COFFER_HTTP_AUDIT_H
#define COFFER_HTTP_AUDIT_H

#include <jansson.h>
#include <stdint.h>
#include <netinet/in.h>

struct request;

enum { AUDIT_ADDRESSES = 64 };

/* Addresses that were denied lately: one event of each per second, so that
 * guessing does not push out what the log is for. Zero it to begin with. */
struct audit_gate {
	struct audit_denial {
		char address[INET6_ADDRSTRLEN];
		int64_t at_ms; /* monotonic */
	} list[AUDIT_ADDRESSES];
};

/* Notes what the reply to a request tells about its resource; json may be
 * NULL. */
void audit_note_reply(struct request *r, json_t *json);

/*
 * The end of a request. Those that write become an event, and those that were
 * denied, whatever they asked for; a reply that is given again does not.
 */
void audit_request(const struct request *r, int status);

#endif
