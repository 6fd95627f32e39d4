/*
 * look.c - phase "connect": what kind of server this is, whether the account
 * may do all that follows, and whether a snapshot of the data directory holds
 * all that the server has.
 */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/questions.h"
#include "sources/mysql/sessions.h"
#include "sources/mysql/snapshot/asks.h"
#include "sources/mysql/snapshot/places.h"

enum {
	HOST_MAX = 256,
	MARIADB_STAGES = 100400,
	MYSQL_INSTANCE_LOCK = 80000,
};

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
	struct my_snap *d = arg;

	return my_snap_take_server(d, c, e) && check_version(&d->server, e);
}

/* Nothing may be missing from the list of tables, and locks must be had. */
static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	static const struct my_need needs[] = {
		{MY_PRIV_RELOAD, "RELOAD", "to hold the server still", false},
		{MY_PRIV_BACKUP, "BACKUP_ADMIN", "to hold off schema changes",
		 true},
		{MY_PRIV_SELECT, "SELECT", "to list all tables", false},
		{MY_PRIV_PROCESS, "PROCESS", "to see where tables lie", false},
	};

	return my_snap_take_grants(arg, c, needs,
				   sizeof(needs) / sizeof(needs[0]),
				   "method snapshot", e);
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
	struct my_snap *d = arg;
	const char *host;

	return my_snap_take_home(d, c, "snapshot_refused", &host, e) &&
	       check_host(d, host, e);
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
	while (my_next_row(c)) {
		const char *name = my_value(c, 0), *value = my_value(c, 1);

		if (name != NULL && value != NULL &&
		    !take_place(arg, name, value, e))
			return false;
	}
	return true;
}

static bool ask_spaces(void *arg, struct text *sql, struct err *e)
{
	const struct my_snap *d = arg;

	(void)e;
	if (d->server.is_mariadb)
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
	return my_snap_take_spaces(arg, c, "snapshot_refused",
				   "a snapshot of that alone would miss it: "
				   "move it there, or use another method",
				   e);
}

/* Older servers tell it elsewhere: there the archive shows it (proof.c). */
static bool no_spaces(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	(void)arg;
	(void)c;
	(void)number;
	(void)e;
	return true;
}

static const struct my_ask asks[] = {
	{"read the server's variables", my_ask_server, take_server, NULL},
	{"read the replication status", my_snap_ask_role, my_snap_take_role,
	 my_snap_no_role},
	{"read the account's rights", my_ask_grants, take_grants, NULL},
	{"read the data directory", my_snap_ask_home, take_home, NULL},
	{"read where data is kept", ask_places, take_places, NULL},
	{"read where tables lie", ask_spaces, take_spaces, no_spaces},
	{"look for schema changes", my_ask_ddl, my_take_ddl, NULL}, /* rule 9 */
};

/* What it was for is over: the connection is not needed any more. */
static void leave(void *arg)
{
	struct my_snap *d = arg;

	my_conn_free(d->conn);
	d->conn = NULL;
}

static const struct my_questions_kind look = {
	.ops = {.name = "mysql snapshot look",
		.read = my_questions_read,
		.destroy = my_questions_destroy},
	.asks = asks,
	.count = sizeof(asks) / sizeof(asks[0]),
	.leave = leave,
};

struct source *my_snap_look_new(struct my_snap *d, struct err *e)
{
	return my_questions_new(&look, d->conn, d, e);
}
