/* redo.c - the frames of a transaction that is open. */
#include "sources/mysql/load/redo.h"

void my_redo_init(struct my_redo *r)
{
	*r = (struct my_redo){0};
	TAILQ_INIT(&r->kept);
}

void my_redo_push(struct my_redo *r, struct frame *f)
{
	TAILQ_INSERT_TAIL(&r->kept, f, entry);
	r->bytes += f->len;
}

static size_t runs_of(const struct frame *f)
{
	return f->nspans > 0 ? f->nspans : 1;
}

static void run_of(const struct frame *f, size_t i, struct my_run *run)
{
	*run = (struct my_run){.bytes = (const char *)f->data, .len = f->len};
	if (f->nspans == 0)
		return;
	run->bytes += f->spans[i].plain_offset;
	run->len = f->spans[i].plain_len;
	run->item = f->spans[i].item;
}

static bool is_inside(const struct frame *f, size_t i)
{
	return f->nspans == 0 ||
	       (f->spans[i].plain_offset <= f->len &&
		f->spans[i].plain_len <= f->len - f->spans[i].plain_offset);
}

bool my_redo_next(struct my_redo *r, struct my_run *run, struct err *e)
{
	struct frame *next;

	if (r->at != NULL && r->run + 1 < runs_of(r->at)) {
		r->run++;
	} else {
		next = r->at != NULL ? TAILQ_NEXT(r->at, entry)
				     : TAILQ_FIRST(&r->kept);
		if (next == NULL)
			return false;
		if (r->at == NULL) {
			r->start_run = 0;
			r->start = NULL;
		}
		r->at = next;
		r->run = 0;
	}
	if (!is_inside(r->at, r->run))
		return err_bug(e, "a span lies outside its frame");
	run_of(r->at, r->run, run);
	if (r->start == NULL) {
		r->start = run->bytes;
		r->start_run = r->run;
	}
	return true;
}

static void drop_first(struct my_redo *r)
{
	struct frame *f = TAILQ_FIRST(&r->kept);

	TAILQ_REMOVE(&r->kept, f, entry);
	r->bytes -= f->len;
	frame_free(f);
}

void my_redo_mark(struct my_redo *r, const char *at)
{
	bool is_read =
		at == NULL && r->at != NULL && r->run + 1 == runs_of(r->at);

	while (r->at != NULL && TAILQ_FIRST(&r->kept) != r->at)
		drop_first(r);
	if (is_read) {
		drop_first(r);
		r->at = NULL;
	}
	r->start = at;
	r->start_run = r->run;
}

bool my_redo_rewind(struct my_redo *r, struct my_run *run)
{
	if (r->at == NULL || r->start == NULL)
		return false;
	r->at = TAILQ_FIRST(&r->kept);
	r->run = r->start_run;
	run_of(r->at, r->run, run);
	run->len -= (size_t)(r->start - run->bytes);
	run->bytes = r->start;
	run->item = NULL;
	return true;
}

void my_redo_fini(struct my_redo *r)
{
	while (!TAILQ_EMPTY(&r->kept))
		drop_first(r);
	r->at = NULL;
}
