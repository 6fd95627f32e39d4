/*
 * sink.c - applies the frames of a dump, statement by statement.
 *
 * Rows are gathered into transactions of some MiB: a commit each statement
 * costs a disk flush each. Several sinks write rows at the same time, so a
 * transaction may meet a deadlock: the frames that it came from are kept until
 * it is committed, and it is run again from them (redo.h). A statement that
 * lies whole in a frame is sent from there. One that does not is a
 * transaction of its own, since its frames are gone; so is one whose rows no
 * ROLLBACK takes back. Making events is put off until the rows are verified,
 * since an event may run, and write, as soon as it is made.
 */
#include "sources/mysql/load/sink_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/out.h"
#include "sources/mysql/settings.h"

static const char *const state_names[] = {
	"connect", "server", "settings", "tables",   "prepare", "next",
	"run",	   "alone",  "commit",	 "rollback", "last",	"done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == SINK_STATE_COUNT,
	       "one name per state");

enum {
	SILENCE_SECONDS = 3600, /* an index of a large table takes its time */
	LOCK_SECONDS = 120,	/* for rows of another connection of ours */
	/* Each may be another table's, and the server looks through the
	 * locks of all of a transaction's tables whenever it opens one. */
	TRANSACTION_STATEMENTS = 256,
	STATEMENTS_PER_WRITE = 64,
	TRIES_MAX = 8,
	PACKET_SLACK = 1024, /* what the server counts into a packet */
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

/* The transaction begins in the database that is in use now. */
static bool mark_use(struct my_sink *s, struct err *e)
{
	text_reset(&s->start_use);
	text_add(&s->start_use, s->use.data, s->use.len);
	return !s->start_use.is_broken || err_nomem(e, "a statement");
}

/* What comes from here on is another transaction. */
static bool mark(struct my_sink *s, const char *at, struct err *e)
{
	my_redo_mark(&s->redo, at);
	memcpy(s->delimiter, s->split.delimiter, sizeof(s->delimiter));
	return mark_use(s, e);
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	set_state(s, SINK_SETTINGS);
	return my_server_read(&s->server, c, e);
}

/*
 * Without unique_checks and foreign_key_checks MariaDB (10.6 and later) locks
 * an empty table as a whole at its first INSERT: two connections would wait
 * for one another, crosswise where frames hold several tables. It won nothing:
 * 600 small tables 0.95 s without the checks and 0.82 s with them, 73 MB
 * over two connections into one table 2.5 s and 2.4 s.
 */
static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)e;
	my_settings_write(&s->server, sql);
	text_printf(sql, ", SESSION innodb_lock_wait_timeout = %d",
		    LOCK_SECONDS);
	if (s->section == ITEM_DATA)
		text_str(sql, ", SESSION unique_checks = 1");
	else
		/* Not another engine than the table's without a word. */
		text_str(sql, ", SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,"
			      "ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'");
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(sink_of(arg), SINK_TABLES);
	return true;
}

static bool ask_tables(void *arg, struct text *sql, struct err *e)
{
	const struct my_sink *s = sink_of(arg);

	(void)e;
	if (s->section == ITEM_SCHEMA)
		my_settings_tables(&s->server, sql);
	return true;
}

static bool take_tables(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)c;
	(void)e;
	set_state(s, s->load->is_prepared ? SINK_NEXT : SINK_PREPARE);
	return true;
}

/* Most tables do not need it; one that does is refused, or differs. */
static bool no_tables(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	return my_is_denial(number) && take_tables(arg, c, e);
}

static bool ask_prepare(void *arg, struct text *sql, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)e;
	my_prepare_next(s->load, &s->prepare, sql);
	return true;
}

static bool take_prepare(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)c;
	(void)e;
	if (s->prepare.database < s->load->ndatabases)
		return true;
	s->load->is_prepared = true;
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

/* Its bytes, or those of its first piece, are on their way. */
static bool send(struct my_sink *s, struct err *e)
{
	size_t limit = s->server.max_packet_bytes > 2UL * PACKET_SLACK
			       ? s->server.max_packet_bytes - PACKET_SLACK
			       : SIZE_MAX;

	s->sql = s->full;
	s->len = s->full_len;
	my_pieces_stop(&s->pieces);
	if (s->len > limit &&
	    (!my_pieces_begin(&s->pieces, s->full, s->full_len, limit, e) ||
	     !my_pieces_next(&s->pieces, &s->sql, &s->len, e)))
		return false;
	my_query(s->conn, s->sql, s->len, MY_STORE, "restore");
	set_state(s, SINK_RUN);
	return true;
}

static void count_committed(struct my_sink *s)
{
	s->load->facts.rows_committed += s->open_rows;
	s->open_bytes = 0;
	s->open_statements = 0;
	s->open_rows = 0;
	s->tries = 0;
}

static bool take_commit(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);
	bool is_pending = s->is_pending;

	(void)c;
	count_committed(s);
	s->is_pending = false;
	if (s->state == SINK_LAST) {
		set_state(s, SINK_DONE);
		return true;
	}
	set_state(s, SINK_NEXT);
	/* The statement at hand lies in the frame: it must stay. */
	if (is_pending)
		return mark(s, s->split.at, e) && send(s, e);
	return mark(s, s->split.at < s->split.end ? s->split.at : NULL, e);
}

static bool is_in_the_way(unsigned number)
{
	return number == MY_ERR_DEADLOCK || number == MY_ERR_LOCK_WAIT;
}

/* True: once more from where the transaction began. */
static bool may_redo(struct my_sink *s, unsigned number)
{
	if (s->section != ITEM_DATA || !is_in_the_way(number) ||
	    ++s->tries > TRIES_MAX)
		return false;
	s->load->facts.redone++;
	log_debug("sources", "mysql load: a transaction is run again (%u)",
		  number);
	return true;
}

static bool no_commit(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	struct my_sink *s = sink_of(arg);

	(void)c;
	(void)e;
	if (!may_redo(s, number))
		return false;
	set_state(s, SINK_ROLLBACK);
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

	(void)c;
	s->is_alone = true;
	count_committed(s);
	return mark(s, s->split.at, e) && send(s, e);
}

static bool ask_rollback(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "ROLLBACK");
	return true;
}

/* The session's database is what it was there. */
static bool rewind_all(struct my_sink *s, struct err *e)
{
	struct my_run run;

	if (!my_redo_rewind(&s->redo, &run))
		return err_bug(e, "a transaction cannot be run again");
	text_reset(&s->split.rest);
	s->split.is_given = false;
	memcpy(s->split.delimiter, s->delimiter, sizeof(s->delimiter));
	my_split_feed(&s->split, run.bytes, run.len);
	text_reset(&s->own);
	if (s->start_use.len > 0)
		my_statement(&s->own, s->start_use.data, s->start_use.len,
			     false);
	if (s->own.is_broken)
		return err_nomem(e, "a statement");
	my_split_feed(&s->own_split, s->own.data, s->own.len);
	set_state(s, SINK_NEXT);
	return true;
}

static bool take_rollback(void *arg, struct my_conn *c, struct err *e)
{
	struct my_sink *s = sink_of(arg);
	bool is_single = s->is_single && !s->is_pending;

	(void)c;
	s->is_pending = false;
	s->open_bytes = 0;
	s->open_statements = 0;
	s->open_rows = 0;
	return is_single ? send(s, e) : rewind_all(s, e);
}

static const struct my_ask asks[SINK_STATE_COUNT] = {
	[SINK_SERVER] = {"read the server's variables", my_ask_server,
			 take_server, NULL},
	[SINK_SETTINGS] = {"set up the session", ask_settings, take_settings,
			   NULL},
	[SINK_TABLES] = {"set up the session", ask_tables, take_tables,
			 no_tables},
	[SINK_PREPARE] = {"drop what is replaced", ask_prepare, take_prepare,
			  NULL},
	[SINK_ALONE] = {"set up the session", ask_alone, take_alone, NULL},
	[SINK_COMMIT] = {"commit", ask_commit, take_commit, no_commit},
	[SINK_ROLLBACK] = {"roll back", ask_rollback, take_rollback, NULL},
	[SINK_LAST] = {"commit", ask_commit, take_commit, no_commit},
};

static enum my_flow begin_statement(struct my_sink *s, bool is_own,
				    struct err *e)
{
	s->is_own = is_own;
	s->is_single = false;
	if (!my_sink_take(s, e))
		return err_is(e) ? MY_FAIL : MY_DONE;
	s->full = s->sql;
	s->full_len = s->len;
	s->is_single = my_sink_wants_single(s);
	if (!s->is_single || s->open_bytes == 0)
		return send(s, e) ? MY_DONE : MY_FAIL;
	s->is_pending = true;
	set_state(s, SINK_COMMIT);
	return MY_DONE;
}

/* Rows in tables without transactions, or none, do not need their frames. */
static bool must_commit(const struct my_sink *s)
{
	return s->section == ITEM_DATA && s->open_bytes > 0 &&
	       (s->split.rest.len > 0 || s->redo.bytes >= LOAD_KEEPS_BYTES);
}

static bool feed(struct my_sink *s, const struct my_run *run, struct err *e)
{
	/* One that goes on is in the middle of a statement. */
	bool is_fresh = my_split_is_clean(&s->split);

	my_split_feed(&s->split, run->bytes, run->len);
	return run->item == NULL || !is_fresh ||
	       my_sink_set_up(s, run->item, e);
}

static enum my_flow at_end(struct my_sink *s, struct err *e)
{
	if (!my_split_is_clean(&s->split)) {
		(void)err_set(e, ERR_DAMAGED, "damaged_backup",
			      "the backup ends in the middle of a statement");
		return MY_FAIL;
	}
	set_state(s, SINK_LAST);
	return MY_DONE;
}

/* All bytes are taken in. MY_WAIT: there is no frame yet. */
static enum my_flow next_run(struct my_sink *s, struct link *in, struct err *e)
{
	struct my_run run;
	struct frame *f;

	if (must_commit(s)) {
		set_state(s, SINK_COMMIT);
		return MY_DONE;
	}
	if ((s->section != ITEM_DATA || s->open_bytes == 0) &&
	    !mark(s, NULL, e))
		return MY_FAIL;
	if (my_redo_next(&s->redo, &run, e))
		return feed(s, &run, e) ? MY_DONE : MY_FAIL;
	if (err_is(e))
		return MY_FAIL;
	f = link_pop(in);
	if (f != NULL)
		my_redo_push(&s->redo, f);
	else if (!in->eof)
		return MY_WAIT;
	else
		return at_end(s, e);
	return MY_DONE;
}

static enum my_flow next_statement(struct my_sink *s, struct link *in,
				   struct err *e)
{
	switch (my_split_next(&s->own_split, &s->raw, &s->raw_len, e)) {
	case SPLIT_STATEMENT:
		return begin_statement(s, true, e);
	case SPLIT_MORE:
		break;
	case SPLIT_FAIL:
		return MY_FAIL;
	}
	switch (my_split_next(&s->split, &s->raw, &s->raw_len, e)) {
	case SPLIT_STATEMENT:
		return begin_statement(s, false, e);
	case SPLIT_MORE:
		return next_run(s, in, e);
	case SPLIT_FAIL:
		break;
	}
	return MY_FAIL;
}

static enum my_flow next_piece(struct my_sink *s, struct err *e)
{
	if (!my_pieces_next(&s->pieces, &s->sql, &s->len, e)) {
		my_sink_blame(s, e);
		return MY_FAIL;
	}
	my_query(s->conn, s->sql, s->len, MY_STORE, "restore");
	return MY_DONE;
}

/* The statement is over: whether its transaction is, too. */
static bool is_enough(struct my_sink *s)
{
	if (s->is_alone || s->section != ITEM_DATA)
		return false;
	return s->is_single ||
	       (!s->is_own && ++s->open_statements >= TRANSACTION_STATEMENTS);
}

static enum my_flow did(struct my_sink *s, struct err *e)
{
	/* Elsewhere a database made counts as a row. */
	if (s->section == ITEM_DATA)
		s->open_rows += my_conn_affected(s->conn);
	s->open_bytes += s->len;
	if (s->is_alone)
		count_committed(s);
	if (my_pieces_has_more(&s->pieces))
		return next_piece(s, e);
	if (!my_sink_did(s, e))
		return MY_FAIL;
	/* A run that is the first of its transaction was set up. */
	if (s->is_own && s->open_statements == 0 && !mark_use(s, e))
		return MY_FAIL;
	set_state(s, is_enough(s) ? SINK_COMMIT : SINK_NEXT);
	return !s->is_alone || mark(s, s->split.at, e) ? MY_DONE : MY_FAIL;
}

static enum my_flow refused(struct my_sink *s, struct err *e)
{
	unsigned number = my_conn_errno(s->conn);
	bool is_usable = my_conn_is_usable(s->conn);

	if (is_usable && number == MY_ERR_GTID_CONSISTENCY && !s->is_alone) {
		set_state(s, SINK_ALONE);
	} else if (is_usable && may_redo(s, number)) {
		set_state(s, SINK_ROLLBACK);
		if (s->is_alone) {
			my_query(s->conn, s->sql, s->len, MY_STORE, "restore");
			set_state(s, SINK_RUN);
		}
	} else if (is_usable && my_sink_leaves_out(s, number)) {
		set_state(s, SINK_NEXT);
	} else {
		my_sink_blame(s, e);
		return MY_FAIL;
	}
	err_clear(e);
	return MY_DONE;
}

static enum my_flow run(struct my_sink *s, struct err *e)
{
	enum my_flow f = my_step(s->conn, e);

	if (f == MY_FAIL)
		return refused(s, e);
	return f == MY_DONE ? did(s, e) : f;
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
	case SINK_TABLES:
	case SINK_PREPARE:
	case SINK_ALONE:
	case SINK_COMMIT:
	case SINK_ROLLBACK:
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
		if (f == MY_FAIL) {
			my_sink_stand(s, e);
			return FLOW_FAIL;
		}
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
	my_redo_fini(&s->redo);
	my_split_fini(&s->split);
	my_split_fini(&s->own_split);
	my_pieces_fini(&s->pieces);
	text_free(&s->own);
	text_free(&s->renamed);
	text_free(&s->replaced);
	text_free(&s->use);
	text_free(&s->start_use);
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
	s->sink.ops = &ops;
	s->load = (struct my_load *)(void *)load; /* base comes first */
	s->section = section;
	my_redo_init(&s->redo);
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
