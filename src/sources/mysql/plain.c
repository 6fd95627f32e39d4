/*
 * plain.c - the columns of a table as its definition tells them.
 *
 *	CREATE TABLE `t` (
 *	  `a` int(11) NOT NULL AUTO_INCREMENT,
 *	  `b` enum('x','y') DEFAULT 'x' COMMENT '...',
 *	  PRIMARY KEY (`a`),
 *	...
 *
 * Each column has a line of its own, and each must be understood to its end.
 * The type is the text that SHOW COLUMNS prints. Line ends in quotes are
 * escaped by the servers; those in names are not, so names are followed from
 * quote to quote.
 */
#include "config.h" /* for memmem() */
#include "sources/mysql/plain.h"

#include <string.h>

#include "sources/mysql/quote.h"

/* Where the reading stands. */
struct at {
	const char *p, *end;
};

/* A column as its line tells it. */
struct line {
	struct text name, type;
	struct my_column_plan plan;
};

static const char *const types[] = {
	"tinyint",  "smallint",	 "mediumint", "int",	    "bigint",
	"decimal",  "double",	 "float",     "bit",	    "year",
	"date",	    "time",	 "datetime",  "timestamp",  "char",
	"varchar",  "tinytext",	 "text",      "mediumtext", "longtext",
	"binary",   "varbinary", "tinyblob",  "blob",	    "mediumblob",
	"longblob", "json",	 "uuid",      "inet4",	    "inet6",
	NULL,
};

static bool skip(struct at *at, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(at->end - at->p) < n || memcmp(at->p, word, n) != 0)
		return false;
	at->p += n;
	return true;
}

/* How many of these characters follow; they are skipped. */
static size_t skip_all(struct at *at, const char *set)
{
	const char *from = at->p;

	while (at->p < at->end && *at->p != '\0' && strchr(set, *at->p) != NULL)
		at->p++;
	return (size_t)(at->p - from);
}

#define DIGITS	 "0123456789"
#define LETTERS	 "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* 'text', with '' and backslashes within. */
static bool skip_quoted(struct at *at)
{
	if (!skip(at, "'"))
		return false;
	while (at->p < at->end) {
		char c = *at->p++;

		if (c == '\\' && at->p < at->end)
			at->p++;
		else if (c == '\'' && !skip(at, "'"))
			return true;
	}
	return false;
}

/* `name`, as it is; no table and no column has an empty one. */
static bool read_name(struct at *at, struct text *name)
{
	return my_unquote_name(&at->p, at->end, name) && name->len > 0;
}

static bool is_known(const char *word, size_t n)
{
	const char *const *t = types;

	while (*t != NULL && (strlen(*t) != n || memcmp(*t, word, n) != 0))
		t++;
	return *t != NULL;
}

/* ('a','b') of ENUM and SET. */
static bool skip_members(struct at *at)
{
	if (!skip(at, "("))
		return false;
	do {
		if (!skip_quoted(at))
			return false;
	} while (skip(at, ","));
	return skip(at, ")");
}

/* (10) or (10,2), if there is any. */
static bool skip_size(struct at *at)
{
	if (!skip(at, "("))
		return true;
	if (skip_all(at, DIGITS) == 0)
		return false;
	if (skip(at, ",") && skip_all(at, DIGITS) == 0)
		return false;
	return skip(at, ")");
}

/* "decimal(10,2) unsigned zerofill" */
static bool read_type(struct at *at, struct text *type)
{
	const char *from = at->p;
	size_t n = skip_all(at, LETTERS DIGITS);
	bool has_members = (n == 4 && memcmp(from, "enum", n) == 0) ||
			   (n == 3 && memcmp(from, "set", n) == 0);

	if (has_members ? !skip_members(at)
			: !is_known(from, n) || !skip_size(at))
		return false;
	(void)skip(at, " unsigned");
	(void)skip(at, " zerofill");
	text_reset(type);
	text_add(type, from, (size_t)(at->p - from));
	return !type->is_broken;
}

static bool skip_word(struct at *at)
{
	return skip_all(at, LETTERS CAPITALS DIGITS "_") > 0;
}

/* current_timestamp(6), CURRENT_TIMESTAMP */
static bool skip_now(struct at *at)
{
	if (skip(at, "CURRENT_TIMESTAMP"))
		return skip_size(at);
	return skip(at, "current_timestamp(") &&
	       (skip_all(at, DIGITS), skip(at, ")"));
}

/* Literals alone: an expression may hold anything. */
static bool skip_default(struct at *at)
{
	if (skip(at, "NULL") || skip_now(at))
		return true;
	(void)skip(at, "b");
	if (at->p < at->end && *at->p == '\'')
		return skip_quoted(at);
	return skip_all(at, DIGITS "-+.e") > 0;
}

/* What stands behind a type; false: something else does. */
static bool skip_attribute(struct at *at)
{
	if (skip(at, " NOT NULL") || skip(at, " NULL") ||
	    skip(at, " AUTO_INCREMENT"))
		return true;
	if (skip(at, " CHARACTER SET ") || skip(at, " COLLATE "))
		return skip_word(at);
	if (skip(at, " DEFAULT "))
		return skip_default(at);
	if (skip(at, " ON UPDATE "))
		return skip_now(at);
	return skip(at, " COMMENT ") && skip_quoted(at);
}

/* A column's line, to its end; *is_last: no comma follows. */
static bool read_line(struct at *at, struct line *l, bool *is_last)
{
	if (!skip(at, "  ") || !read_name(at, &l->name) || !skip(at, " ") ||
	    !read_type(at, &l->type))
		return false;
	l->plan = my_column_plan(l->type.data, "");
	while (at->p < at->end && *at->p == ' ') {
		if (!skip_attribute(at))
			return false;
	}
	*is_last = !skip(at, ",");
	return skip(at, "\n");
}

static bool is_column(const struct at *at)
{
	return at->end - at->p > 3 && memcmp(at->p, "  `", 3) == 0;
}

/* "  PRIMARY KEY (", "  KEY ", "  CONSTRAINT " ... */
static bool is_key(const struct at *at)
{
	return at->end - at->p > 3 && memcmp(at->p, "  ", 2) == 0 &&
	       at->p[2] >= 'A' && at->p[2] <= 'Z';
}

static bool read_lines(struct my_columns *cols, struct at *at, struct line *l)
{
	bool is_last = false;

	while (!is_last && is_column(at)) {
		if (!read_line(at, l, &is_last) ||
		    !my_columns_add(cols, l->name.data, &l->plan))
			return false;
	}
	return cols->n > 0 &&
	       (is_last ? at->p < at->end && *at->p == ')' : is_key(at));
}

/* The line of a column that was read before. */
static bool find_line(struct at at, struct line *l, const char *name)
{
	bool is_last = false;

	while (!is_last && is_column(&at)) {
		if (!read_line(&at, l, &is_last))
			return false;
		if (strcmp(l->name.data, name) == 0)
			return true;
	}
	return false;
}

/* "  PRIMARY KEY (`a`,`b`(10) DESC)" comes first of all keys. */
static bool read_primary(struct my_columns *cols, struct at *at,
			 struct at lines, struct line *l)
{
	struct text name = {0};
	bool ok = true;

	if (!skip(at, "  PRIMARY KEY ("))
		return true;
	do {
		ok = read_name(at, &name) && skip_size(at) &&
		     find_line(lines, l, name.data) &&
		     my_columns_add_key(cols, name.data, &l->plan);
		if (ok)
			(void)skip(at, " DESC");
	} while (ok && skip(at, ","));
	text_free(&name);
	return ok && skip(at, ")");
}

static bool has_history(const char *create, size_t len)
{
	static const char mark[] = "SYSTEM VERSIONING";

	return memmem(create, len, mark, sizeof(mark) - 1) != NULL;
}

static bool read_all(struct my_columns *cols, struct at *at, struct line *l)
{
	struct text name = {0};
	bool ok = skip(at, "CREATE TABLE ") && read_name(at, &name) &&
		  skip(at, " (\n");
	struct at lines = *at;

	text_free(&name);
	return ok && read_lines(cols, at, l) &&
	       read_primary(cols, at, lines, l) && !cols->names.is_broken &&
	       !cols->exprs.is_broken;
}

void my_plain_ask(struct text *sql, const char *db, const char *table)
{
	text_str(sql, "SHOW CREATE TABLE ");
	my_quote_names(sql, db, table);
}

bool my_plain_read(struct my_columns *cols, const char *create, size_t len,
		   bool *is_plain, struct err *e)
{
	struct at at = {.p = create, .end = create + len};
	struct line l = {0};

	*is_plain = false;
	if (!my_columns_begin(cols, e))
		return false;
	if (create != NULL && !has_history(create, len))
		*is_plain = read_all(cols, &at, &l);
	if (!*is_plain)
		my_columns_fini(cols);
	text_free(&l.name);
	text_free(&l.type);
	return true;
}

bool my_plain_is(const char *create, size_t len)
{
	struct my_columns cols;
	struct err e = {0};
	bool is_plain = false;

	if (!my_plain_read(&cols, create, len, &is_plain, &e))
		return false;
	my_columns_fini(&cols);
	return is_plain;
}
