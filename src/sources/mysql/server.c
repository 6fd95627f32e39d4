/* server.c - what kind of server this is. */
#include "config.h" /* for strcasestr() */
#include "sources/mysql/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sources/mysql/conn.h"

enum {
	MYSQL_HAS_REPLICAS = 80022, /* SHOW REPLICA STATUS, 8.0.22 */
	CORES_MAX = 4096,
};

void my_server_parse(struct my_server *s, const char *version)
{
	unsigned major = 0, minor = 0, patch = 0;
	const char *number = version;

	(void)str_copy(s->version, sizeof(s->version), version);
	s->is_mariadb = strcasestr(version, "mariadb") != NULL;
	/* MariaDB says so to replicas of old. */
	if (s->is_mariadb && strncmp(version, "5.5.5-", 6) == 0)
		number += 6;
	(void)sscanf(number, "%3u.%3u.%3u", &major, &minor, &patch);
	s->number = major * 10000 + minor * 100 + patch;
}

/* In the order of my_server_read(). */
static const char variables[] =
	"SELECT @@version, @@GLOBAL.log_bin, @@GLOBAL.read_only, "
	"@@lower_case_table_names, @@max_allowed_packet, @@GLOBAL.sql_mode, "
	"@@character_set_server, @@collation_server, @@GLOBAL.time_zone, "
	"@@system_time_zone";

void my_server_ask(struct text *sql)
{
	text_str(sql, variables);
}

static unsigned long long number_at(const struct my_conn *c, unsigned column)
{
	const char *v = my_value(c, column);

	return v != NULL ? strtoull(v, NULL, 10) : 0;
}

static void text_at(char *out, size_t cap, const struct my_conn *c,
		    unsigned column)
{
	const char *v = my_value(c, column);

	(void)str_copy(out, cap, v != NULL ? v : "");
}

bool my_server_read(struct my_server *s, struct my_conn *c, struct err *e)
{
	if (!my_next_row(c) || my_value(c, 0) == NULL)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "the server does not tell its version");
	my_server_parse(s, my_value(c, 0));
	s->has_binlog = number_at(c, 1) != 0;
	s->is_read_only = number_at(c, 2) != 0;
	s->name_case = (unsigned)number_at(c, 3);
	s->max_packet_bytes = number_at(c, 4);
	text_at(s->sql_mode, sizeof(s->sql_mode), c, 5);
	text_at(s->charset, sizeof(s->charset), c, 6);
	text_at(s->collation, sizeof(s->collation), c, 7);
	text_at(s->time_zone, sizeof(s->time_zone), c, 8);
	text_at(s->system_time_zone, sizeof(s->system_time_zone), c, 9);
	return true;
}

bool my_ask_server(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_server_ask(sql);
	return true;
}

bool my_ask_grants(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SHOW GRANTS");
	return true;
}

void my_cores_ask(const struct my_server *s, struct text *sql)
{
	if (s->is_mariadb)
		text_str(sql, "SELECT @@thread_pool_size");
	else
		text_str(sql, "SELECT VCPU_IDS FROM "
			      "information_schema.RESOURCE_GROUPS WHERE "
			      "RESOURCE_GROUP_NAME = 'USR_default'");
}

unsigned my_cores_read(const struct my_server *s, struct my_conn *c)
{
	const char *told = my_next_row(c) ? my_value(c, 0) : NULL;

	if (told == NULL)
		return 0;
	return s->is_mariadb ? (unsigned)strtoul(told, NULL, 10)
			     : my_cores_count(told);
}

unsigned my_cores_count(const char *list)
{
	unsigned long from, to, n = 0;
	char *end;

	while (*list >= '0' && *list <= '9') {
		from = to = strtoul(list, &end, 10);
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		n += to >= from && to - from < CORES_MAX ? to - from + 1 : 0;
		list = *end == ',' ? end + 1 : end;
	}
	return n < CORES_MAX ? (unsigned)n : CORES_MAX;
}

void my_role_ask(const struct my_server *s, struct text *sql)
{
	if (s->is_mariadb)
		text_str(sql, "SHOW ALL SLAVES STATUS");
	else if (s->number >= MYSQL_HAS_REPLICAS)
		text_str(sql, "SHOW REPLICA STATUS");
	else
		text_str(sql, "SHOW SLAVE STATUS");
}

/* A column of the answer, by its name of today or of old. */
static const char *role_value(const struct my_conn *c, const char *name,
			      const char *old)
{
	const char *value = my_value(c, my_column(c, name));

	return value != NULL ? value : my_value(c, my_column(c, old));
}

static bool is_yes(const char *value)
{
	return value != NULL && strcmp(value, "Yes") == 0;
}

static int64_t lag_of(const struct my_conn *c)
{
	const char *value =
		role_value(c, "Seconds_Behind_Source", "Seconds_Behind_Master");

	return value != NULL ? strtoll(value, NULL, 10) : -1;
}

void my_role_read(struct my_server *s, struct my_conn *c)
{
	s->role = MY_ROLE_PRIMARY;
	s->is_replicating = true;
	s->lag_seconds = 0;
	while (my_next_row(c)) {
		int64_t lag = lag_of(c);

		s->role = MY_ROLE_REPLICA;
		if (!is_yes(role_value(c, "Replica_IO_Running",
				       "Slave_IO_Running")) ||
		    !is_yes(role_value(c, "Replica_SQL_Running",
				       "Slave_SQL_Running")))
			s->is_replicating = false;
		if (lag < 0 || s->lag_seconds < 0)
			s->lag_seconds = -1;
		else if (lag > s->lag_seconds)
			s->lag_seconds = lag;
	}
}

static bool check_replica(const struct my_server *s, struct err *e)
{
	if (s->role != MY_ROLE_REPLICA)
		return err_set(e, ERR_CONFLICT, "source_unavailable",
			       "the server that \"read_from\" names replicates "
			       "from no other: name a replica of the source");
	if (s->is_replicating && s->lag_seconds >= 0)
		return true;
	return err_set(e, ERR_CONFLICT, "source_unavailable",
		       "the replica that \"read_from\" names has ceased to "
		       "replicate, so what it holds is old: look at its status "
		       "and start it again");
}

bool my_role_check(const struct my_server *s, bool is_replica, struct err *e)
{
	if (is_replica)
		return check_replica(s, e);
	if (s->role == MY_ROLE_REPLICA)
		return err_set(e, ERR_CONFLICT, "source_is_replica",
			       "the server replicates from another: back up "
			       "its primary");
	return true;
}

bool my_is_system_database(const char *name)
{
	return strcasecmp(name, "mysql") == 0 ||
	       strcasecmp(name, "information_schema") == 0 ||
	       strcasecmp(name, "performance_schema") == 0 ||
	       strcasecmp(name, "sys") == 0;
}
