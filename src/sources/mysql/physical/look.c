/*
 * look.c - phases "connect" and "check": all that can be known of the server
 * before its files are copied, and what of it must be the same afterwards.
 */
#include "sources/mysql/physical/physical_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"

enum look_state {
	LOOK_CONNECT,  /* no connection yet */
	LOOK_SERVER,   /* version and variables */
	LOOK_SETTINGS, /* the session becomes ours */
	LOOK_ROLE,     /* a replica is refused */
	LOOK_GRANTS,   /* what the account may do */
	LOOK_PLACE,    /* whose files they are, and on which host */
	LOOK_DDL,      /* somebody changes definitions right now */
	LOOK_CHANGES,  /* how often somebody has, until now */
	LOOK_NAMES,    /* the tables */
	LOOK_DONE,
	LOOK_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "settings", "role",  "grants",
	"place",   "ddl",    "changes",	 "names", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == LOOK_STATE_COUNT,
	       "one name per state");

/* Which states follow one another. */
static const enum look_state first_way[] = {
	LOOK_CONNECT, LOOK_SERVER, LOOK_SETTINGS, LOOK_ROLE,  LOOK_GRANTS,
	LOOK_PLACE,   LOOK_DDL,	   LOOK_CHANGES,  LOOK_NAMES, LOOK_DONE,
};
/* MySQL is looked at by whom it is cloned by. */
static const enum look_state mysql_way = LOOK_DONE;
static const enum look_state second_way[] = {
	LOOK_CONNECT, LOOK_SETTINGS, LOOK_NAMES, LOOK_CHANGES, LOOK_DONE,
};

enum { STEPS_PER_READ = 16, HOST_MAX = 256, SILENCE_SECONDS = 300 };

struct look {
	struct source source; /* comes first */
	struct my_physical *physical;
	struct my_dialog dialog;
	const enum look_state *at; /* on its way */
	struct my_sight *sight;
};

static struct look *look_of(void *arg)
{
	return arg;
}

static struct my_physical *physical_of(void *arg)
{
	return look_of(arg)->physical;
}

static void go_on(struct look *l)
{
	log_debug("sources", "mysql look: %s -> %s", state_names[l->at[0]],
		  state_names[l->at[1]]);
	l->at++;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct my_physical *p = physical_of(arg);

	if (!my_server_read(&p->server, c, e))
		return false;
	(void)my_clean(p->facts.version, sizeof(p->facts.version),
		       p->server.version);
	if (!p->server.is_mariadb) {
		p->is_clone = true;
		look_of(arg)->at = &mysql_way;
		return true;
	}
	p->facts.session_json = my_settings_json(&p->server);
	if (p->facts.session_json == NULL)
		return err_nomem(e, "the session's settings");
	go_on(look_of(arg));
	return true;
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_read(&physical_of(arg)->server, sql);
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	go_on(look_of(arg));
	return true;
}

static bool ask_role(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_role_ask(&physical_of(arg)->server, sql);
	return true;
}

static bool take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct my_physical *p = physical_of(arg);

	my_role_read(&p->server, c);
	if (!my_role_check(&p->server, p->is_replica, e))
		return false;
	if (p->is_replica)
		my_physical_warn(p, "read_from_replica",
				 "it was copied from a replica, %lld s behind: "
				 "positions in binary logs are the replica's",
				 (long long)p->server.lag_seconds);
	go_on(look_of(arg));
	return true;
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	struct my_physical *p = physical_of(arg);

	(void)c;
	if (!my_is_denial(number))
		return false;
	if (p->is_replica) {
		err_clear(e); /* that it was refused says less */
		return err_set(e, ERR_DENIED, "access_denied",
			       "the account of \"read_from\" may not see "
			       "whether the server is a replica: grant "
			       "REPLICA MONITOR");
	}
	my_physical_warn(p, "role_unknown",
			 "the account may not see whether the server is a "
			 "replica: grant REPLICA MONITOR");
	go_on(look_of(arg));
	return true;
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct my_physical *p = physical_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL &&
		    !my_grants_add(&p->grants, my_value(c, 0)))
			return err_nomem(e, "the account's rights");
	if (!my_copy_rights(&p->grants, &p->server, e))
		return false;
	p->is_seen = my_grants_have(&p->grants, MY_PRIV_SELECT, NULL, NULL);
	if (!p->is_seen)
		my_physical_warn(p, "names_not_known",
				 "the account may not see all tables, so "
				 "they are not counted, and those of an "
				 "instance that is made from this backup "
				 "cannot be compared: grant it SELECT on *.*");
	go_on(look_of(arg));
	return true;
}

static bool ask_place(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_lineage_ask(sql);
	return true;
}

static void settle_increment(struct my_physical *p)
{
	const char *why;

	if (my_base_fits(&p->increment, &p->here, &why))
		return;
	if (p->increment.is_wanted)
		my_physical_warn(p, "full_instead", "%s, so this one is full",
				 why);
	p->increment.is_wanted = false;
}

static bool take_place(void *arg, struct my_conn *c, struct err *e)
{
	struct my_physical *p = physical_of(arg);
	char hostname[HOST_MAX];

	my_lineage_read(&p->here, c, p->server.version, hostname,
			sizeof(hostname));
	if (!my_is_here(&p->address.view, hostname, e))
		return false;
	settle_increment(p);
	go_on(look_of(arg));
	return true;
}

static bool take_ddl(void *arg, struct my_conn *c, struct err *e)
{
	if (!my_take_ddl(arg, c, e))
		return false;
	go_on(look_of(arg));
	return true;
}

static bool no_ddl(void *arg, struct my_conn *c, unsigned number, struct err *e)
{
	(void)c;
	(void)number;
	(void)e;
	go_on(look_of(arg));
	return true;
}

static bool ask_changes(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_census_ask_changes(sql);
	return true;
}

static bool take_changes(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);

	(void)e;
	l->sight->has_changes = my_census_read_changes(c, &l->sight->changes);
	go_on(l);
	return true;
}

static const struct my_ask asks[LOOK_STATE_COUNT] = {
	[LOOK_SERVER] = {"read the server's variables", my_ask_server,
			 take_server, NULL},
	[LOOK_SETTINGS] = {"set up the session", ask_settings, take_settings,
			   NULL},
	[LOOK_ROLE] = {"read the replication status", ask_role, take_role,
		       no_role},
	[LOOK_GRANTS] = {"read the account's rights", my_ask_grants,
			 take_grants, NULL},
	[LOOK_PLACE] = {"look where the server's files are", ask_place,
			take_place, NULL},
	[LOOK_DDL] = {"look for schema changes", my_ask_ddl, take_ddl, no_ddl},
	[LOOK_CHANGES] = {"look for schema changes", ask_changes, take_changes,
			  NULL},
};

static bool check_count(const struct my_physical *p,
			const struct my_census *census, struct err *e)
{
	uint64_t n = census->tables + census->sequences;

	if (p->max_tables == 0 || n <= p->max_tables)
		return true;
	return err_set(e, ERR_CONFLICT, "too_many_tables",
		       "there are %" PRIu64 " tables, more than the %u that "
		       "one backup may have",
		       n, p->max_tables);
}

static enum my_flow step_names(struct look *l, struct err *e)
{
	struct my_census *census = &l->sight->census;
	enum my_flow f;

	if (!l->physical->is_seen) {
		go_on(l);
		return MY_DONE;
	}
	f = my_census_step(census, &l->dialog, e);
	if (f != MY_DONE || !census->is_over)
		return f;
	if (l->sight == &l->physical->before &&
	    !check_count(l->physical, census, e))
		return MY_FAIL;
	go_on(l);
	return MY_DONE;
}

static enum my_flow step(struct look *l, struct err *e)
{
	enum my_flow f;

	if (*l->at == LOOK_NAMES)
		return step_names(l, e);
	if (*l->at != LOOK_CONNECT)
		return my_dialog_step(&l->dialog, &asks[*l->at], e);
	f = my_dialog_connect(&l->dialog, e);
	if (f == MY_DONE)
		go_on(l);
	return f;
}

static enum flow look_read(struct source *s, struct link *out, struct err *e)
{
	struct look *l = look_of(s);
	enum my_flow f = MY_DONE;

	(void)out;
	for (int i = 0; f == MY_DONE && i < STEPS_PER_READ; i++) {
		if (*l->at == LOOK_DONE)
			return FLOW_END;
		f = step(l, e);
	}
	if (f == MY_FAIL)
		return FLOW_FAIL;
	return f == MY_WAIT ? FLOW_WAIT : FLOW_MORE;
}

/* What was copied is whole by then: that nobody can look at the server any
 * more costs the names alone. */
static enum flow look_again_read(struct source *s, struct link *out,
				 struct err *e)
{
	struct look *l = look_of(s);
	struct err mine = {0};
	enum flow f = look_read(s, out, &mine);

	(void)e;
	if (f != FLOW_FAIL)
		return f;
	log_info("sources", "the tables cannot be listed again: %s", mine.msg);
	l->sight->has_changes = false;
	return FLOW_END;
}

static void look_destroy(struct source *s)
{
	struct look *l = look_of(s);

	my_conn_on_wake(l->dialog.conn, NULL, NULL);
	my_dialog_fini(&l->dialog);
	free(l);
}

static const struct source_ops look_ops = {
	.name = "mysql look",
	.read = look_read,
	.destroy = look_destroy,
};

static const struct source_ops look_again_ops = {
	.name = "mysql look again",
	.read = look_again_read,
	.destroy = look_destroy,
};

static void on_wake(void *arg)
{
	wake(&look_of(arg)->source.waker);
}

static struct source *look_new(struct my_physical *p, bool is_again,
			       struct err *e)
{
	struct look *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	l->source.ops = is_again ? &look_again_ops : &look_ops;
	l->physical = p;
	l->at = is_again ? second_way : first_way;
	l->sight = is_again ? &p->after : &p->before;
	my_dialog_init(&l->dialog, p->conns[is_again], l);
	my_conn_on_wake(p->conns[is_again], on_wake, l);
	my_conn_limit(p->conns[is_again], SILENCE_SECONDS);
	return &l->source;
}

struct source *my_look_new(struct my_physical *p, struct err *e)
{
	return look_new(p, false, e);
}

struct source *my_look_again_new(struct my_physical *p, struct err *e)
{
	return look_new(p, true, e);
}
