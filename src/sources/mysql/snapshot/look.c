/*
 * look.c - phase "connect": what kind of server this is, whether the account
 * may do all that follows, and whether a snapshot of the data directory holds
 * all that the server has.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"
#include "sources/mysql/snapshot/places.h"
#include "sources/mysql/snapshot/snap_int.h"

enum look_state {
	LOOK_CONNECT,
	LOOK_SERVER, /* version, variables */
	LOOK_ROLE,   /* rule 2 */
	LOOK_GRANTS, /* the account's rights */
	LOOK_HOME,   /* its data directory and its host */
	LOOK_PLACES, /* where it keeps the rest */
	LOOK_SPACES, /* InnoDB's tables elsewhere */
	LOOK_DDL,    /* rule 9 */
	LOOK_DONE,
	LOOK_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "role", "grants", "home",
	"places",  "spaces", "ddl",  "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == LOOK_STATE_COUNT,
	       "one name per state");

enum {
	HOST_MAX = 256,
	MARIADB_STAGES = 100400,
	MYSQL_INSTANCE_LOCK = 80000,
};

struct look {
	struct source source; /* comes first */
	struct my_snap *dump;
	struct my_dialog dialog;
	enum look_state state;
};

static struct look *look_of(void *source)
{
	return source;
}

static void set_state(struct look *l, enum look_state next)
{
	log_debug("sources", "mysql snapshot look: %s -> %s",
		  state_names[l->state], state_names[next]);
	l->state = next;
}

static bool go_on(struct look *l)
{
	set_state(l, l->state + 1);
	return true;
}

/* What lets nobody commit, and holds off schema changes before that. */
static bool check_version(const struct my_server *s, struct err *e)
{
	unsigned needed = s->is_mariadb ? MARIADB_STAGES : MYSQL_INSTANCE_LOCK;

	return s->number >= needed ||
	       err_set(e, ERR_CONFLICT, "snapshot_refused",
		       "method snapshot needs MariaDB 10.4 or MySQL 8.0, or a "
		       "later one: use method logical");
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);
	struct my_snap *d = l->dump;

	if (!my_server_read(&d->server, c, e))
		return false;
	(void)my_clean(d->facts.version, sizeof(d->facts.version),
		       d->server.version);
	d->facts.session_json = my_settings_json(&d->server);
	if (d->facts.session_json == NULL)
		return err_nomem(e, "the session's settings");
	return check_version(&d->server, e) && go_on(l);
}

static bool ask_role(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_role_ask(&look_of(arg)->dump->server, sql);
	return true;
}

static bool take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);

	my_role_read(&l->dump->server, c);
	return my_role_check(&l->dump->server, l->dump->is_replica, e) &&
	       go_on(l);
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	struct look *l = look_of(arg);

	(void)c;
	(void)e;
	if (!my_is_denial(number) || l->dump->is_replica)
		return false;
	my_snap_warn(l->dump, "role_unknown",
		     "the account may not see whether the server is a replica: "
		     "grant %s",
		     l->dump->server.is_mariadb ? "REPLICA MONITOR"
						: "REPLICATION CLIENT");
	return go_on(l);
}

/* Nothing may be missing from the list of tables, and locks must be had. */
static bool check_rights(const struct my_snap *d, struct err *e)
{
	static const struct {
		unsigned privilege;
		const char *name, *why;
		bool is_mysql;
	} needed[] = {
		{MY_PRIV_RELOAD, "RELOAD", "to hold the server still", false},
		{MY_PRIV_BACKUP, "BACKUP_ADMIN", "to hold off schema changes",
		 true},
		{MY_PRIV_SELECT, "SELECT", "to list all tables", false},
		{MY_PRIV_PROCESS, "PROCESS", "to see where tables lie", false},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if ((needed[i].is_mysql && d->server.is_mariadb) ||
		    my_grants_have(&d->grants, needed[i].privilege, NULL, NULL))
			continue;
		return err_set(e, ERR_DENIED, "access_denied",
			       "the account lacks the privilege %s on *.*, "
			       "which method snapshot needs %s: grant it",
			       needed[i].name, needed[i].why);
	}
	return true;
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL &&
		    !my_grants_add(&l->dump->grants, my_value(c, 0)))
			return err_nomem(e, "the account's rights");
	return check_rights(l->dump, e) && go_on(l);
}

static bool ask_home(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT @@GLOBAL.datadir, @@GLOBAL.hostname");
	return true;
}

/* The helper would look into a directory of the same name here. */
static bool check_host(const struct my_snap *d, const char *host, struct err *e)
{
	char here[HOST_MAX] = "", clean[MY_TEXT_MAX];

	(void)gethostname(here, sizeof(here) - 1);
	if (my_conn_is_local(d->conn) && strcasecmp(here, host) == 0)
		return true;
	return err_set(e, ERR_CONFLICT, "snapshot_refused",
		       "the server runs on the host \"%.100s\", not on this "
		       "one (\"%.100s\"): method snapshot is for servers that "
		       "are reached through this host's own addresses",
		       my_clean(clean, sizeof(clean), host), here);
}

static bool take_home(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);
	const char *dir = my_next_row(c) ? my_value(c, 0) : NULL;
	const char *host = my_value(c, 1);
	size_t n = dir != NULL ? strlen(dir) : 0;

	if (n == 0 || dir[0] != '/' || host == NULL)
		return err_set(e, ERR_CONFLICT, "snapshot_refused",
			       "the server does not tell its data directory");
	while (n > 1 && dir[n - 1] == '/')
		n--;
	l->dump->datadir = strndup(dir, n);
	if (l->dump->datadir == NULL)
		return err_nomem(e, "a path");
	return check_host(l->dump, host, e) && go_on(l);
}

static bool ask_places(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
		      "('innodb_data_file_path') OR Variable_name LIKE "
		      "'%\\_dir' OR Variable_name LIKE '%datadir' OR "
		      "Variable_name LIKE '%directory' OR Variable_name LIKE "
		      "'%dir\\_path' OR Variable_name LIKE 'log\\_bin\\_%'");
	return true;
}

static bool take_place(struct my_snap *d, const char *name, const char *value,
		       struct err *e)
{
	if (!my_place_check(d->datadir, name, value, e))
		return false;
	if (strcmp(name, "innodb_data_file_path") == 0)
		(void)my_place_system(d->datadir, value, d->system,
				      sizeof(d->system));
	else if (strcmp(name, "innodb_data_home_dir") == 0)
		d->has_home = my_place_in(d->datadir, value)[0] != '\0';
	if (strcmp(name, "log_bin_basename") != 0 || value[0] == '\0')
		return true;
	d->log_base = strdup(my_place_in(d->datadir, value));
	return d->log_base != NULL || err_nomem(e, "a path");
}

static bool take_places(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);

	while (my_next_row(c)) {
		const char *name = my_value(c, 0), *value = my_value(c, 1);

		if (name != NULL && value != NULL &&
		    !take_place(l->dump, name, value, e))
			return false;
	}
	return go_on(l);
}

static bool ask_spaces(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (look_of(arg)->dump->server.is_mariadb)
		text_str(sql, "SELECT NAME, FILENAME FROM information_schema."
			      "INNODB_SYS_TABLESPACES WHERE FILENAME LIKE "
			      "'/%' OR FILENAME LIKE '%..%'");
	else
		text_str(sql, "SELECT TABLESPACE_NAME, FILE_NAME FROM "
			      "information_schema.FILES WHERE FILE_NAME LIKE "
			      "'/%' OR FILE_NAME LIKE '%..%'");
	return true;
}

static bool take_spaces(void *arg, struct my_conn *c, struct err *e)
{
	struct look *l = look_of(arg);
	char name[MY_TEXT_MAX], file[MY_TEXT_MAX];

	while (my_next_row(c)) {
		const char *at = my_value(c, 1);

		if (at == NULL || my_place_in(l->dump->datadir, at) != NULL)
			continue;
		return err_set(
			e, ERR_CONFLICT, "snapshot_refused",
			"table %.80s lies in %.140s, outside of the data "
			"directory, and a snapshot of that alone would miss "
			"it: move it there, or use another method",
			my_clean(name, sizeof(name),
				 my_value(c, 0) != NULL ? my_value(c, 0) : ""),
			my_clean(file, sizeof(file), at));
	}
	return go_on(l);
}

/* Older servers tell it elsewhere: there the archive shows it (proof.c). */
static bool no_spaces(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	(void)c;
	(void)number;
	(void)e;
	return go_on(look_of(arg));
}

static bool ask_ddl(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_sessions_ask_ddl(sql);
	return true;
}

static bool take_ddl(void *arg, struct my_conn *c, struct err *e)
{
	struct my_session s;

	if (my_session_read(&s, c))
		return err_set(e, ERR_CONFLICT, "ddl_in_progress",
			       "definitions are being changed by %s; back up "
			       "again when it is over",
			       s.text);
	return go_on(look_of(arg));
}

static const struct my_ask asks[LOOK_STATE_COUNT] = {
	[LOOK_SERVER] = {"read the server's variables", my_ask_server,
			 take_server, NULL},
	[LOOK_ROLE] = {"read the replication status", ask_role, take_role,
		       no_role},
	[LOOK_GRANTS] = {"read the account's rights", my_ask_grants,
			 take_grants, NULL},
	[LOOK_HOME] = {"read the data directory", ask_home, take_home, NULL},
	[LOOK_PLACES] = {"read where data is kept", ask_places, take_places,
			 NULL},
	[LOOK_SPACES] = {"read where tables lie", ask_spaces, take_spaces,
			 no_spaces},
	[LOOK_DDL] = {"look for schema changes", ask_ddl, take_ddl, NULL},
};

static enum my_flow step(struct look *l, struct err *e)
{
	enum my_flow f;

	if (l->state != LOOK_CONNECT)
		return my_dialog_step(&l->dialog, &asks[l->state], e);
	f = my_dialog_connect(&l->dialog, e);
	if (f == MY_DONE)
		(void)go_on(l);
	return f;
}

static enum flow look_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct look *l = look_of(source);

	(void)out;
	while (l->state != LOOK_DONE) {
		enum my_flow f = step(l, e);

		if (f != MY_DONE)
			return f == MY_WAIT ? FLOW_WAIT : FLOW_FAIL;
	}
	return FLOW_END;
}

static void on_wake(void *arg)
{
	struct look *l = arg;

	wake(&l->source.waker);
}

/* What it was for is over: the connection is not needed any more. */
static void look_destroy(struct source *source)
{
	struct look *l = look_of(source);

	my_dialog_fini(&l->dialog);
	my_conn_free(l->dump->conn);
	l->dump->conn = NULL;
	free(l);
}

static const struct source_ops look_ops = {
	.name = "mysql snapshot look",
	.read = look_read,
	.destroy = look_destroy,
};

struct source *my_snap_look_new(struct my_snap *d, struct err *e)
{
	struct look *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	l->source.ops = &look_ops;
	l->dump = d;
	my_dialog_init(&l->dialog, d->conn, l);
	my_conn_on_wake(d->conn, on_wake, l);
	return &l->source;
}
