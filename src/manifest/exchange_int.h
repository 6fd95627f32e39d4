/* exchange_int.h - what all conversations with a store have in common. */
#ifndef COFFER_MANIFEST_EXCHANGE_INT_H
#define COFFER_MANIFEST_EXCHANGE_INT_H

#include "loop/workers.h"
#include "manifest/exchange.h"
#include "manifest/layout.h"

struct event;

/*
 * A conversation asks for one thing at a time: a call to the store, work on a
 * worker, or another turn of the loop. When it is there, step() runs from the
 * loop; it ends with the next request or with exchange_end().
 */
struct exchange {
	const struct exchange_ops *ops;
	struct exchange_env env;
	char source_id[ID_MAX], backup_id[ID_MAX];
	exchange_done_cb *done;
	void *arg;
	struct event *turn;
	struct store_op *op;
	struct work work;
	bool is_working;
	struct err answer; /* what the last request came to */

	/* the object fetched last */
	char key[LAYOUT_KEY_MAX];
	char *bytes;
	size_t len, cap;
	bool is_misread; /* run() found that it is not what it must be ... */
	bool is_again;	 /* ... and this is the second time */
};

struct exchange_ops {
	/* x->answer tells about the last request; code ERR_NONE: it worked. */
	void (*step)(struct exchange *x);
	/* On a worker: fills x->answer when it fails. May be NULL. With
	 * x->is_misread the object that was fetched last is fetched once more,
	 * and this runs again before step(): the damage may be of the way. */
	void (*run)(struct exchange *x);
	/* Frees what is its own, not x. */
	void (*fini)(struct exchange *x);
};

/* Fills *x, which is zeroed and the first member of what it is part of; the
 * first step is due. False with *e filled: x is not begun. */
bool exchange_init(struct exchange *x, const struct exchange_ops *ops,
		   const struct exchange_env *env, struct err *e) MUST_CHECK;

/* The requests. Each may answer that it failed: always through step(). */
void exchange_put(struct exchange *x, const char *key, const void *bytes,
		  size_t len);
void exchange_get(struct exchange *x, const char *key, size_t cap);
void exchange_remove_keys(struct exchange *x, const char *const *keys,
			  size_t n);
/* Tells the keys that begin so, in order, each with x for arg. A turn that is
 * asked for beside it comes only if it comes before the end of the list. */
void exchange_keys(struct exchange *x, const char *prefix, store_each_cb *each);
void exchange_work(struct exchange *x);
void exchange_turn(struct exchange *x);

/* In run(): whether the object fetched last is o. False with *e filled and
 * x->is_misread set. */
bool exchange_check(struct exchange *x, const struct manifest_object *o,
		    struct err *e) MUST_CHECK;

/* Frees the object that was fetched. */
void exchange_drop_bytes(struct exchange *x);

/* Frees x and runs done(); e is copied first, NULL for success. The last
 * thing that a step does. */
void exchange_end(struct exchange *x, const struct err *e);

/* README.txt is gone from a place that had one (env.is_marked). */
void exchange_unmarked(struct err *e);

#endif
