/* sessions.c - who else is at work on the server. */
#include "sources/mysql/sessions.h"

#include <stdio.h>
#include <strings.h>

#include "config.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/settings.h"

/* Statements on accounts may hold passwords: never shown. */
#define SAFE_INFO                                                              \
	"IF(INFO REGEXP 'IDENTIFIED|PASSWORD', '(not shown)', "                \
	"LEFT(INFO, 80))"
#define COLUMNS "ID, USER, HOST, TIME, " SAFE_INFO
#define OTHERS                                                                 \
	" FROM information_schema.PROCESSLIST "                                \
	"WHERE ID <> CONNECTION_ID() AND USER <> 'system user' "

void my_sessions_ask_ddl(struct text *sql)
{
	text_str(sql,
		 "SELECT " COLUMNS OTHERS "AND COMMAND = 'Query' AND "
		 "COALESCE(STATE, '') <> 'Waiting for backup lock' "
		 "AND (INFO REGEXP "
		 "'^[[:space:]]*(ALTER|DROP|CREATE|RENAME|OPTIMIZE)"
		 "[[:space:]]+((OR[[:space:]]+REPLACE|ONLINE|OFFLINE|IGNORE|"
		 "UNIQUE|FULLTEXT|SPATIAL)[[:space:]]+)*"
		 "(TABLE|INDEX|DATABASE|SCHEMA)[[:space:]]' "
		 "OR INFO REGEXP '^[[:space:]]*TRUNCATE[[:space:]]') "
		 "ORDER BY TIME DESC LIMIT 1");
}

bool my_ask_ddl(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_sessions_ask_ddl(sql);
	return true;
}

bool my_take_ddl(void *arg, struct my_conn *c, struct err *e)
{
	struct my_session s;

	(void)arg;
	return !my_session_read(&s, c) ||
	       err_set(e, ERR_CONFLICT, "ddl_in_progress",
		       "definitions are being changed by %s; back up again "
		       "when it is over",
		       s.text);
}

void my_sessions_ask_blocker(struct text *sql, const char *ours)
{
	text_printf(sql,
		    "SELECT " COLUMNS OTHERS "AND ID NOT IN (%s) "
		    "AND COMMAND NOT IN ('Daemon', 'Binlog Dump', "
		    "'Binlog Dump GTID') "
		    "ORDER BY COMMAND <> 'Sleep' DESC, TIME DESC LIMIT 1",
		    ours);
}

bool my_sessions_blocked(const char *wanted, struct my_conn *c, struct err *e)
{
	struct my_session s;

	if (my_session_read(&s, c))
		return err_set(e, ERR_CONFLICT, "lock_not_obtained",
			       "%s was not to be had within %d s, probably "
			       "for %s",
			       wanted, MY_LOCK_SECONDS, s.text);
	return err_set(e, ERR_CONFLICT, "lock_not_obtained",
		       "%s was not to be had within %d s; grant PROCESS to "
		       "see which session holds it",
		       wanted, MY_LOCK_SECONDS);
}

bool my_sessions_no_ddl(const char *wanted, struct my_conn *c, struct err *e)
{
	struct my_session s;

	if (!my_session_read(&s, c))
		return true;
	return err_set(e, ERR_CONFLICT, "ddl_in_progress",
		       "%s was not to be had within %d s, since definitions "
		       "are being changed by %s; back up again when it is over",
		       wanted, MY_LOCK_SECONDS, s.text);
}

void my_sessions_ask_stopped(struct text *sql)
{
	text_str(sql, "SELECT ID" OTHERS
		      "AND STATE = 'Waiting for backup lock' AND INFO NOT "
		      "REGEXP '^[[:space:]]*(ALTER|CREATE|DROP|RENAME|TRUNCATE|"
		      "OPTIMIZE|REPAIR|ANALYZE|BACKUP|FLUSH)[[:space:]]' "
		      "LIMIT 1");
}

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

bool my_session_read(struct my_session *s, struct my_conn *c)
{
	char user[64], host[64], info[96];

	if (!my_next_row(c))
		return false;
	(void)my_clean(user, sizeof(user), or_empty(my_value(c, 1)));
	(void)my_clean(host, sizeof(host), or_empty(my_value(c, 2)));
	(void)my_clean(info, sizeof(info), or_empty(my_value(c, 4)));
	(void)snprintf(s->text, sizeof(s->text),
		       "session %.20s of %s@%s, for %.20s s: %s",
		       or_empty(my_value(c, 0)), user, host,
		       or_empty(my_value(c, 3)),
		       info[0] != '\0' ? info : "(idle)");
	return true;
}
