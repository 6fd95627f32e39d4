/*
 * parcel.c - one object on its way: to a worker that hashes it (and before
 * that packs it, if it is a piece of the index, and seals it, if the backup is
 * encrypted), then to the store.
 */
#include "manifest/part_writer_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/sha256.h"
#include "stages/zstd.h"

static struct parcel *parcel_of(struct work *w)
{
	return (struct parcel *)((char *)w - offsetof(struct parcel, work));
}

void parcel_free(struct parcel *p)
{
	if (p == NULL)
		return;
	free(p->bytes);
	free(p);
}

/* On a worker. */
static bool pack(struct parcel *p)
{
	size_t len;
	void *packed = zstd_pack(p->bytes, p->len, &len, &p->err);

	if (packed == NULL)
		return false;
	free(p->bytes);
	p->bytes = packed;
	p->len = p->room = len;
	return true;
}

/* On a worker. */
static bool seal(struct parcel *p)
{
	return p->recipients.n == 0 ||
	       age_seal(&p->recipients, &p->bytes, &p->len, &p->room, &p->err);
}

static void run(struct work *w)
{
	struct parcel *p = parcel_of(w);

	p->is_good = (!p->is_packing || pack(p)) && seal(p);
	if (p->is_good)
		sha256(p->bytes, p->len, p->sha256);
}

static void dispose(struct work *w)
{
	parcel_free(parcel_of(w));
}

/* Its slot becomes free; it may be freed after this. */
static void leave(struct parcel *p)
{
	struct part_writer *w = p->writer;

	TAILQ_REMOVE(&w->sending, p, entry);
	w->nsending--;
	if (p->borrowed > 0)
		budget_return(w->c.share, p->borrowed);
	else
		w->nown--;
}

static void fail(struct parcel *p, const struct err *e)
{
	struct part_writer *w = p->writer;
	struct err told = *e;

	err_prefix(&told, "storing %s", p->key);
	leave(p);
	parcel_free(p);
	writer_fail(w, &told);
}

static void on_put(void *arg, const struct err *e)
{
	struct parcel *p = arg;
	struct part_writer *w = p->writer;

	p->op = NULL;
	if (e != NULL) {
		fail(p, e);
		return;
	}
	if (p->list == &w->parts) {
		w->facts.parts++;
		w->facts.stored_bytes += p->len;
		w->facts.plain_bytes += p->plain_bytes;
	}
	leave(p);
	writer_spare(w, p);
	parcel_free(p);
	writer_go_on(w);
}

static void start_put(struct parcel *p)
{
	const struct part_writer_config *c = &p->writer->c;
	char key[LAYOUT_KEY_MAX];
	struct err e = {0};
	const struct store_put put = {
		.key = layout_object(key, c->source_id, c->backup_id, p->key),
		.bytes = p->bytes,
		.len = p->len,
		.sha256 = p->sha256,
	};

	p->op = c->store->ops->put(c->store, &put, on_put, p, &e);
	if (p->op == NULL)
		fail(p, &e);
}

static void on_hashed(struct work *w)
{
	struct parcel *p = parcel_of(w);
	struct manifest_object *o = &p->list->list[p->slot];

	if (!p->is_good) {
		fail(p, &p->err);
		return;
	}
	o->stored_bytes = p->len;
	o->plain_bytes = p->plain_bytes;
	(void)hex_encode(p->sha256, sizeof(p->sha256), o->sha256);
	start_put(p);
}

struct parcel *parcel_new(struct part_writer *w, struct manifest_objects *list,
			  struct err *e)
{
	struct parcel *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a part");
		return NULL;
	}
	p->writer = w;
	p->list = list;
	p->work.run = run;
	p->work.done = on_hashed;
	return p;
}

bool parcel_enlist(struct parcel *p, const char *first_item, struct err *e)
{
	/* manifest_add() copies both. */
	const struct manifest_object o = {
		.key = p->key,
		.first_item = (char *)(uintptr_t)first_item,
	};

	if (!manifest_add(p->list, &o, e))
		return false;
	p->slot = p->list->n - 1;
	return true;
}

/* The first put is within the job's own share of memory; for the others it
 * must be there to be borrowed. */
static bool take_slot(struct parcel *p)
{
	struct part_writer *w = p->writer;

	if (w->nsending > 0 && w->nsending >= w->c.puts_at_once)
		return false;
	if (w->nown == 0) {
		w->nown = 1;
		return true;
	}
	if (w->c.share == NULL || !budget_borrow(w->c.share, p->cap))
		return false;
	p->borrowed = p->cap;
	return true;
}

bool parcel_try_send(struct parcel *p)
{
	struct part_writer *w = p->writer;

	if (err_is(&w->err) || !take_slot(p))
		return false;
	TAILQ_INSERT_TAIL(&w->sending, p, entry);
	w->nsending++;
	workers_submit(w->c.workers, &p->work);
	return true;
}

void parcel_cancel(struct parcel *p)
{
	struct store_op *op = p->op;

	leave(p);
	if (op == NULL) {
		work_abandon(&p->work, dispose);
		return;
	}
	store_cancel(p->writer->c.store, op);
	parcel_free(p);
}
