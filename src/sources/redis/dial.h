/*
 * dial.h - what a connection needs before it can be made, found on a worker:
 * the addresses of a name, and certificates. Both may block.
 */
#ifndef COFFER_SOURCES_REDIS_DIAL_H
#define COFFER_SOURCES_REDIS_DIAL_H

#include <stdbool.h>

#include <openssl/types.h>

#include "base/err.h"
#include "loop/workers.h"
#include "sources/address_int.h"

struct addrinfo;

enum { REDIS_DEFAULT_PORT = 6379 };

/* The worker's while it runs, then the link's. */
struct redis_dial {
	struct work work; /* comes first */
	struct address_copy address;
	void (*done)(void *arg); /* on the loop, when it ran */
	void *arg;
	struct addrinfo *found; /* of the host; NULL for a unix socket */
	SSL_CTX *context;	/* NULL: TLS is not wanted */
	struct err err;		/* why there is nothing */
};

/* Copies the address, the password aside, and submits the work. NULL with *e
 * filled. */
struct redis_dial *redis_dial_new(const struct source_env *env,
				  const struct source_address *a,
				  void (*done)(void *arg), void *arg,
				  struct err *e) MUST_CHECK;

/* At any time; done() does not run any more. NULL is fine. */
void redis_dial_free(struct redis_dial *d);

#endif
