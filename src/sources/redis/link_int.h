/* link_int.h - the inside of a link, shared by the part that connects (link.c)
 * and the part that moves bytes (link_io.c). */
#ifndef COFFER_SOURCES_REDIS_LINK_INT_H
#define COFFER_SOURCES_REDIS_LINK_INT_H

#include <openssl/types.h>

#include "sources/redis/link.h"

struct addrinfo;
struct event;

enum { WHERE_MAX = 160 };

enum link_state {
	LINK_LOOKUP,  /* a worker looks up the name */
	LINK_CONNECT, /* a socket connects */
	LINK_ASK,     /* whether it speaks plainly */
	LINK_TLS,     /* hands are shaken */
	LINK_UP,      /* bytes flow */
	LINK_DOWN,    /* of no more use */
	LINK_STATE_COUNT,
};

struct redis_link {
	const struct source_env *env;
	struct redis_link_events events;
	void *arg;
	struct redis_dial *dial;
	enum link_state state;
	struct event *ev;	   /* one-shot, of the socket */
	struct event *deadline;	   /* until it is up */
	const struct addrinfo *at; /* the address that is tried */
	int fd;
	SSL *tls;	/* NULL: plain */
	bool is_asked;	/* whether TLS is spoken is known, or not asked for */
	bool is_plain;	/* it is not */
	bool has_heard; /* anything of the server */
	short read_wants, write_wants; /* EV_*: what the last call waits for */
	char where[WHERE_MAX];
};

/* Logs the step. */
void redis_link_set_state(struct redis_link *l, enum link_state next);

/* The one-shot event, for EV_READ, EV_WRITE or both. */
void redis_link_watch(struct redis_link *l, short what);

#endif
