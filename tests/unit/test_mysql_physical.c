/* test_mysql_physical.c - what mariadb-backup says, and what a copy of files
 * is remembered by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "sources/mysql/physical/physical_int.h"

/* As mariadb-backup 10.11.19 writes them. */
static const char *const whole[] = {
	"[00] 2026-11-22 04:45:50 Connecting to MariaDB server host: "
	"localhost, user: bk, password: set, port: not set, socket: /run/s",
	"[00] 2026-11-22 04:45:50 Using server version 10.11.19-MariaDB-log",
	"mariadb-backup based on MariaDB server 10.11.19-MariaDB "
	"debian-linux-gnu (x86_64)",
	"[00] 2026-11-22 04:45:50 cd to /var/lib/mysql/",
	"2026-11-22  4:45:50 0 [Note] InnoDB: Using io_uring",
	"[00] 2026-11-22 04:45:50 DDL tracking : create 5 \"./a/t.ibd\"",
	"[00] 2026-11-22 04:45:50 Streaming ./a/t.ibd",
	"[00] 2026-11-22 04:45:50         ...done",
	"[00] 2026-11-22 04:45:50 Copied file ./a/m.MYD for table `a`.`m`, 0 "
	"bytes",
	"[00] 2026-11-22 04:45:51 mariabackup: The latest check point (for "
	"incremental): '44404'",
	"mariabackup: Stopping log copying thread",
	"[00] 2026-11-22 04:45:51 MySQL binlog position: filename "
	"'binlog.000001', position '109337', GTID of the last change '0-1-9'",
	"[00] 2026-11-22 04:45:51 Redo log (from LSN 44404 to 231974) was "
	"copied.",
	"2026-11-22  4:45:51 0 [Note] InnoDB: Starting shutdown...",
	"[00] 2026-11-22 04:45:51 completed OK!",
	NULL,
};

static void read_lines(struct my_tool *t, const char *const *lines)
{
	memset(t, 0, sizeof(*t));
	for (; *lines != NULL; lines++)
		(void)my_tool_line(t, *lines);
}

static void test_whole(void **state)
{
	struct my_tool t;
	struct err e = {0};

	(void)state;
	read_lines(&t, whole);
	assert_true(my_tool_check(&t, &e));
	assert_string_equal(t.version, "10.11.19-MariaDB");
	assert_string_equal(t.datadir, "/var/lib/mysql/");
	assert_string_equal(t.binlog_file, "binlog.000001");
	assert_int_equal(t.binlog_position, 109337);
	assert_string_equal(t.gtid, "0-1-9");
	assert_int_equal(t.to_lsn, 44404);
	assert_int_equal(t.last_lsn, 231974);
	assert_int_equal(t.files, 2);
	assert_string_equal(t.fault, "");
}

/* Every cut before the last line, and any word behind it. */
static void test_last_words(void **state)
{
	const char *lines[sizeof(whole) / sizeof(*whole) + 1];
	size_t n = sizeof(whole) / sizeof(*whole) - 1;

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		struct err e = {0};
		struct my_tool t;

		memcpy(lines, whole, sizeof(whole));
		lines[cut] = NULL;
		read_lines(&t, lines);
		assert_false(my_tool_check(&t, &e));
		assert_string_equal(e.api, "source_failed");
	}
	memcpy(lines, whole, sizeof(whole));
	lines[n] = "[00] 2026-11-22 04:45:52 something else";
	lines[n + 1] = NULL;
	{
		struct err e = {0};
		struct my_tool t;

		read_lines(&t, lines);
		assert_false(my_tool_check(&t, &e));
		assert_non_null(strstr(e.msg, "something else"));
	}
}

static void test_without_position(void **state)
{
	static const char *const lines[] = {"completed OK!", NULL};
	struct my_tool t;
	struct err e = {0};

	(void)state;
	read_lines(&t, lines);
	assert_true(t.is_complete);
	assert_false(my_tool_check(&t, &e));
	assert_non_null(strstr(e.msg, "LSN"));
}

static void test_what_is_logged(void **state)
{
	struct my_tool t = {0};

	(void)state;
	assert_false(my_tool_line(&t, "[01] 2026-11-22 04:45:50 Streaming "
				      "./a/t.frm to <STDOUT>"));
	assert_false(my_tool_line(&t, "[01] 2026-11-22 04:45:50         "
				      "...done"));
	assert_false(my_tool_line(&t, ""));
	assert_true(my_tool_line(&t, "[00] 2026-11-22 04:45:50 Acquired locks "
				     "for BACKUP STAGE START"));
}

static void test_odd_lines(void **state)
{
	static const char *const lines[] = {
		"[",
		"[00",
		"[00]",
		"[00] ",
		"[00] 2026-11-22",
		"filename '",
		"MySQL binlog position: filename 'a', position 'x'",
		"MySQL binlog position: filename 'a', position '1",
		"latest check point (for incremental): '",
		"latest check point (for incremental): '99999999999999999999'",
		"Redo log (from LSN",
		" based on MariaDB server ",
		NULL};
	struct my_tool t;

	(void)state;
	read_lines(&t, lines);
	assert_false(t.has_to_lsn);
	assert_false(t.has_last_lsn);
	assert_string_equal(t.binlog_file, "");
	assert_string_equal(t.version, "");
}

static void fault(const char *line, const char *api)
{
	const char *const lines[] = {line, NULL};
	struct my_tool t;
	struct err e = {0};

	read_lines(&t, lines);
	assert_false(my_tool_fault(&t, "it ended with status 1", &e));
	assert_string_equal(e.api, api);
}

static void test_faults(void **state)
{
	(void)state;
	fault("[00] 2026-11-22 04:45:52 Error: missing required privilege "
	      "RELOAD on *.*",
	      "access_denied");
	fault("[00] 2026-11-22 04:45:09 Failed to connect to MariaDB server: "
	      "Access denied for user 'root'@'localhost' (using password: "
	      "YES).",
	      "access_denied");
	fault("mariadb-backup: Can't change dir to '/var/lib/mysql/' "
	      "(Errcode: 13 \"Permission denied\")",
	      "access_denied");
	fault("mariadb-backup: Can't change dir to '/var/lib/mysql/' "
	      "(Errcode: 2 \"No such file or directory\")",
	      "source_check_failed");
	fault("[00] FATAL ERROR: 2026-11-22 04:45:52 failed to execute query "
	      "BACKUP STAGE START: Lock wait timeout exceeded",
	      "lock_not_obtained");
	fault("[00] 2026-11-22 04:45:52 something", "source_failed");
}

static bool fits(const char *tool, const char *server, struct err *e)
{
	struct my_tool t = {0};

	strcpy(t.version, tool);
	return my_tool_fits(&t, server, e);
}

static void test_versions(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(fits("10.11.19-MariaDB", "10.11.2-MariaDB-log", &e));
	assert_true(fits("10.11.19-MariaDB", "5.5.5-10.11.2-MariaDB", &e));
	assert_true(fits("", "10.11.2-MariaDB", &e));
	assert_false(fits("10.6.19-MariaDB", "10.11.2-MariaDB", &e));
	assert_string_equal(e.api, "source_check_failed");
	assert_non_null(strstr(e.msg, "10.11"));
}

static const struct my_lineage here = {
	.files = "00112233445566778899aabbccddeeff",
	.version = "10.11",
	.lsn = 300000};

static void test_increments(void **state)
{
	struct my_lineage now = here;
	struct my_base b;
	struct my_tool t;
	struct err e = {0};
	const char *why;
	char *json;

	(void)state;
	read_lines(&t, whole);
	json = my_base_format(&here, &t, 0);
	assert_true(my_base_read(&b, json, &e));
	free(json);
	assert_true(b.is_wanted);
	assert_int_equal(b.to_lsn, 44404);
	assert_int_equal(b.last_lsn, 231974);
	assert_true(my_base_fits(&b, &now, &why));
	now.lsn = 231973;
	assert_false(my_base_fits(&b, &now, &why));
	assert_non_null(strstr(why, "older"));
	now = here;
	now.files[0] = '1';
	assert_false(my_base_fits(&b, &now, &why));
	now.files[0] = '\0';
	assert_false(my_base_fits(&b, &now, &why));
	assert_non_null(strstr(why, "SELECT"));
	now = here;
	strcpy(now.version, "11.4");
	assert_false(my_base_fits(&b, &now, &why));
	now = here;
	b.last_lsn = 0;
	assert_false(my_base_fits(&b, &now, &why));
}

static void test_no_base(void **state)
{
	struct my_base b;
	struct err e = {0};
	const char *why;

	(void)state;
	assert_true(my_base_read(&b, NULL, &e));
	assert_false(b.is_wanted);
	assert_false(my_base_fits(&b, &here, &why));
	assert_null(why);
	assert_false(my_base_read(&b, "[]", &e));
}

static void test_place(void **state)
{
	struct source_address a = {.socket = "/run/s"};
	char own[256] = "";
	struct err e = {0};

	(void)state;
	assert_int_equal(gethostname(own, sizeof(own) - 1), 0);
	assert_true(my_is_here(&a, own, &e));
	assert_false(my_is_here(&a, "elsewhere", &e));
	assert_string_equal(e.api, "source_check_failed");
	a = (struct source_address){.host = "127.0.0.1"};
	assert_true(my_is_here(&a, own, &e));
	a.host = "db.example.org";
	memset(&e, 0, sizeof(e));
	assert_false(my_is_here(&a, own, &e));
	assert_non_null(strstr(e.msg, "logical"));
}

static void test_rights(void **state)
{
	static const struct {
		const char *line;
		const char *missing;
	} cases[] = {
		{"GRANT ALL PRIVILEGES ON *.* TO `u`@`%`", NULL},
		{"GRANT RELOAD, PROCESS, BINLOG MONITOR ON *.* TO `u`@`%`",
		 NULL},
		{"GRANT PROCESS, BINLOG MONITOR ON *.* TO `u`@`%`", "RELOAD"},
		{"GRANT RELOAD, BINLOG MONITOR ON *.* TO `u`@`%`", "PROCESS"},
		{"GRANT RELOAD, PROCESS ON *.* TO `u`@`%`", "BINLOG MONITOR"},
	};
	struct my_server s = {0};

	(void)state;
	my_server_parse(&s, "10.11.19-MariaDB");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct my_grants g = {0};
		struct err e = {0};

		assert_true(my_grants_add(&g, cases[i].line));
		assert_int_equal(my_copy_rights(&g, &s, &e),
				 cases[i].missing == NULL);
		if (cases[i].missing != NULL)
			assert_non_null(strstr(e.msg, cases[i].missing));
		my_grants_fini(&g);
	}
}

static void test_census(void **state)
{
	static const char *const rows[][3] = {
		{"a", "t", "BASE TABLE"},  {"a", "v", "VIEW"},
		{"a", "s", "SEQUENCE"},	   {"a", "h", "SYSTEM VERSIONED"},
		{"mysql", "user", "VIEW"}, {"mysql", "db", "BASE TABLE"},
		{"sys", "x", "VIEW"},	   {"b", "t", "BASE TABLE"},
	};
	struct my_census one = {0}, other = {0};
	struct err e = {0};
	size_t n = sizeof(rows) / sizeof(*rows);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(my_census_add(&one, rows[i], &e));
		assert_true(my_census_add(&other, rows[n - 1 - i], &e));
	}
	assert_int_equal(one.tables, 3);
	assert_int_equal(one.views, 1);
	assert_int_equal(one.sequences, 1);
	assert_true(my_census_equal(&one, &other));
	assert_true(my_census_add(
		&one, (const char *const[3]){"ab", "", "BASE TABLE"}, &e));
	assert_true(my_census_add(
		&other, (const char *const[3]){"a", "b", "BASE TABLE"}, &e));
	assert_false(my_census_equal(&one, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_without_position),
		cmocka_unit_test(test_what_is_logged),
		cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_increments),
		cmocka_unit_test(test_no_base),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_census),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
