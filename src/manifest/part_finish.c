/*
 * part_finish.c - what follows the last frame: the last part, the rest of the
 * index, and the part lists, one state each (part_writer_int.h). One step a
 * turn of the loop; a slot that becomes free asks for the next turn.
 */
#include "manifest/part_writer_int.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "loop/loop.h"
#include "manifest/manifest_int.h"

/* About 1 ms. */
enum { LINES_PER_TURN = 500 };

static const char *const state_names[] = {
	[WRITER_FILLING] = "filling",	[WRITER_CLOSING] = "closing",
	[WRITER_INDEXING] = "indexing", [WRITER_SETTLING] = "settling",
	[WRITER_LISTING] = "listing",	[WRITER_HIDING] = "hiding",
	[WRITER_ENDING] = "ending",	[WRITER_OVER] = "over",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == WRITER_STATES,
	       "one name per state");

static void set_state(struct part_writer *w, enum writer_state state)
{
	log_debug("manifest", "%s: part writer %s -> %s", w->c.backup_id,
		  state_names[w->state], state_names[state]);
	w->state = state;
	loop_next_turn(w->turn);
}

static unsigned char *copy_bytes(const void *bytes, size_t len)
{
	unsigned char *copy = malloc(len);

	if (copy != NULL)
		memcpy(copy, bytes, len);
	return copy;
}

/* A copy of text, to be packed and perhaps sealed. */
static void fill_text(struct parcel *p, const char *text, size_t len)
{
	struct part_writer *w = p->writer;

	p->bytes = copy_bytes(text, len);
	p->len = p->room = len;
	p->cap = writer_stored_len(w, len);
	p->plain_bytes = len;
	p->is_packing = true;
	p->recipients = w->c.recipients;
}

bool writer_take_piece(void *arg, const char *lines, size_t len,
		       const char *first_item, struct err *e)
{
	struct part_writer *w = arg;
	struct parcel *p = parcel_new(w, &w->index, e);

	if (p == NULL)
		return false;
	fill_text(p, lines, len);
	(void)layout_index(p->key, (unsigned)w->index.n + 1,
			   writer_seal_suffix(w));
	/* The manifest is not encrypted: no names in it. */
	if (w->c.recipients.n > 0)
		first_item = "";
	if (p->bytes == NULL)
		(void)err_nomem(e, "a piece of the index");
	else if (w->index.n >= MANIFEST_INDEX_MAX)
		(void)err_set(e, ERR_INVALID, "too_many_tables",
			      "the index needs more than %d objects",
			      MANIFEST_INDEX_MAX);
	else if (parcel_enlist(p, first_item, e)) {
		w->waiting = p;
		return true;
	}
	parcel_free(p);
	return false;
}

/* True when nothing waits any more. */
static bool send_waiting(struct part_writer *w)
{
	if (w->waiting == NULL)
		return true;
	if (!parcel_try_send(w->waiting))
		return false;
	w->waiting = NULL;
	return true;
}

enum flow writer_tend_index(struct part_writer *w, bool *has_more,
			    struct err *e)
{
	*has_more = true;
	if (!send_waiting(w))
		return FLOW_WAIT;
	if (!index_builder_drain(w->builder, LINES_PER_TURN, e))
		return FLOW_FAIL;
	*has_more = index_builder_has_lines(w->builder);
	return FLOW_MORE;
}

static void step_closing(struct part_writer *w, struct err *e)
{
	(void)e;
	if (w->open != NULL && !parcel_try_send(w->open))
		return;
	w->open = NULL;
	set_state(w, WRITER_INDEXING);
}

static void step_indexing(struct part_writer *w, struct err *e)
{
	bool has_more;
	enum flow f = writer_tend_index(w, &has_more, e);

	if (f != FLOW_MORE)
		return;
	if (has_more || w->waiting != NULL) {
		loop_next_turn(w->turn);
		return;
	}
	if (index_builder_finish(w->builder, e))
		set_state(w, WRITER_SETTLING);
}

static void step_settling(struct part_writer *w, struct err *e)
{
	if (send_waiting(w) && w->nsending == 0 && writer_join_kept(w, e))
		set_state(w, WRITER_LISTING);
}

static bool make_list(struct part_writer *w, struct err *e)
{
	size_t left = w->parts.n - w->listed;
	size_t n = left < MANIFEST_LIST_PARTS ? left : MANIFEST_LIST_PARTS;
	struct parcel *p = parcel_new(w, &w->lists, e);
	char *lines;

	if (p == NULL)
		return false;
	lines = manifest_parts_format(&w->parts.list[w->listed], n, e);
	p->bytes = (unsigned char *)lines;
	(void)layout_parts(p->key, (unsigned)w->lists.n + 1);
	if (lines == NULL || !parcel_enlist(p, NULL, e)) {
		parcel_free(p);
		return false;
	}
	p->len = p->cap = p->room = strlen(lines);
	p->plain_bytes = p->len;
	w->listed += n;
	w->waiting = p;
	return true;
}

/* The manifest holds the parts unless they would make it too long. */
static void step_listing(struct part_writer *w, struct err *e)
{
	bool is_long =
		manifest_objects_weight(&w->parts) > MANIFEST_INLINE_BYTES;

	if (!send_waiting(w))
		return;
	if (!is_long || w->listed == w->parts.n)
		set_state(w, WRITER_HIDING);
	else if (make_list(w, e))
		loop_next_turn(w->turn);
}

static bool make_meta(struct part_writer *w, const char *text, struct err *e)
{
	struct parcel *p = parcel_new(w, &w->meta, e);

	if (p == NULL)
		return false;
	fill_text(p, text, strlen(text));
	(void)layout_meta(p->key, 1);
	if (p->bytes == NULL)
		(void)err_nomem(e, "what an encrypted backup hides");
	else if (p->len > MANIFEST_META_MAX_BYTES)
		(void)err_set(e, ERR_INVALID, "internal",
			      "scope and warnings have %zu bytes, %d is the "
			      "most; shorten the scope",
			      p->len, MANIFEST_META_MAX_BYTES);
	else if (parcel_enlist(p, NULL, e)) {
		w->waiting = p;
		return true;
	}
	parcel_free(p);
	return false;
}

static void step_hiding(struct part_writer *w, struct err *e)
{
	bool is_due = w->c.recipients.n > 0 && w->m->hidden_json != NULL &&
		      w->meta.n == 0;

	if (!send_waiting(w))
		return;
	if (!is_due)
		set_state(w, WRITER_ENDING);
	else if (make_meta(w, w->m->hidden_json, e))
		loop_next_turn(w->turn);
}

static void step_ending(struct part_writer *w, struct err *e)
{
	(void)e;
	if (w->nsending == 0)
		set_state(w, WRITER_OVER);
}

static void fill_manifest(struct part_writer *w)
{
	struct manifest *m = w->m;

	manifest_objects_move(&m->parts, &w->parts);
	manifest_objects_move(&m->index, &w->index);
	manifest_objects_move(&m->part_lists, &w->lists);
	manifest_objects_move(&m->meta, &w->meta);
	m->recipients = w->c.recipients;
	m->part_count = m->parts.n;
	memcpy(m->sections, w->sections, sizeof(m->sections));
	m->nsections = w->nsections;
	m->plain_bytes = 0;
	m->stored_bytes = 0;
	for (size_t i = 0; i < m->parts.n; i++) {
		m->plain_bytes += m->parts.list[i].plain_bytes;
		m->stored_bytes += m->parts.list[i].stored_bytes;
	}
}

static void step(struct part_writer *w, struct err *e)
{
	static void (*const steps[])(struct part_writer *, struct err *) = {
		[WRITER_CLOSING] = step_closing,
		[WRITER_INDEXING] = step_indexing,
		[WRITER_SETTLING] = step_settling,
		[WRITER_LISTING] = step_listing,
		[WRITER_HIDING] = step_hiding,
		[WRITER_ENDING] = step_ending,
	};

	steps[w->state](w, e);
}

/* The last statement is done(), which may free the writer. */
static void hand_over(struct part_writer *w)
{
	void (*done)(void *, const struct err *) = w->done;
	struct err e = w->err;

	if (!err_is(&e))
		fill_manifest(w);
	w->state = WRITER_OVER;
	w->done = NULL;
	done(w->arg, err_is(&e) ? &e : NULL);
}

void writer_on_turn(int fd, short what, void *arg)
{
	struct part_writer *w = arg;

	(void)fd;
	(void)what;
	if (w->done == NULL)
		return;
	if (!err_is(&w->err) && w->state != WRITER_OVER) {
		step(w, &w->err);
		if (!err_is(&w->err))
			return;
	}
	hand_over(w);
}

void part_writer_finish(struct part_writer *w, struct manifest *m,
			void (*done)(void *arg, const struct err *e), void *arg)
{
	w->m = m;
	w->done = done;
	w->arg = arg;
	set_state(w, WRITER_CLOSING);
}
