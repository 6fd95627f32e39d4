/*
 * rows.c - rows as INSERT statements.
 *
 * The common way writes a row without looking at the frame's end: its longest
 * possible form fits. Otherwise the row begins the next frame, and if it does
 * not fit there either, it is written piece by piece, frame by frame.
 */
#include "sources/mysql/dump/rows.h"

#include <string.h>

#include "sources/mysql/history.h"
#include "sources/mysql/quote.h"

enum {
	VALUE_SLACK = 16, /* comma, introducer, quotes */
	PIECE_MIN = 64,	  /* smaller rests of a frame are left alone */
	HEAD_SLACK = 256, /* behind a long head, for the first pieces */
};

static const char introducer[] = "_utf8mb4";

bool my_rows_init(struct my_rows *r, const struct my_columns *columns,
		  const char *table, struct err *e)
{
	struct text head = {0}, whole = {0};
	const char *mark, *end;

	memset(r, 0, sizeof(*r));
	r->columns = columns;
	if (columns->has_history)
		text_str(&head, MY_HISTORY_PREFIX);
	text_str(&head, "INSERT INTO ");
	my_quote_name(&head, table);
	text_str(&head, " (");
	text_str(&head, columns->names.data);
	text_str(&head, ") VALUES\n");
	/* A name may hold anything, also what looks like a statement's end:
	 * the rows then stand between the lines that my_statement() adds. */
	if (!head.is_broken)
		my_statement(&whole, head.data, head.len, false);
	if (head.is_broken || whole.is_broken) {
		text_free(&head);
		text_free(&whole);
		return err_nomem(e, "a table's statements");
	}
	mark = strstr(whole.data, head.data);
	end = mark + head.len;
	text_add(&r->head, whole.data, (size_t)(end - whole.data));
	text_str(&r->tail, end);
	text_free(&head);
	text_free(&whole);
	if (r->head.is_broken || r->tail.is_broken)
		return err_nomem(e, "a table's statements");
	return true;
}

void my_rows_fini(struct my_rows *r)
{
	text_free(&r->head);
	text_free(&r->tail);
}

/* Bytes that the row takes at most, with what stands before and behind it. */
static size_t longest_form(const struct my_rows *r, const struct my_row *row)
{
	unsigned n = r->columns->n;
	size_t len = 0;

	for (unsigned i = 0; i < n; i++)
		len += row->lengths[i];
	return r->head.len + r->tail.len + MY_ESCAPE_SLACK + PIECE_MIN +
	       (size_t)n * VALUE_SLACK + MY_ESCAPE_FACTOR * len;
}

static inline char *put(char *out, const char *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

/* A minus before a zero is lost where it is no string. */
static inline bool is_minus_zero(const char *v, size_t len)
{
	return len == 2 && v[0] == '-' && v[1] == '0';
}

static inline char *put_value(char *out, enum my_literal literal, const char *v,
			      size_t len)
{
	if (v == NULL)
		return put(out, "NULL", 4);
	if (literal == MY_NUMBER && !is_minus_zero(v, len))
		return put(out, v, len);
	if (literal == MY_UTF8_STRING)
		out = put(out, introducer, sizeof(introducer) - 1);
	*out++ = '\'';
	out = my_escape(out, v, len);
	*out++ = '\'';
	return out;
}

static char *put_row(char *out, const struct my_columns *columns,
		     const struct my_row *row)
{
	*out++ = '(';
	for (unsigned i = 0; i < columns->n; i++) {
		if (i > 0)
			*out++ = ',';
		out = put_value(out, (enum my_literal)columns->literals[i],
				row->values[i], row->lengths[i]);
	}
	*out++ = ')';
	return out;
}

/* What stands before a row: the statement's head, or a comma. */
static char *put_before(struct my_rows *r, char *out)
{
	if (r->statement_bytes > 0)
		return put(out, ",\n", 2);
	return put(out, r->head.data, r->head.len);
}

static void count(struct my_rows *r, struct my_out *o, const char *begin,
		  const char *end)
{
	r->statement_bytes += (size_t)(end - begin);
	o->frame->len += (size_t)(end - begin);
}

static void count_row(struct my_rows *r, struct my_out *o,
		      const struct my_row *row)
{
	o->rows++;
	digest_add_row(&o->digest, (const char *const *)row->values,
		       row->lengths, r->columns->n);
}

bool my_rows_end(struct my_rows *r, struct my_out *o, struct err *e)
{
	if (r->statement_bytes == 0)
		return true;
	if (r->statement_bytes > r->longest_bytes)
		r->longest_bytes = r->statement_bytes;
	r->statement_bytes = 0;
	/* Room for it was kept by the row. */
	return my_out_add(o, r->tail.data, r->tail.len, e);
}

/* The beginning of a value, unless it was written already. */
static char *open_value(struct my_row_place *p, enum my_literal literal,
			char *out)
{
	if (p->is_open)
		return out;
	p->is_open = true;
	p->offset = 0;
	if (p->column > 0)
		*out++ = ',';
	if (literal == MY_UTF8_STRING)
		out = put(out, introducer, sizeof(introducer) - 1);
	if (literal != MY_NUMBER)
		*out++ = '\'';
	return out;
}

/* So much of the value as leaves PIECE_MIN before end. */
static char *put_bytes(struct my_row_place *p, enum my_literal literal,
		       const char *v, size_t left, char *out, const char *end)
{
	size_t room = ((size_t)(end - out) - PIECE_MIN / 2) / MY_ESCAPE_FACTOR;
	size_t n = left < room ? left : room;

	p->offset += n;
	return literal == MY_NUMBER ? put(out, v, n) : my_escape(out, v, n);
}

/* Writes on from r->place until the row is whole or the frame is full; the
 * place tells which. Returns the end of what was written. */
static char *put_piece(struct my_rows *r, const struct my_row *row, char *out,
		       const char *end)
{
	struct my_row_place *p = &r->place;

	while (p->column < r->columns->n && end - out >= PIECE_MIN) {
		enum my_literal literal =
			(enum my_literal)r->columns->literals[p->column];
		const char *v = row->values[p->column];
		size_t len = row->lengths[p->column];

		if (v == NULL) {
			/* as if it were a short number */
			v = "NULL";
			len = 4;
			literal = MY_NUMBER;
		}
		out = open_value(p, literal, out);
		out = put_bytes(p, literal, v + p->offset, len - p->offset, out,
				end);
		if (p->offset < len)
			continue; /* half of the room was kept for escapes */
		if (literal != MY_NUMBER)
			*out++ = '\'';
		p->is_open = false;
		p->column++;
	}
	return out;
}

/* A long row stands in a statement of its own, which begins a frame; what
 * follows it begins another. */
static bool put_long(struct my_rows *r, struct my_out *o,
		     const struct my_row *row, bool *is_whole, struct err *e)
{
	char *begin = (char *)o->frame->data + o->frame->len, *out = begin;
	const char *end = (char *)o->frame->data + o->frame->cap;

	if (!r->is_cut) {
		out = put(out, r->head.data, r->head.len);
		*out++ = '(';
		r->place = (struct my_row_place){0};
		r->is_cut = true;
	}
	out = put_piece(r, row, out, end);
	*is_whole = r->place.column == r->columns->n && end - out > PIECE_MIN;
	if (*is_whole)
		*out++ = ')';
	count(r, o, begin, out);
	if (!*is_whole)
		return my_out_cut(o, e);
	r->is_cut = false;
	count_row(r, o, row);
	return my_rows_end(r, o, e) && my_out_next(o, e);
}

static void put_short(struct my_rows *r, struct my_out *o,
		      const struct my_row *row, char *begin)
{
	char *out = put_before(r, begin);

	out = put_row(out, r->columns, row);
	count(r, o, begin, out);
	count_row(r, o, row);
}

bool my_rows_put(struct my_rows *r, struct my_out *o, const struct my_row *row,
		 bool *is_whole, struct err *e)
{
	size_t need;
	char *out;

	if (r->is_cut)
		return put_long(r, o, row, is_whole, e);
	*is_whole = true;
	need = longest_form(r, row);
	out = my_out_room(o, need);
	if (out == NULL && !my_out_is_fresh(o)) {
		if (!my_rows_end(r, o, e) || !my_out_next(o, e))
			return false;
		out = my_out_room(o, need);
	}
	if (out == NULL) {
		/* Thousands of columns make a long head. */
		if (!frame_reserve(o->frame, r->head.len + HEAD_SLACK))
			return err_nomem(e, "a frame");
		return put_long(r, o, row, is_whole, e);
	}
	put_short(r, o, row, out);
	return true;
}
