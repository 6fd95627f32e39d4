/*
 * column.h - how a table's rows are read and written: which columns, by which
 * expression, as which kind of literal. A dump and the verification of a
 * restore use the same, so their digests can be compared.
 */
#ifndef COFFER_SOURCES_MYSQL_COLUMN_H
#define COFFER_SOURCES_MYSQL_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct my_conn;

enum my_literal {
	MY_NUMBER,	/* as it comes */
	MY_STRING,	/* '...' */
	MY_UTF8_STRING, /* _utf8mb4'...': types that read a binary literal as
			 * their own bytes, or refuse it */
};

/* Integer columns of the primary key that are looked at. */
enum { MY_KEYS_MAX = 4 };

struct my_key {
	char *name;
	bool is_unsigned;
};

struct my_columns {
	unsigned char *literals; /* one enum my_literal per column */
	unsigned n;
	bool has_history;		 /* rows of the past are read, too */
	struct text names;		 /* "`a`,`b`" */
	struct text exprs;		 /* "`a`,`b`-0e0" */
	unsigned nprimary;		 /* columns of the primary key */
	struct my_key keys[MY_KEYS_MAX]; /* the integers among them */
	unsigned nkeys;
};

/* What a column is to a dump. */
struct my_column_plan {
	bool is_left_out;   /* generated: the server computes it */
	bool is_as_double;  /* text loses digits: read as a double */
	bool is_as_integer; /* the text does not tell: read the number */
	bool is_as_json;    /* read as the JSON that its text is (MySQL) */
	bool is_integer;
	bool is_unsigned;
	enum my_literal literal;
};

/*
 * type and extra as SHOW COLUMNS tells them ("float(5,2) unsigned",
 * "STORED GENERATED"). Pure.
 */
struct my_column_plan my_column_plan(const char *type, const char *extra);

/* Appends "SHOW COLUMNS ..." for the table. */
void my_columns_ask(struct text *sql, const char *db, const char *table);

/* Empty ones, which my_columns_fini() ends. False with *e filled: no memory. */
bool my_columns_begin(struct my_columns *cols, struct err *e) MUST_CHECK;

/* One more that is read. False: more than a table may have. Whether the texts
 * are broken is the caller's to look at. */
bool my_columns_add(struct my_columns *cols, const char *name,
		    const struct my_column_plan *p) MUST_CHECK;

/* One of its columns is one of the primary key, too. False: no memory. */
bool my_columns_add_key(struct my_columns *cols, const char *name,
			const struct my_column_plan *p) MUST_CHECK;

/* Reads the answer to my_columns_ask() into *cols, which my_columns_fini()
 * ends. */
bool my_columns_read(struct my_columns *cols, struct my_conn *c,
		     struct err *e) MUST_CHECK;

/* Appends "SELECT ... FROM ..." over all rows. */
void my_columns_select(const struct my_columns *cols, struct text *sql,
		       const char *db, const char *table);

/* The key of that name; NULL: it is no integer of the primary key. */
const struct my_key *my_columns_key(const struct my_columns *cols,
				    const char *name);

/* Frees what it holds and zeroes it. */
void my_columns_fini(struct my_columns *cols);

#endif
