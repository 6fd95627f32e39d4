/*
 * hold.c - phase "lock": the server holds still while the hook takes the
 * snapshot, and goes on the moment it has answered.
 *
 *	MariaDB	BACKUP STAGE START, FLUSH, BLOCK_DDL -> list of tables ->
 *		BLOCK_COMMIT -> logs -> position -> create -> END
 *	MySQL	LOCK INSTANCE FOR BACKUP -> list of tables ->
 *		FLUSH TABLES WITH READ LOCK -> logs -> position -> create ->
 *		UNLOCK
 *
 * Tables cannot be made or dropped while they are listed, and those without
 * transactions are flushed and closed and cannot be written to from BLOCK_DDL
 * (FTWRL) on. What is committed need not be in InnoDB's log file yet: its last
 * record is written later, a second later with innodb_flush_log_at_trx_commit =
 * 0. A copy without it would lack commits that the position counts, or hold
 * transactions that only the binary log could settle (a server without one then
 * does not start: measured). So the logs are flushed, and MariaDB, which does
 * not do that with that setting, is waited for.
 *
 * Only from the last lock on does anybody wait who writes to
 * InnoDB: that time is measured, and has a deadline at which the connection,
 * and with it all locks, is cut, whatever the hook is doing. The statement that
 * ends the locks proves by its answer that the session had them until then.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"
#include "sources/mysql/snapshot/snap_int.h"

enum hold_state {
	HOLD_CONNECT,
	HOLD_SETTINGS,
	HOLD_START, /* MariaDB's stages */
	HOLD_FLUSH,
	HOLD_DDL,
	HOLD_INSTANCE, /* MySQL's */
	HOLD_NAMES,    /* the tables */
	HOLD_COMMITS,  /* nobody can commit from here on */
	HOLD_LOGS,     /* what is committed goes to the engines' logs */
	HOLD_WRITTEN,  /* MariaDB: whether it is there */
	HOLD_PAUSE,    /* not yet */
	HOLD_PLACE,    /* the binary log's end */
	HOLD_GTID,     /* MariaDB: the same as a GTID */
	HOLD_CREATE,   /* the hook is at work */
	HOLD_GO_ON,    /* everybody can commit again */
	HOLD_RELEASE,  /* MySQL: and make tables */
	HOLD_CHANGER,  /* a lock was not to be had: who changes definitions? */
	HOLD_BLOCKER,  /* nobody: who else? */
	HOLD_DONE,
	HOLD_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect",  "settings", "start",   "flush",  "ddl",
	"instance", "names",	"commits", "logs",   "written",
	"pause",    "place",	"gtid",	   "create", "go on",
	"release",  "changer",	"blocker", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == HOLD_STATE_COUNT,
	       "one name per state");

enum {
	MYSQL_BINARY_LOG_STATUS = 80200,
	LIST_SECONDS = 120,	  /* for the list of tables, at most */
	LOST_CLIENT_SECONDS = 20, /* wait_timeout, beyond the deadline */
	MS = 1000,
};

struct hold {
	struct source source; /* comes first */
	struct my_snap *dump;
	struct my_dialog dialog;
	struct event *deadline;
	enum hold_state state;
	bool is_late;	  /* the deadline was there, the locks are gone */
	bool is_asked;	  /* the hook */
	int64_t since_ms; /* the last lock was asked for */
	uint64_t lsn;	  /* up to which InnoDB's log has to be written */
};

static struct hold *hold_of(void *source)
{
	return source;
}

static void set_state(struct hold *h, enum hold_state next)
{
	log_debug("sources", "mysql snapshot hold: %s -> %s",
		  state_names[h->state], state_names[next]);
	h->state = next;
}

static bool arm(struct hold *h, unsigned seconds, struct err *e)
{
	const struct timeval tv = {(time_t)seconds, 0};

	return evtimer_add(h->deadline, &tv) == 0 || err_nomem(e, "a timer");
}

/* Whatever is under way: the locks go with the connection. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct hold *h = arg;

	(void)fd;
	(void)what;
	h->is_late = true;
	my_conn_free(h->dump->holder);
	h->dump->holder = NULL;
	wake(&h->source.waker);
}

static bool is_mariadb(void *arg)
{
	return hold_of(arg)->dump->server.is_mariadb;
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_printf(sql,
		    "SET SESSION wait_timeout = %u, SESSION lock_wait_timeout "
		    "= %d, SESSION %s = 0",
		    hold_of(arg)->dump->hold_seconds + LIST_SECONDS +
			    LOST_CLIENT_SECONDS,
		    MY_LOCK_SECONDS,
		    is_mariadb(arg) ? "max_statement_time"
				    : "max_execution_time");
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	set_state(hold_of(arg), is_mariadb(arg) ? HOLD_START : HOLD_INSTANCE);
	return arm(hold_of(arg), LIST_SECONDS, e);
}

static const char *sentence(const struct hold *h)
{
	bool is_maria = h->dump->server.is_mariadb;

	switch (h->state) {
	case HOLD_START:
		return "BACKUP STAGE START";
	case HOLD_FLUSH:
		return "BACKUP STAGE FLUSH";
	case HOLD_DDL:
		return "BACKUP STAGE BLOCK_DDL";
	case HOLD_INSTANCE:
		return "LOCK INSTANCE FOR BACKUP";
	case HOLD_COMMITS:
		return is_maria ? "BACKUP STAGE BLOCK_COMMIT"
				: "FLUSH TABLES WITH READ LOCK";
	case HOLD_GO_ON:
		return is_maria ? "BACKUP STAGE END" : "UNLOCK TABLES";
	case HOLD_RELEASE:
		return is_maria ? NULL : "UNLOCK INSTANCE";
	case HOLD_LOGS:
		return "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS";
	case HOLD_PAUSE:
		return "DO SLEEP(0.01)";
	case HOLD_CONNECT:
	case HOLD_SETTINGS:
	case HOLD_NAMES:
	case HOLD_WRITTEN:
	case HOLD_PLACE:
	case HOLD_GTID:
	case HOLD_CREATE:
	case HOLD_CHANGER:
	case HOLD_BLOCKER:
	case HOLD_DONE:
	case HOLD_STATE_COUNT:
		break;
	}
	return NULL;
}

static bool ask_lock(void *arg, struct text *sql, struct err *e)
{
	struct hold *h = hold_of(arg);

	text_str(sql, sentence(h));
	if (h->state != HOLD_COMMITS)
		return true;
	h->since_ms = clock_mono_ms();
	return arm(h, h->dump->hold_seconds, e);
}

static bool take_lock(void *arg, struct my_conn *c, struct err *e)
{
	struct hold *h = hold_of(arg);

	(void)c;
	(void)e;
	set_state(h, h->state == HOLD_DDL ? HOLD_NAMES : h->state + 1);
	return true;
}

static bool no_lock(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	(void)c;
	(void)e;
	if (number != MY_ERR_LOCK_WAIT)
		return false;
	set_state(hold_of(arg), HOLD_CHANGER);
	return true;
}

static bool take_logs(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(hold_of(arg), is_mariadb(arg) ? HOLD_WRITTEN : HOLD_PLACE);
	return true;
}

static bool take_pause(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(hold_of(arg), HOLD_WRITTEN);
	return true;
}

static bool ask_written(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SHOW GLOBAL STATUS WHERE Variable_name IN "
		      "('Innodb_lsn_current', 'Innodb_lsn_flushed')");
	return true;
}

/* Others write to the log on: what counts is its end at the first look. */
static bool take_written(void *arg, struct my_conn *c, struct err *e)
{
	struct hold *h = hold_of(arg);
	uint64_t current = 0, flushed = UINT64_MAX;

	(void)e;
	while (my_next_row(c)) {
		const char *name = my_value(c, 0), *value = my_value(c, 1);

		if (name == NULL || value == NULL)
			continue;
		if (strcasecmp(name, "Innodb_lsn_current") == 0)
			current = strtoull(value, NULL, 10);
		else
			flushed = strtoull(value, NULL, 10);
	}
	if (h->lsn == 0)
		h->lsn = current;
	set_state(h, flushed >= h->lsn ? HOLD_PLACE : HOLD_PAUSE);
	return true;
}

static bool ask_place(void *arg, struct text *sql, struct err *e)
{
	const struct my_server *s = &hold_of(arg)->dump->server;

	(void)e;
	if (!s->has_binlog)
		return true;
	text_str(sql, s->is_mariadb || s->number < MYSQL_BINARY_LOG_STATUS
			      ? "SHOW MASTER STATUS"
			      : "SHOW BINARY LOG STATUS");
	return true;
}

/* Where the log lies in the data directory, and how long it is by now. */
static void expect_log(struct my_snap *d)
{
	const char *slash =
		d->log_base != NULL ? strrchr(d->log_base, '/') : NULL;
	int n = slash != NULL ? (int)(slash - d->log_base) + 1 : 0;

	if (d->log_base == NULL || d->facts.binlog_file[0] == '\0')
		return;
	(void)snprintf(d->log, sizeof(d->log), "%.*s%s", n, d->log_base,
		       d->facts.binlog_file);
	d->proof.log = d->log;
	d->proof.log_bytes = d->facts.binlog_position;
}

static bool take_place(void *arg, struct my_conn *c, struct err *e)
{
	struct hold *h = hold_of(arg);
	struct dump_facts *f = &h->dump->facts;
	const char *gtid;

	(void)e;
	set_state(h, is_mariadb(arg) ? HOLD_GTID : HOLD_CREATE);
	if (!h->dump->server.has_binlog || !my_next_row(c) ||
	    my_value(c, 0) == NULL || my_value(c, 1) == NULL)
		return true;
	(void)my_clean(f->binlog_file, sizeof(f->binlog_file), my_value(c, 0));
	f->binlog_position = strtoull(my_value(c, 1), NULL, 10);
	gtid = my_value(c, my_column(c, "Executed_Gtid_Set"));
	if (gtid != NULL)
		(void)my_clean(f->gtid, sizeof(f->gtid), gtid);
	expect_log(h->dump);
	return true;
}

static bool no_place(void *arg, struct my_conn *c, unsigned number,
		     struct err *e)
{
	struct hold *h = hold_of(arg);

	(void)c;
	(void)e;
	my_snap_warn(h->dump, "position_unknown",
		     "the account may not read the binary log's position: "
		     "grant %s",
		     is_mariadb(arg) ? "BINLOG MONITOR" : "REPLICATION CLIENT");
	set_state(h, HOLD_CREATE);
	return my_is_denial(number);
}

static bool ask_gtid(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (hold_of(arg)->dump->facts.binlog_file[0] != '\0')
		text_str(sql, "SELECT @@GLOBAL.gtid_binlog_pos");
	return true;
}

static bool take_gtid(void *arg, struct my_conn *c, struct err *e)
{
	struct hold *h = hold_of(arg);
	struct dump_facts *f = &h->dump->facts;

	(void)e;
	if (f->binlog_file[0] != '\0' && my_next_row(c) &&
	    my_value(c, 0) != NULL)
		(void)my_clean(f->gtid, sizeof(f->gtid), my_value(c, 0));
	set_state(h, HOLD_CREATE);
	return true;
}

static bool take_release(void *arg, struct my_conn *c, struct err *e)
{
	struct hold *h = hold_of(arg);

	(void)c;
	(void)e;
	(void)evtimer_del(h->deadline);
	set_state(h, HOLD_DONE);
	return true;
}

static bool ask_release(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, sentence(hold_of(arg)));
	return true;
}

/* What the manifest keeps, and the job's log says. */
static bool tell_stall(struct my_snap *d, struct err *e)
{
	const char *hook = snapshot_hook(d->hooked.snapshot);
	json_t *o = json_pack("{s:s, s:I}", "hook", hook, "stall_ms",
			      (json_int_t)d->stall_ms);
	char line[160];

	d->facts.physical_json = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (d->facts.physical_json == NULL)
		return err_nomem(e, "what is known of a snapshot");
	(void)snprintf(line, sizeof(line),
		       "the hook %.60s took the snapshot; writers waited for "
		       "at most %" PRId64 " ms",
		       hook, d->stall_ms);
	if (d->hooked.line != NULL)
		d->hooked.line(d->hooked.line_arg, line);
	return true;
}

static bool take_go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct hold *h = hold_of(arg);

	(void)c;
	h->dump->stall_ms = clock_mono_ms() - h->since_ms;
	set_state(h, HOLD_RELEASE);
	return tell_stall(h->dump, e);
}

#define LOCK_NAME "the lock that a snapshot needs"

static bool take_changer(void *arg, struct my_conn *c, struct err *e)
{
	if (!my_sessions_no_ddl(LOCK_NAME, c, e))
		return false;
	set_state(hold_of(arg), HOLD_BLOCKER);
	return true;
}

static bool ask_blocker(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_sessions_ask_blocker(sql, "0");
	return true;
}

static bool take_blocker(void *arg, struct my_conn *c, struct err *e)
{
	(void)arg;
	return my_sessions_blocked(LOCK_NAME, c, e);
}

static const struct my_ask asks[HOLD_STATE_COUNT] = {
	[HOLD_SETTINGS] = {"set up the session", ask_settings, take_settings,
			   NULL},
	[HOLD_START] = {"begin the backup stages", ask_lock, take_lock,
			no_lock},
	[HOLD_FLUSH] = {"flush tables", ask_lock, take_lock, no_lock},
	[HOLD_DDL] = {"hold off schema changes", ask_lock, take_lock, no_lock},
	[HOLD_INSTANCE] = {"hold off schema changes", ask_lock, take_lock,
			   no_lock},
	[HOLD_COMMITS] = {"hold off commits", ask_lock, take_lock, no_lock},
	[HOLD_LOGS] = {"flush the logs", ask_lock, take_logs, NULL},
	[HOLD_WRITTEN] = {"look at the log", ask_written, take_written, NULL},
	[HOLD_PAUSE] = {"wait for the log", ask_lock, take_pause, NULL},
	[HOLD_PLACE] = {"read the binary log's position", ask_place, take_place,
			no_place},
	[HOLD_GTID] = {"read the GTID", ask_gtid, take_gtid, NULL},
	[HOLD_GO_ON] = {"let commits go on", ask_release, take_go_on, NULL},
	[HOLD_RELEASE] = {"let schema changes go on", ask_release, take_release,
			  NULL},
	[HOLD_CHANGER] = {"look for schema changes", my_ask_ddl, take_changer,
			  NULL},
	[HOLD_BLOCKER] = {"look for the lock's holder", ask_blocker,
			  take_blocker, NULL},
};

static enum my_flow do_connect(struct hold *h, struct err *e)
{
	enum my_flow f = my_dialog_connect(&h->dialog, e);

	if (f == MY_DONE)
		set_state(h, HOLD_SETTINGS);
	return f;
}

/* Rule 10, and what the copy must turn out to hold. */
static enum my_flow names_over(struct hold *h, struct err *e)
{
	struct my_snap *d = h->dump;
	const struct my_census *c = &d->census;

	d->facts.tables = d->facts.items_total = c->tables;
	d->facts.views = c->views;
	d->facts.sequences = c->sequences;
	d->facts.names = c->names;
	d->proof.has_definitions = d->server.is_mariadb;
	d->proof.definitions = c->tables + c->views + c->sequences;
	if (!d->has_home)
		d->proof.system = d->system;
	set_state(h, HOLD_COMMITS);
	if (d->max_tables == 0 || c->tables <= d->max_tables)
		return MY_DONE;
	(void)err_set(e, ERR_CONFLICT, "too_many_tables",
		      "there are %" PRIu64 " tables, more than the %u that "
		      "one backup may have",
		      c->tables, d->max_tables);
	return MY_FAIL;
}

static enum my_flow do_names(struct hold *h, struct err *e)
{
	enum my_flow f = my_census_step(&h->dump->census, &h->dialog, e);

	if (f == MY_DONE && h->dump->census.is_over)
		return names_over(h, e);
	return f;
}

static enum my_flow do_create(struct hold *h, struct err *e)
{
	struct my_snap *d = h->dump;

	if (!h->is_asked) {
		h->is_asked = true;
		hooked_await(&d->hooked, &h->source.waker);
		return snapshot_create(d->hooked.snapshot, d->datadir,
				       d->hold_seconds * MS, hooked_answered, e)
			       ? MY_WAIT
			       : MY_FAIL;
	}
	if (!d->hooked.is_answered)
		return MY_WAIT;
	if (!my_snap_explain(d, e))
		return MY_FAIL;
	set_state(h, HOLD_GO_ON);
	return MY_DONE;
}

static enum my_flow step(struct hold *h, struct err *e)
{
	if (h->state == HOLD_CONNECT)
		return do_connect(h, e);
	if (h->state == HOLD_NAMES)
		return do_names(h, e);
	if (h->state == HOLD_CREATE)
		return do_create(h, e);
	return my_dialog_step(&h->dialog, &asks[h->state], e);
}

static enum flow too_late(const struct hold *h, struct err *e)
{
	if (h->since_ms != 0)
		(void)err_set(e, ERR_TIMEOUT, "snapshot_timed_out",
			      "the snapshot was not there within %u s, so the "
			      "locks on the server were let go: look at the "
			      "hook %.60s",
			      h->dump->hold_seconds,
			      snapshot_hook(h->dump->hooked.snapshot));
	else
		(void)err_set(e, ERR_TIMEOUT, "snapshot_timed_out",
			      "the tables could not be listed within %d s",
			      LIST_SECONDS);
	return FLOW_FAIL;
}

static enum flow hold_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct hold *h = hold_of(source);

	(void)out;
	if (h->is_late)
		return too_late(h, e);
	while (h->state != HOLD_DONE) {
		enum my_flow f = step(h, e);

		if (f != MY_DONE)
			return f == MY_WAIT ? FLOW_WAIT : FLOW_FAIL;
		if (h->state == HOLD_NAMES)
			return FLOW_MORE;
	}
	return FLOW_END;
}

static void on_wake(void *arg)
{
	struct hold *h = arg;

	wake(&h->source.waker);
}

/* However it ended, nobody is to wait for it any more. */
static void hold_destroy(struct source *source)
{
	struct hold *h = hold_of(source);

	hooked_await(&h->dump->hooked, NULL);
	my_dialog_fini(&h->dialog);
	my_conn_free(h->dump->holder);
	h->dump->holder = NULL;
	event_free(h->deadline);
	free(h);
}

static const struct source_ops hold_ops = {
	.name = "mysql snapshot lock",
	.read = hold_read,
	.destroy = hold_destroy,
};

struct source *my_snap_hold_new(struct my_snap *d, struct err *e)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (h == NULL)
		goto nomem;
	h->deadline = evtimer_new(loop_base(d->env->loop), on_deadline, h);
	if (h->deadline == NULL)
		goto nomem;
	h->source.ops = &hold_ops;
	h->dump = d;
	my_dialog_init(&h->dialog, d->holder, h);
	my_conn_on_wake(d->holder, on_wake, h);
	return &h->source;
nomem:
	free(h);
	(void)err_nomem(e, "a phase of a dump");
	return NULL;
}
