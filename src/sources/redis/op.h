/*
 * op.h - a short conversation outside any pipeline: a connection, commands,
 * their replies, and a callback at the end. Embedded in what a probe is.
 */
#ifndef COFFER_SOURCES_REDIS_OP_H
#define COFFER_SOURCES_REDIS_OP_H

#include "sources/address.h"
#include "sources/op_int.h"
#include "sources/redis/conn.h"

struct event;
struct redis_op;

struct redis_op_ops {
	/* It is open: sends the first commands. */
	bool (*begin)(struct redis_op *op, struct err *e);
	/* A reply came; *is_over ends the conversation. */
	bool (*take)(struct redis_op *op, const struct redisReply *r,
		     bool *is_over, struct err *e);
	/* Calls the caller's callback, e->code ERR_NONE when all went well;
	 * *op is freed afterwards. */
	void (*tell)(struct redis_op *op, const struct err *e);
	/* Frees the whole object, redis_op_fini() included. */
	void (*free)(struct redis_op *op);
};

struct redis_op {
	struct source_op base; /* comes first */
	const struct redis_op_ops *ops;
	struct redis_conn *conn;
	struct event *silence;
	bool is_over;
};

/* Begins to connect. On failure *op holds nothing that redis_op_fini() does
 * not free. */
bool redis_op_init(struct redis_op *op, const struct redis_op_ops *ops,
		   const struct source_env *env, const struct source_address *a,
		   struct err *e) MUST_CHECK;

/* Frees what redis_op_init() made; fine on a zeroed one. */
void redis_op_fini(struct redis_op *op);

#endif
