/*
 * snapshot.c - phase "lock": one consistent view for all lanes, and its place
 * in the log.
 *
 * MariaDB with its binary log on tells each view's place in the log without
 * any lock: views with the same place are the same. While others write it
 * takes some tries (view.c). Elsewhere, or where the log leaves something out
 * (filters, what a cluster's other nodes wrote), or when the tries are used
 * up, a global read lock is held while the views are made and the place is
 * read, some milliseconds; it is waited for at most lock_wait_timeout, since
 * everybody else waits behind it, and the session that holds it would not
 * outlive a lost client for long (wait_timeout). Without the right to lock, one
 * lane goes on alone: its view is as good, but its place may be a guess.
 *
 * Then the tables are listed again: those that came or went since their
 * definitions were read would be missing, or fail later.
 */
#include "sources/mysql/dump/dump_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/list.h"
#include "sources/mysql/dump/view.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"

enum snapshot_state {
	SNAPSHOT_FILTERS,   /* whether the log holds all that is committed */
	SNAPSHOT_CLUSTER,   /* the same of what came from other nodes */
	SNAPSHOT_IMPATIENT, /* a lost client would hold the lock this long */
	SNAPSHOT_LOCK,	    /* FLUSH TABLES WITH READ LOCK */
	SNAPSHOT_BLOCKER,   /* it was not to be had: who holds it? */
	SNAPSHOT_START,	    /* the view of each lane */
	SNAPSHOT_POSITION,  /* its place in the log */
	SNAPSHOT_CONFIRM,   /* the same again */
	SNAPSHOT_COMPARE,   /* whether they have one place */
	SNAPSHOT_UNLOCK,    /* the others go on */
	SNAPSHOT_GTID,	    /* MariaDB: the place as a GTID */
	SNAPSHOT_PATIENT,   /* the timeout of before */
	SNAPSHOT_SAVEPOINT, /* to which each table's lock is rolled back */
	SNAPSHOT_LIST,	    /* the tables again */
	SNAPSHOT_DONE,
	SNAPSHOT_STATE_COUNT,
};

static const char *const state_names[] = {
	"filters", "cluster",  "impatient", "lock",    "blocker",
	"start",   "position", "confirm",   "compare", "unlock",
	"gtid",	   "patient",  "savepoint", "list",    "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       SNAPSHOT_STATE_COUNT,
	       "one name per state");

enum {
	LOST_CLIENT_SECONDS = 20,
	TRIES = 20,	 /* to start all views at one place */
	LANES_TRIED = 8, /* with more of them it hardly ever succeeds */
};

struct snapshot {
	struct my_part part; /* comes first */
	enum snapshot_state state;
	bool needs_lock;
	bool is_locked;
	unsigned tries;
	struct my_view views[DUMP_SOURCES_MAX]; /* by lane */
	unsigned nviews;
	size_t database; /* whose tables are listed */
};

static struct snapshot *snapshot_of(void *part)
{
	return part;
}

static struct my_dump *dump_of(void *part)
{
	return snapshot_of(part)->part.dump;
}

static void set_state(struct snapshot *s, enum snapshot_state next)
{
	log_debug("sources", "mysql snapshot: %s -> %s", state_names[s->state],
		  state_names[next]);
	s->state = next;
}

/* The answer says nothing that matters: to the next state. */
static bool go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);

	(void)c;
	(void)e;
	set_state(s, s->state + 1);
	return true;
}

static bool tells_place(const struct my_dump *d)
{
	return d->server.is_mariadb && d->server.has_binlog;
}

/* Only a log that everything goes into tells views apart. */
static bool is_log_asked(const struct snapshot *s)
{
	return !s->needs_lock && s->nviews > 1;
}

static bool ask_filters(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (is_log_asked(snapshot_of(arg)))
		text_str(sql, "SHOW MASTER STATUS");
	return true;
}

static bool is_filled(const struct my_conn *c, const char *column)
{
	const char *value = my_value(c, my_column(c, column));

	return value != NULL && value[0] != '\0';
}

static bool take_filters(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);

	if (is_log_asked(s))
		s->needs_lock = !my_next_row(c) ||
				is_filled(c, "Binlog_Do_DB") ||
				is_filled(c, "Binlog_Ignore_DB");
	return go_on(arg, c, e);
}

/* Not known: as if it left something out. */
static bool no_filters(void *arg, struct my_conn *c, unsigned number,
		       struct err *e)
{
	snapshot_of(arg)->needs_lock = true;
	return my_is_denial(number) && go_on(arg, c, e);
}

static bool ask_cluster(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (is_log_asked(snapshot_of(arg)))
		text_str(sql, "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
			      "('wsrep_on', 'log_slave_updates')");
	return true;
}

static bool take_cluster(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);
	bool is_cluster = false, has_others = false;

	while (is_log_asked(s) && my_next_row(c)) {
		const char *name = my_value(c, 0), *value = my_value(c, 1);
		bool is_on = value != NULL && strcasecmp(value, "ON") == 0;

		if (name != NULL && strcasecmp(name, "wsrep_on") == 0)
			is_cluster = is_on;
		else
			has_others = is_on;
	}
	s->needs_lock = s->needs_lock || (is_cluster && !has_others);
	return go_on(arg, c, e);
}

static bool ask_impatient(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (snapshot_of(arg)->needs_lock)
		text_printf(sql, "SET SESSION wait_timeout = %d",
			    LOST_CLIENT_SECONDS);
	return true;
}

static bool ask_lock(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (snapshot_of(arg)->needs_lock)
		text_str(sql, "FLUSH TABLES WITH READ LOCK");
	return true;
}

static bool take_lock(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);

	(void)c;
	(void)e;
	s->is_locked = s->needs_lock;
	set_state(s, SNAPSHOT_START);
	return true;
}

static void drop_views(struct snapshot *s, unsigned from)
{
	for (unsigned i = from; i < s->nviews; i++) {
		my_view_fini(&s->views[i]);
		my_part_deaf(s->part.dump->conns[i]);
	}
	s->nviews = from;
}

/* Several lanes without a lock would each have a view of their own. */
static void go_on_alone(struct snapshot *s)
{
	struct my_dump *d = s->part.dump;

	if (s->nviews == 1)
		return;
	drop_views(s, 1);
	my_lanes_close(d);
	d->facts.connections = 1;
	my_dump_warn(d, "fewer_connections",
		     "one connection reads the data: grant RELOAD to the "
		     "account, so that several can share one view");
}

static bool no_lock(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	struct snapshot *s = snapshot_of(arg);
	struct my_dump *d = s->part.dump;

	(void)c;
	(void)e;
	if (number == MY_ERR_LOCK_WAIT) {
		set_state(s, SNAPSHOT_BLOCKER);
		return true;
	}
	if (!my_is_denial(number))
		return false;
	go_on_alone(s);
	if (d->server.has_binlog && !tells_place(d))
		my_dump_warn(d, "position_inexact",
			     "the binary log's position may be a little off: "
			     "grant RELOAD to the account to have it exact");
	set_state(s, SNAPSHOT_START);
	return true;
}

static bool ask_blocker(void *arg, struct text *sql, struct err *e)
{
	struct text ours = {0};

	(void)e;
	my_dump_sessions(dump_of(arg), &ours);
	my_sessions_ask_blocker(sql, ours.data != NULL ? ours.data : "0");
	text_free(&ours);
	return true;
}

static bool take_blocker(void *arg, struct my_conn *c, struct err *e)
{
	(void)arg;
	return my_sessions_blocked("the global read lock", c, e);
}

static void compare(struct snapshot *s)
{
	struct dump_facts *f = &s->part.dump->facts;

	if (!my_views_are_sure(s->views, s->nviews)) {
		set_state(s, SNAPSHOT_POSITION);
		return;
	}
	if (!s->is_locked && !my_views_are_one(s->views, s->nviews)) {
		s->needs_lock = ++s->tries == TRIES;
		set_state(s,
			  s->needs_lock ? SNAPSHOT_IMPATIENT : SNAPSHOT_START);
		return;
	}
	(void)str_copy(f->binlog_file, sizeof(f->binlog_file),
		       s->views[0].file);
	f->binlog_position = s->views[0].position;
	log_debug("sources", "mysql snapshot: %u views, %u tries, %s",
		  s->nviews, s->tries + 1,
		  s->is_locked ? "under a lock" : "without a lock");
	set_state(s, SNAPSHOT_UNLOCK);
}

static bool ask_unlock(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (snapshot_of(arg)->is_locked)
		text_str(sql, "UNLOCK TABLES");
	return true;
}

static bool ask_gtid(void *arg, struct text *sql, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	(void)e;
	if (!d->server.is_mariadb || d->facts.binlog_file[0] == '\0')
		return true;
	text_str(sql, "SELECT BINLOG_GTID_POS(");
	my_quote_value(sql, d->facts.binlog_file, strlen(d->facts.binlog_file));
	text_printf(sql, ", %" PRIu64 ")", d->facts.binlog_position);
	return true;
}

static bool take_gtid(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	if (d->server.is_mariadb && my_next_row(c) && my_value(c, 0) != NULL)
		(void)my_clean(d->facts.gtid, sizeof(d->facts.gtid),
			       my_value(c, 0));
	return go_on(arg, c, e);
}

static bool no_gtid(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	(void)number;
	return go_on(arg, c, e);
}

static bool ask_patient(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (snapshot_of(arg)->needs_lock)
		text_printf(sql, "SET SESSION wait_timeout = %d",
			    MY_PATIENCE_SECONDS);
	return true;
}

static bool ask_list(void *arg, struct text *sql, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);

	(void)e;
	if (s->database < s->part.dump->objects.n)
		my_list_ask_tables(
			&s->part.dump->objects.databases[s->database], sql);
	return true;
}

static bool take_list(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);
	struct my_objects *o = &s->part.dump->objects;

	if (s->database == o->n)
		return go_on(arg, c, e);
	return my_list_compare(&o->databases[s->database++], true, c, e);
}

static const struct my_ask asks[SNAPSHOT_STATE_COUNT] = {
	[SNAPSHOT_FILTERS] = {"read the binary log's filters", ask_filters,
			      take_filters, no_filters},
	[SNAPSHOT_CLUSTER] = {"read the cluster's settings", ask_cluster,
			      take_cluster, NULL},
	[SNAPSHOT_IMPATIENT] = {"set up the session", ask_impatient, go_on,
				NULL},
	[SNAPSHOT_LOCK] = {"take the global read lock", ask_lock, take_lock,
			   no_lock},
	[SNAPSHOT_BLOCKER] = {"look for the lock's holder", ask_blocker,
			      take_blocker, NULL},
	[SNAPSHOT_UNLOCK] = {"unlock", ask_unlock, go_on, NULL},
	[SNAPSHOT_GTID] = {"read the GTID", ask_gtid, take_gtid, no_gtid},
	[SNAPSHOT_PATIENT] = {"set up the session", ask_patient, go_on, NULL},
	[SNAPSHOT_LIST] = {"list the tables again", ask_list, take_list, NULL},
};

/* One statement on all lanes; then the next state. */
static enum my_flow do_views(struct snapshot *s, enum my_view_step step,
			     struct err *e)
{
	enum my_flow f = my_views_step(s->views, s->nviews, step, e);

	if (f == MY_DONE)
		set_state(s, s->state + 1);
	return f;
}

static enum my_flow do_state(struct snapshot *s, struct err *e)
{
	switch (s->state) {
	case SNAPSHOT_START:
		return do_views(s, MY_VIEW_START, e);
	case SNAPSHOT_POSITION:
		return do_views(s, MY_VIEW_PLACE, e);
	case SNAPSHOT_CONFIRM:
		return do_views(s, MY_VIEW_CONFIRM, e);
	case SNAPSHOT_SAVEPOINT:
		return do_views(s, MY_VIEW_SAVEPOINT, e);
	case SNAPSHOT_COMPARE:
		compare(s);
		return MY_DONE;
	case SNAPSHOT_FILTERS:
	case SNAPSHOT_CLUSTER:
	case SNAPSHOT_IMPATIENT:
	case SNAPSHOT_LOCK:
	case SNAPSHOT_BLOCKER:
	case SNAPSHOT_UNLOCK:
	case SNAPSHOT_GTID:
	case SNAPSHOT_PATIENT:
	case SNAPSHOT_LIST:
		return my_dialog_step(&s->part.dialog, &asks[s->state], e);
	case SNAPSHOT_DONE:
	case SNAPSHOT_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "the snapshot was stepped when done");
	return MY_FAIL;
}

static bool is_over(struct my_part *p)
{
	return snapshot_of(p)->state == SNAPSHOT_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return do_state(snapshot_of(p), e);
}

static void snapshot_destroy(struct source *source)
{
	drop_views(snapshot_of(source), 0);
	my_part_fini(&snapshot_of(source)->part);
	free(source);
}

static const struct source_ops snapshot_ops = {
	.name = "mysql lock",
	.read = my_part_read,
	.destroy = snapshot_destroy,
};

static const struct my_walk walk = {
	.ops = &snapshot_ops,
	.size = sizeof(struct snapshot),
	.preamble = "",
	.is_over = is_over,
	.step = step,
};

struct source *my_snapshot_new(struct my_dump *d, struct err *e)
{
	struct source *source = my_part_new(&walk, d, 0, e);
	struct snapshot *s;

	if (source == NULL)
		return NULL;
	s = snapshot_of(source);
	s->needs_lock = !tells_place(d) || d->nconns > LANES_TRIED;
	s->nviews = d->nconns;
	for (unsigned i = 0; i < s->nviews; i++) {
		my_view_init(&s->views[i], d, i);
		my_part_listen(&s->part, d->conns[i]);
	}
	return source;
}
