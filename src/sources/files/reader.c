/*
 * reader.c - phase "data": frames that a worker fills, one at a time, up to
 * FRAMES_AHEAD of those that the pipeline has taken.
 *
 * The pack belongs to the reader, and while a worker is at it to that work
 * alone: a reader that is destroyed meanwhile leaves it to be disposed of.
 */
#include <stdlib.h>
#include <string.h>

#include "loop/workers.h"
#include "sources/files/dump_int.h"

enum { FRAMES_AHEAD = 2 };

/* What a worker has in hand. */
struct fill {
	struct work work;
	struct pack *pack;
	struct frame *frame; /* NULL: none came of it */
	bool is_failed;
	struct err err; /* why */
	struct reader *reader;
};

struct reader {
	struct source source; /* comes first */
	struct files_dump *dump;
	struct fill *fill;
	struct frame_list ready;
	unsigned nready;
	bool is_running, is_over;
	bool has_come; /* something since the last look */
};

static struct reader *reader_of(struct source *source)
{
	return (struct reader *)(void *)source;
}

static struct fill *fill_of(struct work *w)
{
	return (struct fill *)((char *)w - offsetof(struct fill, work));
}

static void fill_free(struct fill *f)
{
	frame_free(f->frame);
	pack_free(f->pack);
	free(f);
}

static void fill_run(struct work *w)
{
	struct fill *f = fill_of(w);

	f->is_failed = !pack_fill(f->pack, &f->frame, &f->err);
}

static void fill_dispose(struct work *w)
{
	fill_free(fill_of(w));
}

/* --- what is known by now */

static void tell_lines(const struct files_dump *d, struct tidings *t)
{
	char *lines = tidings_take_lines(t), *save = NULL;

	if (lines != NULL && d->hooked.line != NULL)
		for (char *line = strtok_r(lines, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save))
			d->hooked.line(d->hooked.line_arg, line);
	free(lines);
}

static void take_counts(struct dump_facts *f, const struct pack_counts *c)
{
	f->files = c->files;
	f->directories = c->directories;
	f->symlinks = c->symlinks;
	f->hardlinks = c->hardlinks;
	f->others = c->others;
	f->content_bytes = c->content_bytes;
	f->plain_bytes = c->plain_bytes;
	f->rows = c->files + c->directories + c->symlinks + c->hardlinks +
		  c->others;
	f->items_done = f->rows;
}

static void learn(struct files_dump *d, struct pack *p)
{
	struct dump_facts *f = &d->facts;

	take_counts(f, pack_counts(p));
	tell_lines(d, pack_tidings(p));
	if (!pack_is_over(p))
		return;
	f->items_total = f->items_done;
	f->nwarnings +=
		tidings_tell(pack_tidings(p), f->warnings + f->nwarnings,
			     SOURCE_WARNINGS_MAX - f->nwarnings);
}

/* --- the source */

static void fill_done(struct work *w);

static void go_on(struct reader *r)
{
	if (r->is_running || r->is_over || r->nready >= FRAMES_AHEAD)
		return;
	r->is_running = true;
	r->fill->work = (struct work){.run = fill_run, .done = fill_done};
	workers_submit(r->dump->env->bulk, &r->fill->work);
}

static void fill_done(struct work *w)
{
	struct fill *f = fill_of(w);
	struct reader *r = f->reader;

	r->is_running = false;
	r->has_come = true;
	learn(r->dump, f->pack);
	if (f->frame != NULL) {
		TAILQ_INSERT_TAIL(&r->ready, f->frame, entry);
		r->nready++;
		f->frame = NULL;
	}
	r->is_over = pack_is_over(f->pack) || f->is_failed;
	go_on(r);
	wake(&r->source.waker);
}

static enum flow reader_read(struct source *source, struct link *out,
			     struct err *e)
{
	struct reader *r = reader_of(source);
	struct frame *first = TAILQ_FIRST(&r->ready);
	bool has_come = r->has_come;

	r->has_come = false;
	if (first != NULL) {
		TAILQ_REMOVE(&r->ready, first, entry);
		r->nready--;
		link_push(out, first);
		go_on(r);
		return FLOW_MORE;
	}
	if (r->fill->is_failed) {
		*e = r->fill->err;
		return FLOW_FAIL;
	}
	if (r->is_over)
		return FLOW_END;
	go_on(r);
	return has_come ? FLOW_MORE : FLOW_WAIT;
}

static void reader_destroy(struct source *source)
{
	struct reader *r = reader_of(source);
	struct frame *f;

	while ((f = TAILQ_FIRST(&r->ready)) != NULL) {
		TAILQ_REMOVE(&r->ready, f, entry);
		frame_free(f);
	}
	if (r->is_running)
		work_abandon(&r->fill->work, fill_dispose);
	else
		fill_free(r->fill);
	free(r);
}

static const struct source_ops reader_ops = {
	.name = "files",
	.read = reader_read,
	.destroy = reader_destroy,
};

struct source *files_reader_new(struct files_dump *d, struct err *e)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct fill *f = calloc(1, sizeof(*f));

	if (r == NULL || f == NULL || d->pack == NULL) {
		free(r);
		free(f);
		(void)err_nomem(e, "the reading of a tree");
		return NULL;
	}
	f->reader = r;
	f->pack = d->pack;
	d->pack = NULL;
	if (d->hooked.snapshot != NULL &&
	    !pack_read_from(f->pack, snapshot_directory(d->hooked.snapshot),
			    e)) {
		fill_free(f);
		free(r);
		return NULL;
	}
	r->source.ops = &reader_ops;
	r->dump = d;
	r->fill = f;
	TAILQ_INIT(&r->ready);
	return &r->source;
}
