/*
 * tool.c - reads the lines of mariadb-backup.
 *
 * A line begins with "[00] 2026-11-22 04:45:51 " (the thread, "FATAL ERROR: "
 * at times behind it), or with InnoDB's own date, or with nothing:
 * https://mariadb.com/kb/en/mariadb-backup-overview/
 */
#include "sources/mysql/physical/tool.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Behind the thread's number and the time. */
static const char *skip_head(const char *line)
{
	int end = 0;

	if (line[0] == '[' && isdigit((unsigned char)line[1])) {
		const char *bracket = strchr(line, ']');

		line = bracket != NULL ? bracket + 1 : line;
	}
	while (*line == ' ')
		line++;
	if (strncmp(line, "FATAL ERROR: ", 13) == 0)
		line += 13;
	(void)sscanf(line, "%*4d-%*2d-%*2d %*2d:%*2d:%*2d%n", &end);
	line += end;
	while (*line == ' ')
		line++;
	return line;
}

/* What stands between the quotes behind word; false: there is none. */
static bool quoted(const char *line, const char *word, char *out, size_t cap)
{
	const char *begin = strstr(line, word), *end;
	size_t len;

	if (begin == NULL)
		return false;
	begin += strlen(word);
	end = strchr(begin, '\'');
	if (end == NULL)
		return false;
	len = (size_t)(end - begin);
	if (len >= cap)
		return false;
	memcpy(out, begin, len);
	out[len] = '\0';
	return true;
}

static bool quoted_number(const char *line, const char *word, uint64_t *out)
{
	char text[24];
	unsigned long long n;

	if (!quoted(line, word, text, sizeof(text)) || !str_to_u64(text, &n))
		return false;
	*out = n;
	return true;
}

/* "... binlog position: filename 'b.000001', position '109337', GTID of the
 * last change '0-1-9'"; several positions are in it where it replicates. */
static void read_position(struct my_tool *t, const char *line)
{
	char file[sizeof(t->binlog_file)];
	uint64_t position;

	if (!quoted(line, "filename '", file, sizeof(file)) ||
	    !quoted_number(line, "position '", &position))
		return;
	(void)str_copy(t->binlog_file, sizeof(t->binlog_file), file);
	t->binlog_position = position;
	if (!quoted(line, "GTID of the last change '", t->gtid,
		    sizeof(t->gtid)))
		t->gtid[0] = '\0';
}

/* "mariadb-backup based on MariaDB server 10.11.19-MariaDB debian-linux-gnu" */
static void read_version(struct my_tool *t, const char *line)
{
	const char *word = strstr(line, " based on MariaDB server ");

	if (word != NULL)
		(void)sscanf(word + 25, "%63s", t->version);
}

/* "Redo log (from LSN 44404 to 231974) was copied." */
static void read_redo(struct my_tool *t, const char *line)
{
	unsigned long long from, to;

	if (sscanf(line, "Redo log (from LSN %llu to %llu)", &from, &to) == 2) {
		t->last_lsn = to;
		t->has_last_lsn = true;
	}
}

static bool has(const char *line, const char *word)
{
	return strstr(line, word) != NULL;
}

static bool begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

/* One of those that come with every file. */
static bool is_of_file(const char *text)
{
	return begins(text, "Streaming ") || begins(text, "...done") ||
	       begins(text, "Copied file ") || begins(text, "aria table ") ||
	       begins(text, "DDL tracking : create ") ||
	       begins(text, "Skip table ") || begins(text, "Copying ") ||
	       begins(text, "Collect log table ") ||
	       begins(text, ">> log scanned up to");
}

static void look_for_fault(struct my_tool *t, const char *line,
			   const char *text)
{
	bool is_fault = has(line, "FATAL ERROR") || has(line, "[ERROR]") ||
			begins(text, "Error: ") || begins(text, "Failed to ") ||
			begins(text, "failed to ") || begins(text, "Can't ") ||
			has(text, "Errcode: ") || has(text, "error: ");

	if (!is_fault)
		return;
	if (has(text, "Errcode: 13") || has(text, "Permission denied") ||
	    has(text, "OS error number 13"))
		t->is_denied = true;
	if (t->fault[0] == '\0')
		(void)str_copy(t->fault, sizeof(t->fault), text);
}

static void look_for_facts(struct my_tool *t, const char *text)
{
	if (has(text, "binlog position: filename '"))
		read_position(t, text);
	else if (has(text, "latest check point (for incremental): '"))
		t->has_to_lsn = quoted_number(
			text, "latest check point (for incremental): '",
			&t->to_lsn);
	else if (begins(text, "Redo log (from LSN "))
		read_redo(t, text);
	else if (begins(text, "cd to "))
		(void)str_copy(t->datadir, sizeof(t->datadir), text + 6);
	else if (has(text, " based on MariaDB server "))
		read_version(t, text);
}

bool my_tool_line(struct my_tool *t, const char *line)
{
	const char *text = skip_head(line);

	if (*text == '\0')
		return false;
	(void)str_copy(t->last, sizeof(t->last), text);
	t->is_complete = strcmp(text, "completed OK!") == 0;
	if (is_of_file(text)) {
		t->files += begins(text, "Streaming ") ||
			    begins(text, "Copied file ");
		return false;
	}
	look_for_fault(t, line, text);
	look_for_facts(t, text);
	return true;
}

static bool series_of(const char *version, unsigned *major, unsigned *minor)
{
	/* MariaDB says so to replicas of old. */
	if (begins(version, "5.5.5-"))
		version += 6;
	return sscanf(version, "%3u.%3u", major, minor) == 2;
}

bool my_tool_fits(const struct my_tool *t, const char *server_version,
		  struct err *e)
{
	unsigned tool[2], server[2];

	if (!series_of(t->version, &tool[0], &tool[1]) ||
	    !series_of(server_version, &server[0], &server[1]) ||
	    (tool[0] == server[0] && tool[1] == server[1]))
		return true;
	return err_set(e, ERR_REMOTE, "source_check_failed",
		       "mariadb-backup is of version %s, the server of %s: "
		       "install mariadb-backup %u.%u beside coffer-helper, or "
		       "name it in helper.conf under [tool mariadb-backup]",
		       t->version, server_version, server[0], server[1]);
}

bool my_tool_check(const struct my_tool *t, struct err *e)
{
	if (!t->is_complete)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "mariadb-backup ended without \"completed "
			       "OK!\", so what it wrote is no backup; its last "
			       "line was: %s",
			       t->last[0] != '\0' ? t->last : "(none)");
	if (!t->has_to_lsn)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "mariadb-backup did not tell the LSN of its "
			       "check point; is it mariadb-backup of MariaDB "
			       "10.3 or later?");
	return true;
}

static const char *what_it_said(const struct my_tool *t, const char *reason)
{
	return t->fault[0] != '\0' ? t->fault : reason;
}

bool my_tool_fault(const struct my_tool *t, const char *reason, struct err *e)
{
	const char *said = what_it_said(t, reason);

	if (t->is_denied)
		return err_set(e, ERR_DENIED, "access_denied",
			       "mariadb-backup may not read the server's files "
			       "(%s): let coffer-helper run as root or as the "
			       "database's own user (doc/reference/helper.md)",
			       said);
	if (has(said, "missing required privilege") ||
	    has(said, "Access denied"))
		return err_set(e, ERR_DENIED, "access_denied",
			       "mariadb-backup was refused: %s; grant RELOAD, "
			       "PROCESS and BINLOG MONITOR on *.* to the "
			       "account",
			       said);
	if (has(said, "Errcode: 2 ") || has(said, "No such file"))
		return err_set(e, ERR_REMOTE, "source_check_failed",
			       "mariadb-backup does not find the server's "
			       "files (%s): does the server run on this host, "
			       "and coffer-helper beside it?",
			       said);
	if (has(said, "Lock wait timeout"))
		return err_set(e, ERR_CONFLICT, "lock_not_obtained",
			       "mariadb-backup did not get its lock (%s): try "
			       "again later",
			       said);
	return err_set(e, ERR_REMOTE, "source_failed",
		       "mariadb-backup failed: %s; its lines are in the job's "
		       "log",
		       said);
}
