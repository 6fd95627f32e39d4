/* kinds.c - the name of a storage type and its constructor. */
#include "store_int.h"

#include <string.h>

struct store *store_new(const struct store_env *env,
			const struct store_config *config, struct err *e)
{
	if (strcmp(config->kind, "object_storage") == 0)
		return s3_store_new(env, &config->s3, e);
	if (strcmp(config->kind, "local_directory") == 0)
		return dir_store_new(env, &config->dir, e);
	err_set(e, ERR_INVALID, "store_failed",
		"unknown storage type: use object_storage or local_directory");
	return NULL;
}

void store_free(struct store *st)
{
	if (st != NULL)
		st->ops->destroy(st);
}

void store_cancel(struct store *st, struct store_op *op)
{
	if (op != NULL)
		st->ops->cancel(op);
}
