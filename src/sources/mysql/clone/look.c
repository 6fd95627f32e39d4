/*
 * look.c - phase "connect" of a clone: what kind of server this is, whether
 * the account may do all that follows, and whether CLONE copies all there is.
 */
#include "sources/mysql/clone/clone_int.h"

#include <string.h>
#include <strings.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/physical/physical_int.h"
#include "sources/mysql/questions.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/snapshot/asks.h"

enum { MYSQL_CLONE = 80017 };

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
	struct my_snap *d = arg;

	if (!my_snap_take_server(d, c, e))
		return false;
	if (d->server.number < MYSQL_CLONE)
		return err_set(e, ERR_INVALID, "source_check_failed",
			       "CLONE is in MySQL 8.0.17 or later, and this is "
			       "%s: use the method \"logical\"",
			       d->facts.version);
	return check_wishes(d->clone, e);
}

/* Without each of them something would be missing, and nobody told. */
static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	static const struct my_need needs[] = {
		{MY_PRIV_BACKUP, "BACKUP_ADMIN", "to clone", true},
		{MY_PRIV_SELECT, "SELECT", "to list all tables", false},
		{MY_PRIV_PROCESS, "PROCESS", "to see where tables lie", false},
	};

	return my_snap_take_grants(arg, c, needs,
				   sizeof(needs) / sizeof(needs[0]),
				   "a physical backup of MySQL", e);
}

static bool take_home(void *arg, struct my_conn *c, struct err *e)
{
	struct my_snap *d = arg;
	const char *host;

	return my_snap_take_home(d, c, "source_check_failed", &host, e) &&
	       my_is_here(&d->clone->address.view, host, e);
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

	(void)arg;
	if (status != NULL && strcasecmp(status, "ACTIVE") == 0)
		return true;
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
	return my_snap_take_spaces(arg, c, "source_check_failed",
				   "CLONE copies no such table: move it "
				   "there, or use the method \"logical\"",
				   e);
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
		my_snap_warn(arg, "keys_not_held",
			     "%.20s tablespaces are encrypted by the server, "
			     "and their keys are not in the backup: keep the "
			     "keyring, for nothing reads them without it",
			     n);
	return true;
}

static const struct my_ask asks[] = {
	{"read the server's variables", my_ask_server, take_server, NULL},
	{"read the replication status", my_snap_ask_role, my_snap_take_role,
	 my_snap_no_role},
	{"read the account's rights", my_ask_grants, take_grants, NULL},
	{"read the data directory", my_snap_ask_home, take_home, NULL},
	{"look for the clone plugin", ask_plugin, take_plugin, NULL},
	{"read where tables lie", ask_spaces, take_spaces, NULL},
	{"look for encrypted tables", ask_keys, take_keys, NULL},
	{"look for schema changes", my_ask_ddl, my_take_ddl, NULL}, /* rule 9 */
};

/* The connection watches the CLONE later. */
static void leave(void *arg)
{
	(void)arg;
}

static const struct my_questions_kind look = {
	.ops = {.name = "mysql clone look",
		.read = my_questions_read,
		.destroy = my_questions_destroy},
	.asks = asks,
	.count = sizeof(asks) / sizeof(asks[0]),
	.leave = leave,
};

struct source *my_clone_look_new(struct my_snap *d, struct err *e)
{
	if (d->env->snapshots != NULL)
		return my_questions_new(&look, d->conn, d, e);
	(void)err_set(e, ERR_CONFLICT, "source_check_failed",
		      "the server has no helper that could give a "
		      "folder: set up coffer-helper");
	return NULL;
}
