/* table.c - see table.h. */
#include "ctl/table.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/words.h"

enum { GAP = 2, NARROWEST = 8 };

struct cell {
	char *text;
	enum table_colour colour;
};

struct table {
	struct table_column *columns;
	size_t ncolumns;
	struct cell *cells;
	size_t n, cap;
	bool is_broken; /* memory ran out */
};

struct table *table_new(const struct table_column *columns, size_t ncolumns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->columns = calloc(ncolumns, sizeof(*columns));
	if (t->columns == NULL) {
		free(t);
		return NULL;
	}
	memcpy(t->columns, columns, ncolumns * sizeof(*columns));
	t->ncolumns = ncolumns;
	return t;
}

static bool grow(struct table *t)
{
	size_t cap = t->cap > 0 ? t->cap * 2 : 64;
	struct cell *cells;

	if (t->n < t->cap)
		return true;
	cells = realloc(t->cells, cap * sizeof(*cells));
	if (cells == NULL)
		return false;
	t->cells = cells;
	t->cap = cap;
	return true;
}

void table_cell(struct table *t, const char *text, enum table_colour colour)
{
	struct text clean = {0};
	char *copy;

	text = text != NULL && *text != '\0' ? text : "-";
	words_clean(&clean, text, strlen(text), false);
	copy = text_take(&clean);
	if (copy == NULL || !grow(t)) {
		free(copy);
		t->is_broken = true;
		return;
	}
	t->cells[t->n++] = (struct cell){copy, colour};
}

static void measure(const struct table *t, size_t *widths)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		widths[i] = words_width(t->columns[i].title);
	for (size_t i = 0; i < t->n; i++) {
		size_t w = words_width(t->cells[i].text);

		if (w > widths[i % t->ncolumns])
			widths[i % t->ncolumns] = w;
	}
}

static size_t total_of(const struct table *t, const size_t *widths)
{
	size_t sum = (t->ncolumns - 1) * GAP;

	for (size_t i = 0; i < t->ncolumns; i++)
		sum += widths[i];
	return sum;
}

/* The widest that may give way; ncolumns: none. */
static size_t widest(const struct table *t, const size_t *widths)
{
	size_t found = t->ncolumns;

	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct table_column *c = &t->columns[i];

		if (!c->is_number && !c->is_fixed && widths[i] > NARROWEST &&
		    (found == t->ncolumns || widths[i] > widths[found]))
			found = i;
	}
	return found;
}

static void narrow(const struct table *t, size_t *widths, size_t width)
{
	while (total_of(t, widths) > width) {
		size_t i = widest(t, widths);

		if (i == t->ncolumns)
			return;
		widths[i]--;
	}
}

static void pad(struct text *out, size_t n)
{
	while (n-- > 0)
		text_char(out, ' ');
}

static const char *begin_of(enum table_colour c)
{
	switch (c) {
	case TABLE_GOOD:
		return "\033[32m";
	case TABLE_BAD:
		return "\033[31m";
	case TABLE_BUSY:
		return "\033[33m";
	case TABLE_PLAIN:
		break;
	}
	return "";
}

struct place {
	const size_t *widths;
	size_t width; /* of the terminal; 0: not bounded */
	bool has_colour;
};

/* One cell of a line that has taken *used columns. */
static void write_cell(const struct table *t, const struct place *p, size_t i,
		       const struct cell *cell, size_t *used, struct text *out)
{
	size_t room = p->widths[i], gap = i > 0 ? GAP : 0, w;
	bool is_last = i + 1 == t->ncolumns;
	bool is_painted = p->has_colour && cell->colour != TABLE_PLAIN;

	if (p->width > 0 && *used + gap >= p->width)
		return;
	if (p->width > 0 && *used + gap + room > p->width)
		room = p->width - *used - gap;
	w = words_width(cell->text);
	w = w < room ? w : room;
	pad(out, gap + (t->columns[i].is_number ? room - w : 0));
	text_str(out, is_painted ? begin_of(cell->colour) : "");
	words_cut(out, cell->text, room);
	text_str(out, is_painted ? "\033[0m" : "");
	if (!t->columns[i].is_number && !is_last)
		pad(out, room - w);
	*used += gap + room;
}

static void write_titles(const struct table *t, const struct place *p,
			 struct text *out)
{
	size_t used = 0;

	for (size_t i = 0; i < t->ncolumns; i++) {
		struct text title = {0};
		struct cell c = {0};

		text_str(&title, t->columns[i].title);
		c.text = title.data;
		if (c.text != NULL)
			write_cell(t, p, i, &c, &used, out);
		text_free(&title);
	}
	text_char(out, '\n');
}

bool table_write(const struct table *t, size_t width, bool has_colour,
		 struct text *out, struct err *e)
{
	size_t *widths = calloc(t->ncolumns, sizeof(*widths));
	const struct place p = {widths, width, has_colour};
	size_t used = 0;

	if (widths == NULL || t->is_broken) {
		free(widths);
		return err_nomem(e, "a table");
	}
	measure(t, widths);
	if (width > 0)
		narrow(t, widths, width);
	write_titles(t, &p, out);
	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % t->ncolumns;

		write_cell(t, &p, column, &t->cells[i], &used, out);
		if (column + 1 == t->ncolumns) {
			text_char(out, '\n');
			used = 0;
		}
	}
	free(widths);
	return !out->is_broken || err_nomem(e, "a table");
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t->columns);
	free(t);
}
