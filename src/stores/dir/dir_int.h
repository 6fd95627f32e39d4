/* dir_int.h - the directory store, for the files of this folder. */
#ifndef COFFER_STORES_DIR_INT_H
#define COFFER_STORES_DIR_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/workers.h"
#include "loop/lent.h"
#include "../store_int.h"

struct dir_store {
	struct store base; /* first: dir_store_of() */
	struct workers *blocking;
	char *path;
	bool is_made; /* the folder itself may be made */
};

static inline struct dir_store *dir_store_of(struct store *st)
{
	return (struct dir_store *)st;
}

/*
 * What every call of this store is made of: a piece of work for a thread that
 * may sleep. The thread sees the op and the store's path; buffers of the
 * caller it touches in turns (loop/lent.h), so that a cancel returns at once
 * while the thread finishes what it is in.
 */
struct dir_op;

struct dir_op_ops {
	void (*run)(struct dir_op *op);	 /* on a thread; fills op->e */
	void (*done)(struct dir_op *op); /* on the loop; ends or resubmits */
	void (*free)(struct dir_op *op);
};

struct dir_op {
	struct store_op op; /* first */
	struct work work;
	const struct dir_op_ops *ops;
	struct workers *blocking;
	struct lent lent;
	bool is_telling;  /* callbacks of the caller run: cancel only marks */
	bool is_canceled; /* while they did */
	struct err e;
};

/* Prepares *op (zeroed); dir_op_fini() undoes it. False with *e filled. */
bool dir_op_init(struct dir_op *op, const struct dir_store *st,
		 const struct dir_op_ops *ops, struct err *e) MUST_CHECK;

/* Sends it to a thread; done() of its ops follows. */
void dir_op_submit(struct dir_op *op);

/* No work may be under way. */
void dir_op_fini(struct dir_op *op);

/* The functions of struct store_ops; see store.h. */
struct store_op *dir_put(struct store *st, const struct store_put *in,
			 store_done_cb *done, void *arg, struct err *e);
struct store_op *dir_get(struct store *st, const struct store_get *in,
			 store_get_cb *done, void *arg, struct err *e);
struct store_op *dir_list(struct store *st, const char *prefix,
			  store_each_cb *each, store_done_cb *done, void *arg,
			  struct err *e);
struct store_op *dir_remove(struct store *st, const char *const *keys,
			    size_t nkeys, store_done_cb *done, void *arg,
			    struct err *e);

#endif
