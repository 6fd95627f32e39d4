/* server.h - what kind of server this is, told by few statements that both
 * families and all accounts can ask. */
#ifndef COFFER_SOURCES_MYSQL_SERVER_H
#define COFFER_SOURCES_MYSQL_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct my_conn;

enum my_role { MY_ROLE_UNKNOWN, MY_ROLE_PRIMARY, MY_ROLE_REPLICA };

struct my_server {
	char version[64]; /* as the server says it */
	bool is_mariadb;
	unsigned number; /* 101106 for 10.11.6, 80404 for 8.4.4 */
	enum my_role role;
	bool is_replicating; /* a replica: from all it replicates from */
	int64_t lag_seconds; /* a replica, the most; -1: not known */
	bool has_binlog;
	bool is_read_only;
	unsigned name_case; /* lower_case_table_names */
	uint64_t max_packet_bytes;
	char sql_mode[512], charset[64], collation[64];
	char time_zone[64], system_time_zone[64];
};

/* Reads a version's text: family and number. Pure. */
void my_server_parse(struct my_server *s, const char *version);

/* Appends the SELECT of the variables. */
void my_server_ask(struct text *sql);

/* Reads its answer; s->version too. */
bool my_server_read(struct my_server *s, struct my_conn *c,
		    struct err *e) MUST_CHECK;

/* my_ask.ask of statements that need nothing to be known: the variables as
 * above, and the account's own rights (SHOW GRANTS). */
bool my_ask_server(void *arg, struct text *sql, struct err *e);
bool my_ask_grants(void *arg, struct text *sql, struct err *e);

/* Appends what tells the cores of the server's machine: MariaDB's pool of
 * threads has as many, MySQL's group for users may run on all. */
void my_cores_ask(const struct my_server *s, struct text *sql);

/* Reads its answer; 0: not told. */
unsigned my_cores_read(const struct my_server *s, struct my_conn *c);

/* The numbers in a list like "0-3,5". Pure. */
unsigned my_cores_count(const char *list);

/* Appends the SHOW that lists what the server replicates from. */
void my_role_ask(const struct my_server *s, struct text *sql);

/* Reads its answer: role, is_replicating, lag_seconds. When it was refused, the
 * role stays unknown. */
void my_role_read(struct my_server *s, struct my_conn *c);

/*
 * Rule 2: a replica is no source (source_is_replica); with is_replica (the
 * server that "read_from" names) nothing but one that replicates is
 * (source_unavailable). False with *e filled.
 */
bool my_role_check(const struct my_server *s, bool is_replica,
		   struct err *e) MUST_CHECK;

/* True for mysql, information_schema, performance_schema, sys. */
bool my_is_system_database(const char *name);

#endif
