/* conn_int.h - the inside of a connection, shared by the part that talks
 * (conn.c) and the part that writes commands (conn_send.c). */
#ifndef COFFER_SOURCES_REDIS_CONN_INT_H
#define COFFER_SOURCES_REDIS_CONN_INT_H

#include <event2/buffer.h>
#include <hiredis/hiredis.h>

#include "sources/redis/conn.h"

struct event;
struct redis_link;

enum conn_state {
	CONN_OPENING, /* the link comes up */
	CONN_AUTH,    /* user and password go, the answer comes */
	CONN_OPEN,    /* commands and replies */
	CONN_RAW,     /* a stream is read */
	CONN_LOST,    /* of no more use */
	CONN_STATE_COUNT,
};

struct redis_conn {
	struct redis_conn_events events;
	void *arg;
	enum conn_state state;
	struct redis_link *link;
	struct redisReader *reader;
	redisReplyObjectFunctions makers; /* around hiredis' own */
	void *(*make_array)(const redisReadTask *task, int elements);
	void *(*make_string)(const redisReadTask *task, char *text, size_t len);
	size_t elements; /* of all arrays in the reply that is read */
	bool is_absurd;	 /* it has more than any has */
	struct evbuffer *out;
	struct evbuffer_iovec room; /* behind out, written on directly */
	size_t room_used;
	struct event *turn;
	struct event *deadline; /* of the answer to AUTH */
	bool is_turn_set;
	char *hello; /* AUTH with the password; wiped when it was sent */
	size_t hello_len, hello_sent;
	uint64_t unanswered;
	size_t peak;	 /* of out since on_ready ran */
	struct err told; /* what the server said before it was asked */
	unsigned depth;	 /* callbacks run */
	bool is_freed;
};

/* It goes on in the next turn of the loop. */
void redis_conn_next_turn(struct redis_conn *c);

/* What was appended goes into c->out; before anything is taken out of it. */
void redis_conn_settle(struct redis_conn *c);

/* AUTH as the address wants it, or nothing. False: no memory. */
bool redis_conn_make_hello(struct redis_conn *c, const struct source_address *a,
			   struct err *e) MUST_CHECK;

#endif
