/*
 * data.c - phase "data": the rows of all tables, shared by the connections.
 *
 * What is read when is the reader's (reader.h); here rows become statements.
 * A table that several read is an item that is_apart, with a run of frames
 * for each of them. After each table its metadata lock is given back
 * (ROLLBACK TO SAVEPOINT), so that a waiting ALTER of somebody else stops
 * nobody for longer than that table takes.
 */
#include "sources/mysql/dump/dump_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sources/mysql/fault.h"
#include "sources/mysql/reader.h"
#include "sources/mysql/dump/rows.h"

enum {
	ROW_BYTES_PER_READ = 64 * 1024,
	ROW_COST = 64, /* a row of nothing costs this many bytes' time */
};

/* A table while it is read. */
struct data_table {
	struct my_reading base; /* comes first */
	const struct my_database *database;
	const struct my_table *table;
	struct item *item;
};

struct data {
	struct my_part part; /* comes first */
	struct my_reader reader;
	struct my_rows rows;
	struct my_row row;
	bool has_row;	      /* not yet written to its end */
	uint64_t range_bytes; /* of values, since the last SELECT */
};

static struct data *data_of(struct source *source)
{
	return (struct data *)(void *)source; /* part, its first, comes first */
}

static struct data_table *table_of(struct my_reading *t)
{
	return (struct data_table *)(void *)t;
}

static void table_free(struct my_reading *base)
{
	struct data_table *t = table_of(base);

	my_reading_fini(base);
	item_unref(t->item);
	free(t);
}

static struct data_table *table_new(struct my_dump *d)
{
	struct data_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->database = my_cursor_database(&d->objects, &d->tables);
	t->table = my_cursor_table(&d->objects, &d->tables);
	t->base.database = t->database->name;
	t->base.name = t->table->name;
	t->base.has_history = t->table->has_history;
	t->base.is_plain = t->table->is_plain;
	t->base.is_whole = t->table->type != MY_TABLE || t->table->is_drifting;
	t->item = item_new(d->next_number, ITEM_DATA, "table", t->base.database,
			   t->base.name);
	if (t->item == NULL) {
		table_free(&t->base);
		return NULL;
	}
	d->next_number++;
	return t;
}

/* The next table becomes an item; tables without data of their own have
 * none. */
static bool next_table(void *arg, struct my_reading **out, struct err *e)
{
	struct my_dump *d = arg;
	struct data_table *t;

	*out = NULL;
	for (;; d->tables.table++) {
		if (!my_cursor_find(&d->objects, &d->tables, MY_TABLES))
			return true;
		if (!my_cursor_table(&d->objects, &d->tables)->is_without_data)
			break;
		d->facts.items_done++;
	}
	t = table_new(d);
	if (t == NULL)
		return err_nomem(e, "an item");
	d->tables.table++;
	*out = &t->base;
	return true;
}

static bool table_over(void *arg, struct my_reading *t, struct err *e)
{
	struct my_dump *d = arg;

	(void)t;
	(void)e;
	d->facts.items_done++;
	return true;
}

static const struct my_pool_ops pool_ops = {
	.next = next_table,
	.over = table_over,
	.free = table_free,
};

/* This connection's part of the table, which may be all of it. */
static bool begin_run(struct data *t, struct err *e)
{
	struct my_reading *base = t->reader.table;
	struct item *item = table_of(base)->item;

	if (base->is_split) {
		item->nruns = item->is_apart ? item->nruns + 1 : 1;
		item->is_apart = true;
		item->is_growing = true;
	}
	if (!my_rows_init(&t->rows, &base->columns, base->name, e) ||
	    !my_out_begin(&t->part.out, item_ref(item), base->database, e))
		return false;
	t->range_bytes = 0;
	my_reader_begun(&t->reader);
	return true;
}

/* A run ends when there is nothing left to be given out; one that has taken a
 * range may still be about to begin. */
static bool end_run(struct data *t, struct err *e)
{
	struct my_dump *d = t->part.dump;

	table_of(t->reader.table)->item->is_growing =
		t->reader.table->nreaders > 1;
	if (!my_rows_end(&t->rows, &t->part.out, e) ||
	    !my_out_end(&t->part.out, e))
		return false;
	if (t->rows.longest_bytes > d->facts.max_statement_bytes)
		d->facts.max_statement_bytes = t->rows.longest_bytes;
	my_rows_fini(&t->rows);
	return my_reader_ended(&t->reader, e);
}

static size_t row_bytes(const struct data *t)
{
	size_t bytes = ROW_COST;

	for (unsigned i = 0; i < t->rows.columns->n; i++)
		bytes += t->row.lengths[i];
	return bytes;
}

static bool too_long(struct data *t, struct err *e)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(
		e, ERR_INVALID, "row_too_long",
		"a row of %s.%s is longer than max_row_bytes (%" PRIu64
		"): raise it",
		my_clean(group, sizeof(group), t->reader.table->database),
		my_clean(name, sizeof(name), t->reader.table->name),
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
	if (is_whole) {
		d->facts.rows++;
		t->range_bytes += bytes;
	}
	return MY_DONE;
}

/* The library takes no packet above the bound, but says that the connection
 * was lost; where the server allows longer ones, both may be true. */
static void lost(struct data *t, struct err *e)
{
	const struct my_dump *d = t->part.dump;

	if (my_conn_errno(t->reader.dialog.conn) != MY_ERR_LOST ||
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
		my_fetch(t->reader.dialog.conn, &t->row.values, &lengths, e);

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
			if (t->row.values == NULL) {
				my_reader_rows_over(&t->reader, t->range_bytes);
				t->range_bytes = 0;
				return MY_DONE;
			}
		}
		f = put_row(t, &done_bytes, e);
		if (f != MY_DONE)
			return f;
	}
	return MY_DONE;
}

static enum my_flow do_state(struct data *t, struct err *e)
{
	switch (t->reader.state) {
	case READER_BEGIN:
		return begin_run(t, e) ? MY_DONE : MY_FAIL;
	case READER_ROWS:
		return do_rows(t, e);
	case READER_END:
		return end_run(t, e) ? MY_DONE : MY_FAIL;
	case READER_NAMES:
	case READER_NEXT:
	case READER_IDLE:
	case READER_DEFINITION:
	case READER_COLUMNS:
	case READER_BOUNDS:
	case READER_KEY:
	case READER_SELECT:
	case READER_JUMP:
	case READER_RELEASE:
	case READER_DONE:
	case READER_STATE_COUNT:
		break;
	}
	return my_reader_step(&t->reader, e);
}

/* Names the table in whatever went wrong with it. */
static void say_where(const struct data *t, struct err *e)
{
	const struct my_reading *table = t->reader.table;
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	if (table == NULL)
		return;
	err_prefix(e, "table %s.%s",
		   my_clean(group, sizeof(group), table->database),
		   my_clean(name, sizeof(name), table->name));
}

static enum flow data_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct data *t = data_of(source);

	t->part.out.link = out;
	for (int i = 0; i < MY_STEPS_PER_READ; i++) {
		enum my_flow f;

		if (t->reader.state == READER_DONE)
			return my_out_flush(&t->part.out, e) ? FLOW_END
							     : FLOW_FAIL;
		f = do_state(t, e);
		if (f == MY_FAIL)
			say_where(t, e);
		if (f != MY_DONE || t->reader.state == READER_ROWS)
			return my_part_flow(f);
	}
	return FLOW_MORE;
}

static void data_destroy(struct source *source)
{
	struct data *t = data_of(source);

	my_part_fini(&t->part);
	my_rows_fini(&t->rows);
	my_reader_fini(&t->reader);
	free(t);
}

static void on_work(void *arg)
{
	struct data *t = arg;

	wake(&t->part.source.waker);
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
	if (lane == 0) {
		my_pool_init(&d->pool, &pool_ops, d, d->nconns);
		d->pool.release = "ROLLBACK TO SAVEPOINT coffer";
	}
	my_part_init(&t->part, &data_ops, d, lane, "SET NAMES binary;\n");
	my_reader_init(&t->reader, &d->pool, d->conns[lane], on_work, t);
	return &t->part.source;
}
