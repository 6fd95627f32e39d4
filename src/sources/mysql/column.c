/*
 * column.c - the rules per type. Measured, not guessed:
 *
 * FLOAT loses digits as text (16777217 comes as 16777200); as a double it has
 * all of them. Minus a zero, not plus: -0 plus 0 is 0. DOUBLE(M,D) has no
 * exponent as text, and the servers cut a number of more than 81 digits off.
 * ENUM and SET are text, but where '' is a member the text does not tell the
 * member from no member; plus 0 loses digits of a SET of 64. A member's
 * character of four bytes comes as '?' in every definition that the servers
 * print, so that the text would not be a member of the restored table. Under
 * SET NAMES binary a literal is binary: UUID and INET take that for their inner
 * form, MySQL's JSON refuses it; all others take the bytes as they are. JSON
 * that an expression made may hold a DECIMAL, which no text gives back (1.50
 * comes as the double 1.5): it is read as what its own text would be.
 */
#include "sources/mysql/column.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/quote.h"

static const char *const number_types[] = {
	"tinyint", "smallint", "mediumint", "int",   "integer", "bigint",
	"decimal", "numeric",  "double",    "float", "real",	NULL,
};

static const char *const integer_types[] = {
	"tinyint", "smallint", "mediumint", "int", "integer", "bigint", NULL,
};

static const char *const utf8_types[] = {
	"uuid", "inet4", "inet6", "json", "xmltype", NULL,
};

/* The word at the beginning of type, before a blank or a bracket. */
static bool is_type(const char *type, const char *word)
{
	size_t n = strcspn(type, " (/");

	return strlen(word) == n && strncasecmp(type, word, n) == 0;
}

static bool is_one_of(const char *type, const char *const *words)
{
	while (*words != NULL && !is_type(type, *words))
		words++;
	return *words != NULL;
}

/* Not DEFAULT_GENERATED, which is MySQL's word for a default expression. */
static bool is_generated(const char *extra)
{
	return strstr(extra, "VIRTUAL") != NULL ||
	       strstr(extra, "PERSISTENT") != NULL ||
	       strstr(extra, "STORED GENERATED") != NULL;
}

struct my_column_plan my_column_plan(const char *type, const char *extra)
{
	struct my_column_plan p = {.literal = MY_STRING};

	p.is_left_out = is_generated(extra);
	p.is_as_double =
		is_type(type, "float") || strncasecmp(type, "double(", 7) == 0;
	/* Also hit by a quote within a member, where it does no harm. */
	p.is_as_integer =
		(is_type(type, "enum") || is_type(type, "set")) &&
		(strstr(type, "''") != NULL || strchr(type, '?') != NULL);
	p.is_as_json = is_type(type, "json");
	p.is_integer = is_one_of(type, integer_types);
	p.is_unsigned = strstr(type, "unsigned") != NULL;
	if (p.is_as_integer || is_one_of(type, number_types))
		p.literal = MY_NUMBER;
	else if (is_one_of(type, utf8_types))
		p.literal = MY_UTF8_STRING;
	return p;
}

void my_columns_ask(struct text *sql, const char *db, const char *table)
{
	text_str(sql, "SHOW COLUMNS FROM ");
	my_quote_names(sql, db, table);
}

static void add_column(struct my_columns *cols, const char *name,
		       const struct my_column_plan *p)
{
	if (cols->n > 0) {
		text_char(&cols->names, ',');
		text_char(&cols->exprs, ',');
	}
	my_quote_name(&cols->names, name);
	if (p->is_as_integer)
		text_str(&cols->exprs, "CAST(");
	else if (p->is_as_json)
		text_str(&cols->exprs, "CAST(CAST(");
	my_quote_name(&cols->exprs, name);
	if (p->is_as_double)
		text_str(&cols->exprs, "-0e0");
	else if (p->is_as_integer)
		text_str(&cols->exprs, " AS UNSIGNED)");
	else if (p->is_as_json)
		text_str(&cols->exprs,
			 " AS CHAR CHARACTER SET utf8mb4) AS JSON)");
	cols->literals[cols->n++] = (unsigned char)p->literal;
}

bool my_columns_add_key(struct my_columns *cols, const char *name,
			const struct my_column_plan *p)
{
	struct my_key *key = &cols->keys[cols->nkeys];

	cols->nprimary++;
	if (!p->is_integer || cols->nkeys == MY_KEYS_MAX)
		return true;
	key->name = strdup(name);
	key->is_unsigned = p->is_unsigned;
	cols->nkeys += key->name != NULL;
	return key->name != NULL;
}

const struct my_key *my_columns_key(const struct my_columns *cols,
				    const char *name)
{
	for (unsigned i = 0; i < cols->nkeys; i++) {
		if (strcmp(cols->keys[i].name, name) == 0)
			return &cols->keys[i];
	}
	return NULL;
}

/* More than any table may have (InnoDB 1,017, the servers 4,096). */
enum { COLUMNS_MAX = 4096 };

bool my_columns_begin(struct my_columns *cols, struct err *e)
{
	memset(cols, 0, sizeof(*cols));
	cols->literals = malloc(COLUMNS_MAX);
	return cols->literals != NULL || err_nomem(e, "a table's columns");
}

bool my_columns_add(struct my_columns *cols, const char *name,
		    const struct my_column_plan *p)
{
	if (cols->n == COLUMNS_MAX)
		return false;
	add_column(cols, name, p);
	return true;
}

/* What my_history_ask() tells beyond SHOW COLUMNS. */
struct period {
	unsigned period, kind; /* columns of the answer */
	bool is_versioned, is_explicit, is_by_transaction;
};

static bool is_value(const struct my_conn *c, unsigned column, const char *word)
{
	const char *value = my_value(c, column);

	return value != NULL && strcmp(value, word) == 0;
}

static void add_row_start(struct my_columns *cols, const char *name)
{
	static const struct my_column_plan plan = {.literal = MY_STRING};

	add_column(cols, name, &plan);
}

/* As SQL text, for one that is valid now has DEFAULT there. */
static void add_row_end(struct my_columns *cols, const char *name)
{
	if (cols->n > 0) {
		text_char(&cols->names, ',');
		text_char(&cols->exprs, ',');
	}
	my_quote_name(&cols->names, name);
	text_str(&cols->exprs, "IF(");
	my_quote_name(&cols->exprs, name);
	text_str(&cols->exprs, ">='2038-01-19 03:14:07.999999','DEFAULT',"
			       "QUOTE(");
	my_quote_name(&cols->exprs, name);
	text_str(&cols->exprs, "))");
	cols->literals[cols->n++] = MY_NUMBER;
}

/* True when the column is the begin or the end of the period. */
static bool read_period(struct my_columns *cols, struct period *p,
			const struct my_conn *c, const char *name,
			const char *type)
{
	bool is_start = is_value(c, p->period, "ROW START");

	if (is_value(c, p->kind, "SYSTEM VERSIONED"))
		p->is_versioned = true;
	if (!is_start && !is_value(c, p->period, "ROW END"))
		return false;
	p->is_explicit = true;
	if (!is_type(type, "timestamp"))
		p->is_by_transaction = true;
	else if (is_start)
		add_row_start(cols, name);
	else
		add_row_end(cols, name);
	return true;
}

/* A period that nobody named has names of the server's own. */
static void end_period(struct my_columns *cols, const struct period *p)
{
	cols->has_history = p->is_versioned && !p->is_by_transaction;
	if (!cols->has_history || p->is_explicit)
		return;
	add_row_start(cols, "row_start");
	add_row_end(cols, "row_end");
}

static bool is_primary(struct my_conn *c, unsigned column)
{
	const char *key = my_value(c, column);

	return key != NULL && strcmp(key, "PRI") == 0;
}

/* One row of SHOW COLUMNS: name, type, and more by their names. */
static bool read_column(struct my_columns *cols, struct my_conn *c,
			struct period *period, unsigned extra, unsigned key)
{
	const char *name = my_value(c, 0), *more = my_value(c, extra);
	struct my_column_plan p =
		my_column_plan(my_value(c, 1), more != NULL ? more : "");

	if (!read_period(cols, period, c, name, my_value(c, 1)) &&
	    !p.is_left_out)
		add_column(cols, name, &p);
	return !is_primary(c, key) || my_columns_add_key(cols, name, &p);
}

bool my_columns_read(struct my_columns *cols, struct my_conn *c, struct err *e)
{
	unsigned extra = my_column(c, "Extra"), key = my_column(c, "Key");
	struct period period = {.period = my_column(c, "Period"),
				.kind = my_column(c, "Kind")};

	if (!my_columns_begin(cols, e))
		return false;
	while (my_next_row(c)) {
		if (my_value(c, 0) == NULL || my_value(c, 1) == NULL ||
		    cols->n > COLUMNS_MAX - 4)
			return err_set(e, ERR_REMOTE, "source_failed",
				       "the server describes a table's columns "
				       "in an unknown way");
		if (!read_column(cols, c, &period, extra, key))
			return err_nomem(e, "a table's columns");
	}
	end_period(cols, &period);
	if (cols->names.is_broken || cols->exprs.is_broken)
		return err_nomem(e, "a table's columns");
	return true;
}

void my_columns_select(const struct my_columns *cols, struct text *sql,
		       const char *db, const char *table)
{
	text_str(sql, "SELECT ");
	/* All columns generated: the rows still count. */
	text_str(sql, cols->n > 0 ? cols->exprs.data : "1");
	text_str(sql, " FROM ");
	my_quote_names(sql, db, table);
	if (cols->has_history)
		text_str(sql, " FOR SYSTEM_TIME ALL");
}

void my_columns_fini(struct my_columns *cols)
{
	for (unsigned i = 0; i < cols->nkeys; i++)
		free(cols->keys[i].name);
	free(cols->literals);
	text_free(&cols->names);
	text_free(&cols->exprs);
	memset(cols, 0, sizeof(*cols));
}
