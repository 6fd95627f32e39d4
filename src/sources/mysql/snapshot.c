/*
 * snapshot.c - phase "lock": one consistent view, and its place in the log.
 *
 * MariaDB with its binary log on tells the view's place in the log without
 * any lock. Elsewhere a global read lock is held while the view is made and
 * the place is read, some milliseconds; it is waited for at most
 * lock_wait_timeout, since everybody else waits behind it, and the session
 * that holds it would not outlive a lost client for long (wait_timeout).
 * Without the right to lock, the view is as good, but its place is a guess.
 *
 * Then the tables are listed again: those that came or went since their
 * definitions were read would be missing, or fail later.
 */
#include "sources/mysql/dump_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/list.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"

enum snapshot_state {
	SNAPSHOT_IMPATIENT, /* a lost client would hold the lock this long */
	SNAPSHOT_LOCK,	    /* FLUSH TABLES WITH READ LOCK */
	SNAPSHOT_BLOCKER,   /* it was not to be had: who holds it? */
	SNAPSHOT_START,	    /* the view */
	SNAPSHOT_POSITION,  /* its place in the log */
	SNAPSHOT_UNLOCK,    /* the others go on */
	SNAPSHOT_GTID,	    /* MariaDB: the place as a GTID */
	SNAPSHOT_PATIENT,   /* the timeout of before */
	SNAPSHOT_SAVEPOINT, /* to which each table's lock is rolled back */
	SNAPSHOT_LIST,	    /* the tables again */
	SNAPSHOT_DONE,
	SNAPSHOT_STATE_COUNT,
};

static const char *const state_names[] = {
	"impatient", "lock",	"blocker",   "start", "position", "unlock",
	"gtid",	     "patient", "savepoint", "list",  "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       SNAPSHOT_STATE_COUNT,
	       "one name per state");

enum {
	LOST_CLIENT_SECONDS = 20,
	MYSQL_BINARY_LOG_STATUS = 80200, /* 8.2; SHOW MASTER went in 8.4 */
};

struct snapshot {
	struct my_part part; /* comes first */
	enum snapshot_state state;
	bool is_locked;
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

/* The library's answer says nothing that matters: to the next state. */
static bool go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);

	(void)c;
	(void)e;
	set_state(s, s->state + 1);
	return true;
}

static bool needs_lock(const struct my_dump *d)
{
	return !d->server.is_mariadb || !d->server.has_binlog;
}

static bool ask_impatient(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (needs_lock(dump_of(arg)))
		text_printf(sql, "SET SESSION wait_timeout = %d",
			    LOST_CLIENT_SECONDS);
	return true;
}

static bool ask_lock(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (needs_lock(dump_of(arg)))
		text_str(sql, "FLUSH TABLES WITH READ LOCK");
	return true;
}

static bool take_lock(void *arg, struct my_conn *c, struct err *e)
{
	struct snapshot *s = snapshot_of(arg);

	(void)c;
	(void)e;
	s->is_locked = needs_lock(s->part.dump);
	set_state(s, SNAPSHOT_START);
	return true;
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
	if (d->server.has_binlog)
		my_dump_warn(d, "position_inexact",
			     "the binary log's position may be a little off: "
			     "grant RELOAD to the account to have it exact");
	set_state(s, SNAPSHOT_START);
	return my_is_denial(number);
}

static bool ask_blocker(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_sessions_ask_blocker(sql);
	return true;
}

static bool take_blocker(void *arg, struct my_conn *c, struct err *e)
{
	struct my_session s;

	(void)arg;
	if (my_session_read(&s, c))
		return err_set(e, ERR_CONFLICT, "lock_not_obtained",
			       "the global read lock was not to be had within "
			       "%d s, probably for %s",
			       MY_LOCK_SECONDS, s.text);
	return err_set(e, ERR_CONFLICT, "lock_not_obtained",
		       "the global read lock was not to be had within %d s; "
		       "grant PROCESS to see which session holds it",
		       MY_LOCK_SECONDS);
}

static bool ask_start(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
	return true;
}

static bool ask_position(void *arg, struct text *sql, struct err *e)
{
	const struct my_server *server = &dump_of(arg)->server;

	(void)e;
	if (!server->has_binlog)
		return true;
	if (server->is_mariadb)
		text_str(sql, "SHOW STATUS LIKE 'binlog_snapshot_%'");
	else if (server->number >= MYSQL_BINARY_LOG_STATUS)
		text_str(sql, "SHOW BINARY LOG STATUS");
	else
		text_str(sql, "SHOW MASTER STATUS");
	return true;
}

static void keep_position(struct dump_facts *f, const char *number)
{
	if (number != NULL)
		f->binlog_position = strtoull(number, NULL, 10);
}

/* MariaDB: rows of name and value. */
static void take_status(struct dump_facts *f, struct my_conn *c)
{
	while (my_next_row(c)) {
		const char *name = my_value(c, 0), *value = my_value(c, 1);

		if (name == NULL || value == NULL)
			continue;
		if (strcasecmp(name, "binlog_snapshot_file") == 0)
			(void)my_clean(f->binlog_file, sizeof(f->binlog_file),
				       value);
		else if (strcasecmp(name, "binlog_snapshot_position") == 0)
			keep_position(f, value);
	}
}

/* MySQL: one row. */
static void take_log_status(struct dump_facts *f, struct my_conn *c)
{
	unsigned gtid = my_column(c, "Executed_Gtid_Set");

	if (!my_next_row(c) || my_value(c, 0) == NULL)
		return;
	(void)my_clean(f->binlog_file, sizeof(f->binlog_file), my_value(c, 0));
	keep_position(f, my_value(c, 1));
	if (my_value(c, gtid) != NULL)
		(void)my_clean(f->gtid, sizeof(f->gtid), my_value(c, gtid));
}

static bool take_position(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	if (d->server.is_mariadb)
		take_status(&d->facts, c);
	else
		take_log_status(&d->facts, c);
	return go_on(arg, c, e);
}

static bool no_position(void *arg, struct my_conn *c, unsigned number,
			struct err *e)
{
	my_dump_warn(dump_of(arg), "position_unknown",
		     "the account may not read the binary log's position: "
		     "grant REPLICATION CLIENT");
	return my_is_denial(number) && go_on(arg, c, e);
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
	if (needs_lock(dump_of(arg)))
		text_printf(sql, "SET SESSION wait_timeout = %d",
			    MY_PATIENCE_SECONDS);
	return true;
}

static bool ask_savepoint(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SAVEPOINT coffer");
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
	[SNAPSHOT_IMPATIENT] = {"set up the session", ask_impatient, go_on,
				NULL},
	[SNAPSHOT_LOCK] = {"take the global read lock", ask_lock, take_lock,
			   no_lock},
	[SNAPSHOT_BLOCKER] = {"look for the lock's holder", ask_blocker,
			      take_blocker, NULL},
	[SNAPSHOT_START] = {"start the snapshot", ask_start, go_on, NULL},
	[SNAPSHOT_POSITION] = {"read the binary log's position", ask_position,
			       take_position, no_position},
	[SNAPSHOT_UNLOCK] = {"unlock", ask_unlock, go_on, NULL},
	[SNAPSHOT_GTID] = {"read the GTID", ask_gtid, take_gtid, no_gtid},
	[SNAPSHOT_PATIENT] = {"set up the session", ask_patient, go_on, NULL},
	[SNAPSHOT_SAVEPOINT] = {"set a savepoint", ask_savepoint, go_on, NULL},
	[SNAPSHOT_LIST] = {"list the tables again", ask_list, take_list, NULL},
};

static enum flow snapshot_read(struct source *source, struct link *out,
			       struct err *e)
{
	struct snapshot *s = snapshot_of(source);

	(void)out;
	for (int i = 0; i < MY_STEPS_PER_READ; i++) {
		enum my_flow f;

		if (s->state == SNAPSHOT_DONE)
			return FLOW_END;
		f = my_dialog_step(&s->part.dialog, &asks[s->state], e);
		if (f != MY_DONE)
			return my_part_flow(f);
	}
	return FLOW_MORE;
}

static void snapshot_destroy(struct source *source)
{
	my_part_fini(&snapshot_of(source)->part);
	free(source);
}

static const struct source_ops snapshot_ops = {
	.name = "mysql lock",
	.read = snapshot_read,
	.destroy = snapshot_destroy,
};

struct source *my_snapshot_new(struct my_dump *d, struct err *e)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	my_part_init(&s->part, &snapshot_ops, d, 0, "");
	return &s->part.source;
}
