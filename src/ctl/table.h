/* table.h - rows under aligned columns, as wide as the terminal at most. */
#ifndef COFFER_CTL_TABLE_H
#define COFFER_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct table;

struct table_column {
	const char *title;
	bool is_number; /* to the right, and never cut */
	bool is_fixed;	/* never cut */
};

enum table_colour { TABLE_PLAIN, TABLE_GOOD, TABLE_BAD, TABLE_BUSY };

/* columns is copied, their titles are borrowed. NULL: no memory. */
struct table *table_new(const struct table_column *columns,
			size_t ncolumns) MUST_CHECK;

/* Appends a cell, row by row; the text is of others: it is cleaned
 * (words_clean()), and copied. NULL counts as "-". */
void table_cell(struct table *t, const char *text, enum table_colour colour);

/*
 * Appends titles and rows. width: of the terminal; the widest columns give
 * way, and a line is cut where that is not enough; 0: nothing is cut. False
 * with *e filled: no memory, also for a cell before.
 */
bool table_write(const struct table *t, size_t width, bool has_colour,
		 struct text *out, struct err *e) MUST_CHECK;

/* NULL is fine. */
void table_free(struct table *t);

#endif
