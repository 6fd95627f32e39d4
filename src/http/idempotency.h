/*
 * idempotency.h - Idempotency-Key: a POST that is sent twice is done once.
 *
 * The key is claimed before the handler runs, and the reply kept when it ends;
 * from the claim on the request goes on without its client, who may ask again
 * for what became of it. A reply of 500 or more gives the key back.
 */
#ifndef COFFER_HTTP_IDEMPOTENCY_H
#define COFFER_HTTP_IDEMPOTENCY_H

#include <stdbool.h>

struct evbuffer;
struct request;

/* True: the request has a key, and goes on when that is claimed (or was
 * answered). False: the handler is to run now. */
bool idempotency_begin(struct request *r);

/* The request is answered with this: it is kept, if a key was claimed. body is
 * only looked at. */
void idempotency_end(struct request *r, int status, struct evbuffer *body);

/* The request ends without an answer: its key can be used again. */
void idempotency_give_back(struct request *r);

#endif
