/*
 * data.c - phase "data": the rows of all tables, one after the other.
 *
 * The dump's cursor gives out the tables, so several of these could share
 * them, each with a connection of its own. After each table its metadata lock
 * is given back (ROLLBACK TO SAVEPOINT), so that a waiting ALTER of somebody
 * else stops nobody for longer than that table takes.
 */
#include "sources/mysql/dump_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/history.h"
#include "sources/mysql/rows.h"

enum data_state {
	DATA_NAMES,   /* values come as their bytes from here on */
	DATA_TABLE,   /* the next table */
	DATA_COLUMNS, /* its columns */
	DATA_SELECT,  /* its rows are asked for */
	DATA_ROWS,    /* its rows come */
	DATA_RELEASE, /* its metadata lock goes */
	DATA_DONE,
	DATA_STATE_COUNT,
};

static const char *const state_names[] = {
	"names", "table", "columns", "select", "rows", "release", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == DATA_STATE_COUNT,
	       "one name per state");

enum {
	ROW_BYTES_PER_READ = 256 * 1024,
	ROW_COST = 64, /* a row of nothing costs this many bytes' time */
};

struct data {
	struct my_part part; /* comes first */
	enum data_state state;
	const struct my_database *database;
	const struct my_table *table;
	struct my_columns columns;
	struct my_rows rows;
	struct my_row row;
	bool has_row; /* not yet written to its end */
};

static struct data *data_of(void *part)
{
	return part;
}

static void set_state(struct data *t, enum data_state next)
{
	log_debug("sources", "mysql data: %s -> %s", state_names[t->state],
		  state_names[next]);
	t->state = next;
}

static bool ask_names(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SET NAMES binary");
	return true;
}

static bool take_names(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(data_of(arg), DATA_TABLE);
	return true;
}

static bool ask_columns(void *arg, struct text *sql, struct err *e)
{
	struct data *t = data_of(arg);

	(void)e;
	if (t->table->has_history)
		my_history_ask(sql, t->database->name, t->table->name);
	else
		my_columns_ask(sql, t->database->name, t->table->name);
	return true;
}

static bool take_columns(void *arg, struct my_conn *c, struct err *e)
{
	struct data *t = data_of(arg);

	if (!my_columns_read(&t->columns, c, e) ||
	    !my_rows_init(&t->rows, &t->columns, t->table->name, e))
		return false;
	set_state(t, DATA_SELECT);
	return true;
}

static bool ask_select(void *arg, struct text *sql, struct err *e)
{
	struct data *t = data_of(arg);

	(void)e;
	my_columns_select(&t->columns, sql, t->database->name, t->table->name);
	return true;
}

static bool ask_release(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "ROLLBACK TO SAVEPOINT coffer");
	return true;
}

static bool take_release(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(data_of(arg), DATA_TABLE);
	return true;
}

static const struct my_ask asks[DATA_STATE_COUNT] = {
	[DATA_NAMES] = {"set up the session", ask_names, take_names, NULL},
	[DATA_COLUMNS] = {"read the columns", ask_columns, take_columns, NULL},
	[DATA_SELECT] = {"read the rows", ask_select, NULL, NULL},
	[DATA_RELEASE] = {"release the table", ask_release, take_release, NULL},
};

/* The next table becomes an item; tables without data of their own have
 * none. */
static bool next_table(struct data *t, struct err *e)
{
	struct my_dump *d = t->part.dump;
	struct item *item;

	for (;; d->tables.table++) {
		if (!my_cursor_find(&d->objects, &d->tables, MY_TABLES)) {
			set_state(t, DATA_DONE);
			return true;
		}
		t->database = my_cursor_database(&d->objects, &d->tables);
		t->table = my_cursor_table(&d->objects, &d->tables);
		if (!t->table->is_without_data)
			break;
		d->facts.items_done++;
	}
	d->tables.table++;
	item = my_part_item(&t->part, ITEM_DATA, "table", t->database->name,
			    t->table->name);
	set_state(t, DATA_COLUMNS);
	return my_out_begin(&t->part.out, item, t->database->name, e);
}

static bool end_table(struct data *t, struct err *e)
{
	struct my_dump *d = t->part.dump;

	if (!my_rows_end(&t->rows, &t->part.out, e) ||
	    !my_out_end(&t->part.out, e))
		return false;
	if (t->rows.longest_bytes > d->facts.max_statement_bytes)
		d->facts.max_statement_bytes = t->rows.longest_bytes;
	d->facts.items_done++;
	my_rows_fini(&t->rows);
	my_columns_fini(&t->columns);
	set_state(t, DATA_RELEASE);
	return true;
}

static size_t row_bytes(const struct data *t)
{
	size_t bytes = ROW_COST;

	for (unsigned i = 0; i < t->columns.n; i++)
		bytes += t->row.lengths[i];
	return bytes;
}

static bool too_long(struct data *t, struct err *e)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(e, ERR_INVALID, "row_too_long",
		       "a row of %s.%s is longer than max_row_bytes (%" PRIu64
		       "): raise it",
		       my_clean(group, sizeof(group), t->database->name),
		       my_clean(name, sizeof(name), t->table->name),
		       t->part.dump->max_row_bytes);
}

static enum my_flow put_row(struct data *t, size_t *done_bytes, struct err *e)
{
	struct my_dump *d = t->part.dump;
	size_t bytes = row_bytes(t);
	bool is_whole;

	if (d->max_row_bytes != 0 && bytes - ROW_COST > d->max_row_bytes) {
		(void)too_long(t, e);
		return MY_FAIL;
	}
	if (!my_rows_put(&t->rows, &t->part.out, &t->row, &is_whole, e))
		return MY_FAIL;
	*done_bytes += is_whole ? bytes : FRAME_BYTES;
	t->has_row = !is_whole;
	if (is_whole)
		d->facts.rows++;
	return MY_DONE;
}

/* The library takes no packet above the bound, but says that the connection
 * was lost; where the server allows longer ones, both may be true. */
static void lost(struct data *t, struct err *e)
{
	const struct my_dump *d = t->part.dump;

	if (my_conn_errno(t->part.dialog.conn) != MY_ERR_LOST ||
	    d->max_row_bytes == 0 ||
	    d->server.max_packet_bytes <= d->max_row_bytes)
		return;
	err_clear(e);
	(void)err_set(e, ERR_CONNECT, "connection_failed",
		      "the connection broke, or a row is longer than "
		      "max_row_bytes (%" PRIu64 "): if it breaks here again, "
		      "raise that",
		      d->max_row_bytes);
}

static enum my_flow fetch_row(struct data *t, struct err *e)
{
	unsigned long *lengths = NULL;
	enum my_flow f =
		my_fetch(t->part.dialog.conn, &t->row.values, &lengths, e);

	t->row.lengths = lengths;
	if (f == MY_FAIL)
		lost(t, e);
	return f;
}

/* Some 100 KiB of rows. MY_DONE: there is more to do. */
static enum my_flow do_rows(struct data *t, struct err *e)
{
	size_t done_bytes = 0;
	enum my_flow f;

	while (done_bytes < ROW_BYTES_PER_READ) {
		if (!t->has_row) {
			f = fetch_row(t, e);
			if (f != MY_DONE)
				return f;
			if (t->row.values == NULL)
				return end_table(t, e) ? MY_DONE : MY_FAIL;
		}
		f = put_row(t, &done_bytes, e);
		if (f != MY_DONE)
			return f;
	}
	return MY_DONE;
}

static enum my_flow do_state(struct data *t, struct err *e)
{
	enum my_flow f;

	switch (t->state) {
	case DATA_TABLE:
		return next_table(t, e) ? MY_DONE : MY_FAIL;
	case DATA_SELECT:
		f = my_dialog_stream(&t->part.dialog, &asks[DATA_SELECT], e);
		if (f == MY_DONE)
			set_state(t, DATA_ROWS);
		return f;
	case DATA_ROWS:
		return do_rows(t, e);
	case DATA_NAMES:
	case DATA_COLUMNS:
	case DATA_RELEASE:
		return my_dialog_step(&t->part.dialog, &asks[t->state], e);
	case DATA_DONE:
	case DATA_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "the data phase was stepped when done");
	return MY_FAIL;
}

/* Names the table in whatever went wrong with it. */
static void say_where(const struct data *t, struct err *e)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	if (t->table == NULL || t->state == DATA_NAMES)
		return;
	err_prefix(e, "table %s.%s",
		   my_clean(group, sizeof(group), t->database->name),
		   my_clean(name, sizeof(name), t->table->name));
}

static enum flow data_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct data *t = data_of(source);

	t->part.out.link = out;
	for (int i = 0; i < MY_STEPS_PER_READ; i++) {
		enum my_flow f;

		if (t->state == DATA_DONE)
			return my_out_flush(&t->part.out, e) ? FLOW_END
							     : FLOW_FAIL;
		f = do_state(t, e);
		if (f == MY_FAIL)
			say_where(t, e);
		if (f != MY_DONE || t->state == DATA_ROWS)
			return my_part_flow(f);
	}
	return FLOW_MORE;
}

static void data_destroy(struct source *source)
{
	struct data *t = data_of(source);

	my_part_fini(&t->part);
	my_rows_fini(&t->rows);
	my_columns_fini(&t->columns);
	free(t);
}

static const struct source_ops data_ops = {
	.name = "mysql data",
	.read = data_read,
	.destroy = data_destroy,
};

struct source *my_data_new(struct my_dump *d, unsigned lane, struct err *e)
{
	struct data *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	my_part_init(&t->part, &data_ops, d, lane, "SET NAMES binary;\n");
	return &t->part.source;
}
