/* exchange.c - what all conversations with a store have in common. */
#include "manifest/exchange_int.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"
#include "manifest/manifest_int.h"

static struct exchange *exchange_of(struct work *w)
{
	return (struct exchange *)((char *)w - offsetof(struct exchange, work));
}

static void exchange_free(struct exchange *x)
{
	if (x->ops->fini != NULL)
		x->ops->fini(x);
	if (x->turn != NULL)
		event_free(x->turn);
	exchange_drop_bytes(x);
	free(x);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;

	(void)fd;
	(void)what;
	x->ops->step(x);
}

void exchange_turn(struct exchange *x)
{
	loop_next_turn(x->turn);
}

static void run(struct work *w)
{
	struct exchange *x = exchange_of(w);

	x->ops->run(x);
}

static void ask(struct exchange *x);

static void on_ran(struct work *w)
{
	struct exchange *x = exchange_of(w);

	x->is_working = false;
	if (!x->is_misread || x->is_again) {
		x->ops->step(x);
		return;
	}
	log_warn("manifest", "%s: %s; it is read once more", x->key,
		 x->answer.msg);
	x->is_again = true;
	ask(x);
}

static void dispose(struct work *w)
{
	exchange_free(exchange_of(w));
}

bool exchange_init(struct exchange *x, const struct exchange_ops *ops,
		   const struct exchange_env *env, struct err *e)
{
	x->ops = ops;
	x->env = *env;
	x->work.run = run;
	x->work.done = on_ran;
	x->turn = evtimer_new(loop_base(env->loop), on_turn, x);
	if (x->turn == NULL)
		return err_nomem(e, "a conversation with the store");
	exchange_turn(x);
	return true;
}

/* A turn that was asked for beside the request does not come any more. */
static void on_answer(void *arg, const struct err *e)
{
	struct exchange *x = arg;

	x->op = NULL;
	(void)evtimer_del(x->turn);
	if (e != NULL)
		x->answer = *e;
	x->ops->step(x);
}

/* A request that could not even be made is answered in the next turn. */
static void began(struct exchange *x, struct store_op *op)
{
	x->op = op;
	if (op == NULL)
		exchange_turn(x);
}

void exchange_put(struct exchange *x, const char *key, const void *bytes,
		  size_t len)
{
	const struct store_put put = {.key = key, .bytes = bytes, .len = len};

	err_clear(&x->answer);
	began(x, x->env.store->ops->put(x->env.store, &put, on_answer, x,
					&x->answer));
}

static void on_got(void *arg, size_t got_len, const struct err *e)
{
	struct exchange *x = arg;

	x->len = got_len;
	if (!x->is_again || e != NULL) {
		on_answer(x, e);
		return;
	}
	x->op = NULL;
	exchange_work(x);
}

static void ask(struct exchange *x)
{
	const struct store_get get = {
		.key = x->key, .buf = x->bytes, .cap = x->cap};

	err_clear(&x->answer);
	began(x, x->env.store->ops->get(x->env.store, &get, on_got, x,
					&x->answer));
}

void exchange_get(struct exchange *x, const char *key, size_t cap)
{
	err_clear(&x->answer);
	exchange_drop_bytes(x);
	x->bytes = malloc(cap);
	x->cap = cap;
	if (x->bytes == NULL || !str_copy(x->key, sizeof(x->key), key)) {
		(void)err_nomem(&x->answer, "an object");
		exchange_turn(x);
		return;
	}
	ask(x);
}

void exchange_remove_keys(struct exchange *x, const char *const *keys, size_t n)
{
	err_clear(&x->answer);
	began(x, x->env.store->ops->remove(x->env.store, keys, n, on_answer, x,
					   &x->answer));
}

void exchange_keys(struct exchange *x, const char *prefix, store_each_cb *each)
{
	struct store *st = x->env.store;

	err_clear(&x->answer);
	began(x, st->ops->list(st, prefix, each, on_answer, x, &x->answer));
}

void exchange_work(struct exchange *x)
{
	err_clear(&x->answer);
	x->is_misread = false;
	x->is_working = true;
	workers_submit(x->env.workers, &x->work);
}

bool exchange_check(struct exchange *x, const struct manifest_object *o,
		    struct err *e)
{
	char found[SHA256_HEX_MAX];

	x->is_misread =
		x->len != o->stored_bytes ||
		strcmp(sha256_hex(x->bytes, x->len, found), o->sha256) != 0;
	return !x->is_misread ||
	       manifest_damaged(e, "its size or SHA-256 is not what the "
				   "manifest says");
}

void exchange_drop_bytes(struct exchange *x)
{
	free(x->bytes);
	x->bytes = NULL;
	x->len = 0;
	x->cap = 0;
	x->is_again = false;
}

void exchange_end(struct exchange *x, const struct err *e)
{
	exchange_done_cb *done = x->done;
	void *arg = x->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	exchange_free(x);
	done(arg, err_is(&copy) ? &copy : NULL);
}

/* While a worker has it, it stays until the worker is through. */
void exchange_cancel(struct exchange *x)
{
	if (x == NULL)
		return;
	if (x->is_working) {
		work_abandon(&x->work, dispose);
		return;
	}
	store_cancel(x->env.store, x->op);
	exchange_free(x);
}

void exchange_unmarked(struct err *e)
{
	(void)err_set(e, ERR_REMOTE, "store_failed",
		      "the pool's folder has lost its README.txt, so it is not "
		      "the one that holds the backups: mount its disk, then "
		      "try again");
}
