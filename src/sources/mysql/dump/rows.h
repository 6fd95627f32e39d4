/*
 * rows.h - rows as INSERT statements in frames.
 *
 * A statement ends with its frame, so none is longer than a frame but those
 * of a single row that is.
 */
#ifndef COFFER_SOURCES_MYSQL_ROWS_H
#define COFFER_SOURCES_MYSQL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/column.h"
#include "sources/mysql/dump/out.h"

/* One row, as the library gives it; borrowed. */
struct my_row {
	char **values;
	const unsigned long *lengths;
};

/* How far a row that is longer than a frame is written. */
struct my_row_place {
	unsigned column;
	size_t offset; /* in its value */
	bool is_open;  /* the literal was begun */
};

struct my_rows {
	const struct my_columns *columns; /* borrowed */
	struct text head;		  /* "INSERT INTO `t` (`a`) VALUES\n" */
	struct text tail;		  /* ";\n" */
	size_t statement_bytes; /* of the one being written, 0: none */
	size_t longest_bytes;	/* statement of all */
	struct my_row_place place;
	bool is_cut; /* a long row is being written */
};

/* Begins a table. columns is borrowed until my_rows_fini(). */
bool my_rows_init(struct my_rows *r, const struct my_columns *columns,
		  const char *table, struct err *e) MUST_CHECK;

/*
 * Writes a row, or a frame's worth of a long one: *is_whole tells; if it is
 * not, call again with the same row.
 */
bool my_rows_put(struct my_rows *r, struct my_out *o, const struct my_row *row,
		 bool *is_whole, struct err *e) MUST_CHECK;

/* Ends the statement after the last row. */
bool my_rows_end(struct my_rows *r, struct my_out *o, struct err *e) MUST_CHECK;

/* Frees what it holds. */
void my_rows_fini(struct my_rows *r);

#endif
