/*
 * guard.c - a lock on a connection of its own.
 *
 * Taken by a source of a phase, then kept by a timer: each beat is a
 * statement, whose answer proves that the session, and so its lock, lived
 * until then.
 *
 * MariaDB's BACKUP STAGE BLOCK_DDL lets writes to InnoDB and Aria through but
 * stops those to MyISAM (measured on 10.11). Which tables are written to
 * outside the backup's scope is not known; so a beat looks for sessions that
 * wait for the lock without changing a definition, and lets it go for them.
 */
#include "sources/mysql/dump/guard.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "sources/mysql/dump/dump_int.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"

enum {
	LOST_CLIENT_SECONDS = 60, /* wait_timeout */
	BEAT_SECONDS = 15,
	WATCH_SECONDS = 2, /* between looks for those who wait */
	SILENCE_SECONDS = 30,
	MARIADB_STAGES = 100400,
	MYSQL_INSTANCE_LOCK = 80000,
	MS = 1000,
};

struct my_guard {
	struct my_dump *dump;
	enum my_guard_kind kind;
	struct my_conn *conn; /* NULL: let go */
	struct my_dialog dialog;
	struct event *timer; /* the next beat */
	struct event *turn;  /* goes on with a beat */
	int64_t until_ms;    /* 0: no limit */
	bool is_held, is_proven;
	bool is_beating;
	bool is_in_the_way;
};

static void on_timer(evutil_socket_t fd, short what, void *arg);
static void on_turn(evutil_socket_t fd, short what, void *arg);

struct my_guard *my_guard_new(struct my_dump *d, enum my_guard_kind kind,
			      struct my_conn *conn, struct err *e)
{
	struct event_base *base = loop_base(d->env->loop);
	struct my_guard *g = conn != NULL ? calloc(1, sizeof(*g)) : NULL;

	if (g == NULL)
		goto nomem;
	g->dump = d;
	g->kind = kind;
	g->conn = conn;
	my_dialog_init(&g->dialog, conn, g);
	my_conn_limit(conn, SILENCE_SECONDS);
	g->timer = evtimer_new(base, on_timer, g);
	g->turn = evtimer_new(base, on_turn, g);
	if (g->timer == NULL || g->turn == NULL)
		goto nomem;
	return g;
nomem:
	if (g != NULL)
		my_guard_free(g);
	else
		my_conn_free(conn);
	if (!err_is(e))
		(void)err_nomem(e, "a lock's connection");
	return NULL;
}

void my_guard_release(struct my_guard *g)
{
	if (g == NULL || g->conn == NULL)
		return;
	if (g->timer != NULL)
		(void)evtimer_del(g->timer);
	if (g->turn != NULL)
		(void)evtimer_del(g->turn);
	my_conn_free(g->conn);
	g->conn = NULL;
	g->is_held = false;
	g->is_beating = false;
}

void my_guard_free(struct my_guard *g)
{
	if (g == NULL)
		return;
	my_guard_release(g);
	my_dialog_fini(&g->dialog);
	if (g->timer != NULL)
		event_free(g->timer);
	if (g->turn != NULL)
		event_free(g->turn);
	free(g);
}

bool my_guard_is_held(const struct my_guard *g)
{
	return g != NULL && g->is_held;
}

bool my_guard_is_proven(const struct my_guard *g)
{
	return g != NULL && g->is_proven;
}

unsigned long my_guard_session(const struct my_guard *g)
{
	return my_guard_is_held(g) ? my_conn_id(g->conn) : 0;
}

/* ---- taking it */

enum take_state {
	TAKE_CONNECT,
	TAKE_SETTINGS,
	TAKE_START, /* MariaDB's stages */
	TAKE_FLUSH,
	TAKE_BLOCK,
	TAKE_INSTANCE, /* MySQL */
	TAKE_TABLES,
	TAKE_CHANGER, /* not to be had: who changes definitions? */
	TAKE_BLOCKER, /* nobody: who else? */
	TAKE_DONE,
	TAKE_STATE_COUNT,
};

static const char *const take_names[] = {
	"connect",  "settings", "start",   "flush",   "block",
	"instance", "tables",	"changer", "blocker", "done",
};
_Static_assert(sizeof(take_names) / sizeof(take_names[0]) == TAKE_STATE_COUNT,
	       "one name per state");

struct take {
	struct my_part part; /* comes first */
	struct my_guard *guard;
	enum take_state state;
};

static struct take *take_of(void *part)
{
	return part;
}

static void set_state(struct take *t, enum take_state next)
{
	log_debug("sources", "mysql guard: %s -> %s", take_names[t->state],
		  take_names[next]);
	t->state = next;
}

static void hold(struct take *t)
{
	t->guard->is_held = true;
	set_state(t, TAKE_DONE);
}

/* A backup without it is as good, but not as sure to succeed. */
static void do_without(struct take *t, const char *why)
{
	my_dump_warn(t->guard->dump, "no_ddl_guard",
		     "schema changes are not held off while the backup runs, "
		     "but found afterwards: %s",
		     why);
	set_state(t, TAKE_DONE);
}

static bool is_supported(const struct my_server *s)
{
	return s->number >=
	       (unsigned)(s->is_mariadb ? MARIADB_STAGES : MYSQL_INSTANCE_LOCK);
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_printf(sql,
		    "SET SESSION wait_timeout = %d, "
		    "SESSION lock_wait_timeout = %d",
		    LOST_CLIENT_SECONDS, MY_LOCK_SECONDS);
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	struct take *t = take_of(arg);

	(void)c;
	(void)e;
	if (t->guard->kind == MY_GUARD_TABLES)
		set_state(t, TAKE_TABLES);
	else if (t->guard->dump->server.is_mariadb)
		set_state(t, TAKE_START);
	else
		set_state(t, TAKE_INSTANCE);
	return true;
}

static bool ask_lock(void *arg, struct text *sql, struct err *e)
{
	static const char *const sentences[TAKE_STATE_COUNT] = {
		[TAKE_START] = "BACKUP STAGE START",
		[TAKE_FLUSH] = "BACKUP STAGE FLUSH",
		[TAKE_BLOCK] = "BACKUP STAGE BLOCK_DDL",
		[TAKE_INSTANCE] = "LOCK INSTANCE FOR BACKUP",
	};

	(void)e;
	text_str(sql, sentences[take_of(arg)->state]);
	return true;
}

static bool take_lock(void *arg, struct my_conn *c, struct err *e)
{
	struct take *t = take_of(arg);

	(void)c;
	(void)e;
	if (t->state == TAKE_START || t->state == TAKE_FLUSH)
		set_state(t, t->state + 1);
	else
		hold(t);
	return true;
}

static bool no_lock(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	struct take *t = take_of(arg);

	(void)c;
	(void)e;
	if (number == MY_ERR_LOCK_WAIT) {
		set_state(t, TAKE_CHANGER);
		return true;
	}
	if (t->guard->kind == MY_GUARD_TABLES ||
	    (!my_is_denial(number) && number != MY_ERR_SYNTAX))
		return false;
	if (number == MY_ERR_SYNTAX)
		do_without(t, "the server has no lock for it");
	else
		do_without(t, t->guard->dump->server.is_mariadb
				      ? "grant RELOAD to the account"
				      : "grant BACKUP_ADMIN to the account");
	return true;
}

static bool ask_tables(void *arg, struct text *sql, struct err *e)
{
	const struct my_objects *o = &take_of(arg)->guard->dump->objects;
	struct my_cursor at = {0};
	const char *comma = "";

	(void)e;
	text_str(sql, "LOCK TABLES ");
	for (; my_cursor_find(o, &at, MY_TABLES); at.table++) {
		if (!my_cursor_table(o, &at)->is_drifting)
			continue;
		text_str(sql, comma);
		my_quote_names(sql, my_cursor_database(o, &at)->name,
			       my_cursor_table(o, &at)->name);
		text_str(sql, " READ");
		comma = ", ";
	}
	return true;
}

static const char *lock_name(const struct my_guard *g)
{
	return g->kind == MY_GUARD_TABLES
		       ? "the lock on tables without transactions"
		       : "the lock against schema changes";
}

static bool ask_changer(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_sessions_ask_ddl(sql);
	return true;
}

static bool take_changer(void *arg, struct my_conn *c, struct err *e)
{
	struct take *t = take_of(arg);
	struct my_session s;

	if (my_session_read(&s, c))
		return err_set(e, ERR_CONFLICT, "ddl_in_progress",
			       "%s was not to be had within %d s, since "
			       "definitions are being changed by %s; back up "
			       "again when it is over",
			       lock_name(t->guard), MY_LOCK_SECONDS, s.text);
	set_state(t, TAKE_BLOCKER);
	return true;
}

static bool ask_blocker(void *arg, struct text *sql, struct err *e)
{
	struct text ours = {0};

	my_dump_sessions(take_of(arg)->guard->dump, &ours);
	my_sessions_ask_blocker(sql, ours.data != NULL ? ours.data : "0");
	text_free(&ours);
	(void)e;
	return true;
}

static bool take_blocker(void *arg, struct my_conn *c, struct err *e)
{
	return my_sessions_blocked(lock_name(take_of(arg)->guard), c, e);
}

static const struct my_ask take_asks[TAKE_STATE_COUNT] = {
	[TAKE_SETTINGS] = {"set up the session", ask_settings, take_settings,
			   NULL},
	[TAKE_START] = {"hold off schema changes", ask_lock, take_lock,
			no_lock},
	[TAKE_FLUSH] = {"hold off schema changes", ask_lock, take_lock,
			no_lock},
	[TAKE_BLOCK] = {"hold off schema changes", ask_lock, take_lock,
			no_lock},
	[TAKE_INSTANCE] = {"hold off schema changes", ask_lock, take_lock,
			   no_lock},
	[TAKE_TABLES] = {"lock tables without transactions", ask_tables,
			 take_lock, no_lock},
	[TAKE_CHANGER] = {"look for schema changes", ask_changer, take_changer,
			  NULL},
	[TAKE_BLOCKER] = {"look for the lock's holder", ask_blocker,
			  take_blocker, NULL},
};

static enum my_flow do_connect(struct take *t, struct err *e)
{
	struct my_guard *g = t->guard;
	enum my_flow f;

	if (g->kind == MY_GUARD_DEFINITIONS &&
	    !is_supported(&g->dump->server)) {
		do_without(t, "the server is too old");
		return MY_DONE;
	}
	f = my_dialog_connect(&t->part.dialog, e);
	if (f == MY_DONE)
		set_state(t, TAKE_SETTINGS);
	if (f == MY_FAIL && g->kind == MY_GUARD_DEFINITIONS &&
	    my_is_full(my_conn_errno(g->conn))) {
		err_clear(e);
		do_without(t, "the server allows no further connection");
		return MY_DONE;
	}
	return f;
}

static enum flow take_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct take *t = take_of(source);

	(void)out;
	for (int i = 0; i < MY_STEPS_PER_READ; i++) {
		enum my_flow f;

		if (t->state == TAKE_DONE)
			return FLOW_END;
		f = t->state == TAKE_CONNECT
			    ? do_connect(t, e)
			    : my_dialog_step(&t->part.dialog,
					     &take_asks[t->state], e);
		if (f != MY_DONE)
			return my_part_flow(f);
	}
	return FLOW_MORE;
}

static void take_destroy(struct source *source)
{
	my_part_fini(&take_of(source)->part);
	free(source);
}

static const struct source_ops take_ops = {
	.name = "mysql guard",
	.read = take_read,
	.destroy = take_destroy,
};

struct source *my_guard_take_new(struct my_guard *g, struct err *e)
{
	struct take *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	t->guard = g;
	my_part_init_on(&t->part, &take_ops, g->dump, g->conn, "");
	return &t->part.source;
}

/* ---- keeping it */

static bool is_watching(const struct my_guard *g)
{
	const struct my_dump *d = g->dump;

	return g->kind == MY_GUARD_DEFINITIONS && d->server.is_mariadb &&
	       my_grants_have(&d->grants, MY_PRIV_PROCESS, NULL, NULL);
}

static bool ask_beat(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (is_watching(arg))
		my_sessions_ask_stopped(sql);
	else
		text_str(sql, "DO 0");
	return true;
}

static bool take_beat(void *arg, struct my_conn *c, struct err *e)
{
	struct my_guard *g = arg;

	(void)e;
	g->is_in_the_way = is_watching(g) && my_next_row(c);
	return true;
}

static const struct my_ask beat = {"keep a lock", ask_beat, take_beat, NULL};

static void let_go(struct my_guard *g, const char *why)
{
	log_debug("sources", "mysql guard: let go: %s", why);
	if (g->kind == MY_GUARD_DEFINITIONS)
		my_dump_warn(g->dump, "guard_released",
			     "schema changes were held off for a part of the "
			     "backup only, since %s; definitions are compared "
			     "instead",
			     why);
	my_guard_release(g);
}

/* To the next sign of life, or to the end if that comes first. */
static void set_timer(struct my_guard *g)
{
	int64_t seconds = is_watching(g) ? WATCH_SECONDS : BEAT_SECONDS;
	int64_t ms = seconds * MS;
	int64_t left_ms = g->until_ms != 0 ? g->until_ms - clock_mono_ms() : ms;
	struct timeval after;

	if (left_ms < ms)
		ms = left_ms > 0 ? left_ms : 0;
	after.tv_sec = ms / MS;
	after.tv_usec = ms % MS * MS;
	(void)evtimer_add(g->timer, &after);
}

/* MY_DONE: the beat is over. */
static enum my_flow step_beat(struct my_guard *g)
{
	struct err e = {0};
	enum my_flow f = my_dialog_step(&g->dialog, &beat, &e);

	g->is_beating = f == MY_WAIT;
	if (f == MY_FAIL)
		let_go(g, "its connection broke");
	else if (f == MY_DONE && g->is_in_the_way)
		let_go(g, "others had to wait who write to tables without "
			  "transactions");
	return f;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct my_guard *g = arg;

	(void)fd;
	(void)what;
	if (g->is_beating && step_beat(g) == MY_DONE && g->is_held)
		set_timer(g);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct my_guard *g = arg;

	(void)fd;
	(void)what;
	if (g->until_ms != 0 && clock_mono_ms() >= g->until_ms) {
		let_go(g, "guard_seconds are over");
		return;
	}
	g->is_beating = true;
	loop_next_turn(g->turn);
}

static void on_wake(void *arg)
{
	struct my_guard *g = arg;

	loop_next_turn(g->turn);
}

void my_guard_keep(struct my_guard *g, unsigned seconds)
{
	if (!g->is_held) {
		my_guard_release(g);
		return;
	}
	g->until_ms =
		seconds != 0 ? clock_mono_ms() + (int64_t)seconds * MS : 0;
	my_conn_on_wake(g->conn, on_wake, g);
	set_timer(g);
}

/* ---- proving it */

struct prove {
	struct source source; /* comes first */
	struct my_guard *guard;
	bool is_last; /* the beat that was begun after the last row */
};

static struct prove *prove_of(struct source *source)
{
	return (struct prove *)(void *)source;
}

static void wake_prove(void *arg)
{
	struct prove *p = arg;

	wake(&p->source.waker);
}

static enum flow prove_read(struct source *source, struct link *out,
			    struct err *e)
{
	struct prove *p = prove_of(source);
	struct my_guard *g = p->guard;

	(void)out;
	(void)e;
	while (g->is_held) {
		if (g->is_beating && step_beat(g) == MY_WAIT)
			return FLOW_WAIT;
		if (p->is_last)
			break;
		p->is_last = true;
		g->is_beating = g->is_held;
	}
	g->is_proven = g->is_held;
	return FLOW_END;
}

static void prove_destroy(struct source *source)
{
	struct my_guard *g = prove_of(source)->guard;

	my_guard_release(g);
	free(source);
}

static const struct source_ops prove_ops = {
	.name = "mysql proof",
	.read = prove_read,
	.destroy = prove_destroy,
};

struct source *my_guard_prove_new(struct my_guard *g, struct err *e)
{
	struct prove *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	p->source.ops = &prove_ops;
	p->guard = g;
	(void)evtimer_del(g->timer);
	if (g->conn != NULL)
		my_conn_on_wake(g->conn, wake_prove, p);
	return &p->source;
}
