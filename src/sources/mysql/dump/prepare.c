/*
 * prepare.c - phases "connect" and "list": what must be known before the first
 * byte. Between them schema changes are held off.
 *
 * Everything that would later be missing without a word (rights, databases
 * that are not there, a replica that lags) fails here, by name.
 */
#include "sources/mysql/dump/dump_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/list.h"
#include "sources/mysql/dump/rights.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"

enum prepare_state {
	PREPARE_CONNECT,   /* no connection yet */
	PREPARE_SERVER,	   /* version and variables */
	PREPARE_SETTINGS,  /* the session becomes ours */
	PREPARE_ISOLATION, /* so does the level of the transactions to come */
	PREPARE_BINLOG,	   /* MariaDB: nothing of ours goes into its log */
	PREPARE_CORES,	   /* how many the source has */
	PREPARE_ROLE,	   /* a replica is refused */
	PREPARE_GRANTS,	   /* what the account may do */
	PREPARE_DDL,	   /* somebody changes definitions right now */
	PREPARE_DATABASES, /* what is there, what of it is in scope */
	PREPARE_TABLES,	   /* one database after the other */
	PREPARE_DONE,
	PREPARE_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "settings", "isolation", "binlog", "cores",
	"role",	   "grants", "ddl",	 "databases", "tables", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       PREPARE_STATE_COUNT,
	       "one name per state");

struct prepare {
	struct my_part part; /* comes first */
	enum prepare_state state, end;
	size_t database;  /* whose tables are listed */
	uint64_t ntables; /* of those that count */
};

static struct prepare *prepare_of(void *part)
{
	return part;
}

static struct my_dump *dump_of(void *part)
{
	return prepare_of(part)->part.dump;
}

static void set_state(struct prepare *p, enum prepare_state next)
{
	log_debug("sources", "mysql prepare: %s -> %s", state_names[p->state],
		  state_names[next]);
	p->state = next;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	if (!my_server_read(&d->server, c, e))
		return false;
	d->objects.patterns.is_caseless = d->server.name_case != 0;
	(void)my_clean(d->facts.version, sizeof(d->facts.version),
		       d->server.version);
	d->facts.session_json = my_settings_json(&d->server);
	if (d->facts.session_json == NULL)
		return err_nomem(e, "the session's settings");
	set_state(prepare_of(arg), PREPARE_SETTINGS);
	return true;
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_read(&dump_of(arg)->server, sql);
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(prepare_of(arg), PREPARE_ISOLATION);
	return true;
}

static bool ask_isolation(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_settings_isolation(sql);
	return true;
}

static bool take_isolation(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(prepare_of(arg), PREPARE_BINLOG);
	return true;
}

static bool ask_binlog(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_binlog(&dump_of(arg)->server, sql);
	return true;
}

static bool take_binlog(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(prepare_of(arg), PREPARE_CORES);
	return true;
}

static bool no_binlog(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	(void)c;
	(void)e;
	my_dump_warn(dump_of(arg), "metadata_locks_kept",
		     "schema changes on the source wait until the backup is "
		     "over: grant BINLOG ADMIN to the account to avoid it");
	set_state(prepare_of(arg), PREPARE_CORES);
	return my_is_denial(number);
}

static bool ask_cores(void *arg, struct text *sql, struct err *e)
{
	const struct my_dump *d = dump_of(arg);

	(void)e;
	if (d->parallelism == 0)
		my_cores_ask(&d->server, sql);
	return true;
}

static bool take_cores(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	(void)e;
	d->cores = d->parallelism == 0 ? my_cores_read(&d->server, c) : 0;
	set_state(prepare_of(arg), PREPARE_ROLE);
	return true;
}

static bool no_cores(void *arg, struct my_conn *c, unsigned number,
		     struct err *e)
{
	(void)c;
	(void)number;
	(void)e;
	set_state(prepare_of(arg), PREPARE_ROLE);
	return true;
}

static bool ask_role(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_role_ask(&dump_of(arg)->server, sql);
	return true;
}

/* Rule 2: what is read through a replica is what its primary has. */
static bool check_role(struct my_dump *d, struct err *e)
{
	if (d->is_copy)
		return true;
	if (!my_role_check(&d->server, d->is_replica, e))
		return false;
	if (d->is_replica)
		my_dump_warn(d, "read_from_replica",
			     "it was read through a replica, %lld s behind: "
			     "positions in binary logs are the replica's, and "
			     "events are disabled as they are there: after a "
			     "restore, enable those that are to run (ALTER "
			     "EVENT ... ENABLE)",
			     (long long)d->server.lag_seconds);
	return true;
}

static bool take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	my_role_read(&d->server, c);
	if (!check_role(d, e))
		return false;
	set_state(prepare_of(arg), PREPARE_GRANTS);
	return true;
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	struct my_dump *d = dump_of(arg);

	(void)c;
	if (d->is_replica && my_is_denial(number)) {
		err_clear(e); /* that it was refused says less */
		return err_set(e, ERR_DENIED, "access_denied",
			       "the account of \"read_from\" may not see "
			       "whether the server is a replica: grant %s",
			       d->server.is_mariadb ? "REPLICA MONITOR"
						    : "REPLICATION CLIENT");
	}
	my_dump_warn(d, "role_unknown",
		     "the account may not see whether the server is a replica: "
		     "grant %s",
		     d->server.is_mariadb ? "REPLICA MONITOR"
					  : "REPLICATION CLIENT");
	set_state(prepare_of(arg), PREPARE_GRANTS);
	return my_is_denial(number);
}

/* Accounts go with the whole server, if they can be read. */
static void check_accounts(struct my_dump *d)
{
	if (!d->objects.is_whole)
		d->has_accounts = false;
	if (!d->has_accounts ||
	    my_grants_have(&d->grants, MY_PRIV_SELECT, "mysql", NULL))
		return;
	d->has_accounts = false;
	my_dump_warn(d, "accounts_not_included",
		     "accounts, roles and their grants are left out, since the "
		     "account may not read them: grant it SELECT on mysql.*");
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL &&
		    !my_grants_add(&d->grants, my_value(c, 0)))
			return err_nomem(e, "the account's rights");
	if (!my_rights_check_server(&d->grants, &d->objects, e))
		return false;
	check_accounts(d);
	set_state(prepare_of(arg), PREPARE_DDL);
	return true;
}

static bool take_ddl(void *arg, struct my_conn *c, struct err *e)
{
	if (!my_take_ddl(arg, c, e))
		return false;
	set_state(prepare_of(arg), PREPARE_DATABASES);
	return true;
}

static bool no_ddl(void *arg, struct my_conn *c, unsigned number, struct err *e)
{
	(void)c;
	(void)number;
	(void)e;
	set_state(prepare_of(arg), PREPARE_DATABASES);
	return true;
}

static bool ask_databases(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_list_ask_databases(&dump_of(arg)->server, sql);
	return true;
}

static bool check_count(const struct prepare *p, struct err *e)
{
	unsigned limit = p->part.dump->max_tables;

	if (limit == 0 || p->ntables <= limit)
		return true;
	return err_set(e, ERR_CONFLICT, "too_many_tables",
		       "there are %" PRIu64 " tables in scope, more than the "
		       "%u that one backup may have; choose databases",
		       p->ntables, limit);
}

static bool all_listed(struct prepare *p, struct err *e)
{
	struct my_dump *d = p->part.dump;

	if (!check_count(p, e) || !my_list_settle(&d->objects, e) ||
	    !my_rights_check(&d->grants, &d->objects, e))
		return false;
	d->facts.databases = d->objects.n;
	d->facts.tables = my_objects_count(&d->objects, MY_TABLES);
	d->facts.sequences = my_objects_count(&d->objects, MY_SEQUENCES);
	d->facts.views = my_objects_count(&d->objects, MY_VIEWS);
	d->facts.items_total = d->objects.n + 2 * d->facts.tables +
			       d->facts.views +
			       my_objects_count(&d->objects, MY_SEQUENCES);
	set_state(p, PREPARE_DONE);
	return true;
}

static bool take_databases(void *arg, struct my_conn *c, struct err *e)
{
	struct my_dump *d = dump_of(arg);

	if (!my_list_databases(&d->objects, c, e) ||
	    !my_rights_check(&d->grants, &d->objects, e))
		return false;
	if (d->objects.n == 0)
		return all_listed(prepare_of(arg), e);
	set_state(prepare_of(arg), PREPARE_TABLES);
	return true;
}

static bool ask_tables(void *arg, struct text *sql, struct err *e)
{
	struct prepare *p = prepare_of(arg);

	(void)e;
	my_list_ask_tables(&p->part.dump->objects.databases[p->database], sql);
	return true;
}

/* Counts on beyond the limit, so that the error can tell how many there are,
 * but keeps no more. */
static bool take_table(struct prepare *p, struct my_database *db,
		       const struct my_conn *c, struct err *e)
{
	const char *name = my_value(c, 0), *word = my_value(c, 1);
	unsigned limit = p->part.dump->max_tables;
	enum my_table_type type;

	if (name == NULL || word == NULL)
		return true;
	type = my_table_type(word);
	if (type == MY_TABLE_TYPES)
		return true;
	if (!db->is_open ? my_database_find(db, name) == NULL
			 : !my_database_wants(db, name))
		return my_database_add(db, name, type, e);
	if (type != MY_VIEW)
		p->ntables++;
	if (limit != 0 && p->ntables > limit)
		return true;
	return my_database_add(db, name, type, e);
}

static bool take_tables(void *arg, struct my_conn *c, struct err *e)
{
	struct prepare *p = prepare_of(arg);
	struct my_objects *o = &p->part.dump->objects;
	struct my_database *db = &o->databases[p->database];

	while (my_next_row(c))
		if (!take_table(p, db, c, e))
			return false;
	my_database_sort(db);
	if (!my_list_check_found(db, e))
		return false;
	if (++p->database < o->n)
		return true;
	return all_listed(p, e);
}

static const struct my_ask asks[PREPARE_STATE_COUNT] = {
	[PREPARE_SERVER] = {"read the server's variables", my_ask_server,
			    take_server, NULL},
	[PREPARE_SETTINGS] = {"set up the session", ask_settings, take_settings,
			      NULL},
	[PREPARE_ISOLATION] = {"set up the session", ask_isolation,
			       take_isolation, NULL},
	[PREPARE_BINLOG] = {"set up the session", ask_binlog, take_binlog,
			    no_binlog},
	[PREPARE_CORES] = {"count the server's cores", ask_cores, take_cores,
			   no_cores},
	[PREPARE_ROLE] = {"read the replication status", ask_role, take_role,
			  no_role},
	[PREPARE_GRANTS] = {"read the account's rights", my_ask_grants,
			    take_grants, NULL},
	[PREPARE_DDL] = {"look for schema changes", my_ask_ddl, take_ddl,
			 no_ddl},
	[PREPARE_DATABASES] = {"list the databases", ask_databases,
			       take_databases, NULL},
	[PREPARE_TABLES] = {"list the tables", ask_tables, take_tables, NULL},
};

static enum my_flow do_state(struct prepare *p, struct err *e)
{
	enum my_flow f;

	if (p->state != PREPARE_CONNECT)
		return my_dialog_step(&p->part.dialog, &asks[p->state], e);
	f = my_dialog_connect(&p->part.dialog, e);
	if (f == MY_DONE)
		set_state(p, PREPARE_SERVER);
	return f;
}

static bool is_over(struct my_part *p)
{
	const struct prepare *t = prepare_of(p);

	return t->state == t->end;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return do_state(prepare_of(p), e);
}

static void prepare_destroy(struct source *s)
{
	my_part_fini(&prepare_of(s)->part);
	free(s);
}

static const struct source_ops prepare_ops = {
	.name = "mysql connect",
	.read = my_part_read,
	.destroy = prepare_destroy,
};

static const struct my_walk walk = {
	.ops = &prepare_ops,
	.size = sizeof(struct prepare),
	.preamble = "",
	.is_over = is_over,
	.step = step,
};

static struct source *prepare_new(struct my_dump *d, enum prepare_state from,
				  enum prepare_state end, struct err *e)
{
	struct source *source = my_part_new(&walk, d, 0, e);
	struct prepare *p;

	if (source == NULL)
		return NULL;
	p = prepare_of(source);
	p->state = from;
	p->end = end;
	return source;
}

struct source *my_prepare_new(struct my_dump *d, struct err *e)
{
	return prepare_new(d, PREPARE_CONNECT, PREPARE_DDL, e);
}

struct source *my_listing_new(struct my_dump *d, struct err *e)
{
	return prepare_new(d, PREPARE_DDL, PREPARE_DONE, e);
}
