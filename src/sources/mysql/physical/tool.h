/*
 * tool.h - what mariadb-backup says: it has no other way to tell positions
 * than the lines that it writes to its standard error.
 */
#ifndef COFFER_SOURCES_MYSQL_TOOL_H
#define COFFER_SOURCES_MYSQL_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { MY_TOOL_LINE_MAX = 320 };

struct my_tool {
	char version[64];  /* of the tool, "10.11.19-MariaDB"; or empty */
	char datadir[256]; /* where it went to; or empty */
	char binlog_file[256];
	uint64_t binlog_position;
	char gtid[1024];
	bool has_to_lsn, has_last_lsn;
	uint64_t to_lsn;   /* an increment begins here */
	uint64_t last_lsn; /* the redo log was copied up to here */
	uint64_t files;	   /* that it told of */
	bool is_complete;  /* its last line says so */
	bool is_denied;	   /* it may not read something of the source's */
	char fault[MY_TOOL_LINE_MAX]; /* the first line of an error; or empty */
	char last[MY_TOOL_LINE_MAX];
};

/*
 * Takes one line, without its end. True: it is worth the job's log; those that
 * name each file come by the thousand. Pure.
 */
bool my_tool_line(struct my_tool *t, const char *line);

/*
 * The tool knows the formats of its own series: "10.11" of both must be the
 * same. False with *e filled ("source_check_failed"): what to install.
 */
bool my_tool_fits(const struct my_tool *t, const char *server_version,
		  struct err *e) MUST_CHECK;

/* Of a program that ended well by its status: whether it has said all that a
 * whole backup has. False with *e filled ("source_failed"). */
bool my_tool_check(const struct my_tool *t, struct err *e) MUST_CHECK;

/* Of one that did not: *e is what it said, by its kind ("access_denied",
 * "source_check_failed", "lock_not_obtained", "source_failed"). The reason is
 * what is known of its end. Returns false. */
bool my_tool_fault(const struct my_tool *t, const char *reason, struct err *e);

#endif
