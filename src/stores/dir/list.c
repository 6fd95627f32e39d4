/* list.c - lists the files of the store, some hundred per piece of work. */
#include <stdlib.h>
#include <string.h>

#include "dir_int.h"
#include "walk.h"

enum { BATCH_MAX = 500 };

struct entry {
	size_t key_at; /* in keys.data, NUL-terminated */
	uint64_t size_bytes;
	int64_t modified_ms;
};

struct list_op {
	struct dir_op base; /* first: list_of() */
	char *root;
	bool may_miss; /* root: then it is empty */
	char *prefix;
	struct dir_walk walk;
	bool has_begun;
	bool is_at_end;
	struct text keys;
	struct entry entries[BATCH_MAX];
	size_t n;
	store_each_cb *each;
	store_done_cb *done;
	void *arg;
};

static struct list_op *list_of(struct dir_op *op)
{
	return (struct list_op *)op;
}

static bool add_entry(struct list_op *l)
{
	struct entry *entry = &l->entries[l->n++];

	entry->key_at = l->keys.len;
	entry->size_bytes = l->walk.size_bytes;
	entry->modified_ms = l->walk.modified_ms;
	text_add(&l->keys, l->walk.key.data, l->walk.key.len + 1);
	return !l->keys.is_broken || err_nomem(&l->base.e, "a listing");
}

static void list_run(struct dir_op *op)
{
	struct list_op *l = list_of(op);
	int found = 1;

	l->n = 0;
	text_reset(&l->keys);
	if (!l->has_begun) {
		l->has_begun = true;
		if (!dir_walk_begin(&l->walk, l->root, l->may_miss, l->prefix,
				    &op->e))
			return;
	}
	while (l->n < BATCH_MAX && found == 1 && !lent_is_back(&op->lent)) {
		found = dir_walk_next(&l->walk, &op->e);
		if (found == 1 && !add_entry(l))
			return;
	}
	l->is_at_end = found == 0;
}

static void list_free(struct dir_op *op)
{
	struct list_op *l = list_of(op);

	dir_walk_end(&l->walk);
	dir_op_fini(op);
	text_free(&l->keys);
	free(l->root);
	free(l->prefix);
	free(l);
}

/* False: the owner canceled meanwhile. */
static bool tell_keys(struct list_op *l)
{
	l->base.is_telling = true;
	for (size_t i = 0; i < l->n && !l->base.is_canceled; i++) {
		const struct entry *entry = &l->entries[i];

		l->each(l->arg, l->keys.data + entry->key_at, entry->size_bytes,
			entry->modified_ms);
	}
	l->base.is_telling = false;
	return !l->base.is_canceled;
}

static void list_done(struct dir_op *op)
{
	struct list_op *l = list_of(op);
	store_done_cb *done = l->done;
	void *arg = l->arg;
	struct err e = op->e;

	if (!err_is(&e) && !tell_keys(l)) {
		list_free(op);
		return;
	}
	if (!err_is(&e) && !l->is_at_end) {
		dir_op_submit(op);
		return;
	}
	list_free(op);
	done(arg, err_is(&e) ? &e : NULL);
}

static const struct dir_op_ops list_ops = {
	.run = list_run,
	.done = list_done,
	.free = list_free,
};

struct store_op *dir_list(struct store *st, const char *prefix,
			  store_each_cb *each, store_done_cb *done, void *arg,
			  struct err *e)
{
	struct dir_store *dir = dir_store_of(st);
	struct list_op *l = calloc(1, sizeof(*l));

	if (l == NULL || !dir_op_init(&l->base, dir, &list_ops, e)) {
		free(l);
		err_nomem(e, "a listing");
		return NULL;
	}
	l->each = each;
	l->done = done;
	l->arg = arg;
	l->may_miss = dir->is_made;
	l->root = strdup(dir->path);
	l->prefix = strdup(prefix);
	if (l->root == NULL || l->prefix == NULL) {
		list_free(&l->base);
		err_nomem(e, "a listing");
		return NULL;
	}
	dir_op_submit(&l->base);
	return &l->base.op;
}
