/* asks.c - asks.h: version, role, rights, where the data lies. */
#include "sources/mysql/snapshot/asks.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/settings.h"
#include "sources/mysql/snapshot/places.h"

bool my_snap_take_server(struct my_snap *d, struct my_conn *c, struct err *e)
{
	if (!my_server_read(&d->server, c, e))
		return false;
	(void)my_clean(d->facts.version, sizeof(d->facts.version),
		       d->server.version);
	d->facts.session_json = my_settings_json(&d->server);
	return d->facts.session_json != NULL ||
	       err_nomem(e, "the session's settings");
}

bool my_snap_ask_role(void *arg, struct text *sql, struct err *e)
{
	const struct my_snap *d = arg;

	(void)e;
	my_role_ask(&d->server, sql);
	return true;
}

bool my_snap_take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct my_snap *d = arg;

	my_role_read(&d->server, c);
	return my_role_check(&d->server, d->is_replica, e);
}

bool my_snap_no_role(void *arg, struct my_conn *c, unsigned number,
		     struct err *e)
{
	struct my_snap *d = arg;

	(void)c;
	(void)e;
	if (!my_is_denial(number) || d->is_replica)
		return false;
	my_snap_warn(d, "role_unknown",
		     "the account may not see whether the server is a replica: "
		     "grant %s",
		     d->server.is_mariadb ? "REPLICA MONITOR"
					  : "REPLICATION CLIENT");
	return true;
}

static bool check_needs(const struct my_snap *d, const struct my_need *needs,
			size_t count, const char *what, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		if ((needs[i].is_mysql && d->server.is_mariadb) ||
		    my_grants_have(&d->grants, needs[i].privilege, NULL, NULL))
			continue;
		return err_set(e, ERR_DENIED, "access_denied",
			       "the account lacks the privilege %s on *.*, "
			       "which %s needs %s: grant it",
			       needs[i].name, what, needs[i].why);
	}
	return true;
}

bool my_snap_take_grants(struct my_snap *d, struct my_conn *c,
			 const struct my_need *needs, size_t count,
			 const char *what, struct err *e)
{
	while (my_next_row(c))
		if (my_value(c, 0) != NULL &&
		    !my_grants_add(&d->grants, my_value(c, 0)))
			return err_nomem(e, "the account's rights");
	return check_needs(d, needs, count, what, e);
}

bool my_snap_ask_home(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT @@GLOBAL.datadir, @@GLOBAL.hostname");
	return true;
}

bool my_snap_take_home(struct my_snap *d, struct my_conn *c, const char *code,
		       const char **host, struct err *e)
{
	const char *dir = my_next_row(c) ? my_value(c, 0) : NULL;
	size_t n = dir != NULL ? strlen(dir) : 0;

	*host = my_value(c, 1);
	if (n == 0 || dir[0] != '/' || *host == NULL)
		return err_set(e, ERR_CONFLICT, code,
			       "the server does not tell its data directory");
	while (n > 1 && dir[n - 1] == '/')
		n--;
	free(d->datadir);
	d->datadir = strndup(dir, n);
	return d->datadir != NULL || err_nomem(e, "a path");
}

bool my_snap_take_spaces(struct my_snap *d, struct my_conn *c, const char *code,
			 const char *advice, struct err *e)
{
	char name[MY_TEXT_MAX], file[MY_TEXT_MAX];

	while (my_next_row(c)) {
		const char *table = my_value(c, 0), *at = my_value(c, 1);

		if (at == NULL || my_place_in(d->datadir, at) != NULL)
			continue;
		return err_set(
			e, ERR_CONFLICT, code,
			"table %.80s lies in %.140s, outside of the data "
			"directory, and %s",
			my_clean(name, sizeof(name), table ? table : ""),
			my_clean(file, sizeof(file), at), advice);
	}
	return true;
}
