/* sessions.h - who else is at work on the server, to name in errors. */
#ifndef COFFER_SOURCES_MYSQL_SESSIONS_H
#define COFFER_SOURCES_MYSQL_SESSIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

struct my_conn;

/* "session 12 of app@10.0.0.3:5000, for 35 s: ALTER TABLE ..." */
struct my_session {
	char text[320];
};

/* Appends the statement that finds a session changing definitions. */
void my_sessions_ask_ddl(struct text *sql);

/* my_ask's two for it, of flows whose answers set no state, whatever their arg:
 * false with "ddl_in_progress" and who changes definitions: there is one. */
bool my_ask_ddl(void *arg, struct text *sql, struct err *e);
bool my_take_ddl(void *arg, struct my_conn *c, struct err *e);

/* Appends the statement that finds who may hold a lock against us: the
 * longest statement at work, else the longest idle session. ours: the ids of
 * sessions that it cannot be, "12,13". */
void my_sessions_ask_blocker(struct text *sql, const char *ours);

/* Reads its answer into the error "lock_not_obtained", with what was wanted
 * and who is in the way. Returns false. */
bool my_sessions_blocked(const char *wanted, struct my_conn *c, struct err *e);

/* Reads the answer of my_sessions_ask_ddl(). False with "ddl_in_progress", what
 * was wanted and who changes definitions: there is one. */
bool my_sessions_no_ddl(const char *wanted, struct my_conn *c,
			struct err *e) MUST_CHECK;

/* Appends the statement that finds a session that waits for a backup's lock
 * though it changes no definition. */
void my_sessions_ask_stopped(struct text *sql);

/* Reads the first row of either's answer; false: nobody is visible. */
bool my_session_read(struct my_session *s, struct my_conn *c);

#endif
