/*
 * load_verify.c - counts and digests each table again, with the columns,
 * expressions and session of a dump, and then makes the events.
 */
#include "sources/mysql/load_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/column.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/history.h"
#include "sources/mysql/op.h"
#include "sources/mysql/settings.h"

enum verify_state {
	VERIFY_CONNECT,	 /* no connection yet */
	VERIFY_SERVER,	 /* version, for the settings */
	VERIFY_SETTINGS, /* the session of a dump */
	VERIFY_NAMES,	 /* values come as their bytes */
	VERIFY_NEXT,	 /* the next table, if there is one */
	VERIFY_COLUMNS,	 /* its columns */
	VERIFY_SELECT,	 /* its rows are asked for */
	VERIFY_ROWS,	 /* its rows come */
	VERIFY_EVENTS,	 /* all is well: what was held back */
	VERIFY_DONE,
	VERIFY_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "settings", "names",  "next",
	"columns", "select", "rows",	 "events", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       VERIFY_STATE_COUNT,
	       "one name per state");

enum {
	ROW_BYTES_PER_STEP = 256 * 1024,
	ROW_COST = 64,
	SILENCE_SECONDS = 900,
};

struct verify {
	struct my_op op; /* comes first */
	struct my_load *load;
	enum verify_state state;
	struct my_server server;
	load_next_cb *next;
	void *next_arg;
	char *database, *table; /* copies of the item's */
	uint64_t rows_wanted, rows;
	struct digest digest_wanted, digest;
	struct my_columns columns;
	size_t event; /* of load->held */
	load_done_cb *done;
	void *arg;
};

static struct verify *verify_of(void *op)
{
	return op;
}

static void set_state(struct verify *v, enum verify_state next)
{
	log_debug("sources", "mysql verify: %s -> %s", state_names[v->state],
		  state_names[next]);
	v->state = next;
}

static bool ask_server(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_server_ask(sql);
	return true;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct verify *v = verify_of(arg);

	set_state(v, VERIFY_SETTINGS);
	return my_server_read(&v->server, c, e);
}

/* Unlike a dump, it may wait for others: nobody waits behind it. */
static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_read(&verify_of(arg)->server, sql);
	text_str(sql, ", SESSION lock_wait_timeout = 60");
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(verify_of(arg), VERIFY_NAMES);
	return true;
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
	set_state(verify_of(arg), VERIFY_NEXT);
	return true;
}

/* A dump of a server that knows the past holds it. */
static bool has_history(const struct verify *v)
{
	return v->load->has_source && my_history_is_known(&v->load->source) &&
	       my_history_is_known(&v->server);
}

static bool ask_columns(void *arg, struct text *sql, struct err *e)
{
	struct verify *v = verify_of(arg);

	(void)e;
	if (has_history(v))
		my_history_ask(sql, v->database, v->table);
	else
		my_columns_ask(sql, v->database, v->table);
	return true;
}

static bool take_columns(void *arg, struct my_conn *c, struct err *e)
{
	struct verify *v = verify_of(arg);

	set_state(v, VERIFY_SELECT);
	return my_columns_read(&v->columns, c, e);
}

static bool ask_select(void *arg, struct text *sql, struct err *e)
{
	struct verify *v = verify_of(arg);

	(void)e;
	my_columns_select(&v->columns, sql, v->database, v->table);
	return true;
}

static bool ask_event(void *arg, struct text *sql, struct err *e)
{
	struct verify *v = verify_of(arg);

	(void)e;
	if (v->event < v->load->nheld)
		text_add(sql, v->load->held[v->event].sql,
			 v->load->held[v->event].len);
	return true;
}

static bool take_event(void *arg, struct my_conn *c, struct err *e)
{
	struct verify *v = verify_of(arg);

	(void)c;
	(void)e;
	if (v->event < v->load->nheld)
		v->event++;
	else
		set_state(v, VERIFY_DONE);
	return true;
}

static const struct my_ask asks[VERIFY_STATE_COUNT] = {
	[VERIFY_SERVER] = {"read the server's variables", ask_server,
			   take_server, NULL},
	[VERIFY_SETTINGS] = {"set up the session", ask_settings, take_settings,
			     NULL},
	[VERIFY_NAMES] = {"set up the session", ask_names, take_names, NULL},
	[VERIFY_COLUMNS] = {"read the columns", ask_columns, take_columns,
			    NULL},
	[VERIFY_SELECT] = {"read the rows", ask_select, NULL, NULL},
	[VERIFY_EVENTS] = {"make the events", ask_event, take_event, NULL},
};

static void forget_table(struct verify *v)
{
	my_columns_fini(&v->columns);
	free(v->database);
	free(v->table);
	v->database = NULL;
	v->table = NULL;
}

static bool next_table(struct verify *v, struct err *e)
{
	struct load_item item;

	forget_table(v);
	if (!v->next(v->next_arg, &item)) {
		set_state(v, VERIFY_EVENTS);
		return true;
	}
	v->database = strdup(item.database);
	v->table = strdup(item.name);
	if (v->database == NULL || v->table == NULL)
		return err_nomem(e, "a verification");
	v->rows_wanted = item.rows;
	v->digest_wanted = item.digest;
	v->rows = 0;
	v->digest = (struct digest){0};
	set_state(v, VERIFY_COLUMNS);
	return true;
}

static bool compare(struct verify *v, struct err *e)
{
	char wanted[DIGEST_HEX_MAX], found[DIGEST_HEX_MAX];

	if (v->rows != v->rows_wanted)
		return err_set(e, ERR_DAMAGED, "verification_failed",
			       "%" PRIu64 " rows were backed up and %" PRIu64
			       " are at the target",
			       v->rows_wanted, v->rows);
	if (!digest_equal(&v->digest, &v->digest_wanted))
		return err_set(e, ERR_DAMAGED, "verification_failed",
			       "the rows' digest was %s in the backup and is "
			       "%s at the target",
			       digest_format(&v->digest_wanted, wanted),
			       digest_format(&v->digest, found));
	v->load->facts.tables_verified++;
	set_state(v, VERIFY_NEXT);
	return true;
}

static size_t take_row(struct verify *v, char **values,
		       const unsigned long *lengths)
{
	size_t bytes = ROW_COST;

	for (unsigned i = 0; i < v->columns.n; i++)
		bytes += lengths[i];
	digest_add_row(&v->digest, (const char *const *)values, lengths,
		       v->columns.n);
	v->rows++;
	v->load->facts.rows_verified++;
	return bytes;
}

static enum my_flow do_rows(struct verify *v, struct err *e)
{
	size_t done_bytes = 0;

	while (done_bytes < ROW_BYTES_PER_STEP) {
		unsigned long *lengths;
		char **values;
		enum my_flow f = my_fetch(v->op.conn, &values, &lengths, e);

		if (f != MY_DONE)
			return f;
		if (values == NULL)
			return compare(v, e) ? MY_DONE : MY_FAIL;
		done_bytes += take_row(v, values, lengths);
	}
	my_op_again(&v->op);
	return MY_WAIT;
}

static enum my_flow do_state(struct verify *v, struct err *e)
{
	enum my_flow f;

	switch (v->state) {
	case VERIFY_CONNECT:
		f = my_dialog_connect(&v->op.dialog, e);
		if (f == MY_DONE)
			set_state(v, VERIFY_SERVER);
		return f;
	case VERIFY_NEXT:
		return next_table(v, e) ? MY_DONE : MY_FAIL;
	case VERIFY_SELECT:
		f = my_dialog_stream(&v->op.dialog, &asks[v->state], e);
		if (f == MY_DONE)
			set_state(v, VERIFY_ROWS);
		return f;
	case VERIFY_ROWS:
		return do_rows(v, e);
	case VERIFY_SERVER:
	case VERIFY_SETTINGS:
	case VERIFY_NAMES:
	case VERIFY_COLUMNS:
	case VERIFY_EVENTS:
		return my_dialog_step(&v->op.dialog, &asks[v->state], e);
	case VERIFY_DONE:
	case VERIFY_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "a verification was stepped when done");
	return MY_FAIL;
}

/* Names the table in whatever went wrong with it. A table that is not there
 * any more was not restored. */
static void say_where(const struct verify *v, struct err *e)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	my_load_blame(e);
	if (v->database != NULL)
		err_prefix(e, "table %s.%s",
			   my_clean(group, sizeof(group), v->database),
			   my_clean(name, sizeof(name), v->table));
}

enum { STEPS_PER_TURN = 64 };

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct verify *v = verify_of(op);

	for (int i = 0; i < STEPS_PER_TURN; i++) {
		enum my_flow f;

		if (v->state == VERIFY_DONE)
			return MY_DONE;
		f = do_state(v, e);
		if (f == MY_FAIL)
			say_where(v, e);
		if (f != MY_DONE)
			return f;
	}
	my_op_again(op);
	return MY_WAIT;
}

static void tell(struct my_op *op, const struct err *e)
{
	struct verify *v = verify_of(op);

	v->done(v->arg, e);
}

static void verify_free(struct my_op *op)
{
	struct verify *v = verify_of(op);

	my_op_fini(op);
	forget_table(v);
	free(v);
}

static const struct my_op_ops verify_ops = {
	.step = step,
	.tell = tell,
	.free = verify_free,
};

struct source_op *my_load_verify(struct load *load, load_next_cb *next,
				 void *next_arg, load_done_cb *done, void *arg,
				 struct err *e)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		(void)err_nomem(e, "a verification");
		return NULL;
	}
	v->load = (struct my_load *)(void *)load; /* base comes first */
	v->next = next;
	v->next_arg = next_arg;
	v->done = done;
	v->arg = arg;
	if (!my_op_init(&v->op, &verify_ops, v->load->env,
			&v->load->address.view, e)) {
		verify_free(&v->op);
		return NULL;
	}
	my_conn_limit(v->op.conn, SILENCE_SECONDS);
	return &v->op.base;
}
