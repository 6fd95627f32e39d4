/* out.c - lays SQL text into frames. */
#include "config.h" /* for memmem() */
#include "sources/mysql/dump/out.h"

#include <stdio.h>
#include <string.h>

#include "sources/mysql/quote.h"

enum { DELIMITER_MAX = 16 };

/* The end of a statement that is no other's: the loader and the stock client
 * both look for it. */
static void choose_delimiter(char out[DELIMITER_MAX], const char *sql,
			     size_t len)
{
	unsigned n = 0;

	(void)snprintf(out, DELIMITER_MAX, ";;");
	while (memmem(sql, len, out, strlen(out)) != NULL)
		(void)snprintf(out, DELIMITER_MAX, "$%u$", n++);
}

void my_statement(struct text *t, const char *sql, size_t len, bool is_body)
{
	char delimiter[DELIMITER_MAX];

	if (!is_body && memmem(sql, len, ";\n", 2) == NULL) {
		text_add(t, sql, len);
		text_str(t, ";\n");
		return;
	}
	choose_delimiter(delimiter, sql, len);
	text_printf(t, "DELIMITER %s\n", delimiter);
	text_add(t, sql, len);
	text_printf(t, "\n%s\nDELIMITER ;\n", delimiter);
}

static bool close_span(struct my_out *o, bool ends_run, struct err *e)
{
	struct frame *f = o->frame;
	struct span *s;

	if (o->item == NULL || (f->len == o->span_at && !ends_run))
		return true;
	s = frame_add_span(f, o->item);
	if (s == NULL)
		return err_nomem(e, "a frame");
	s->plain_offset = o->span_at;
	s->plain_len = f->len - o->span_at;
	s->rows = o->rows;
	s->digest = o->digest;
	s->ends_run = ends_run;
	o->span_at = f->len;
	o->rows = 0;
	o->digest = (struct digest){0};
	return true;
}

static bool push(struct my_out *o, bool is_open, struct err *e)
{
	if (!close_span(o, false, e))
		return false;
	o->frame->is_open = is_open;
	*o->plain_bytes += o->frame->len;
	link_push(o->link, o->frame);
	o->frame = NULL;
	return true;
}

static void append(struct frame *f, const char *bytes, size_t len)
{
	memcpy(f->data + f->len, bytes, len);
	f->len += len;
}

static bool begin_frame(struct my_out *o, bool is_continued, struct err *e)
{
	size_t preamble = strlen(o->preamble);

	o->frame = frame_new(FRAME_BYTES);
	if (o->frame == NULL || !frame_reserve(o->frame, preamble + o->use.len))
		return err_nomem(e, "a frame");
	if (!is_continued && preamble > 0)
		append(o->frame, o->preamble, preamble);
	if (!is_continued && o->use.len > 0)
		append(o->frame, o->use.data, o->use.len);
	o->begin = o->frame->len;
	o->span_at = 0; /* see my_out_begin() */
	return true;
}

static bool fits(const struct my_out *o, size_t need)
{
	return o->frame->cap - o->frame->len >= need;
}

/* True when the database in use is another now; the text of USE is new. */
static bool change_database(struct my_out *o, const char *database)
{
	struct text use = {0}, sql = {0};
	bool is_same;

	if (database != NULL) {
		text_str(&sql, "USE ");
		my_quote_name(&sql, database);
		my_statement(&use, sql.data, sql.len, false);
		use.is_broken = use.is_broken || sql.is_broken;
		text_free(&sql);
	}
	is_same = use.len == o->use.len &&
		  (use.len == 0 || memcmp(use.data, o->use.data, use.len) == 0);
	if (is_same && !use.is_broken) {
		text_free(&use);
		return false;
	}
	text_free(&o->use);
	o->use = use;
	return true;
}

/*
 * An item's bytes have no gap, so that it can be found by where they begin
 * and how many there are: an item that goes on in the next frame, or is the
 * first in one, has the preamble among them.
 */
bool my_out_begin(struct my_out *o, struct item *item, const char *database,
		  struct err *e)
{
	bool is_other = change_database(o, database);

	o->item = NULL;
	if (item != NULL && item->is_apart && !my_out_flush(o, e)) {
		item_unref(item);
		return false;
	}
	o->item = item;
	o->rows = 0;
	o->digest = (struct digest){0};
	if (item == NULL || o->use.is_broken)
		return err_nomem(e, "an item");
	if (o->frame == NULL)
		return begin_frame(o, false, e);
	if (o->frame->nspans > 0 || !my_out_is_fresh(o))
		o->span_at = o->frame->len;
	if (!is_other || o->use.len == 0)
		return true;
	if (!fits(o, o->use.len))
		return my_out_next(o, e);
	append(o->frame, o->use.data, o->use.len);
	return true;
}

char *my_out_room(struct my_out *o, size_t need)
{
	struct frame *f = o->frame;

	return fits(o, need) ? (char *)f->data + f->len : NULL;
}

bool my_out_is_fresh(const struct my_out *o)
{
	return o->frame->len == o->begin;
}

bool my_out_next(struct my_out *o, struct err *e)
{
	return push(o, false, e) && begin_frame(o, false, e);
}

bool my_out_cut(struct my_out *o, struct err *e)
{
	return push(o, true, e) && begin_frame(o, true, e);
}

/* What follows a cut statement begins in a frame of its own. */
static bool add_in_pieces(struct my_out *o, const char *bytes, size_t len,
			  struct err *e)
{
	for (;;) {
		size_t room = o->frame->cap - o->frame->len;
		size_t n = len < room ? len : room;

		append(o->frame, bytes, n);
		bytes += n;
		len -= n;
		if (len == 0)
			return my_out_next(o, e);
		if (!my_out_cut(o, e))
			return false;
	}
}

bool my_out_add(struct my_out *o, const char *bytes, size_t len, struct err *e)
{
	if (o->frame == NULL && !begin_frame(o, false, e))
		return false;
	if (!fits(o, len) && !my_out_is_fresh(o) && !my_out_next(o, e))
		return false;
	if (!fits(o, len))
		return add_in_pieces(o, bytes, len, e);
	append(o->frame, bytes, len);
	return true;
}

/* Tables without rows never fill a frame, but each of them has a span. */
enum { SPANS_MAX = 4096 };

bool my_out_end(struct my_out *o, struct err *e)
{
	bool is_apart = o->item != NULL && o->item->is_apart;
	bool ok = close_span(o, true, e);
	bool is_enough =
		is_apart || (o->frame != NULL && o->frame->nspans >= SPANS_MAX);

	item_unref(o->item);
	o->item = NULL;
	return ok && (!is_enough || my_out_flush(o, e));
}

bool my_out_flush(struct my_out *o, struct err *e)
{
	if (o->frame == NULL)
		return true;
	if (o->frame->nspans == 0 && my_out_is_fresh(o)) {
		frame_free(o->frame);
		o->frame = NULL;
		return true;
	}
	return push(o, false, e);
}

void my_out_fini(struct my_out *o)
{
	frame_free(o->frame);
	item_unref(o->item);
	text_free(&o->use);
	o->frame = NULL;
	o->item = NULL;
}
