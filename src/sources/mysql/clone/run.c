/*
 * run.c - phase "clone": the server copies its files into the hook's folder.
 *
 * LOCK INSTANCE FOR BACKUP holds schema changes off meanwhile, as for a dump:
 * so the tables listed under it are those of the copy, and none that CLONE
 * does not copy (it copies InnoDB's alone; the others are empty in the copy)
 * comes up unseen. Reads and writes go on.
 *
 * The answer to CLONE comes when all is copied. A second connection looks each
 * second how far it is, which counts as work of this source: what stands still
 * for as long as a pipeline may (stall_seconds) is given up.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"
#include "sources/mysql/clone/clone_int.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"

enum run_state {
	RUN_CONNECT,
	RUN_SETTINGS,
	RUN_LOCK,    /* schema changes wait from here on */
	RUN_OTHERS,  /* tables that CLONE does not copy */
	RUN_NAMES,   /* the tables */
	RUN_FOLDER,  /* the hook makes it */
	RUN_CLONE,   /* the server copies */
	RUN_RELEASE, /* schema changes go on */
	RUN_CHANGER, /* the lock was not to be had: who changes definitions? */
	RUN_BLOCKER, /* nobody: who else? */
	RUN_DONE,
	RUN_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "settings", "lock",	  "others",  "names", "folder",
	"clone",   "release",  "changer", "blocker", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == RUN_STATE_COUNT,
	       "one name per state");

enum {
	OTHERS_SHOWN = 3,
	SILENCE_SECONDS = 120,
	FOLDER_MS = 60000,
	/* Of a session that nobody uses any more. */
	IDLE_SECONDS = 180,
	STAGE_MAX = 32,
};

struct run {
	struct source source; /* comes first */
	struct my_snap *dump;
	struct my_dialog dialog; /* of the holder */
	struct my_dialog watch;
	struct event *tick;
	enum run_state state;
	bool is_asked;	       /* the hook */
	bool is_due;	       /* a look at how far it is */
	bool has_moved;	       /* since the look before */
	uint64_t bytes;	       /* that were copied */
	char stage[STAGE_MAX]; /* the last one that has begun */
	int64_t began_ms;
};

static struct run *run_of(void *source)
{
	return source;
}

static void set_state(struct run *r, enum run_state next)
{
	log_debug("sources", "mysql clone run: %s -> %s", state_names[r->state],
		  state_names[next]);
	r->state = next;
}

static bool go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct run *r = run_of(arg);

	(void)c;
	(void)e;
	set_state(r, r->state + 1);
	return true;
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_printf(sql,
		    "SET SESSION wait_timeout = %d, SESSION lock_wait_timeout "
		    "= %d, SESSION max_execution_time = 0",
		    IDLE_SECONDS, MY_LOCK_SECONDS);
	return true;
}

static bool ask_lock(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "LOCK INSTANCE FOR BACKUP");
	return true;
}

static bool no_lock(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	(void)c;
	(void)e;
	set_state(run_of(arg), RUN_CHANGER);
	return number == MY_ERR_LOCK_WAIT;
}

#define LOCK_NAME "the lock against schema changes"

static bool take_changer(void *arg, struct my_conn *c, struct err *e)
{
	if (!my_sessions_no_ddl(LOCK_NAME, c, e))
		return false;
	set_state(run_of(arg), RUN_BLOCKER);
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

/* Those of MEMORY are empty after each start, BLACKHOLE holds nothing,
 * FEDERATED's rows are elsewhere. */
static bool ask_others(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM "
		      "information_schema.TABLES WHERE TABLE_TYPE = 'BASE "
		      "TABLE' AND COALESCE(ENGINE, '') NOT IN ('InnoDB', "
		      "'MEMORY', 'BLACKHOLE', 'FEDERATED') AND TABLE_SCHEMA "
		      "NOT IN ('mysql', 'sys', 'information_schema', "
		      "'performance_schema') ORDER BY 1, 2");
	return true;
}

static void add_other(struct text *t, const struct my_conn *c)
{
	char database[MY_TEXT_MAX], name[MY_TEXT_MAX], engine[MY_TEXT_MAX];
	const char *values[] = {my_value(c, 0), my_value(c, 1), my_value(c, 2)};

	text_printf(t, "%s%.64s.%.64s (%.20s)", t->len > 0 ? ", " : "",
		    my_clean(database, sizeof(database),
			     values[0] != NULL ? values[0] : ""),
		    my_clean(name, sizeof(name),
			     values[1] != NULL ? values[1] : ""),
		    my_clean(engine, sizeof(engine),
			     values[2] != NULL ? values[2] : "no engine"));
}

static bool take_others(void *arg, struct my_conn *c, struct err *e)
{
	struct text t = {0};
	unsigned n = 0;
	bool ok = true;

	while (my_next_row(c)) {
		if (n++ < OTHERS_SHOWN)
			add_other(&t, c);
	}
	if (n > OTHERS_SHOWN)
		text_printf(&t, " and %u more", n - OTHERS_SHOWN);
	if (t.is_broken)
		ok = err_nomem(e, "a list of tables");
	else if (n > 0)
		ok = err_set(e, ERR_CONFLICT, "source_check_failed",
			     "CLONE copies tables of InnoDB alone, and would "
			     "leave empty %s: ALTER TABLE ... ENGINE=InnoDB, "
			     "or use another method",
			     t.data);
	text_free(&t);
	return ok && go_on(arg, c, e);
}

static bool ask_clone(void *arg, struct text *sql, struct err *e)
{
	struct run *r = run_of(arg);
	struct my_snap *d = r->dump;
	const char *place = snapshot_directory(d->hooked.snapshot);

	if (place == NULL || strpbrk(place, "'\\") != NULL)
		return err_set(e, ERR_REMOTE, "source_check_failed",
			       "the hook %.60s gives no folder that can be "
			       "named to the server: look at its "
			       "configuration",
			       snapshot_hook(d->hooked.snapshot));
	text_printf(sql, "CLONE LOCAL DATA DIRECTORY = '%s'", place);
	d->clone->session = my_conn_id(d->holder);
	r->began_ms = clock_mono_ms();
	/* The other connection sees whether it goes on. */
	my_conn_limit(d->holder, 0);
	return true;
}

/* What the manifest keeps, and the job's log says. */
static bool tell_clone(const struct run *r, struct my_snap *d, struct err *e)
{
	int64_t ms = clock_mono_ms() - r->began_ms;
	json_t *o = json_pack("{s:s, s:s, s:I}", "tool", "clone", "hook",
			      snapshot_hook(d->hooked.snapshot), "clone_ms",
			      (json_int_t)ms);
	char line[120];

	free(d->facts.physical_json);
	d->facts.physical_json = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (d->facts.physical_json == NULL)
		return err_nomem(e, "what is known of a clone");
	(void)snprintf(line, sizeof(line),
		       "the server has cloned its files in %" PRId64 " ms", ms);
	if (d->hooked.line != NULL)
		d->hooked.line(d->hooked.line_arg, line);
	return true;
}

static bool take_clone(void *arg, struct my_conn *c, struct err *e)
{
	struct run *r = run_of(arg);
	struct my_snap *d = r->dump;

	d->clone->session = 0;
	address_copy_forget(&d->clone->address);
	my_conn_limit(d->holder, SILENCE_SECONDS);
	return tell_clone(r, d, e) && go_on(arg, c, e);
}

static bool no_clone(void *arg, struct my_conn *c, unsigned number,
		     struct err *e)
{
	(void)c;
	run_of(arg)->dump->clone->session = 0;
	return my_clone_fault(number, e);
}

static bool ask_release(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "UNLOCK INSTANCE");
	return true;
}

static bool take_release(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(run_of(arg), RUN_DONE);
	return true;
}

static const struct my_ask asks[RUN_STATE_COUNT] = {
	[RUN_SETTINGS] = {"set up the session", ask_settings, go_on, NULL},
	[RUN_LOCK] = {"hold off schema changes", ask_lock, go_on, no_lock},
	[RUN_OTHERS] = {"look for tables of other engines", ask_others,
			take_others, NULL},
	[RUN_CLONE] = {"clone the server's files", ask_clone, take_clone,
		       no_clone},
	[RUN_RELEASE] = {"let schema changes go on", ask_release, take_release,
			 NULL},
	[RUN_CHANGER] = {"look for schema changes", my_ask_ddl, take_changer,
			 NULL},
	[RUN_BLOCKER] = {"look for the lock's holder", ask_blocker,
			 take_blocker, NULL},
};

/* --- how far it is */

static bool ask_progress(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT STAGE, DATA FROM performance_schema."
		      "clone_progress WHERE STATE <> 'Not Started' ORDER BY "
		      "BEGIN_TIME");
	return true;
}

/* A server without its performance_schema does not tell: that it answers has
 * to do then. */
static bool take_progress(void *arg, struct my_conn *c, struct err *e)
{
	struct run *r = run_of(arg);
	char stage[STAGE_MAX] = "";
	uint64_t bytes = 0;

	(void)e;
	while (my_next_row(c)) {
		const char *name = my_value(c, 0), *data = my_value(c, 1);

		if (name != NULL)
			(void)my_clean(stage, sizeof(stage), name);
		if (data != NULL)
			bytes += strtoull(data, NULL, 10);
	}
	r->has_moved = stage[0] == '\0' || bytes != r->bytes ||
		       strcmp(stage, r->stage) != 0;
	r->bytes = bytes;
	memcpy(r->stage, stage, sizeof(r->stage));
	return true;
}

static const struct my_ask progress = {"look how far the CLONE is",
				       ask_progress, take_progress, NULL};

static void arm(struct run *r)
{
	const struct timeval tv = {1, 0};

	if (evtimer_add(r->tick, &tv) != 0)
		log_warn("sources", "cannot look how far a CLONE is");
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;

	(void)fd;
	(void)what;
	r->is_due = true;
	wake(&r->source.waker);
}

/* True: there was progress since the last call. Whether the CLONE itself goes
 * well its own connection tells. */
static bool look_on(struct run *r)
{
	struct err e = {0};
	enum my_flow f;

	if (!r->is_due)
		return false;
	f = my_dialog_step(&r->watch, &progress, &e);
	if (f == MY_WAIT)
		return false;
	r->is_due = false;
	if (f == MY_FAIL) {
		log_warn("sources", "%s", e.msg);
		return false;
	}
	arm(r);
	return r->has_moved;
}

/* --- the states that are no single statement */

static enum my_flow do_connect(struct run *r, struct err *e)
{
	enum my_flow f = my_dialog_connect(&r->dialog, e);

	if (f == MY_DONE)
		set_state(r, RUN_SETTINGS);
	return f;
}

/* Rule 10, and what an instance made of the copy must have. */
static enum my_flow names_over(struct run *r, struct err *e)
{
	struct my_snap *d = r->dump;
	const struct my_census *c = &d->census;

	d->facts.tables = d->facts.items_total = c->tables;
	d->facts.views = c->views;
	d->facts.names = c->names;
	/* Where the server keeps its definitions, always. */
	d->proof.system = "mysql.ibd";
	set_state(r, RUN_FOLDER);
	if (d->max_tables == 0 || c->tables <= d->max_tables)
		return MY_DONE;
	(void)err_set(e, ERR_CONFLICT, "too_many_tables",
		      "there are %" PRIu64 " tables, more than the %u that "
		      "one backup may have",
		      c->tables, d->max_tables);
	return MY_FAIL;
}

static enum my_flow do_names(struct run *r, struct err *e)
{
	enum my_flow f = my_census_step(&r->dump->census, &r->dialog, e);

	if (f == MY_DONE && r->dump->census.is_over)
		return names_over(r, e);
	return f;
}

static enum my_flow do_folder(struct run *r, struct err *e)
{
	struct my_snap *d = r->dump;

	if (!r->is_asked) {
		r->is_asked = true;
		hooked_await(&d->hooked, &r->source.waker);
		return snapshot_create(d->hooked.snapshot, d->datadir,
				       FOLDER_MS, hooked_answered, e)
			       ? MY_WAIT
			       : MY_FAIL;
	}
	if (!d->hooked.is_answered)
		return MY_WAIT;
	if (!my_snap_explain(d, e))
		return MY_FAIL;
	set_state(r, RUN_CLONE);
	arm(r);
	return MY_DONE;
}

static enum my_flow step(struct run *r, struct err *e)
{
	if (r->state == RUN_CONNECT)
		return do_connect(r, e);
	if (r->state == RUN_NAMES)
		return do_names(r, e);
	if (r->state == RUN_FOLDER)
		return do_folder(r, e);
	return my_dialog_step(&r->dialog, &asks[r->state], e);
}

static enum flow run_read(struct source *source, struct link *out,
			  struct err *e)
{
	struct run *r = run_of(source);

	(void)out;
	while (r->state != RUN_DONE) {
		enum my_flow f = step(r, e);

		if (f == MY_FAIL)
			return FLOW_FAIL;
		if (f == MY_WAIT)
			return look_on(r) ? FLOW_MORE : FLOW_WAIT;
		if (r->state == RUN_NAMES)
			return FLOW_MORE;
	}
	return FLOW_END;
}

static void on_wake(void *arg)
{
	struct run *r = arg;

	wake(&r->source.waker);
}

static void run_destroy(struct source *source)
{
	struct run *r = run_of(source);
	struct my_snap *d = r->dump;

	hooked_await(&d->hooked, NULL);
	my_dialog_fini(&r->dialog);
	my_dialog_fini(&r->watch);
	my_conn_free(d->holder);
	my_conn_free(d->conn);
	d->holder = d->conn = NULL;
	event_free(r->tick);
	free(r);
}

static const struct source_ops run_ops = {
	.name = "mysql clone",
	.read = run_read,
	.destroy = run_destroy,
};

struct source *my_clone_run_new(struct my_snap *d, struct err *e)
{
	struct run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		goto nomem;
	r->tick = evtimer_new(loop_base(d->env->loop), on_tick, r);
	if (r->tick == NULL)
		goto nomem;
	r->source.ops = &run_ops;
	r->dump = d;
	my_dialog_init(&r->dialog, d->holder, r);
	my_dialog_init(&r->watch, d->conn, r);
	my_conn_on_wake(d->holder, on_wake, r);
	my_conn_on_wake(d->conn, on_wake, r);
	return &r->source;
nomem:
	free(r);
	(void)err_nomem(e, "a phase of a dump");
	return NULL;
}
