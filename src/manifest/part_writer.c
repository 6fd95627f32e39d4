/*
 * part_writer.c - the ports take frames and lay them into the open part; a
 * full part is sent when there is a slot, and until then all ports wait.
 */
#include "manifest/part_writer_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "manifest/manifest_int.h"
#include "manifest/parts.h"

/* A poll's work, so that it stays below a few ms. */
enum { FRAMES_PER_POLL = 4 };

struct port {
	struct sink base;
	TAILQ_ENTRY(port) entry;
	struct part_writer *writer;
	unsigned phase;
	bool is_over;
};

static struct port *port_of(struct sink *sk)
{
	return (struct port *)((char *)sk - offsetof(struct port, base));
}

static void wake_ports(struct part_writer *w)
{
	struct port *p;

	TAILQ_FOREACH (p, &w->ports, entry) {
		if (!p->is_over)
			wake(&p->base.waker);
	}
}

/* Ports stand in the order in which they were made. */
static bool waits_for_phase(const struct port *p)
{
	const struct port *first;

	TAILQ_FOREACH (first, &p->writer->ports, entry) {
		if (!first->is_over)
			return first->phase != p->phase;
	}
	return false;
}

/* It has taken something: who waits for its phase to end, waits for a good
 * reason, and must not be thought dead. */
static void calm_later(struct port *p)
{
	struct port *later;

	TAILQ_FOREACH (later, &p->writer->ports, entry) {
		if (later->phase > p->phase && !later->is_over)
			wake(&later->base.waker);
	}
}

static void stall(struct part_writer *w)
{
	if (w->is_stalled)
		return;
	w->is_stalled = true;
	w->stalled_at_ms = clock_mono_ms();
}

void writer_go_on(struct part_writer *w)
{
	if (w->is_stalled)
		w->facts.store_wait_ms +=
			(uint64_t)(clock_mono_ms() - w->stalled_at_ms);
	w->is_stalled = false;
	wake_ports(w);
	if (w->state != WRITER_FILLING)
		loop_next_turn(w->turn);
}

void writer_fail(struct part_writer *w, const struct err *e)
{
	if (!err_is(&w->err))
		w->err = *e;
	writer_go_on(w);
}

static struct parcel *open_part(struct part_writer *w, size_t cap,
				struct err *e)
{
	struct parcel *p;

	if (w->last_number >= LAYOUT_NUMBER_MAX) {
		(void)err_set(e, ERR_INVALID, "internal",
			      "the backup has more than %d parts; give the "
			      "pool larger ones",
			      LAYOUT_NUMBER_MAX);
		return NULL;
	}
	p = parcel_new(w, &w->parts, e);
	if (p == NULL)
		return NULL;
	p->number = ++w->last_number;
	p->cap = cap;
	p->recipients = w->c.recipients;
	if (w->c.is_packs)
		(void)layout_pack(p->key, w->c.backup_id, p->number,
				  w->c.suffix);
	else
		(void)layout_part(p->key, p->number, w->c.suffix);
	if (!parcel_enlist(p, NULL, e)) {
		parcel_free(p);
		return NULL;
	}
	return p;
}

size_t writer_stored_len(const struct part_writer *w, size_t len)
{
	unsigned n = w->c.recipients.n;

	return n > 0 ? (size_t)age_sealed_bytes(n, len) : len;
}

const char *writer_seal_suffix(const struct part_writer *w)
{
	return w->c.recipients.n > 0 ? AGE_SUFFIX : "";
}

/* A frame without spans belongs to the section that it stands in. */
static bool begins_section(const struct part_writer *w, const struct frame *f)
{
	return f->nspans > 0 &&
	       (w->nsections == 0 ||
		f->spans[0].item->kind != w->sections[w->nsections - 1].kind);
}

/* What stands before the first section, a header, is of it. */
static bool enter_section(struct part_writer *w, const struct frame *f,
			  struct err *e)
{
	unsigned n = w->nsections;
	enum item_kind kind;

	if (f->nspans == 0)
		return true;
	kind = f->spans[0].item->kind;
	if (f->spans[f->nspans - 1].item->kind != kind ||
	    (n > 0 && kind < w->sections[n - 1].kind))
		return err_bug(e, "sections are out of order");
	if (!begins_section(w, f))
		return true;
	w->sections[n].kind = kind;
	w->sections[n].first_part = n > 0 ? w->open->number : 1;
	w->nsections++;
	return true;
}

/* True when the frame fits or a new part may be begun for it. */
static bool make_room(struct part_writer *w, const struct frame *f)
{
	bool fits =
		w->open == NULL ||
		writer_stored_len(w, w->open->len + f->len) <= w->c.part_bytes;

	if (w->open == NULL ||
	    (fits && (w->nsections == 0 || !begins_section(w, f))))
		return true;
	if (!parcel_try_send(w->open))
		return false;
	w->open = NULL;
	return true;
}

enum { SHARE_PARTS = 2 };

/* How many parts of the job's share are in memory. */
static unsigned parts_held(const struct part_writer *w)
{
	return (w->open != NULL && w->open->bytes != NULL) + w->nown +
	       (w->spare != NULL);
}

void writer_spare(struct part_writer *w, struct parcel *p)
{
	/* That of a frame larger than a part would be beyond the share. */
	bool is_usual = p->cap == w->c.part_bytes && p->room >= p->cap;

	if (w->state != WRITER_FILLING || w->spare != NULL || !is_usual ||
	    (parts_held(w) >= SHARE_PARTS && !w->is_stalled))
		return;
	w->spare = p->bytes;
	w->spare_room = p->room;
	p->bytes = NULL;
}

/* The full part did not go after all, or something else went. */
static void trim_spare(struct part_writer *w)
{
	if (parts_held(w) <= SHARE_PARTS)
		return;
	free(w->spare);
	w->spare = NULL;
}

static bool make_bytes(struct parcel *p)
{
	struct part_writer *w = p->writer;

	if (w->spare != NULL && w->spare_room >= p->cap) {
		p->bytes = w->spare;
		p->room = w->spare_room;
		w->spare = NULL;
	} else {
		p->bytes = malloc(p->room = p->cap);
	}
	return p->bytes != NULL;
}

/* A frame larger than a part becomes one as it is, without a copy; sealing
 * makes room for itself. */
static bool append(struct parcel *p, struct frame *f, struct err *e)
{
	size_t part_bytes = p->writer->c.part_bytes;

	if (writer_stored_len(p->writer, f->len) > part_bytes) {
		p->bytes = f->data;
		p->room = f->len;
		f->data = NULL;
	} else {
		if (p->bytes == NULL && !make_bytes(p))
			return err_nomem(e, "a part");
		memcpy(p->bytes + p->len, f->data, f->len);
	}
	p->len += f->len;
	p->plain_bytes += f->plain_len;
	return true;
}

static bool lay(struct part_writer *w, struct frame *f, struct err *e)
{
	size_t stored = writer_stored_len(w, f->len);
	size_t cap = stored > w->c.part_bytes ? stored : w->c.part_bytes;

	if (frame_is_bare(f))
		return index_builder_add(w->builder, f, 0, 0, e);
	if (f->len == 0)
		return err_bug(e, "an empty frame came to the part writer");
	if (stored > LAYOUT_OBJECT_MAX_BYTES)
		return err_set(e, ERR_INVALID, "internal",
			       "one row takes more than %d bytes of storage",
			       LAYOUT_OBJECT_MAX_BYTES);
	if (w->open == NULL)
		w->open = open_part(w, cap, e);
	if (w->open == NULL)
		return false;
	w->parts.list[w->open->slot].is_open = f->is_open;
	return enter_section(w, f, e) &&
	       index_builder_add(w->builder, f, w->open->number, w->open->len,
				 e) &&
	       append(w->open, f, e);
}

static void hold(struct part_writer *w, struct port *p, bool is_open)
{
	bool was_held = w->holder != NULL;

	w->holder = is_open ? p : NULL;
	if (was_held && !is_open)
		wake_ports(w);
}

/* Takes a few frames; FLOW_WAIT when the store must take a part first. */
static enum flow take_frames(struct port *p, struct link *in, struct err *e)
{
	struct part_writer *w = p->writer;

	for (int i = 0; i < FRAMES_PER_POLL && in->nframes > 0; i++) {
		struct frame *f = TAILQ_FIRST(&in->frames);
		bool ok;

		if (!make_room(w, f)) {
			stall(w);
			return FLOW_WAIT;
		}
		f = link_pop(in);
		ok = lay(w, f, e);
		if (ok)
			hold(w, p, f->is_open);
		frame_free(f);
		if (!ok)
			return FLOW_FAIL;
	}
	return FLOW_MORE;
}

static enum flow end_port(struct port *p, struct err *e)
{
	if (p->writer->holder == p) {
		(void)err_bug(e, "a stream ended in the middle of a statement");
		return FLOW_FAIL;
	}
	p->is_over = true;
	calm_later(p);
	return FLOW_END;
}

static enum flow write_more(struct port *p, struct link *in, struct err *e)
{
	struct part_writer *w = p->writer;
	bool has_more = false;
	enum flow f = writer_tend_index(w, &has_more, e);

	if (f == FLOW_WAIT)
		stall(w);
	if (f != FLOW_MORE || has_more)
		return f;
	f = take_frames(p, in, e);
	if (f != FLOW_MORE || in->nframes > 0)
		return f;
	return in->eof ? end_port(p, e) : FLOW_WAIT;
}

static enum flow port_write(struct sink *sk, struct link *in, struct err *e)
{
	struct port *p = port_of(sk);
	struct part_writer *w = p->writer;
	size_t nframes;
	enum flow f;

	if (err_is(&w->err)) {
		*e = w->err;
		return FLOW_FAIL;
	}
	if (in->nframes == 0 && !in->eof)
		return FLOW_WAIT;
	if ((w->holder != NULL && w->holder != p) || waits_for_phase(p))
		return FLOW_WAIT;
	nframes = in->nframes;
	f = write_more(p, in, e);
	trim_spare(w);
	if (f == FLOW_FAIL)
		writer_fail(w, e);
	else if (in->nframes < nframes && p->phase < w->phase)
		calm_later(p);
	return f;
}

/* Half a statement in a part would break what comes after it. */
static void port_destroy(struct sink *sk)
{
	struct port *p = port_of(sk);
	struct part_writer *w = p->writer;
	struct err e = {0};

	TAILQ_REMOVE(&w->ports, p, entry);
	if (w->holder == p) {
		w->holder = NULL;
		(void)err_set(&e, ERR_CANCELED, "canceled",
			      "a stream was ended in the middle of a "
			      "statement");
		writer_fail(w, &e);
	}
	free(p);
}

static const struct sink_ops port_ops = {
	.name = "part writer",
	.write = port_write,
	.destroy = port_destroy,
};

struct sink *part_writer_port(struct part_writer *w, struct err *e)
{
	struct port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a port of the part writer");
		return NULL;
	}
	p->base.ops = &port_ops;
	p->writer = w;
	p->phase = w->phase;
	TAILQ_INSERT_TAIL(&w->ports, p, entry);
	return &p->base;
}

void part_writer_begin_phase(struct part_writer *w)
{
	w->phase++;
}

const struct part_writer_facts *part_writer_facts(const struct part_writer *w)
{
	return &w->facts;
}

static bool set_suffix(struct part_writer *w, const char *suffix)
{
	return snprintf(w->suffix, SUFFIX_MAX, "%s%s", suffix,
			writer_seal_suffix(w)) < SUFFIX_MAX;
}

bool part_writer_rename(struct part_writer *w, const char *suffix,
			struct err *e)
{
	return (w->parts.n == 0 && set_suffix(w, suffix)) ||
	       err_bug(e, "parts are renamed that there are already");
}

static bool copy_names(struct part_writer *w)
{
	bool ok = str_copy(w->source_id, ID_MAX, w->c.source_id) &&
		  str_copy(w->backup_id, ID_MAX, w->c.backup_id) &&
		  set_suffix(w, w->c.suffix);

	w->c.source_id = w->source_id;
	w->c.backup_id = w->backup_id;
	w->c.suffix = w->suffix;
	return ok;
}

/* Numbers go on where those of the base end. */
static bool take_base(struct part_writer *w, struct err *e)
{
	const struct manifest *base = w->c.base;
	const size_t len = sizeof(base->recipients.keys[0]);

	if (base == NULL)
		return true;
	w->last_number = manifest_last_number(base);
	if (base->recipients.n != w->c.recipients.n ||
	    memcmp(base->recipients.keys, w->c.recipients.keys,
		   len * base->recipients.n) != 0)
		return err_bug(e, "a base has other recipients");
	w->keeps = calloc(base->parts.n + 1, sizeof(*w->keeps));
	return w->keeps != NULL || err_nomem(e, "the part writer");
}

struct part_writer *part_writer_new(const struct part_writer_config *c,
				    struct err *e)
{
	struct part_writer *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)err_nomem(e, "the part writer");
		return NULL;
	}
	w->c = *c;
	TAILQ_INIT(&w->ports);
	TAILQ_INIT(&w->sending);
	if (!copy_names(w)) {
		(void)err_bug(e, "the part writer got no proper names");
		free(w);
		return NULL;
	}
	w->turn = evtimer_new(loop_base(c->loop), writer_on_turn, w);
	if (w->turn == NULL)
		(void)err_nomem(e, "the part writer");
	else if (take_base(w, e))
		w->builder = index_builder_new(writer_take_piece, w, e);
	if (w->builder == NULL) {
		part_writer_free(w);
		return NULL;
	}
	return w;
}

void part_writer_free(struct part_writer *w)
{
	struct parcel *p;

	if (w == NULL)
		return;
	assert(TAILQ_EMPTY(&w->ports));
	while ((p = TAILQ_FIRST(&w->sending)) != NULL)
		parcel_cancel(p);
	parcel_free(w->open);
	parcel_free(w->waiting);
	free(w->spare);
	free(w->keeps);
	index_builder_free(w->builder);
	manifest_objects_fini(&w->parts);
	manifest_objects_fini(&w->index);
	manifest_objects_fini(&w->lists);
	manifest_objects_fini(&w->meta);
	if (w->turn != NULL)
		event_free(w->turn);
	free(w);
}
