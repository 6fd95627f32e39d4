/* s3.c - the S3 store: its table of functions, its making and its end. */
#include "s3_int.h"

#include <stdlib.h>

static void s3_cancel(struct store_op *op)
{
	op->cancel(op);
}

static int64_t s3_clock_skew_ms(const struct store *st)
{
	return s3_client_skew_ms(s3_store_of_const(st)->client);
}

static void s3_destroy(struct store *st)
{
	struct s3_store *s3 = s3_store_of(st);

	s3_client_free(s3->client);
	free(s3);
}

static const struct store_ops s3_ops = {
	.name = "object_storage",
	.put = s3_put,
	.get = s3_get,
	.list = s3_list,
	.remove = s3_remove,
	.cancel = s3_cancel,
	.clock_skew_ms = s3_clock_skew_ms,
	.destroy = s3_destroy,
};

struct store *s3_store_new(const struct store_env *env,
			   const struct s3_config *config, struct err *e)
{
	const struct s3_env own = {env->loop, env->transfers, env->blocking};
	struct s3_store *st = calloc(1, sizeof(*st));

	if (st == NULL) {
		err_nomem(e, "a store");
		return NULL;
	}
	st->base.ops = &s3_ops;
	st->loop = env->loop;
	st->client = s3_client_new(&own, config, e);
	if (st->client == NULL) {
		s3_destroy(&st->base);
		return NULL;
	}
	return &st->base;
}
