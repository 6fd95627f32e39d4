/*
 * names.c - the databases of a server that hold keys, by their numbers. There
 * are no tables in them, and what they take in bytes no server tells.
 */
#include "sources/redis/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "sources/redis/fault.h"
#include "sources/redis/op.h"
#include "sources/redis/server.h"

enum { NUMBER_MAX = 16 };

struct names {
	struct redis_op op; /* comes first */
	bool is_tables;	    /* of one database were asked for */
	char (*numbers)[NUMBER_MAX];
	size_t n, cap;
	source_names_cb *done;
	void *arg;
};

static struct names *names_of(struct redis_op *op)
{
	return (struct names *)(void *)op;
}

static bool begin(struct redis_op *op, struct err *e)
{
	static const char *const argv[] = {"INFO", "keyspace"};

	return redis_conn_send(op->conn, 2, argv, NULL, e);
}

static bool add(struct names *l, uint32_t number, struct err *e)
{
	size_t cap = l->cap > 0 ? l->cap * 2 : 16;
	void *more;

	if (l->n == l->cap) {
		more = reallocarray(l->numbers, cap, sizeof(*l->numbers));
		if (more == NULL)
			return err_nomem(e, "a list of names");
		l->numbers = more;
		l->cap = cap;
	}
	(void)snprintf(l->numbers[l->n++], NUMBER_MAX, "%u", number);
	return true;
}

static bool take_lines(struct names *l, const char *info, struct err *e)
{
	uint32_t number;

	while (redis_info_next_database(&info, &number, NULL))
		if (!add(l, number, e))
			return false;
	return true;
}

static bool take(struct redis_op *op, const struct redisReply *r, bool *is_over,
		 struct err *e)
{
	struct names *l = names_of(op);

	*is_over = true;
	if (r->type == REDIS_REPLY_ERROR)
		return redis_fault(e, r->str, "list the databases", "+info");
	if (r->type != REDIS_REPLY_STRING)
		return err_set(e, ERR_CONNECT, "connection_failed",
			       "the answer to INFO is not that of a Redis "
			       "server: check host and port");
	return l->is_tables || take_lines(l, r->str, e);
}

static void tell(struct redis_op *op, const struct err *failed)
{
	struct names *l = names_of(op);
	struct source_name *list = calloc(l->n + 1, sizeof(*list));
	struct err e = *failed;

	if (list == NULL)
		(void)err_nomem(&e, "a list of names");
	for (size_t i = 0; list != NULL && i < l->n; i++)
		list[i] = (struct source_name){l->numbers[i], -1, -1};
	l->done(l->arg, list, err_is(&e) ? 0 : l->n, &e);
	free(list);
}

static void names_free(struct redis_op *op)
{
	struct names *l = names_of(op);

	redis_op_fini(op);
	free(l->numbers);
	free(l);
}

static const struct redis_op_ops ops = {
	.begin = begin,
	.take = take,
	.tell = tell,
	.free = names_free,
};

struct source_op *redis_names(const struct source_env *env,
			      const struct source_address *a,
			      const struct source_names_query *q,
			      source_names_cb *done, void *arg, struct err *e)
{
	struct names *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a list of names");
		return NULL;
	}
	l->is_tables = q->database != NULL;
	l->done = done;
	l->arg = arg;
	if (redis_op_init(&l->op, &ops, env, a, e))
		return &l->op.base;
	names_free(&l->op);
	return NULL;
}
