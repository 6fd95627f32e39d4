/*
 * streams.h - /v1/events as a stream (Server-Sent Events, WHATWG HTML,
 * section 9.2): each event as it is stored, and each second how far jobs are.
 */
#ifndef COFFER_HTTP_STREAMS_H
#define COFFER_HTTP_STREAMS_H

#include "base/err.h"

struct event_record;
struct http_server;
struct request;
struct streams;

/* Listens to the catalog's events. NULL with *e filled. */
struct streams *streams_new(struct http_server *s, struct err *e) MUST_CHECK;

/* When no request is left. NULL is fine. */
void streams_free(struct streams *s);

/*
 * Answers with a stream that lasts until its client leaves, takes too little
 * of it (nothing for ten seconds while something waits, or its bounded backlog
 * is full), or is not known any more. With Last-Event-ID it begins with what
 * came after that. Refuses when there are too many.
 */
void streams_begin(struct request *r);

/* Whether who asks may see events of that kind: the audit log is for admins. */
bool events_may_see(const struct request *r, const char *kind);

#endif
