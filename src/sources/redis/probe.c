/* probe.c - connects, asks for version and role, leaves. */
#include "sources/redis/redis.h"

#include <stdlib.h>

#include "base/text.h"
#include "sources/redis/op.h"
#include "sources/redis/server.h"

struct probe {
	struct redis_op op; /* comes first */
	struct redis_server server;
	source_probe_cb *done;
	void *arg;
};

static struct probe *probe_of(struct redis_op *op)
{
	return (struct probe *)(void *)op;
}

static bool begin(struct redis_op *op, struct err *e)
{
	return redis_look_send(op->conn, e);
}

static bool take(struct redis_op *op, const struct redisReply *r, bool *is_over,
		 struct err *e)
{
	return redis_look_take(&probe_of(op)->server, r, is_over, e);
}

static void tell(struct redis_op *op, const struct err *e)
{
	struct probe *p = probe_of(op);
	struct source_info info = {0};

	(void)str_copy(info.version, sizeof(info.version), p->server.version);
	(void)str_copy(info.role, sizeof(info.role),
		       redis_role_name(p->server.role));
	p->done(p->arg, err_is(e) ? NULL : &info, e);
}

static void probe_free(struct redis_op *op)
{
	redis_op_fini(op);
	free(probe_of(op));
}

static const struct redis_op_ops ops = {
	.begin = begin,
	.take = take,
	.tell = tell,
	.free = probe_free,
};

struct source_op *redis_probe(const struct source_env *env,
			      const struct source_address *a,
			      source_probe_cb *done, void *arg, struct err *e)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a probe");
		return NULL;
	}
	p->done = done;
	p->arg = arg;
	if (redis_op_init(&p->op, &ops, env, a, e))
		return &p->op.base;
	probe_free(&p->op);
	return NULL;
}
