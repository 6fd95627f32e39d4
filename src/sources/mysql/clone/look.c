/*
 * look.c - phase "connect" of a clone: what kind of server this is, whether
 * the account may do all that follows, and whether CLONE copies all there is.
 */
#include "sources/mysql/clone/clone_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/physical/physical_int.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/settings.h"
#include "sources/mysql/snapshot/places.h"

enum look_state {
	LOOK_CONNECT,
	LOOK_SERVER, /* version, variables */
	LOOK_ROLE,   /* rule 2 */
	LOOK_GRANTS, /* the account's rights */
	LOOK_HOME,   /* its data directory and its host */
	LOOK_PLUGIN, /* whether it can clone */
	LOOK_SPACES, /* tables that lie elsewhere */
	LOOK_KEYS,   /* tables whose keys do */
	LOOK_DDL,    /* rule 9 */
	LOOK_DONE,
	LOOK_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "role", "grants", "home",
	"plugin",  "spaces", "keys", "ddl",    "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == LOOK_STATE_COUNT,
	       "one name per state");

enum { MYSQL_CLONE = 80017 };

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

static struct my_snap *dump_of(void *arg)
{
	return look_of(arg)->dump;
}

static bool go_on(struct look *l)
{
	log_debug("sources", "mysql clone look: %s -> %s",
		  state_names[l->state], state_names[l->state + 1]);
	l->state++;
	return true;
}

/* Of what was asked for, what CLONE does not do. */
static bool check_wishes(const struct my_clone *c, struct err *e)
{
	if (c->has_scope)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "MySQL's CLONE copies the whole instance: "
			       "leave out \"scope\", or use the method "
			       "\"logical\"");
	return !c->wants_increments ||
	       err_set(e, ERR_INVALID, "source_check_failed",
		       "increments are of MariaDB alone, and this is MySQL: "
		       "set \"incremental\" of the plan to false");
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct my_snap *d = dump_of(arg);

	if (!my_server_read(&d->server, c, e))
		return false;
	(void)my_clean(d->facts.version, sizeof(d->facts.version),
		       d->server.version);
	if (d->server.number < MYSQL_CLONE)
		return err_set(e, ERR_INVALID, "source_check_failed",
			       "CLONE is in MySQL 8.0.17 or later, and this is "
			       "%s: use the method \"logical\"",
			       d->facts.version);
	d->facts.session_json = my_settings_json(&d->server);
	if (d->facts.session_json == NULL)
		return err_nomem(e, "the session's settings");
	return check_wishes(d->clone, e) && go_on(look_of(arg));
}

static bool ask_role(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_role_ask(&dump_of(arg)->server, sql);
	return true;
}

static bool take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct my_snap *d = dump_of(arg);

	my_role_read(&d->server, c);
	return my_role_check(&d->server, d->is_replica, e) &&
	       go_on(look_of(arg));
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	struct my_snap *d = dump_of(arg);

	(void)c;
	(void)e;
	if (!my_is_denial(number) || d->is_replica)
		return false;
	my_snap_warn(d, "role_unknown",
		     "the account may not see whether the server is a "
		     "replica: grant REPLICATION CLIENT");
	return go_on(look_of(arg));
}

/* Without each of them something would be missing, and nobody told. */
static bool check_rights(const struct my_grants *g, struct err *e)
{
	static const struct {
		unsigned privilege;
		const char *name, *why;
	} needed[] = {
		{MY_PRIV_BACKUP, "BACKUP_ADMIN", "to clone"},
		{MY_PRIV_SELECT, "SELECT", "to list all tables"},
		{MY_PRIV_PROCESS, "PROCESS", "to see where tables lie"},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (my_grants_have(g, needed[i].privilege, NULL, NULL))
			continue;
		return err_set(e, ERR_DENIED, "access_denied",
			       "the account lacks the privilege %s on *.*, "
			       "which a physical backup of MySQL needs %s: "
			       "grant it",
			       needed[i].name, needed[i].why);
	}
	return true;
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct my_snap *d = dump_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL &&
		    !my_grants_add(&d->grants, my_value(c, 0)))
			return err_nomem(e, "the account's rights");
	return check_rights(&d->grants, e) && go_on(look_of(arg));
}

static bool ask_home(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT @@GLOBAL.datadir, @@GLOBAL.hostname");
	return true;
}

static bool take_home(void *arg, struct my_conn *c, struct err *e)
{
	struct my_snap *d = dump_of(arg);
	const char *dir = my_next_row(c) ? my_value(c, 0) : NULL;
	const char *host = my_value(c, 1);
	size_t n = dir != NULL ? strlen(dir) : 0;

	if (n == 0 || dir[0] != '/' || host == NULL)
		return err_set(e, ERR_CONFLICT, "source_check_failed",
			       "the server does not tell its data directory");
	while (n > 1 && dir[n - 1] == '/')
		n--;
	free(d->datadir);
	d->datadir = strndup(dir, n);
	if (d->datadir == NULL)
		return err_nomem(e, "a path");
	return my_is_here(&d->clone->address.view, host, e) &&
	       go_on(look_of(arg));
}

static bool ask_plugin(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT PLUGIN_STATUS FROM information_schema.PLUGINS "
		      "WHERE PLUGIN_NAME = 'clone'");
	return true;
}

static bool take_plugin(void *arg, struct my_conn *c, struct err *e)
{
	const char *status = my_next_row(c) ? my_value(c, 0) : NULL;

	if (status != NULL && strcasecmp(status, "ACTIVE") == 0)
		return go_on(look_of(arg));
	return err_set(e, ERR_CONFLICT, "source_check_failed",
		       "the server's clone plugin is %s: run INSTALL PLUGIN "
		       "clone SONAME 'mysql_clone.so' there as its "
		       "administrator, and grant the account of this source "
		       "BACKUP_ADMIN",
		       status == NULL ? "not installed" : "not active");
}

static bool ask_spaces(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT TABLESPACE_NAME, FILE_NAME FROM "
		      "information_schema.FILES WHERE FILE_TYPE = "
		      "'TABLESPACE' AND (FILE_NAME LIKE '/%' OR FILE_NAME "
		      "LIKE '%..%')");
	return true;
}

/* CLONE LOCAL would want to make them where they are. */
static bool take_spaces(void *arg, struct my_conn *c, struct err *e)
{
	const struct my_snap *d = dump_of(arg);
	char name[MY_TEXT_MAX], file[MY_TEXT_MAX];

	while (my_next_row(c)) {
		const char *at = my_value(c, 1);

		if (at == NULL || my_place_in(d->datadir, at) != NULL)
			continue;
		return err_set(
			e, ERR_CONFLICT, "source_check_failed",
			"table %.80s lies in %.140s, outside of the "
			"data directory, and CLONE copies no such "
			"table: move it there, or use the method "
			"\"logical\"",
			my_clean(name, sizeof(name),
				 my_value(c, 0) != NULL ? my_value(c, 0) : ""),
			my_clean(file, sizeof(file), at));
	}
	return go_on(look_of(arg));
}

static bool ask_keys(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT COUNT(*) FROM information_schema."
		      "INNODB_TABLESPACES WHERE ENCRYPTION = 'Y'");
	return true;
}

static bool take_keys(void *arg, struct my_conn *c, struct err *e)
{
	const char *n = my_next_row(c) ? my_value(c, 0) : NULL;

	(void)e;
	if (n != NULL && strcmp(n, "0") != 0)
		my_snap_warn(dump_of(arg), "keys_not_held",
			     "%.20s tablespaces are encrypted by the server, "
			     "and their keys are not in the backup: keep the "
			     "keyring, for nothing reads them without it",
			     n);
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
	[LOOK_PLUGIN] = {"look for the clone plugin", ask_plugin, take_plugin,
			 NULL},
	[LOOK_SPACES] = {"read where tables lie", ask_spaces, take_spaces,
			 NULL},
	[LOOK_KEYS] = {"look for encrypted tables", ask_keys, take_keys, NULL},
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
	wake(&look_of(arg)->source.waker);
}

/* The connection watches the CLONE later. */
static void look_destroy(struct source *source)
{
	struct look *l = look_of(source);

	my_conn_on_wake(l->dump->conn, NULL, NULL);
	my_dialog_fini(&l->dialog);
	free(l);
}

static const struct source_ops look_ops = {
	.name = "mysql clone look",
	.read = look_read,
	.destroy = look_destroy,
};

struct source *my_clone_look_new(struct my_snap *d, struct err *e)
{
	struct look *l;

	if (d->env->snapshots == NULL) {
		(void)err_set(e, ERR_CONFLICT, "source_check_failed",
			      "the server has no helper that could give a "
			      "folder: set up coffer-helper");
		return NULL;
	}
	l = calloc(1, sizeof(*l));
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
