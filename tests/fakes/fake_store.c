/* fake_store.c - a store in memory, on command a bad one. */
#include "fake_store.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/sha256.h"
#include "loop/loop.h"

struct fake_op {
	TAILQ_ENTRY(fake_op) entry;
	struct fake_store *store;
	enum fake_kind kind;
	struct event *timer;
	bool is_faulty;
	enum fake_mode mode;
	char *key; /* of a list: the prefix */
	const void *bytes;
	size_t len;
	bool is_new;
	unsigned char sha256[SHA256_LEN];
	bool has_sha256;
	struct store_get get;
	char **keys;
	size_t nkeys;
	size_t at; /* of a listing */
	store_done_cb *done;
	store_get_cb *got;
	store_each_cb *each;
	void *arg;
};

__attribute__((weak)) void fake_spare(int change)
{
	(void)change;
}

static void *sure(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static struct fake_store *fake_of(struct store *st)
{
	return (struct fake_store *)(void *)st;
}

static struct fake_op *op_of(struct store_op *op)
{
	return (struct fake_op *)(void *)op;
}

/* The place of the key, or where it would be. */
static size_t place_of(const struct fake_store *fs, const char *key)
{
	size_t low = 0;
	size_t high = fs->nobjects;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(fs->objects[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct fake_object *fake_store_find(struct fake_store *fs, const char *key)
{
	size_t i = place_of(fs, key);

	if (i < fs->nobjects && strcmp(fs->objects[i].key, key) == 0)
		return &fs->objects[i];
	return NULL;
}

static struct fake_object *insert(struct fake_store *fs, const char *key)
{
	size_t i = place_of(fs, key);

	if (fs->nobjects == fs->cap) {
		fs->cap = fs->cap > 0 ? fs->cap * 2 : 64;
		fs->objects = sure(
			realloc(fs->objects, fs->cap * sizeof(*fs->objects)));
	}
	memmove(&fs->objects[i + 1], &fs->objects[i],
		(fs->nobjects - i) * sizeof(*fs->objects));
	fs->nobjects++;
	fs->objects[i] = (struct fake_object){.key = sure(strdup(key))};
	return &fs->objects[i];
}

void fake_store_set(struct fake_store *fs, const char *key, const void *bytes,
		    size_t len)
{
	struct fake_object *o = fake_store_find(fs, key);

	if (o == NULL)
		o = insert(fs, key);
	free(o->bytes);
	o->bytes = sure(malloc(len > 0 ? len : 1));
	if (len > 0)
		memcpy(o->bytes, bytes, len);
	o->len = len;
}

static void drop_at(struct fake_store *fs, size_t i)
{
	free(fs->objects[i].key);
	free(fs->objects[i].bytes);
	fs->nobjects--;
	memmove(&fs->objects[i], &fs->objects[i + 1],
		(fs->nobjects - i) * sizeof(*fs->objects));
}

void fake_store_drop(struct fake_store *fs, const char *key)
{
	struct fake_object *o = fake_store_find(fs, key);

	if (o != NULL)
		drop_at(fs, (size_t)(o - fs->objects));
}

void fake_store_clear(struct fake_store *fs)
{
	while (fs->nobjects > 0)
		drop_at(fs, fs->nobjects - 1);
}

size_t fake_store_pending(const struct fake_store *fs)
{
	const struct fake_op *op;
	size_t n = 0;

	TAILQ_FOREACH (op, &fs->ops, entry)
		n++;
	return n;
}

static void op_free(struct fake_op *op)
{
	struct fake_store *fs = op->store;

	TAILQ_REMOVE(&fs->ops, op, entry);
	if (op->kind == FAKE_PUT)
		fs->puts_now--;
	event_free(op->timer);
	for (size_t i = 0; i < op->nkeys; i++)
		free(op->keys[i]);
	free(op->keys);
	free(op->key);
	free(op);
}

static void end(struct fake_op *op, const struct err *e)
{
	store_done_cb *done = op->done;
	void *arg = op->arg;
	struct err copy = *e;

	op_free(op);
	done(arg, err_is(&copy) ? &copy : NULL);
}

static void end_get(struct fake_op *op, size_t len, const struct err *e)
{
	store_get_cb *got = op->got;
	void *arg = op->arg;
	struct err copy = *e;

	op_free(op);
	got(arg, len, err_is(&copy) ? &copy : NULL);
}

static void do_put(struct fake_op *op, struct err *e)
{
	struct fake_store *fs = op->store;
	bool is_forgotten = op->is_faulty && op->mode == FAKE_FORGET;
	unsigned char found[SHA256_LEN];

	sha256(op->bytes, op->len, found);
	if (op->has_sha256 && memcmp(found, op->sha256, SHA256_LEN) != 0)
		fs->wrong_hashes++;
	if (op->is_new && fake_store_find(fs, op->key) != NULL) {
		(void)err_set(e, ERR_CONFLICT, "store_failed", "it exists");
		return;
	}
	if (!is_forgotten)
		fake_store_set(fs, op->key, op->bytes, op->len);
	if (op->is_faulty && op->mode == FAKE_TWIST && op->len > 0)
		fake_store_find(fs, op->key)->bytes[op->len / 2] ^= 0x10;
}

static size_t do_get(struct fake_op *op, struct err *e)
{
	struct fake_object *o = fake_store_find(op->store, op->key);
	const struct store_get *g = &op->get;
	size_t begin, len;

	if (o == NULL) {
		(void)err_set(e, ERR_NOT_FOUND, "store_failed",
			      "no object of that name");
		return 0;
	}
	begin = g->offset < o->len ? (size_t)g->offset : o->len;
	len = o->len - begin;
	if (g->length > 0 && g->length < len)
		len = g->length;
	if (len > g->cap) {
		(void)err_set(e, ERR_DAMAGED, "store_failed",
			      "the object is longer than it must be");
		return 0;
	}
	if (len > 0)
		memcpy(g->buf, o->bytes + begin, len);
	if (op->is_faulty && op->mode == FAKE_TWIST && len > 0)
		((unsigned char *)g->buf)[len / 2] ^= 0x10;
	return op->is_faulty && op->mode == FAKE_FORGET ? len / 2 : len;
}

static void arm(struct fake_op *op)
{
	struct timeval tv = {0, (suseconds_t)op->store->delay_ms * 1000};

	if (op->store->delay_ms == 0)
		loop_next_turn(op->timer);
	else if (evtimer_add(op->timer, &tv) != 0)
		abort();
}

/* True when all keys were given. */
static bool do_list(struct fake_op *op)
{
	struct fake_store *fs = op->store;
	size_t len = strlen(op->key);

	for (size_t n = 0; op->at < fs->nobjects; op->at++) {
		const struct fake_object *o = &fs->objects[op->at];

		if (strncmp(o->key, op->key, len) != 0)
			continue;
		if (fs->page > 0 && n == fs->page)
			return false;
		n++;
		fake_spare(-1);
		op->each(op->arg, o->key, o->len, 0);
		fake_spare(1);
	}
	return true;
}

static void do_remove(struct fake_op *op)
{
	if (op->nkeys > op->store->keys_peak)
		op->store->keys_peak = op->nkeys;
	for (size_t i = 0; !op->store->keeps_removed && i < op->nkeys; i++)
		fake_store_drop(op->store, op->keys[i]);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct fake_op *op = arg;
	struct err e = {0};
	size_t len = 0;

	(void)fd;
	(void)what;
	fake_spare(1);
	if (op->is_faulty && op->mode == FAKE_FAIL)
		(void)err_set(&e, op->store->fault_code, "store_failed",
			      "as commanded");
	else if (op->kind == FAKE_PUT)
		do_put(op, &e);
	else if (op->kind == FAKE_GET)
		op->store->got_bytes += len = do_get(op, &e);
	else if (op->kind == FAKE_REMOVE)
		do_remove(op);
	else if (!do_list(op)) {
		arm(op);
		fake_spare(-1);
		return;
	}
	fake_spare(-1);
	if (op->kind == FAKE_GET)
		end_get(op, len, &e);
	else
		end(op, &e);
}

/* NULL with *e filled when it is to be refused. */
static struct fake_op *begin(struct store *st, enum fake_kind kind,
			     const char *key, void *arg, struct err *e)
{
	struct fake_store *fs = fake_of(st);
	struct fake_op *op;
	bool is_faulty = false;

	if ((fs->fault_kinds & kind) != 0) {
		fs->matched++;
		is_faulty = fs->fault_at > 0 &&
			    (fs->matched == fs->fault_at ||
			     (fs->is_lasting && fs->matched > fs->fault_at));
	}
	if (is_faulty && fs->fault_mode == FAKE_REFUSE) {
		(void)err_set(e, fs->fault_code, "store_failed",
			      "refused as commanded");
		return NULL;
	}
	fake_spare(1);
	op = sure(calloc(1, sizeof(*op)));
	op->store = fs;
	op->kind = kind;
	op->arg = arg;
	op->is_faulty = is_faulty;
	op->mode = fs->fault_mode;
	op->key = key != NULL ? sure(strdup(key)) : NULL;
	op->timer = sure(evtimer_new(loop_base(fs->loop), on_timer, op));
	TAILQ_INSERT_TAIL(&fs->ops, op, entry);
	if (!is_faulty || fs->fault_mode != FAKE_STALL)
		arm(op);
	fake_spare(-1);
	return op;
}

static struct store_op *fake_put(struct store *st, const struct store_put *p,
				 store_done_cb *done, void *arg, struct err *e)
{
	struct fake_store *fs = fake_of(st);
	struct fake_op *op = begin(st, FAKE_PUT, p->key, arg, e);

	if (op == NULL)
		return NULL;
	fs->puts++;
	if (++fs->puts_now > fs->puts_peak)
		fs->puts_peak = fs->puts_now;
	op->done = done;
	op->bytes = p->bytes;
	op->len = p->len;
	op->is_new = p->is_new;
	op->has_sha256 = p->sha256 != NULL;
	if (p->sha256 != NULL)
		memcpy(op->sha256, p->sha256, SHA256_LEN);
	return (struct store_op *)(void *)op;
}

static struct store_op *fake_get(struct store *st, const struct store_get *g,
				 store_get_cb *done, void *arg, struct err *e)
{
	struct fake_op *op = begin(st, FAKE_GET, g->key, arg, e);

	if (op == NULL)
		return NULL;
	fake_of(st)->gets++;
	op->got = done;
	op->get = *g;
	return (struct store_op *)(void *)op;
}

static struct store_op *fake_list(struct store *st, const char *prefix,
				  store_each_cb *each, store_done_cb *done,
				  void *arg, struct err *e)
{
	struct fake_op *op = begin(st, FAKE_LIST, prefix, arg, e);

	if (op == NULL)
		return NULL;
	fake_of(st)->lists++;
	op->each = each;
	op->done = done;
	return (struct store_op *)(void *)op;
}

static struct store_op *fake_remove(struct store *st, const char *const *keys,
				    size_t nkeys, store_done_cb *done,
				    void *arg, struct err *e)
{
	struct fake_op *op = begin(st, FAKE_REMOVE, NULL, arg, e);

	if (op == NULL)
		return NULL;
	fake_of(st)->removes++;
	op->done = done;
	fake_spare(1);
	op->keys = sure(calloc(nkeys, sizeof(char *)));
	for (op->nkeys = 0; op->nkeys < nkeys; op->nkeys++)
		op->keys[op->nkeys] = sure(strdup(keys[op->nkeys]));
	fake_spare(-1);
	return (struct store_op *)(void *)op;
}

static void fake_cancel(struct store_op *op)
{
	op_free(op_of(op));
}

static int64_t fake_skew(const struct store *st)
{
	(void)st;
	return 0;
}

static void fake_destroy(struct store *st)
{
	struct fake_store *fs = fake_of(st);

	if (!TAILQ_EMPTY(&fs->ops))
		abort();
	fake_store_clear(fs);
	free(fs->objects);
	free(fs);
}

static const struct store_ops fake_ops = {
	.name = "fake",
	.put = fake_put,
	.get = fake_get,
	.list = fake_list,
	.remove = fake_remove,
	.cancel = fake_cancel,
	.clock_skew_ms = fake_skew,
	.destroy = fake_destroy,
};

struct fake_store *fake_store_new(struct loop *l)
{
	struct fake_store *fs = sure(calloc(1, sizeof(*fs)));

	fs->base.ops = &fake_ops;
	fs->loop = l;
	TAILQ_INIT(&fs->ops);
	return fs;
}
