/*
 * load_sink.c - applies the frames of a dump, statement by statement.
 *
 * Rows are gathered into transactions of some MiB: a commit each statement
 * costs a disk flush each. A statement that lies whole in a frame is sent
 * from there. Making events is put off until the rows are verified, since an
 * event may run, and write, as soon as it is made.
 */
#include "sources/mysql/load_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/program.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/settings.h"
#include "sources/mysql/split.h"

enum sink_state {
	SINK_CONNECT,  /* no connection yet */
	SINK_SERVER,   /* version, for the settings */
	SINK_SETTINGS, /* the session becomes ours */
	SINK_DROP,     /* what is overwritten goes, one after the other */
	SINK_NEXT,     /* looks for the next statement */
	SINK_RUN,      /* it is on its way */
	SINK_ALONE,    /* it must not share a transaction: none from here on */
	SINK_COMMIT,   /* so many rows are enough for one transaction */
	SINK_LAST,     /* the last transaction */
	SINK_DONE,
	SINK_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "settings", "drop", "next",
	"run",	   "alone",  "commit",	 "last", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == SINK_STATE_COUNT,
	       "one name per state");

enum {
	SILENCE_SECONDS = 3600, /* an index of a large table takes its time */
	TRANSACTION_BYTES = 16 * 1024 * 1024,
	BRIEF_MAX = 81, /* of a statement, in errors */
	STATEMENTS_PER_WRITE = 64,
	GTID_CONSISTENCY = 1785, /* ER_GTID_UNSAFE_NON_TRANSACTIONAL_TABLE */
};

struct my_sink {
	struct sink sink; /* comes first */
	struct my_load *load;
	struct my_conn *conn;
	struct my_dialog dialog;
	struct my_server server;
	enum sink_state state;
	size_t database; /* SINK_DROP */
	struct frame *frame;
	struct my_split split;
	struct text renamed; /* the statement at hand, if it changed */
	const char *sql;
	size_t len;
	size_t open_bytes; /* of the transaction */
	bool is_alone;	   /* each statement is a transaction */
	bool is_holding;   /* among the events */
};

static struct my_sink *sink_of(void *sink)
{
	return sink;
}

static void set_state(struct my_sink *s, enum sink_state next)
{
	if (s->state < SINK_NEXT || next == SINK_DONE)
		log_debug("sources", "mysql load: %s -> %s",
			  state_names[s->state], state_names[next]);
	s->state = next;
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
	struct my_sink *s = sink_of(arg);

	set_state(s, SINK_SETTINGS);
	return my_server_read(&s->server, c, e);
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_write(&sink_of(arg)->server, sql);
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)c;
	(void)e;
	set_state(s, s->load->ndatabases > 0 ? SINK_DROP : SINK_NEXT);
	return true;
}

static bool ask_drop(void *arg, struct text *sql, struct err *e)
{
	struct my_sink *s = sink_of(arg);
	const char *name = s->load->databases[s->database];

	(void)e;
	if (!my_load_may_drop(s->load, name))
		return true;
	text_str(sql, "DROP DATABASE IF EXISTS ");
	my_quote_name(sql, name);
	return true;
}

static bool take_drop(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)c;
	(void)e;
	if (++s->database == s->load->ndatabases)
		set_state(s, SINK_NEXT);
	return true;
}

static bool ask_commit(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "COMMIT");
	return true;
}

static bool take_commit(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)c;
	(void)e;
	s->open_bytes = 0;
	set_state(s, s->state == SINK_LAST ? SINK_DONE : SINK_NEXT);
	return true;
}

static bool ask_alone(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SET SESSION autocommit = 1");
	return true;
}

static bool take_alone(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)e;
	s->is_alone = true;
	my_query(c, s->sql, s->len, MY_STORE, "restore");
	set_state(s, SINK_RUN);
	return true;
}

static const struct my_ask asks[SINK_STATE_COUNT] = {
	[SINK_SERVER] = {"read the server's variables", ask_server, take_server,
			 NULL},
	[SINK_SETTINGS] = {"set up the session", ask_settings, take_settings,
			   NULL},
	[SINK_DROP] = {"drop a database", ask_drop, take_drop, NULL},
	[SINK_ALONE] = {"set up the session", ask_alone, take_alone, NULL},
	[SINK_COMMIT] = {"commit", ask_commit, take_commit, NULL},
	[SINK_LAST] = {"commit", ask_commit, take_commit, NULL},
};

static bool rename_databases(struct my_sink *s, struct err *e)
{
	if (!my_renames_apply(&s->load->renames, s->sql, s->len, &s->renamed))
		return true;
	if (s->renamed.is_broken)
		return err_nomem(e, "a statement");
	s->sql = s->renamed.data;
	s->len = s->renamed.len;
	return true;
}

/* What to do with the statement at hand: now, later, or nothing. */
static bool begin_statement(struct my_sink *s, struct err *e)
{
	if (!rename_databases(s, e))
		return false;
	s->load->facts.statements++;
	s->load->facts.statement_bytes += s->len;
	if (my_is_mark(my_events_mark(), s->sql, s->len)) {
		s->is_holding = true;
		return true;
	}
	if (my_is_mark(my_events_end(), s->sql, s->len))
		s->is_holding = false;
	if (s->is_holding)
		return my_load_hold(s->load, s->sql, s->len) ||
		       err_nomem(e, "the events");
	my_query(s->conn, s->sql, s->len, MY_STORE, "restore");
	set_state(s, SINK_RUN);
	return true;
}

/* MY_WAIT: there is no frame yet. */
static enum my_flow next_frame(struct my_sink *s, struct link *in,
			       struct err *e)
{
	frame_free(s->frame);
	s->frame = link_pop(in);
	if (s->frame != NULL) {
		my_split_feed(&s->split, (const char *)s->frame->data,
			      s->frame->len);
		return MY_DONE;
	}
	if (!in->eof)
		return MY_WAIT;
	if (!my_split_is_clean(&s->split)) {
		(void)err_set(e, ERR_DAMAGED, "damaged_backup",
			      "the backup ends in the middle of a statement");
		return MY_FAIL;
	}
	set_state(s, SINK_LAST);
	return MY_DONE;
}

static enum my_flow next_statement(struct my_sink *s, struct link *in,
				   struct err *e)
{
	if (s->open_bytes >= TRANSACTION_BYTES) {
		set_state(s, SINK_COMMIT);
		return MY_DONE;
	}
	switch (my_split_next(&s->split, &s->sql, &s->len, e)) {
	case SPLIT_STATEMENT:
		return begin_statement(s, e) ? MY_DONE : MY_FAIL;
	case SPLIT_MORE:
		return next_frame(s, in, e);
	case SPLIT_FAIL:
		break;
	}
	return MY_FAIL;
}

/* The verb and the name, never values. */
static void brief(const struct my_sink *s, char out[BRIEF_MAX])
{
	char begin[BRIEF_MAX];
	size_t n = s->len < BRIEF_MAX - 1 ? s->len : BRIEF_MAX - 1;

	memcpy(begin, s->sql, n);
	begin[n] = '\0';
	begin[strcspn(begin, "(\n")] = '\0';
	(void)my_clean(out, BRIEF_MAX, begin);
}

/* Whose fault it is: the broken connection's, or the target's. */
static enum my_flow refused(const struct my_sink *s, struct err *e)
{
	char what[BRIEF_MAX];

	if (e->code != ERR_CONNECT && e->code != ERR_TIMEOUT &&
	    e->code != ERR_NOMEM) {
		e->code = ERR_REMOTE;
		(void)str_copy(e->api, sizeof(e->api), "target_failed");
	}
	brief(s, what);
	err_prefix(e, "statement %" PRIu64 ", %s", s->load->facts.statements,
		   what);
	return MY_FAIL;
}

static enum my_flow run(struct my_sink *s, struct err *e)
{
	enum my_flow f = my_step(s->conn, e);

	if (f == MY_FAIL && my_conn_errno(s->conn) == GTID_CONSISTENCY &&
	    !s->is_alone) {
		/* MySQL with GTIDs: a table without transactions. */
		err_clear(e);
		set_state(s, SINK_ALONE);
		return MY_DONE;
	}
	if (f == MY_FAIL)
		return refused(s, e);
	if (f == MY_DONE) {
		s->open_bytes += s->len;
		set_state(s, SINK_NEXT);
	}
	return f;
}

static enum my_flow do_state(struct my_sink *s, struct link *in, struct err *e)
{
	enum my_flow f;

	switch (s->state) {
	case SINK_CONNECT:
		f = my_dialog_connect(&s->dialog, e);
		if (f == MY_DONE)
			set_state(s, SINK_SERVER);
		return f;
	case SINK_NEXT:
		return next_statement(s, in, e);
	case SINK_RUN:
		return run(s, e);
	case SINK_SERVER:
	case SINK_SETTINGS:
	case SINK_DROP:
	case SINK_ALONE:
	case SINK_COMMIT:
	case SINK_LAST:
		f = my_dialog_step(&s->dialog, &asks[s->state], e);
		if (f == MY_FAIL)
			my_load_blame(e);
		return f;
	case SINK_DONE:
	case SINK_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "a restore was stepped when done");
	return MY_FAIL;
}

static enum flow sink_write(struct sink *sink, struct link *in, struct err *e)
{
	struct my_sink *s = sink_of(sink);

	for (int i = 0; i < STATEMENTS_PER_WRITE; i++) {
		enum my_flow f;

		if (s->state == SINK_DONE)
			return FLOW_END;
		f = do_state(s, in, e);
		if (f == MY_FAIL)
			return FLOW_FAIL;
		if (f == MY_WAIT)
			return FLOW_WAIT;
	}
	return FLOW_MORE;
}

static void sink_destroy(struct sink *sink)
{
	struct my_sink *s = sink_of(sink);

	my_conn_free(s->conn);
	my_dialog_fini(&s->dialog);
	frame_free(s->frame);
	my_split_fini(&s->split);
	text_free(&s->renamed);
	free(s);
}

static const struct sink_ops ops = {
	.name = "mysql load",
	.write = sink_write,
	.destroy = sink_destroy,
};

static void on_wake(void *arg)
{
	wake(&sink_of(arg)->sink.waker);
}

struct sink *my_load_sink(struct load *load, enum item_kind section,
			  struct err *e)
{
	struct my_sink *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	(void)section;
	s->sink.ops = &ops;
	s->load = (struct my_load *)(void *)load; /* base comes first */
	s->conn = my_conn_new(s->load->env, &s->load->address.view, 0, e);
	if (s->conn == NULL) {
		free(s);
		return NULL;
	}
	my_conn_on_wake(s->conn, on_wake, s);
	my_conn_limit(s->conn, SILENCE_SECONDS);
	my_dialog_init(&s->dialog, s->conn, s);
	return &s->sink;
}
