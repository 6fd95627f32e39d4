/* reader.c - several connections read the rows of many tables. */
#include "sources/mysql/reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/history.h"
#include "sources/mysql/plain.h"
#include "sources/mysql/quote.h"

static const char *const state_names[] = {
	"names", "next",   "idle", "definition", "columns", "bounds",  "key",
	"begin", "select", "rows", "jump",	 "end",	    "release", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       READER_STATE_COUNT,
	       "one name per state");

static void set_state(struct my_reader *r, enum my_reader_state next)
{
	log_debug("sources", "mysql reader: %s -> %s", state_names[r->state],
		  state_names[next]);
	r->state = next;
}

void my_pool_init(struct my_pool *p, const struct my_pool_ops *ops, void *arg,
		  unsigned nreaders)
{
	memset(p, 0, sizeof(*p));
	p->ops = ops;
	p->arg = arg;
	p->nreaders = nreaders;
	TAILQ_INIT(&p->split);
	TAILQ_INIT(&p->idle);
}

void my_reading_fini(struct my_reading *t)
{
	my_columns_fini(&t->columns);
	t->key = NULL;
}

void my_reader_init(struct my_reader *r, struct my_pool *p, struct my_conn *c,
		    my_wake_cb *wake, void *arg)
{
	memset(r, 0, sizeof(*r));
	r->pool = p;
	r->wake = wake;
	r->wake_arg = arg;
	my_dialog_init(&r->dialog, c, r);
}

/* There is work, or there will be none. */
static void wake_idle(struct my_pool *p)
{
	struct my_reader *r;

	while ((r = TAILQ_FIRST(&p->idle)) != NULL) {
		TAILQ_REMOVE(&p->idle, r, entry);
		set_state(r, READER_NEXT);
		r->wake(r->wake_arg);
	}
}

/* It is known now whether the reader's table is cut. */
static void decided(struct my_reader *r)
{
	if (!r->is_unknown)
		return;
	r->is_unknown = false;
	r->pool->nunknown--;
	wake_idle(r->pool);
}

/* One reader less; true: it was the last. */
static bool leave(struct my_reader *r)
{
	bool is_last = --r->table->nreaders == 0;

	decided(r);
	return is_last;
}

void my_reader_fini(struct my_reader *r)
{
	struct my_reading *t = r->table;

	if (r->pool == NULL)
		return;
	if (r->state == READER_IDLE)
		TAILQ_REMOVE(&r->pool->idle, r, entry);
	if (t != NULL && leave(r)) {
		if (t->is_split && !t->ranges.is_over)
			TAILQ_REMOVE(&r->pool->split, t, entry);
		r->pool->ops->free(t);
	}
	my_dialog_fini(&r->dialog);
	memset(r, 0, sizeof(*r));
}

static bool take_range(struct my_reader *r, struct my_reading *t)
{
	bool is_there = my_ranges_take(&t->ranges, &r->range);

	if (is_there && t->ranges.is_over)
		TAILQ_REMOVE(&r->pool->split, t, entry);
	return is_there;
}

static bool ask_names(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	/* MySQL remembers a table's size for a day otherwise. */
	text_str(sql, "SET NAMES binary/*!80000 , "
		      "SESSION information_schema_stats_expiry=0 */");
	return true;
}

static bool to_next(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(arg, READER_NEXT);
	return true;
}

/* A table that is cut already, else a new one, else nothing. */
static enum my_flow do_next(struct my_reader *r, struct err *e)
{
	struct my_pool *p = r->pool;

	r->table = TAILQ_FIRST(&p->split);
	if (r->table != NULL && take_range(r, r->table)) {
		r->table->nreaders++;
		set_state(r, READER_BEGIN);
		return MY_DONE;
	}
	if (!p->ops->next(p->arg, &r->table, e))
		return MY_FAIL;
	if (r->table != NULL) {
		r->table->nreaders = 1;
		r->is_unknown = true;
		p->nunknown++;
		set_state(r, r->table->is_plain ? READER_DEFINITION
						: READER_COLUMNS);
	} else if (p->nunknown > 0) {
		TAILQ_INSERT_TAIL(&p->idle, r, entry);
		set_state(r, READER_IDLE);
		return MY_WAIT;
	} else {
		set_state(r, READER_DONE);
	}
	return MY_DONE;
}

static bool ask_columns(void *arg, struct text *sql, struct err *e)
{
	const struct my_reader *r = arg;

	(void)e;
	if (r->table->has_history)
		my_history_ask(sql, r->table->database, r->table->name);
	else
		my_columns_ask(sql, r->table->database, r->table->name);
	return true;
}

/* One statement reads it all. */
static void read_whole(struct my_reader *r)
{
	set_state(r, READER_BEGIN);
	decided(r);
}

/*
 * Most tables are small, and most have one integer as their key: the first
 * and the last of it cost least to find (a third of SHOW COLUMNS) and tell of
 * nearly all of them. Only where the key has several columns it must be known
 * first which one leads.
 */
static enum my_reader_state find_key(const struct my_reader *r)
{
	struct my_reading *t = r->table;
	bool is_small = t->rows_known != 0 && t->rows_known < MY_RANGE_SPAN_MIN;

	/* Rows of the past may lie beyond the keys of those of today. */
	if (t->is_whole || t->columns.has_history || is_small ||
	    r->pool->nreaders < 2 || t->columns.nkeys == 0)
		return READER_BEGIN;
	if (t->columns.nprimary > 1)
		return READER_KEY;
	t->key = &t->columns.keys[0];
	return READER_BOUNDS;
}

static void columns_known(struct my_reader *r)
{
	enum my_reader_state next = find_key(r);

	if (next == READER_BEGIN)
		read_whole(r);
	else
		set_state(r, next);
}

static bool take_columns(void *arg, struct my_conn *c, struct err *e)
{
	struct my_reader *r = arg;

	if (!my_columns_read(&r->table->columns, c, e))
		return false;
	columns_known(r);
	return true;
}

static bool ask_definition(void *arg, struct text *sql, struct err *e)
{
	const struct my_reader *r = arg;

	(void)e;
	my_plain_ask(sql, r->table->database, r->table->name);
	return true;
}

static bool take_definition(void *arg, struct my_conn *c, struct err *e)
{
	struct my_reader *r = arg;
	const char *create = my_next_row(c) ? my_value(c, 1) : NULL;

	if (!my_plain_read(&r->table->columns, create, my_value_len(c, 1),
			   &r->table->is_plain, e))
		return false;
	if (r->table->is_plain)
		columns_known(r);
	else
		set_state(r, READER_COLUMNS);
	return true;
}

/* All is known: others may help from here on. */
static void split(struct my_reader *r)
{
	struct my_reading *t = r->table;

	my_ranges_init(&t->ranges, t->first, t->last, t->rows, t->bytes);
	t->ranges.is_unsigned = t->key->is_unsigned;
	t->ranges.readers = r->pool->nreaders;
	t->is_split = true;
	TAILQ_INSERT_TAIL(&r->pool->split, t, entry);
	(void)take_range(r, t);
	set_state(r, READER_BEGIN);
	decided(r);
}

static bool ask_bounds(void *arg, struct text *sql, struct err *e)
{
	const struct my_reader *r = arg;

	(void)e;
	text_str(sql, "SELECT MIN(");
	my_quote_name(sql, r->table->key->name);
	text_str(sql, "),MAX(");
	my_quote_name(sql, r->table->key->name);
	text_str(sql, ") FROM ");
	my_quote_names(sql, r->table->database, r->table->name);
	return true;
}

static bool read_key(struct my_conn *c, unsigned column,
		     const struct my_reading *t, uint64_t *key)
{
	const char *text = my_value(c, column);

	return text != NULL && my_key_parse(text, t->key->is_unsigned, key);
}

static bool take_bounds(void *arg, struct my_conn *c, struct err *e)
{
	struct my_reader *r = arg;
	struct my_reading *t = r->table;

	(void)e;
	t->has_bounds = my_next_row(c) && read_key(c, 0, t, &t->first) &&
			read_key(c, 1, t, &t->last) && t->first < t->last;
	if (!t->has_bounds || (t->columns.nprimary == 1 &&
			       t->last - t->first < MY_RANGE_SPAN_MIN))
		read_whole(r);
	else if (t->has_size)
		split(r);
	else
		set_state(r, READER_KEY);
	return true;
}

static void where_table(struct text *sql, const char *view,
			const struct my_reading *t)
{
	text_printf(sql, "%s.TABLE_SCHEMA=", view);
	my_quote_value(sql, t->database, strlen(t->database));
	text_printf(sql, " AND %s.TABLE_NAME=", view);
	my_quote_value(sql, t->name, strlen(t->name));
}

/* Of one table: for a list of them the server would open each. */
static bool ask_key(void *arg, struct text *sql, struct err *e)
{
	const struct my_reading *t = ((struct my_reader *)arg)->table;

	(void)e;
	text_str(sql, "SELECT s.COLUMN_NAME,t.ENGINE,t.TABLE_TYPE,t.TABLE_ROWS,"
		      "t.DATA_LENGTH FROM information_schema.TABLES t,"
		      "information_schema.STATISTICS s WHERE ");
	where_table(sql, "t", t);
	text_str(sql, " AND ");
	where_table(sql, "s", t);
	text_str(sql, " AND s.INDEX_NAME='PRIMARY' AND s.SEQ_IN_INDEX=1");
	return true;
}

static uint64_t number(const struct my_conn *c, unsigned column)
{
	const char *text = my_value(c, column);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static bool is_word(const struct my_conn *c, unsigned column, const char *word)
{
	const char *text = my_value(c, column);

	return text != NULL && strcasecmp(text, word) == 0;
}

/* Ranges are cheap where the table lies in the order of its primary key. One
 * that keeps its history has older rows between, and finds no bounds quickly.
 */
static bool is_fit(struct my_reading *t, struct my_conn *c)
{
	const char *column;

	if (!my_next_row(c))
		return false;
	column = my_value(c, 0);
	t->key = column != NULL ? my_columns_key(&t->columns, column) : NULL;
	t->rows = number(c, 3);
	t->bytes = number(c, 4);
	/* Of a table that was just filled the server's estimate is old. */
	if (t->rows_known != 0) {
		t->rows = t->rows_known;
		t->bytes = 0;
	}
	t->has_size = true;
	return t->key != NULL && is_word(c, 1, "InnoDB") &&
	       is_word(c, 2, "BASE TABLE") &&
	       (t->rows_known != 0 || my_ranges_is_worth(t->rows, t->bytes));
}

static bool take_key(void *arg, struct my_conn *c, struct err *e)
{
	struct my_reader *r = arg;

	(void)e;
	if (!is_fit(r->table, c))
		read_whole(r);
	else if (r->table->has_bounds)
		split(r);
	else
		set_state(r, READER_BOUNDS);
	return true;
}

/* The first and the last range have no bound outwards: what is there belongs
 * to them, whatever it is. */
static void add_range(struct text *sql, const struct my_reader *r)
{
	const struct my_reading *t = r->table;

	text_str(sql, " FORCE INDEX (PRIMARY)");
	if (!r->range.is_first) {
		text_str(sql, " WHERE ");
		my_quote_name(sql, t->key->name);
		text_str(sql, ">=");
		my_key_format(sql, r->range.from, t->key->is_unsigned);
	}
	if (!r->range.is_last) {
		text_str(sql, r->range.is_first ? " WHERE " : " AND ");
		my_quote_name(sql, t->key->name);
		text_str(sql, "<=");
		my_key_format(sql, r->range.to, t->key->is_unsigned);
	}
}

static bool ask_select(void *arg, struct text *sql, struct err *e)
{
	const struct my_reader *r = arg;
	const struct my_reading *t = r->table;

	(void)e;
	my_columns_select(&t->columns, sql, t->database, t->name);
	if (t->is_split)
		add_range(sql, r);
	return true;
}

static bool ask_jump(void *arg, struct text *sql, struct err *e)
{
	const struct my_reading *t = ((struct my_reader *)arg)->table;

	(void)e;
	text_str(sql, "SELECT MIN(");
	my_quote_name(sql, t->key->name);
	text_str(sql, ") FROM ");
	my_quote_names(sql, t->database, t->name);
	text_str(sql, " FORCE INDEX (PRIMARY) WHERE ");
	my_quote_name(sql, t->key->name);
	text_str(sql, ">=");
	my_key_format(sql, t->ranges.next, t->key->is_unsigned);
	return true;
}

/* The next range of the same table, or the end of this reader's part. */
static void go_on(struct my_reader *r)
{
	bool has_more = r->table->is_split && take_range(r, r->table);

	set_state(r, has_more ? READER_SELECT : READER_END);
}

static bool take_jump(void *arg, struct my_conn *c, struct err *e)
{
	struct my_reader *r = arg;
	struct my_reading *t = r->table;
	bool was_over = t->ranges.is_over;
	uint64_t key;

	(void)e;
	if (my_next_row(c) && read_key(c, 0, t, &key))
		my_ranges_jump(&t->ranges, key);
	if (t->ranges.is_over && !was_over)
		TAILQ_REMOVE(&r->pool->split, t, entry);
	go_on(r);
	return true;
}

static bool ask_release(void *arg, struct text *sql, struct err *e)
{
	const struct my_reader *r = arg;

	(void)e;
	if (r->pool->release != NULL)
		text_str(sql, r->pool->release);
	return true;
}

static const struct my_ask asks[READER_STATE_COUNT] = {
	[READER_NAMES] = {"set up the session", ask_names, to_next, NULL},
	[READER_DEFINITION] = {"read the definition", ask_definition,
			       take_definition, NULL},
	[READER_COLUMNS] = {"read the columns", ask_columns, take_columns,
			    NULL},
	[READER_BOUNDS] = {"read the keys", ask_bounds, take_bounds, NULL},
	[READER_KEY] = {"read the primary key", ask_key, take_key, NULL},
	[READER_SELECT] = {"read the rows", ask_select, NULL, NULL},
	[READER_JUMP] = {"read the keys", ask_jump, take_jump, NULL},
	[READER_RELEASE] = {"release the table", ask_release, to_next, NULL},
};

enum my_flow my_reader_step(struct my_reader *r, struct err *e)
{
	enum my_flow f;

	switch (r->state) {
	case READER_NEXT:
		return do_next(r, e);
	case READER_IDLE:
		return MY_WAIT;
	case READER_SELECT:
		f = my_dialog_stream(&r->dialog, &asks[r->state], e);
		if (f == MY_DONE)
			set_state(r, READER_ROWS);
		return f;
	case READER_NAMES:
	case READER_DEFINITION:
	case READER_COLUMNS:
	case READER_BOUNDS:
	case READER_KEY:
	case READER_JUMP:
	case READER_RELEASE:
		return my_dialog_step(&r->dialog, &asks[r->state], e);
	case READER_BEGIN:
	case READER_ROWS:
	case READER_END:
	case READER_DONE:
	case READER_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "a reader was stepped in state %d", (int)r->state);
	return MY_FAIL;
}

void my_reader_begun(struct my_reader *r)
{
	set_state(r, READER_SELECT);
}

void my_reader_rows_over(struct my_reader *r, uint64_t bytes)
{
	struct my_reading *t = r->table;

	if (t->is_split)
		my_ranges_learn(&t->ranges, &r->range, bytes);
	if (t->is_split && bytes == 0 && !t->ranges.is_over)
		set_state(r, READER_JUMP);
	else
		go_on(r);
}

bool my_reader_ended(struct my_reader *r, struct err *e)
{
	struct my_reading *t = r->table;
	bool ok = true;

	set_state(r, READER_RELEASE);
	if (leave(r)) {
		ok = r->pool->ops->over(r->pool->arg, t, e);
		if (ok)
			r->pool->ops->free(t);
		else
			t->nreaders++;
	}
	if (ok)
		r->table = NULL;
	return ok;
}
