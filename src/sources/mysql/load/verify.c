/*
 * verify.c - counts and digests each table again, with the columns,
 * expressions and session of a dump, and then makes the events.
 *
 * Several connections share the tables, as in a dump (reader.h): digests are
 * sums, so the parts of a table add up. Each connection is a conversation of
 * its own; the first one that fails ends all. One that has nothing left to do
 * rests, and the last one that comes to that makes the events.
 */
#include "sources/mysql/load/load_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/history.h"
#include "sources/mysql/op.h"
#include "sources/mysql/reader.h"
#include "sources/mysql/settings.h"

enum lane_state {
	LANE_CONNECT,  /* no connection yet */
	LANE_SERVER,   /* version, for the settings */
	LANE_SETTINGS, /* the session of a dump */
	LANE_READ,     /* the reader's states */
	LANE_REST,     /* nothing is left for this one */
	LANE_EVENTS,   /* all is well: what was held back */
	LANE_DONE,
	LANE_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "settings", "read", "rest", "events", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == LANE_STATE_COUNT,
	       "one name per state");

enum {
	ROW_BYTES_PER_STEP = 256 * 1024,
	ROW_COST = 64,
	SILENCE_SECONDS = 900,
	LANES_MAX = 16,
};

struct verify;

/* One connection. */
struct lane {
	struct my_op op; /* comes first */
	struct verify *verify;
	enum lane_state state;
	struct my_server server;
	struct my_reader reader;
	bool is_refused; /* the target had no room for it */
	uint64_t rows;	 /* of the reader's table, by this one */
	struct digest digest;
	uint64_t range_bytes;
	size_t event; /* of load->held */
};

struct verify {
	struct source_op base; /* comes first */
	struct my_load *load;
	struct my_pool pool;
	struct lane *lanes[LANES_MAX];
	unsigned nlanes;
	unsigned nbusy; /* that do not rest */
	bool is_over;
	load_next_cb *next;
	void *next_arg;
	load_done_cb *done;
	void *arg;
};

/* A table, and what all connections found in it until now. */
struct verify_table {
	struct my_reading base; /* comes first */
	char *database, *name;
	uint64_t rows_wanted, rows;
	struct digest digest_wanted, digest;
};

static struct verify_table *table_of(struct my_reading *t)
{
	return (struct verify_table *)(void *)t;
}

static struct lane *lane_of(void *op)
{
	return op;
}

static void set_state(struct lane *l, enum lane_state next)
{
	log_debug("sources", "mysql verify: %s -> %s", state_names[l->state],
		  state_names[next]);
	l->state = next;
}

static void table_free(struct my_reading *base)
{
	struct verify_table *t = table_of(base);

	my_reading_fini(base);
	free(t->database);
	free(t->name);
	free(t);
}

/* A dump of a server that knows the past holds it. The same version is on
 * both sides of the verification, so any lane's will do. */
static bool has_history(const struct verify *v)
{
	const struct my_load *l = v->load;

	for (unsigned i = 0; i < v->nlanes; i++) {
		if (my_history_is_known(&v->lanes[i]->server))
			return l->has_source && my_history_is_known(&l->source);
	}
	return false;
}

static bool next_table(void *arg, struct my_reading **out, struct err *e)
{
	struct verify *v = arg;
	struct load_item item;
	struct verify_table *t;

	*out = NULL;
	if (!v->next(v->next_arg, &item))
		return true;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return err_nomem(e, "a verification");
	t->database = strdup(item.database);
	t->name = strdup(item.name);
	if (t->database == NULL || t->name == NULL) {
		table_free(&t->base);
		return err_nomem(e, "a verification");
	}
	t->base.database = t->database;
	t->base.name = t->name;
	t->base.has_history = has_history(v);
	t->base.is_plain = true; /* as far as is known */
	t->base.is_whole = item.rows < MY_RANGE_SPAN_MIN;
	t->base.rows_known = t->rows_wanted = item.rows;
	t->digest_wanted = item.digest;
	*out = &t->base;
	return true;
}

static bool compare(void *arg, struct my_reading *base, struct err *e)
{
	const struct verify *v = arg;
	const struct verify_table *t = table_of(base);
	char wanted[DIGEST_HEX_MAX], found[DIGEST_HEX_MAX];

	if (t->rows != t->rows_wanted)
		return err_set(e, ERR_DAMAGED, "verification_failed",
			       "%" PRIu64 " rows were backed up and %" PRIu64
			       " are at the target",
			       t->rows_wanted, t->rows);
	if (!digest_equal(&t->digest, &t->digest_wanted))
		return err_set(e, ERR_DAMAGED, "verification_failed",
			       "the rows' digest was %s in the backup and is "
			       "%s at the target",
			       digest_format(&t->digest_wanted, wanted),
			       digest_format(&t->digest, found));
	v->load->facts.tables_verified++;
	return true;
}

static const struct my_pool_ops pool_ops = {
	.next = next_table,
	.over = compare,
	.free = table_free,
};

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct lane *l = lane_of(arg);

	set_state(l, LANE_SETTINGS);
	return my_server_read(&l->server, c, e);
}

/* Unlike a dump, it may wait for others: nobody waits behind it. */
static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_read(&lane_of(arg)->server, sql);
	text_str(sql, ", SESSION lock_wait_timeout = 60");
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(lane_of(arg), LANE_READ);
	return true;
}

static bool ask_event(void *arg, struct text *sql, struct err *e)
{
	const struct lane *l = lane_of(arg);
	const struct my_load *load = l->verify->load;

	(void)e;
	if (l->event < load->nheld)
		text_add(sql, load->held[l->event].sql,
			 load->held[l->event].len);
	return true;
}

static bool take_event(void *arg, struct my_conn *c, struct err *e)
{
	struct lane *l = lane_of(arg);

	(void)c;
	(void)e;
	if (l->event < l->verify->load->nheld)
		l->event++;
	else
		set_state(l, LANE_DONE);
	return true;
}

static const struct my_ask asks[LANE_STATE_COUNT] = {
	[LANE_SERVER] = {"read the server's variables", my_ask_server,
			 take_server, NULL},
	[LANE_SETTINGS] = {"set up the session", ask_settings, take_settings,
			   NULL},
	[LANE_EVENTS] = {"make the events", ask_event, take_event, NULL},
};

/* One that was connected, to end all. NULL: the target took none. */
static struct lane *lane_for_events(struct verify *v)
{
	for (unsigned i = 0; i < v->nlanes; i++) {
		if (!v->lanes[i]->is_refused)
			return v->lanes[i];
	}
	return NULL;
}

/* Nothing is left for this one. Returns false when nobody could connect. */
static bool rest(struct lane *l)
{
	struct verify *v = l->verify;
	struct lane *last;

	set_state(l, LANE_REST);
	if (--v->nbusy > 0)
		return true;
	last = lane_for_events(v);
	if (last == NULL)
		return false;
	set_state(last, LANE_EVENTS);
	my_op_again(&last->op);
	return true;
}

/* A target that has no room for one connection more is fine with fewer. */
static enum my_flow do_connect(struct lane *l, struct err *e)
{
	enum my_flow f = my_dialog_connect(&l->op.dialog, e);

	if (f == MY_DONE)
		set_state(l, LANE_SERVER);
	if (f != MY_FAIL || !my_is_full(my_conn_errno(l->op.conn)))
		return f;
	l->is_refused = true;
	if (!rest(l))
		return MY_FAIL;
	err_clear(e);
	return MY_WAIT;
}

static size_t take_row(struct lane *l, char **values,
		       const unsigned long *lengths)
{
	unsigned n = l->reader.table->columns.n;
	size_t bytes = ROW_COST;

	for (unsigned i = 0; i < n; i++)
		bytes += lengths[i];
	digest_add_row(&l->digest, (const char *const *)values, lengths, n);
	l->rows++;
	l->range_bytes += bytes;
	return bytes;
}

static enum my_flow do_rows(struct lane *l, struct err *e)
{
	size_t done_bytes = 0;

	while (done_bytes < ROW_BYTES_PER_STEP) {
		unsigned long *lengths;
		char **values;
		enum my_flow f = my_fetch(l->op.conn, &values, &lengths, e);

		if (f != MY_DONE)
			return f;
		if (values == NULL) {
			my_reader_rows_over(&l->reader, l->range_bytes);
			l->range_bytes = 0;
			return MY_DONE;
		}
		done_bytes += take_row(l, values, lengths);
	}
	my_op_again(&l->op);
	return MY_WAIT;
}

/* What this one found joins what the others did. */
static bool end_table(struct lane *l, struct err *e)
{
	struct verify_table *t = table_of(l->reader.table);

	t->rows += l->rows;
	digest_add(&t->digest, &l->digest);
	l->verify->load->facts.rows_verified += l->rows;
	l->rows = 0;
	l->digest = (struct digest){0};
	return my_reader_ended(&l->reader, e);
}

static enum my_flow do_read(struct lane *l, struct err *e)
{
	switch (l->reader.state) {
	case READER_BEGIN:
		my_reader_begun(&l->reader);
		return MY_DONE;
	case READER_ROWS:
		return do_rows(l, e);
	case READER_END:
		return end_table(l, e) ? MY_DONE : MY_FAIL;
	case READER_DONE:
		(void)rest(l);
		return MY_DONE;
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
	case READER_STATE_COUNT:
		break;
	}
	return my_reader_step(&l->reader, e);
}

static enum my_flow do_state(struct lane *l, struct err *e)
{
	switch (l->state) {
	case LANE_CONNECT:
		return do_connect(l, e);
	case LANE_READ:
		return do_read(l, e);
	case LANE_REST:
		return MY_WAIT;
	case LANE_SERVER:
	case LANE_SETTINGS:
	case LANE_EVENTS:
		return my_dialog_step(&l->op.dialog, &asks[l->state], e);
	case LANE_DONE:
	case LANE_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "a verification was stepped when done");
	return MY_FAIL;
}

/* Names the table in whatever went wrong with it. A table that is not there
 * any more was not restored. */
static void say_where(const struct lane *l, struct err *e)
{
	const struct my_reading *t = l->reader.table;
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	my_load_blame(e);
	if (t != NULL)
		err_prefix(e, "table %s.%s",
			   my_clean(group, sizeof(group), t->database),
			   my_clean(name, sizeof(name), t->name));
}

enum { STEPS_PER_TURN = 64 };

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct lane *l = lane_of(op);

	for (int i = 0; i < STEPS_PER_TURN; i++) {
		enum my_flow f;

		if (l->state == LANE_DONE)
			return MY_DONE;
		f = do_state(l, e);
		if (f == MY_FAIL)
			say_where(l, e);
		if (f != MY_DONE)
			return f;
	}
	my_op_again(op);
	return MY_WAIT;
}

static void lane_free(struct my_op *op)
{
	struct lane *l = lane_of(op);

	my_reader_fini(&l->reader);
	my_op_fini(op);
	free(l);
}

/* All but the one that is in its own callback. */
static void free_lanes(struct verify *v, const struct lane *but)
{
	for (unsigned i = 0; i < v->nlanes; i++) {
		if (v->lanes[i] != but)
			lane_free(&v->lanes[i]->op);
	}
	v->nlanes = 0;
}

/* One has failed, or has made the events: it is over for all. It leaves the
 * pool here, since its own end comes after that of the verification. */
static void tell(struct my_op *op, const struct err *e)
{
	struct lane *l = lane_of(op);
	struct verify *v = l->verify;

	my_reader_fini(&l->reader);
	free_lanes(v, l);
	v->is_over = true;
	v->done(v->arg, e);
	free(v);
}

static const struct my_op_ops lane_ops = {
	.step = step,
	.tell = tell,
	.free = lane_free,
};

/* From within its own callback there is nothing left to cancel. */
static void cancel(struct source_op *base)
{
	struct verify *v = (struct verify *)(void *)base;

	if (v->is_over)
		return;
	free_lanes(v, NULL);
	free(v);
}

static void on_work(void *arg)
{
	my_op_again(&lane_of(arg)->op);
}

static bool add_lane(struct verify *v, struct err *e)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_nomem(e, "a verification");
	l->verify = v;
	if (!my_op_init(&l->op, &lane_ops, v->load->env, &v->load->address.view,
			e)) {
		lane_free(&l->op);
		return false;
	}
	my_conn_limit(l->op.conn, SILENCE_SECONDS);
	my_reader_init(&l->reader, &v->pool, l->op.conn, on_work, l);
	v->lanes[v->nlanes++] = l;
	v->nbusy++;
	return true;
}

struct source_op *my_load_verify(struct load *load, load_next_cb *next,
				 void *next_arg, load_done_cb *done, void *arg,
				 struct err *e)
{
	struct verify *v = calloc(1, sizeof(*v));
	unsigned n = load->ops->width(load, ITEM_DATA);

	if (v == NULL) {
		(void)err_nomem(e, "a verification");
		return NULL;
	}
	v->base.cancel = cancel;
	v->load = (struct my_load *)(void *)load; /* base comes first */
	v->next = next;
	v->next_arg = next_arg;
	v->done = done;
	v->arg = arg;
	my_pool_init(&v->pool, &pool_ops, v, n);
	while (v->nlanes < n && v->nlanes < LANES_MAX) {
		if (!add_lane(v, e)) {
			cancel(&v->base);
			return NULL;
		}
	}
	return &v->base;
}
