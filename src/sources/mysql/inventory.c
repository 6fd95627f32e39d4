/*
 * inventory.c - all that a server holds, one list of its information schema
 * after the other, row by row: what is known of a server that was made from
 * files, before any of it is read.
 */
#include "sources/mysql/mysql.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/mysql/op.h"
#include "sources/mysql/server.h"

enum {
	ROWS_PER_STEP = 512,
	SILENCE_SECONDS = 900, /* of many tables the first row may be late */
};

/* Each gives type, database, name, on, definer. */
static const char *const lists[] = {
	"SELECT 'database', SCHEMA_NAME, '', NULL, NULL "
	"FROM information_schema.SCHEMATA",

	"SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'view' "
	"WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END, "
	"TABLE_SCHEMA, TABLE_NAME, NULL, NULL FROM information_schema.TABLES "
	"WHERE TABLE_TYPE IN "
	"('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW', 'SEQUENCE')",

	"SELECT 'view', TABLE_SCHEMA, TABLE_NAME, NULL, DEFINER "
	"FROM information_schema.VIEWS",

	"SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, "
	"DEFINER FROM information_schema.TRIGGERS",

	"SELECT 'routine', ROUTINE_SCHEMA, ROUTINE_NAME, NULL, DEFINER "
	"FROM information_schema.ROUTINES",

	"SELECT 'event', EVENT_SCHEMA, EVENT_NAME, NULL, DEFINER "
	"FROM information_schema.EVENTS",
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

struct inventory {
	struct my_op op; /* comes first */
	bool is_connected, is_asked;
	size_t at; /* the list at hand */
	source_object_cb *each;
	source_objects_cb *done;
	void *arg;
};

static struct inventory *inventory_of(void *op)
{
	return op;
}

static bool ask_list(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, lists[inventory_of(arg)->at]);
	return true;
}

static const struct my_ask list = {"list what it holds", ask_list, NULL, NULL};

static bool tell_row(struct inventory *v, char **values, struct err *e)
{
	const struct source_object o = {
		.type = values[0],
		.database = values[1],
		.name = values[2],
		.on = values[3],
		.definer = values[4],
	};

	if (o.type == NULL || o.database == NULL || o.name == NULL ||
	    my_is_system_database(o.database))
		return true;
	return v->each(v->arg, &o, e);
}

/* MY_DONE: so many rows, or the end of the list. */
static enum my_flow take_rows(struct inventory *v, struct err *e)
{
	for (int i = 0; i < ROWS_PER_STEP; i++) {
		unsigned long *lengths;
		char **values;
		enum my_flow f = my_fetch(v->op.conn, &values, &lengths, e);

		if (f != MY_DONE)
			return f;
		if (values == NULL) {
			v->at++;
			v->is_asked = false;
			return MY_DONE;
		}
		if (!tell_row(v, values, e))
			return MY_FAIL;
	}
	my_op_again(&v->op);
	return MY_WAIT;
}

static enum my_flow go_on(struct inventory *v, struct err *e)
{
	enum my_flow f;

	if (!v->is_connected) {
		f = my_dialog_connect(&v->op.dialog, e);
		v->is_connected = f == MY_DONE;
		return f;
	}
	if (v->is_asked)
		return take_rows(v, e);
	f = my_dialog_stream(&v->op.dialog, &list, e);
	v->is_asked = f == MY_DONE;
	return f;
}

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct inventory *v = inventory_of(op);
	enum my_flow f = MY_DONE;

	while (f == MY_DONE && v->at < LISTS)
		f = go_on(v, e);
	return f;
}

static void tell(struct my_op *op, const struct err *e)
{
	struct inventory *v = inventory_of(op);

	v->done(v->arg, err_is(e) ? e : NULL);
}

static void inventory_free(struct my_op *op)
{
	my_op_fini(op);
	free(inventory_of(op));
}

static const struct my_op_ops inventory_ops = {
	.step = step,
	.tell = tell,
	.free = inventory_free,
};

struct source_op *my_inventory(const struct source_env *env,
			       const struct source_address *a,
			       source_object_cb *each, source_objects_cb *done,
			       void *arg, struct err *e)
{
	struct inventory *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		(void)err_nomem(e, "a list of what a server holds");
		return NULL;
	}
	v->each = each;
	v->done = done;
	v->arg = arg;
	if (my_op_init(&v->op, &inventory_ops, env, a, e)) {
		my_conn_limit(v->op.conn, SILENCE_SECONDS);
		return &v->op.base;
	}
	inventory_free(&v->op);
	return NULL;
}
