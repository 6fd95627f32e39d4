/* dir.c - the directory store: its table of functions and its calls. */
#include "dir_int.h"

#include <stdlib.h>
#include <string.h>

static struct dir_op *op_of_work(struct work *w)
{
	return (struct dir_op *)((char *)w - offsetof(struct dir_op, work));
}

static void op_run(struct work *w)
{
	struct dir_op *op = op_of_work(w);

	op->ops->run(op);
}

static void op_done(struct work *w)
{
	struct dir_op *op = op_of_work(w);

	op->ops->done(op);
}

static void op_dispose(struct work *w)
{
	struct dir_op *op = op_of_work(w);

	op->ops->free(op);
}

static void op_cancel(struct store_op *base)
{
	struct dir_op *op = (struct dir_op *)base;

	op->is_canceled = true;
	if (op->is_telling)
		return;
	lent_return(&op->lent);
	work_abandon(&op->work, op_dispose);
}

bool dir_op_init(struct dir_op *op, const struct dir_store *st,
		 const struct dir_op_ops *ops, struct err *e)
{
	op->op.cancel = op_cancel;
	op->ops = ops;
	op->blocking = st->blocking;
	return lent_init(&op->lent, e);
}

void dir_op_submit(struct dir_op *op)
{
	op->work = (struct work){.run = op_run, .done = op_done};
	workers_submit(op->blocking, &op->work);
}

void dir_op_fini(struct dir_op *op)
{
	lent_fini(&op->lent);
}

static void dir_cancel(struct store_op *op)
{
	op->cancel(op);
}

static int64_t dir_clock_skew_ms(const struct store *st)
{
	(void)st;
	return 0;
}

static void dir_destroy(struct store *st)
{
	struct dir_store *dir = dir_store_of(st);

	free(dir->path);
	free(dir);
}

static const struct store_ops dir_ops = {
	.name = "local_directory",
	.put = dir_put,
	.get = dir_get,
	.list = dir_list,
	.remove = dir_remove,
	.cancel = dir_cancel,
	.clock_skew_ms = dir_clock_skew_ms,
	.destroy = dir_destroy,
};

struct store *dir_store_new(const struct store_env *env,
			    const struct store_dir_config *config,
			    struct err *e)
{
	struct dir_store *st;

	if (config->path == NULL || config->path[0] != '/') {
		err_set(e, ERR_INVALID, "store_failed",
			"path: give an absolute path");
		return NULL;
	}
	st = calloc(1, sizeof(*st));
	if (st != NULL)
		st->path = strdup(config->path);
	if (st == NULL || st->path == NULL) {
		free(st);
		err_nomem(e, "a store");
		return NULL;
	}
	st->base.ops = &dir_ops;
	st->blocking = env->blocking;
	st->is_made = config->is_made;
	return &st->base;
}
