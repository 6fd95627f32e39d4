/*
 * part_reader.c - fetches pieces ahead, in a ring: the first one gives its
 * frames while the others are under way.
 *
 * Each slot of the ring is fetched, then checked and cut on a worker, then
 * read; of a piece of an encrypted part the header may come first, and is
 * checked, too. While the worker has it, the slot belongs to the worker; a
 * reader that is destroyed meanwhile leaves it to free itself.
 */
#include "manifest/part_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "loop/workers.h"
#include "manifest/layout.h"
#include "manifest/manifest_int.h"
#include "manifest/part_sealed.h"
#include "manifest/parts.h"
#include "manifest/selection.h"
#include "stages/zstd.h"

enum slot_state {
	SLOT_IDLE,     /* nothing in it */
	SLOT_FETCHING, /* the store fills its bytes */
	SLOT_CHECKING, /* a worker has it */
	SLOT_READY,    /* gives frames */
	SLOT_STATES,
};

static const char *const state_names[] = {
	[SLOT_IDLE] = "idle",
	[SLOT_FETCHING] = "fetching",
	[SLOT_CHECKING] = "checking",
	[SLOT_READY] = "ready",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == SLOT_STATES,
	       "one name per state");

struct slot {
	struct work work;
	struct reader *reader;
	enum slot_state state;
	struct part_piece piece;
	const struct manifest_object *part;
	char sha256[SHA256_HEX_MAX]; /* as it must be; for the worker; empty:
				      * only a piece of the part is here */
	struct part_sealed sealed;
	size_t expected_bytes;
	unsigned char *bytes;
	size_t len;
	size_t *ends; /* of its frames */
	size_t nends, cap;
	size_t given; /* frames that went on */
	struct store_op *op;
	bool is_again;	/* asked for a second time, since it was damaged */
	struct err err; /* of the worker */
	bool is_good;
};

/* Pieces of one part follow each other: few keys are enough. */
enum { KEYS_KNOWN = 8 };

struct known_key {
	uint32_t part; /* 0: none */
	struct age_payload payload;
};

struct reader {
	struct source base;
	struct part_reader_config c;
	struct part_run run;
	bool is_fed;	    /* the feed has no more */
	struct slot **ring; /* piece i is in slot i modulo n */
	size_t n;
	size_t fetched;			   /* pieces that were begun */
	size_t read;			   /* pieces that are through */
	struct known_key keys[KEYS_KNOWN]; /* of part p: at p modulo n */
	struct err err;
};

static struct reader *reader_of(struct source *s)
{
	return (struct reader *)((char *)s - offsetof(struct reader, base));
}

static struct slot *slot_of(struct work *w)
{
	return (struct slot *)((char *)w - offsetof(struct slot, work));
}

static void set_state(struct slot *s, enum slot_state state)
{
	log_debug("manifest", "%s: %s -> %s",
		  s->part != NULL ? s->part->key : "?", state_names[s->state],
		  state_names[state]);
	s->state = state;
}

static void slot_free(struct slot *s)
{
	if (s == NULL)
		return;
	free(s->bytes);
	free(s->ends);
	secret_wipe(&s->sealed, sizeof(s->sealed));
	free(s);
}

static void slot_dispose(struct work *w)
{
	slot_free(slot_of(w));
}

static void slot_empty(struct slot *s)
{
	free(s->bytes);
	free(s->ends);
	s->bytes = NULL;
	s->ends = NULL;
	s->nends = s->cap = s->given = 0;
	s->is_again = false;
	set_state(s, SLOT_IDLE);
}

static void reader_fail(struct slot *s, const struct err *e)
{
	struct reader *r = s->reader;

	if (!err_is(&r->err)) {
		r->err = *e;
		err_prefix(&r->err, "%s", s->part->key);
	}
	wake(&r->base.waker);
}

static bool add_end(struct slot *s, size_t end)
{
	size_t cap = s->cap > 0 ? s->cap * 2 : 32;
	size_t *ends;

	if (s->nends == s->cap) {
		ends = realloc(s->ends, cap * sizeof(*ends));
		if (ends == NULL)
			return err_nomem(&s->err, "a part");
		s->ends = ends;
		s->cap = cap;
	}
	s->ends[s->nends++] = end;
	return true;
}

static bool cut(struct slot *s)
{
	size_t at = 0;

	while (at < s->len) {
		size_t n = zstd_frame_length(s->bytes + at, s->len - at);

		if (n == 0)
			return manifest_damaged(&s->err,
						"not a run of zstd frames");
		at += n;
		if (!add_end(s, at))
			return false;
	}
	return true;
}

/* On a worker. */
static void check(struct work *w)
{
	struct slot *s = slot_of(w);
	char found[SHA256_HEX_MAX] = "";

	if (s->sha256[0] != '\0')
		(void)sha256_hex(s->bytes, s->len, found);
	if (strcmp(found, s->sha256) != 0)
		s->is_good = manifest_damaged(
			&s->err, "its SHA-256 is not what the manifest says");
	else
		s->is_good = part_sealed_open(&s->sealed, s->bytes, &s->len,
					      &s->err) &&
			     (s->sealed.is_front || cut(s));
}

static struct known_key *place_of_key(const struct slot *s)
{
	return &s->reader->keys[s->piece.part % KEYS_KNOWN];
}

static bool slot_ask(struct slot *s, struct err *e);

/* Drops what is here and asks again. */
static void ask_anew(struct slot *s)
{
	struct err e = {0};

	free(s->bytes);
	s->bytes = NULL;
	s->nends = 0;
	err_clear(&s->err);
	if (!slot_ask(s, &e)) {
		reader_fail(s, &e);
		slot_empty(s);
	}
}

/* Damage may be of the way here alone: only what is read so twice is damaged.
 * False: that it is. */
static bool ask_twice(struct slot *s, const struct err *why)
{
	if (why->code != ERR_DAMAGED || s->is_again)
		return false;
	s->is_again = true;
	log_warn("manifest", "%s: %s; it is read once more", s->part->key,
		 why->msg);
	ask_anew(s);
	return true;
}

/* Of the header only: with the key, what it is for can be fetched. */
static void on_front(struct slot *s)
{
	s->is_again = false;
	ask_anew(s);
}

static void on_checked(struct work *w)
{
	struct slot *s = slot_of(w);

	if (!s->is_good && ask_twice(s, &s->err))
		return;
	if (!s->is_good) {
		reader_fail(s, &s->err);
		slot_empty(s);
		return;
	}
	if (s->sealed.header > 0) {
		place_of_key(s)->part = s->piece.part;
		place_of_key(s)->payload = s->sealed.payload;
	}
	if (s->sealed.is_front) {
		on_front(s);
		return;
	}
	set_state(s, SLOT_READY);
	wake(&s->reader->base.waker);
}

/* What the store says of an object that is not as long as it must be, or not
 * there, is about the backup and not about the store. */
static void on_fetch_failed(struct slot *s, const struct err *e)
{
	struct err told = {0};

	if (ask_twice(s, e))
		return;
	if (e->code == ERR_NOT_FOUND)
		(void)manifest_damaged(&told, "it is missing: %s", e->msg);
	else if (e->code == ERR_DAMAGED)
		(void)manifest_damaged(&told, "it is damaged: %s", e->msg);
	else
		told = *e;
	reader_fail(s, &told);
	slot_empty(s);
}

static void on_fetched(void *arg, size_t got_len, const struct err *e)
{
	struct slot *s = arg;
	struct err told = {0};

	s->op = NULL;
	if (e == NULL && got_len != s->expected_bytes)
		(void)manifest_damaged(&told, "it has %zu bytes instead of %zu",
				       got_len, s->expected_bytes);
	if (e != NULL || err_is(&told)) {
		on_fetch_failed(s, e != NULL ? e : &told);
		return;
	}
	s->len = got_len;
	set_state(s, SLOT_CHECKING);
	workers_submit(s->reader->c.workers, &s->work);
}

/* Room for what is to be fetched next, and where that is. */
static bool slot_prepare(struct slot *s, struct store_get *get, struct err *e)
{
	const struct manifest *m = s->reader->c.feed->manifest;
	const struct known_key *known = place_of_key(s);
	bool is_known = known->part == s->piece.part;

	part_sealed_plan(&s->sealed, m, &s->piece,
			 is_known ? &known->payload : NULL, &get->offset,
			 &get->length);
	s->expected_bytes =
		get->length == 0 ? (size_t)s->part->stored_bytes : get->length;
	if (get->length == 0)
		memcpy(s->sha256, s->part->sha256, sizeof(s->sha256));
	else
		s->sha256[0] = '\0';
	s->bytes = malloc(s->expected_bytes);
	return s->bytes != NULL || err_nomem(e, "a part");
}

static bool slot_ask(struct slot *s, struct err *e)
{
	const struct part_reader_config *c = &s->reader->c;
	const struct manifest *m = c->feed->manifest;
	char key[LAYOUT_KEY_MAX];
	struct store_get get = {0};

	if (!slot_prepare(s, &get, e))
		return false;
	get.key = layout_object(key, m->source_id, m->backup_id, s->part->key);
	get.buf = s->bytes;
	get.cap = s->expected_bytes;
	set_state(s, SLOT_FETCHING);
	s->op = c->store->ops->get(c->store, &get, on_fetched, s, e);
	return s->op != NULL;
}

static bool slot_fetch(struct slot *s, const struct part_piece *piece,
		       struct err *e)
{
	const struct manifest *m = s->reader->c.feed->manifest;

	s->piece = *piece;
	s->part = manifest_part(m, piece->part);
	if (slot_ask(s, e))
		return true;
	slot_empty(s);
	return false;
}

static bool fetch_ahead(struct reader *r, struct err *e)
{
	struct part_piece piece;

	while (!r->is_fed && r->fetched - r->read < r->n) {
		struct slot *s = r->ring[r->fetched % r->n];

		r->is_fed = !part_feed_next(r->c.feed, &r->run, &piece);
		if (r->is_fed)
			break;
		if (!slot_fetch(s, &piece, e))
			return false;
		r->fetched++;
	}
	return true;
}

/* Takes the frame; nothing goes on when nothing of it was selected. */
static bool give_selected(struct slot *s, size_t at, struct frame *f,
			  struct link *out, struct err *e)
{
	struct selection *sel = s->reader->c.feed->selection;
	bool ok =
		selection_mark(sel, s->piece.part, s->piece.offset + at, f, e);

	if (ok && f->nspans > 0)
		link_push(out, f);
	else
		frame_free(f);
	return ok;
}

static bool give_frame(struct slot *s, struct link *out, struct err *e)
{
	size_t begin = s->given > 0 ? s->ends[s->given - 1] : 0;
	size_t len = s->ends[s->given] - begin;
	struct frame *f = frame_new(len);

	if (f == NULL)
		return err_nomem(e, "a frame of a part");
	memcpy(f->data, s->bytes + begin, len);
	f->len = len;
	f->is_checked = true;
	s->given++;
	if (s->piece.is_selected)
		return give_selected(s, begin, f, out, e);
	link_push(out, f);
	return true;
}

static enum flow reader_read(struct source *src, struct link *out,
			     struct err *e)
{
	struct reader *r = reader_of(src);
	struct slot *s;

	if (!err_is(&r->err) && !fetch_ahead(r, &r->err))
		err_prefix(&r->err, "fetching parts");
	if (err_is(&r->err)) {
		*e = r->err;
		return FLOW_FAIL;
	}
	if (r->is_fed && r->read == r->fetched)
		return FLOW_END;
	s = r->ring[r->read % r->n];
	if (s->state != SLOT_READY)
		return FLOW_WAIT;
	if (!give_frame(s, out, e))
		return FLOW_FAIL;
	if (s->given == s->nends) {
		slot_empty(s);
		r->read++;
	}
	return FLOW_MORE;
}

static void slot_cancel(struct slot *s)
{
	if (s == NULL)
		return;
	if (s->state == SLOT_CHECKING) {
		work_abandon(&s->work, slot_dispose);
		return;
	}
	store_cancel(s->reader->c.store, s->op);
	slot_free(s);
}

static void reader_destroy(struct source *src)
{
	struct reader *r = reader_of(src);

	for (size_t i = 0; r->ring != NULL && i < r->n; i++)
		slot_cancel(r->ring[i]);
	free(r->ring);
	secret_wipe(r->keys, sizeof(r->keys));
	free(r);
}

static const struct source_ops reader_ops = {
	.name = "part reader",
	.read = reader_read,
	.destroy = reader_destroy,
};

static bool make_ring(struct reader *r)
{
	r->ring = calloc(r->n, sizeof(struct slot *));
	if (r->ring == NULL)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		struct slot *s = calloc(1, sizeof(*s));

		if (s == NULL)
			return false;
		s->reader = r;
		s->work.run = check;
		s->work.done = on_checked;
		if (r->c.identities != NULL)
			s->sealed.identities = *r->c.identities;
		r->ring[i] = s;
	}
	return true;
}

struct source *part_reader_new(const struct part_reader_config *c,
			       struct err *e)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)err_nomem(e, "the part reader");
		return NULL;
	}
	r->base.ops = &reader_ops;
	r->c = *c;
	r->n = c->gets_at_once > 0 ? c->gets_at_once : 1;
	if (!make_ring(r)) {
		reader_destroy(&r->base);
		(void)err_nomem(e, "the part reader");
		return NULL;
	}
	return &r->base;
}
