/*
 * names.c - the databases of a server, or the tables of one of them. Sizes
 * make the server open every table, so they come only when asked for.
 */
#include "sources/mysql/mysql.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/op.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/server.h"

enum names_state {
	NAMES_CONNECT,	 /* no connection yet */
	NAMES_DATABASES, /* the names of the databases */
	NAMES_SIZES,	 /* tables and bytes of each database */
	NAMES_TABLES,	 /* the names of one database's tables */
	NAMES_BYTES,	 /* the same with their sizes */
	NAMES_DONE,
	NAMES_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "databases", "sizes", "tables", "bytes", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       NAMES_STATE_COUNT,
	       "one name per state");

struct names {
	struct my_op op; /* comes first */
	enum names_state state;
	char *database;
	bool want_sizes;
	struct source_name *list;
	size_t n, cap;
	source_names_cb *done;
	void *arg;
};

static struct names *names_of(void *op)
{
	return op;
}

static void set_state(struct names *l, enum names_state next)
{
	log_debug("sources", "mysql names: %s -> %s", state_names[l->state],
		  state_names[next]);
	l->state = next;
}

static bool grow(struct names *l)
{
	size_t cap = l->cap > 0 ? l->cap * 2 : 64;
	struct source_name *list;

	if (l->n < l->cap)
		return true;
	list = reallocarray(l->list, cap, sizeof(*list));
	if (list == NULL)
		return false;
	l->list = list;
	l->cap = cap;
	return true;
}

static bool add(struct names *l, const char *name, int64_t bytes, struct err *e)
{
	char *copy = strdup(name);

	if (copy == NULL || !grow(l)) {
		free(copy);
		return err_nomem(e, "a list of names");
	}
	l->list[l->n++] = (struct source_name){copy, -1, bytes};
	return true;
}

static int64_t number_or(const struct my_conn *c, unsigned column,
			 int64_t otherwise)
{
	const char *v = my_value(c, column);

	return v != NULL ? (int64_t)strtoll(v, NULL, 10) : otherwise;
}

static bool ask_databases(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA "
		      "ORDER BY 1");
	return true;
}

static bool take_databases(void *arg, struct my_conn *c, struct err *e)
{
	struct names *l = names_of(arg);

	while (my_next_row(c)) {
		const char *name = my_value(c, 0);

		if (name != NULL && !my_is_system_database(name) &&
		    !add(l, name, l->want_sizes ? 0 : -1, e))
			return false;
	}
	set_state(l, l->want_sizes ? NAMES_SIZES : NAMES_DONE);
	return true;
}

static bool ask_sizes(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT TABLE_SCHEMA, COUNT(*), "
		      "SUM(DATA_LENGTH + INDEX_LENGTH) "
		      "FROM information_schema.TABLES "
		      "WHERE TABLE_TYPE <> 'VIEW' GROUP BY 1");
	return true;
}

static void set_size(struct names *l, const struct my_conn *c)
{
	const char *name = my_value(c, 0);

	for (size_t i = 0; name != NULL && i < l->n; i++)
		if (strcmp(l->list[i].name, name) == 0) {
			l->list[i].ntables = number_or(c, 1, 0);
			l->list[i].bytes = number_or(c, 2, 0);
		}
}

static bool take_sizes(void *arg, struct my_conn *c, struct err *e)
{
	struct names *l = names_of(arg);

	(void)e;
	for (size_t i = 0; i < l->n; i++)
		l->list[i].ntables = 0;
	while (my_next_row(c))
		set_size(l, c);
	set_state(l, NAMES_DONE);
	return true;
}

static bool ask_tables(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, "SHOW TABLES FROM ");
	my_quote_name(sql, names_of(arg)->database);
	return true;
}

static bool ask_bytes(void *arg, struct text *sql, struct err *e)
{
	struct names *l = names_of(arg);

	(void)e;
	text_str(sql, "SELECT TABLE_NAME, DATA_LENGTH + INDEX_LENGTH "
		      "FROM information_schema.TABLES WHERE TABLE_SCHEMA = ");
	my_quote_value(sql, l->database, strlen(l->database));
	text_str(sql, " ORDER BY 1");
	return true;
}

/* For both: without sizes there is no second column. */
static bool take_tables(void *arg, struct my_conn *c, struct err *e)
{
	struct names *l = names_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL &&
		    !add(l, my_value(c, 0),
			 number_or(c, 1, l->want_sizes ? 0 : -1), e))
			return false;
	set_state(l, NAMES_DONE);
	return true;
}

/* What no database can be called is none that is there. */
static bool is_no_database(unsigned number)
{
	return number == MY_ERR_BAD_DB || number == MY_ERR_WRONG_DB_NAME ||
	       number == MY_ERR_LONG_NAME || number == MY_ERR_BAD_CHARACTERS;
}

static bool no_tables(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	char name[MY_TEXT_MAX];

	(void)c;
	if (!is_no_database(number))
		return false;
	err_clear(e);
	return err_set(e, ERR_NOT_FOUND, "not_found",
		       "there is no database \"%s\" on the server",
		       my_clean(name, sizeof(name), names_of(arg)->database));
}

static const struct my_ask asks[NAMES_STATE_COUNT] = {
	[NAMES_DATABASES] = {"list the databases", ask_databases,
			     take_databases, NULL},
	[NAMES_SIZES] = {"read the databases' sizes", ask_sizes, take_sizes,
			 NULL},
	[NAMES_TABLES] = {"list the tables", ask_tables, take_tables,
			  no_tables},
	[NAMES_BYTES] = {"read the tables' sizes", ask_bytes, take_tables,
			 NULL},
};

static enum names_state first_state(const struct names *l)
{
	if (l->database == NULL)
		return NAMES_DATABASES;
	return l->want_sizes ? NAMES_BYTES : NAMES_TABLES;
}

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct names *l = names_of(op);
	enum my_flow f = MY_DONE;

	while (f == MY_DONE && l->state != NAMES_DONE) {
		if (l->state != NAMES_CONNECT) {
			f = my_dialog_step(&op->dialog, &asks[l->state], e);
			continue;
		}
		f = my_dialog_connect(&op->dialog, e);
		if (f == MY_DONE)
			set_state(l, first_state(l));
	}
	return f;
}

static void tell(struct my_op *op, const struct err *e)
{
	struct names *l = names_of(op);

	l->done(l->arg, l->list, err_is(e) ? 0 : l->n, e);
}

static void names_free(struct my_op *op)
{
	struct names *l = names_of(op);

	my_op_fini(op);
	/* The names are copies of this list's own. */
	for (size_t i = 0; i < l->n; i++)
		free((void *)(uintptr_t)l->list[i].name);
	free(l->list);
	free(l->database);
	free(l);
}

static const struct my_op_ops names_ops = {
	.step = step,
	.tell = tell,
	.free = names_free,
};

struct source_op *my_names(const struct source_env *env,
			   const struct source_address *a,
			   const struct source_names_query *q,
			   source_names_cb *done, void *arg, struct err *e)
{
	struct names *l = calloc(1, sizeof(*l));

	if (l == NULL)
		goto nomem;
	l->done = done;
	l->arg = arg;
	l->want_sizes = q->want_sizes;
	if (q->database != NULL) {
		l->database = strdup(q->database);
		if (l->database == NULL)
			goto nomem;
	}
	if (my_op_init(&l->op, &names_ops, env, a, e))
		return &l->op.base;
	names_free(&l->op);
	return NULL;

nomem:
	free(l);
	(void)err_nomem(e, "a list of names");
	return NULL;
}
