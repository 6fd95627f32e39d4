/*
 * reader.c - phase "data": lays what the supply gives into the archive, a frame
 * at a time. All on the loop: what takes time is waiting for the store.
 */
#include <stdlib.h>
#include <string.h>

#include "sources/objects/archive.h"
#include "sources/objects/dump_int.h"
#include "sources/objects/object.h"

struct reader {
	struct source source; /* comes first */
	struct objects_dump *dump;
	struct archive archive;
	size_t taken;	/* of the piece at hand */
	bool is_closed; /* the archive's end is written */
};

/* What became of a step: archive_step's, and two more. */
enum step { STEP_DONE, STEP_FULL, STEP_FAIL, STEP_WAIT, STEP_MORE };

static struct reader *reader_of(struct source *source)
{
	return (struct reader *)(void *)source;
}

static enum step step_of(enum archive_step s)
{
	switch (s) {
	case ARCHIVE_DONE:
		return STEP_DONE;
	case ARCHIVE_FULL:
		return STEP_FULL;
	case ARCHIVE_FAIL:
		break;
	}
	return STEP_FAIL;
}

/* --- one object */

static void count(struct reader *r, const struct object *o)
{
	struct dump_facts *f = &r->dump->facts;

	f->objects++;
	f->content_bytes += o->facts.size;
	f->rows = f->items_done = f->objects;
}

static enum step end_whole(struct reader *r, struct object *o, struct err *e)
{
	enum step s = step_of(archive_end_member(&r->archive, o, "object", e));

	if (s != STEP_DONE)
		return s;
	count(r, o);
	supply_let_go(r->dump->supply);
	return STEP_DONE;
}

/* It has no whole version in the backup: marked, or with strict the end. */
static enum step end_marked(struct reader *r, struct object *o, struct err *e)
{
	struct objects_dump *d = r->dump;
	char shown[ERR_MSG_MAX / 2];

	o->facts.is_changed = o->breach == BREACH_CHANGED;
	o->facts.is_unreadable = o->breach == BREACH_UNREADABLE;
	if (o->breach == BREACH_UNREADABLE) {
		if (!object_tell_unreadable(o)) {
			*e = o->fetcher->err;
			return STEP_FAIL;
		}
	} else {
		tidings_add(&d->tidings, TIDING_OBJECT_CHANGED, o->key, NULL);
		if (d->is_strict) {
			(void)err_set(
				e, ERR_CONFLICT, "source_changed",
				"the object \"%s\" was changed each time it "
				"was "
				"read: back up when it is left alone, exclude "
				"it, or leave out \"strict\"",
				tidings_path(shown, sizeof(shown), o->key));
			return STEP_FAIL;
		}
	}
	return end_whole(r, o, e);
}

/* What is written of it does not count. */
static enum step end_superseded(struct reader *r, struct object *o,
				struct err *e)
{
	enum step s =
		step_of(archive_end_member(&r->archive, o, "superseded", e));

	if (s != STEP_DONE)
		return s;
	if (o->breach == BREACH_CHANGED) {
		object_again(o);
		return STEP_DONE;
	}
	tidings_add(&r->dump->tidings, TIDING_OBJECT_VANISHED, o->key, NULL);
	supply_let_go(r->dump->supply);
	return STEP_DONE;
}

static enum step mend(struct reader *r, struct object *o, struct err *e)
{
	enum step s = step_of(archive_fill(&r->archive, e));

	if (s != STEP_DONE)
		return s;
	r->taken = 0;
	if (o->breach == BREACH_VANISHED ||
	    (o->breach == BREACH_CHANGED && o->looks + 1 < OBJECT_TRIES))
		return end_superseded(r, o, e);
	return end_marked(r, o, e);
}

static enum step put_piece(struct reader *r, struct object *o,
			   const struct piece *p, struct err *e)
{
	size_t taken;
	enum step s = step_of(archive_put(&r->archive, p->bytes + r->taken,
					  p->len - r->taken, &taken, e));

	r->taken += taken;
	if (r->taken == p->len) {
		object_drop_piece(o);
		r->taken = 0;
	}
	return s;
}

static enum step carry(struct reader *r, struct object *o, struct err *e)
{
	enum step s = step_of(archive_carry(&r->archive, o->key, o->line, e));

	if (s != STEP_DONE)
		return s;
	count(r, o);
	supply_let_go(r->dump->supply);
	return STEP_DONE;
}

static enum step object_step_out(struct reader *r, struct object *o,
				 struct err *e)
{
	const struct piece *p = object_piece(o);

	if (o->state == OBJECT_SAME)
		return carry(r, o, e);
	if (!archive_is_within(&r->archive)) {
		enum step s = step_of(archive_begin(&r->archive, o, e));

		o->is_begun = s == STEP_DONE;
		return s;
	}
	if (o->state == OBJECT_BROKEN)
		return mend(r, o, e);
	if (r->archive.at == r->archive.size)
		return end_whole(r, o, e);
	return p != NULL ? put_piece(r, o, p, e) : STEP_WAIT;
}

/* --- all of them */

/* Nothing at all could be read: that is no backup. */
static bool is_hopeless(const struct objects_dump *d)
{
	return d->facts.objects == 0 &&
	       d->tidings.counts[TIDING_OBJECT_UNREADABLE] > 0;
}

static enum step close_archive(struct reader *r, struct err *e)
{
	struct objects_dump *d = r->dump;
	enum step s;

	if (is_hopeless(d)) {
		(void)err_set(e, ERR_DENIED, "access_denied",
			      "none of the objects could be read; the first: "
			      "%s",
			      d->tidings.details[TIDING_OBJECT_UNREADABLE][0]);
		return STEP_FAIL;
	}
	s = step_of(archive_end(&r->archive, e));
	r->is_closed = s == STEP_DONE;
	return s;
}

static enum step step(struct reader *r, struct err *e)
{
	struct object *o = NULL;

	switch (supply_look(r->dump->supply, &o, e)) {
	case SUPPLY_OBJECT:
		return object_step_out(r, o, e);
	case SUPPLY_END:
		return close_archive(r, e);
	case SUPPLY_MORE:
		return STEP_MORE;
	case SUPPLY_WAIT:
		return STEP_WAIT;
	case SUPPLY_FAIL:
		break;
	}
	return STEP_FAIL;
}

/* --- what is known by now */

static void warn_of_tags(struct objects_dump *d)
{
	struct dump_facts *f = &d->facts;
	struct source_warning *w = &f->warnings[f->nwarnings];

	if (!supply_is_without_tags(d->supply) ||
	    f->nwarnings == SOURCE_WARNINGS_MAX)
		return;
	f->nwarnings++;
	(void)str_copy(w->code, sizeof(w->code), "tags_unreadable");
	(void)str_copy(w->detail, sizeof(w->detail),
		       "the source's key may not read tags of objects, so the "
		       "backup has none: let it do s3:GetObjectTagging");
}

static void tell_lines(struct objects_dump *d)
{
	char *lines = tidings_take_lines(&d->tidings), *save = NULL;

	if (lines != NULL && d->line != NULL)
		for (char *line = strtok_r(lines, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save))
			d->line(d->line_arg, line);
	free(lines);
}

static void learn(struct reader *r)
{
	struct objects_dump *d = r->dump;
	struct dump_facts *f = &d->facts;

	f->plain_bytes = r->archive.plain_bytes;
	tell_lines(d);
	if (!r->is_closed)
		return;
	f->items_total = f->items_done;
	f->nwarnings += tidings_tell(&d->tidings, f->warnings + f->nwarnings,
				     SOURCE_WARNINGS_MAX - 1 - f->nwarnings);
	warn_of_tags(d);
}

/* --- the source */

static enum flow push(struct reader *r, struct link *out)
{
	struct frame *f = archive_take_frame(&r->archive);

	if (f != NULL)
		link_push(out, f);
	learn(r);
	return FLOW_MORE;
}

static enum flow reader_read(struct source *source, struct link *out,
			     struct err *e)
{
	struct reader *r = reader_of(source);
	enum step s = STEP_DONE;

	if (r->is_closed)
		return FLOW_END;
	if (!archive_open_frame(&r->archive, e))
		return FLOW_FAIL;
	while (s == STEP_DONE && !r->is_closed)
		s = step(r, e);
	switch (s) {
	case STEP_DONE:
	case STEP_FULL:
		return push(r, out);
	case STEP_MORE:
		return FLOW_MORE;
	case STEP_WAIT:
		tell_lines(r->dump);
		return FLOW_WAIT;
	case STEP_FAIL:
		break;
	}
	return FLOW_FAIL;
}

static void reader_destroy(struct source *source)
{
	struct reader *r = reader_of(source);

	supply_free(r->dump->supply);
	r->dump->supply = NULL;
	archive_fini(&r->archive);
	free(r);
}

static const struct source_ops reader_ops = {
	.name = "objects",
	.read = reader_read,
	.destroy = reader_destroy,
};

struct source *objects_reader_new(struct objects_dump *d, struct err *e)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL || !archive_init(&r->archive, d->backup_id)) {
		free(r);
		(void)err_nomem(e, "the reading of a bucket");
		return NULL;
	}
	r->source.ops = &reader_ops;
	r->dump = d;
	supply_set_waker(d->supply, &r->source.waker);
	return &r->source;
}
