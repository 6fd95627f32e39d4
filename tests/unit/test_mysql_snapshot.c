/* test_mysql_snapshot.c - backups by a snapshot: what is asked of the server
 * and of the hook, in which order, and what becomes of failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "programs/snapshot.h"
#include "test_mysql_dump_rig.h"
#include "test_mysql_tar.h"
#include "test_programs_fake.h"

enum { LOG_BYTES = 77 };

static char home[320]; /* the answer about the data directory */

#define PLACES                                                                 \
	"aria_log_dir_path|/data/\ndatadir|/data/\n"                           \
	"innodb_data_file_path|ibdata1:12M:autoextend\n"                       \
	"innodb_data_home_dir|\nlog_bin_basename|/data/bin"
#define GRANTS "GRANT ALL PRIVILEGES ON *.* TO u"
#define TABLES                                                                 \
	"shop|a|BASE TABLE\nshop|b|SYSTEM VERSIONED\nshop|v|VIEW\n"            \
	"shop|s|SEQUENCE\nmysql|user|BASE TABLE"

static struct fake_answer answers[] = {
	FAKE_SAYS("SHOW GRANTS", "G", GRANTS),
	FAKE_SAYS("SELECT @@GLOBAL.datadir", "d h", home),
	FAKE_SAYS("SHOW GLOBAL VARIABLES", "n v", PLACES),
	FAKE_SAYS("SELECT NAME, FILENAME", "n f", "shop/x|/data/shop/x.ibd"),
	FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO", NULL),
	FAKE_SAYS("SELECT TABLE_SCHEMA", "s n t", TABLES),
	FAKE_SAYS("SHOW MASTER STATUS", "File Position", "bin.3|77"),
	FAKE_SAYS("SELECT @@GLOBAL.gtid", "g", "0-1-9"),
	FAKE_END};

static const struct fake_call healthy[] = {
	{"list", "{\"hooks\":[\"fs\"]}", NULL, 0, 0},
	{"fs probe", "{\"contract\":1,\"can\":true,\"atomic\":true}", NULL, 0,
	 0},
	{"fs release", "{}", NULL, 0, 0},
	{"fs create", "{\"id\":\"bak_1\"}", NULL, 0, 0},
	{"fs open", "{\"directory\":\"/snap/1\"}", NULL, 0, 0},
	{NULL, NULL, NULL, 0, 0}};

struct rig {
	struct dump_rig dump;
	struct test_tar tar;
	char line[256];
};

static void on_line(void *arg, const char *text)
{
	struct rig *r = arg;

	(void)snprintf(r->line, sizeof(r->line), "%s", text);
}

static void data_directory(struct test_tar *t)
{
	test_tar_init(t);
	test_tar_add(t, "./", '5', 0);
	test_tar_add(t, "./ibdata1", '0', 3000);
	test_tar_add(t, "./mysql/user.frm", '0', 10);
	test_tar_add(t, "./shop/a.frm", '0', 10);
	test_tar_add(t, "./shop/a.ibd", '0', 5000);
	test_tar_add(t, "./shop/b.frm", '0', 10);
	test_tar_add(t, "./shop/v.frm", '0', 10);
	test_tar_add(t, "./shop/s.frm", '0', 10);
	test_tar_add(t, "./shop/#sql-alter.frm", '0', 10);
	test_tar_add(t, "./bin.3", '0', LOG_BYTES);
}

static void begin(struct rig *r, const struct fake_answer *first,
		  const struct fake_call *calls)
{
	static struct fake_answer all[64];
	char host[256] = "";
	struct err e = {0};
	size_t n = 0;

	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(home, sizeof(home), "/data/|%s", host);
	for (; first != NULL && first->begins != NULL; first++)
		all[n++] = *first;
	memcpy(all + n, answers, sizeof(answers));
	memset(r, 0, sizeof(*r));
	dump_rig_init(&r->dump, all);
	fake_programs_begin(r->dump.loop, calls);
	data_directory(&r->tar);
	r->dump.env.helper = (struct helper *)(void *)r; /* never looked at */
	r->dump.env.snapshots =
		snapshots_new(r->dump.loop, r->dump.env.helper, "srv_1", &e);
	r->dump.config.method = DUMP_SNAPSHOT;
	r->dump.config.backup_id = "bak_1";
	r->dump.config.server_id = "srv_1";
	r->dump.config.hold_seconds = 10;
	r->dump.config.line = on_line;
	r->dump.config.line_arg = r;
}

static const struct dump_facts *run(struct rig *r)
{
	test_tar_end(&r->tar);
	fake_programs_output(r->tar.bytes.data, r->tar.bytes.len, NULL);
	return dump_rig_run(&r->dump);
}

static void on_idle(void *arg)
{
	loop_stop(arg);
}

/* The dump goes, then all that it has left behind. */
static void end(struct rig *r)
{
	struct dump_rig *d = &r->dump;

	d->dump->ops->destroy(d->dump);
	snapshots_stop(d->env.snapshots, on_idle, d->loop);
	loop_run(d->loop);
	snapshots_free(d->env.snapshots);
	fake_programs_end();
	test_tar_fini(&r->tar);
	workers_free(d->env.blocking);
	loop_free(d->loop);
	fake_stop(d->fake);
	text_free(&d->text);
	text_free(&d->items);
	text_free(&d->apart);
	text_free(&d->phases);
}

static void test_whole(void **state)
{
	const struct dump_facts *f;
	struct rig r;

	(void)state;
	begin(&r, NULL, healthy);
	f = run(&r);
	assert_string_equal(r.dump.err.msg, "");
	assert_string_equal(r.dump.phases.data,
			    "connect probe lock open data check ");
	assert_non_null(
		strstr(fake_log(r.dump.fake),
		       "BACKUP STAGE START\nBACKUP STAGE FLUSH\n"
		       "BACKUP STAGE BLOCK_DDL\n"
		       "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM "
		       "information_schema.TABLES\n"
		       "BACKUP STAGE BLOCK_COMMIT\n"
		       "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS\n"
		       "SHOW GLOBAL STATUS WHERE Variable_name IN "
		       "('Innodb_lsn_current', 'Innodb_lsn_flushed')\n"
		       "SHOW MASTER STATUS\n"
		       "SELECT @@GLOBAL.gtid_binlog_pos\nBACKUP STAGE END\n"));
	assert_string_equal(fake_programs_log(),
			    "fs probe - /data\nfs release bak_1 -\n"
			    "fs create bak_1 /data\nfs open bak_1 -\n"
			    "pack tar /snap/1\nfs release bak_1 -\n");
	assert_string_equal(r.dump.items.data != NULL ? "some" : "none",
			    "some");
	assert_int_equal(r.dump.text.len, r.tar.bytes.len);
	assert_int_equal(f->plain_bytes, r.tar.bytes.len);
	assert_int_equal(f->tables, 2);
	assert_int_equal(f->views, 1);
	assert_int_equal(f->sequences, 1);
	assert_string_equal(f->binlog_file, "bin.3");
	assert_int_equal(f->binlog_position, LOG_BYTES);
	assert_string_equal(f->gtid, "0-1-9");
	assert_string_equal(f->consistency, "consistent");
	assert_int_equal(f->nwarnings, 0);
	assert_non_null(strstr(f->physical_json, "\"hook\":\"fs\""));
	assert_non_null(strstr(f->physical_json, "\"stall_ms\":"));
	assert_non_null(strstr(r.line, "fs took the snapshot"));
	end(&r);
	/* Nothing was left to be released after the dump. */
}

/* The names are summed whatever their order, without those of the system. */
static void test_names(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT TABLE_SCHEMA", "s n t",
			  "shop|s|SEQUENCE\nshop|v|VIEW\n"
			  "shop|b|BASE TABLE\nshop|a|BASE TABLE"),
		FAKE_END};
	const char *const rows[2][2] = {{"shop", "a"}, {"shop", "b"}};
	const unsigned long lengths[2] = {4, 1};
	struct digest sum = {0, 0};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	digest_add_row(&sum, rows[0], lengths, 2);
	digest_add_row(&sum, rows[1], lengths, 2);
	assert_true(digest_equal(&run(&r)->names, &sum));
	end(&r);
}

/* InnoDB's log is waited for, up to where it was at first. */
static void test_log_is_written(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS_TIMES(1, "SHOW GLOBAL STATUS", "n v",
				"Innodb_lsn_current|900\n"
				"Innodb_lsn_flushed|700"),
		FAKE_SAYS_TIMES(1, "SHOW GLOBAL STATUS", "n v",
				"Innodb_lsn_current|950\n"
				"Innodb_lsn_flushed|899"),
		FAKE_SAYS("SHOW GLOBAL STATUS", "n v",
			  "Innodb_lsn_current|990\nInnodb_lsn_flushed|900"),
		FAKE_END};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	(void)run(&r);
	assert_string_equal(r.dump.err.msg, "");
	assert_int_equal(fake_count(r.dump.fake, "SHOW GLOBAL STATUS"), 3);
	assert_int_equal(fake_count(r.dump.fake, "DO SLEEP"), 2);
	end(&r);
}

static const struct fake_answer mysql[] = {
	FAKE_SAYS("SELECT @@version",
		  "v log ro case packet mode cs coll zone szone",
		  "9.1.0|1|0|0|67108864||utf8mb4|utf8mb4_0900_ai_ci|SYSTEM|"
		  "UTC"),
	FAKE_SAYS("SHOW GRANTS", "G",
		  GRANTS "\nGRANT BACKUP_ADMIN ON *.* TO u"),
	FAKE_SAYS("SHOW REPLICA STATUS", "Host", NULL),
	FAKE_SAYS("SELECT TABLESPACE_NAME", "n f", "innodb|./x.ibd"),
	FAKE_SAYS("SHOW BINARY LOG STATUS",
		  "File Position Do Ignore Executed_Gtid_Set",
		  "bin.3|77|||uuid:1-5"),
	FAKE_END};

static void test_mysql(void **state)
{
	const struct dump_facts *f;
	struct rig r;

	(void)state;
	begin(&r, mysql, healthy);
	f = run(&r);
	assert_string_equal(r.dump.err.msg, "");
	assert_non_null(strstr(fake_log(r.dump.fake),
			       "LOCK INSTANCE FOR BACKUP\n"
			       "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE "
			       "FROM information_schema.TABLES\n"
			       "FLUSH TABLES WITH READ LOCK\n"
			       "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS\n"
			       "SHOW BINARY LOG STATUS\n"
			       "UNLOCK TABLES\nUNLOCK INSTANCE\n"));
	assert_string_equal(f->gtid, "uuid:1-5");
	end(&r);
}

/* Fails so, and nothing is left. */
static void fails(const struct fake_answer *a, const struct fake_call *calls,
		  const char *api, const char *words)
{
	struct rig r;

	begin(&r, a, calls);
	(void)run(&r);
	if (strcmp(r.dump.err.api, api) != 0 ||
	    strstr(r.dump.err.msg, words) == NULL)
		fail_msg("%s: %s instead of %s: %s", r.dump.err.api,
			 r.dump.err.msg, api, words);
	end(&r);
}

#define REFUSED(api, words, ...)                                               \
	do {                                                                   \
		static const struct fake_answer a[] = {__VA_ARGS__, FAKE_END}; \
		fails(a, healthy, api, words);                                 \
	} while (0)

static void test_refused(void **state)
{
	(void)state;
	REFUSED("snapshot_refused", "runs on the host \"elsewhere\"",
		FAKE_SAYS("SELECT @@GLOBAL.datadir", "d h",
			  "/data/|elsewhere"));
	REFUSED("snapshot_refused", "innodb_undo_directory is /undo",
		FAKE_SAYS("SHOW GLOBAL VARIABLES", "n v",
			  "innodb_undo_directory|/undo"));
	REFUSED("snapshot_refused", "log_bin_basename is /logs/bin",
		FAKE_SAYS("SHOW GLOBAL VARIABLES", "n v",
			  "log_bin_basename|/logs/bin"));
	REFUSED("snapshot_refused", "table shop/x lies in /big/shop/x.ibd",
		FAKE_SAYS("SELECT NAME, FILENAME", "n f",
			  "shop/x|/big/shop/x.ibd"));
	REFUSED("access_denied", "RELOAD",
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT SELECT, PROCESS ON *.* TO u"));
	REFUSED("access_denied", "PROCESS",
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT SELECT, RELOAD ON *.* TO u"));
	REFUSED("ddl_in_progress", "session 12",
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "12|app|web1:99|35|ALTER TABLE orders"));
	REFUSED("source_is_replica", "primary",
		FAKE_SAYS("SHOW ALL SLAVES", "Master_Host", "10.0.0.1"));
	REFUSED("snapshot_refused", "MariaDB 10.4",
		FAKE_SAYS("SELECT @@version",
			  "v log ro case packet mode cs coll zone szone",
			  "10.3.9-MariaDB|1|0|0|67108864||utf8mb4|utf8mb4_bin|"
			  "SYSTEM|UTC"));
}

static void test_locks_refused(void **state)
{
	static const char timed_out[] = "Lock wait timeout exceeded";

	(void)state;
	REFUSED("ddl_in_progress", "session 12",
		FAKE_REFUSES("BACKUP STAGE BLOCK_DDL", 1205, timed_out),
		FAKE_SAYS_TIMES(1, "SELECT ID, USER", "ID USER HOST TIME INFO",
				NULL),
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "12|app|web1:99|35|ALTER TABLE orders"));
	REFUSED("lock_not_obtained", "session 9 of backup",
		FAKE_REFUSES("BACKUP STAGE BLOCK_COMMIT", 1205, timed_out),
		FAKE_SAYS_TIMES(2, "SELECT ID, USER", "ID USER HOST TIME INFO",
				NULL),
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "9|backup|localhost|70|"));
}

static void test_too_many_tables(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, NULL, healthy);
	r.dump.config.max_tables = 1;
	(void)run(&r);
	assert_string_equal(r.dump.err.api, "too_many_tables");
	assert_non_null(strstr(r.dump.err.msg, "there are 2 tables"));
	assert_int_equal(fake_programs_count("fs create"), 0);
	end(&r);
}

/* Cut at each statement of the session that has the locks. */
static void test_connection_dies(void **state)
{
	static const char *const statements[] = {
		"BACKUP STAGE START",  "BACKUP STAGE BLOCK_DDL",
		"SELECT TABLE_SCHEMA", "BACKUP STAGE BLOCK_COMMIT",
		"SHOW MASTER STATUS",  "SELECT @@GLOBAL.gtid",
		"BACKUP STAGE END",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		const struct fake_answer a[] = {
			{.begins = statements[i], .act = FAKE_CUT}, FAKE_END};
		struct rig r;

		begin(&r, a, healthy);
		(void)run(&r);
		assert_string_equal(r.dump.err.api, "connection_failed");
		end(&r);
		(void)i;
	}
}

static const struct fake_call *with(const struct fake_call *first)
{
	static struct fake_call all[16];
	size_t n = 0;

	for (; first->operation != NULL; first++)
		all[n++] = *first;
	memcpy(all + n, healthy, sizeof(healthy));
	return all;
}

#define HOOK(...)                                                              \
	with((const struct fake_call[]){__VA_ARGS__, {NULL, NULL, NULL, 0, 0}})

static void test_hook_fails(void **state)
{
	(void)state;
	fails(NULL, HOOK({"fs create", NULL, "no room", 0, 0}),
	      "snapshot_failed", "no room");
	fails(NULL, HOOK({"fs create", "{\"id\":\"bak_9\"}", NULL, 0, 0}),
	      "snapshot_failed", "another id");
	fails(NULL, HOOK({"fs open", NULL, "cannot mount", 0, 0}),
	      "snapshot_failed", "cannot mount");
	fails(NULL, HOOK({"fs release", NULL, "busy", 0, 1}), "snapshot_failed",
	      "busy");
	fails(NULL,
	      HOOK({"fs probe",
		    "{\"contract\":1,\"can\":true,\"atomic\":false}", NULL, 0,
		    0}),
	      "snapshot_refused", "not atomic");
}

/* Whatever was taken is released, also after a failure. */
static void test_released_after_a_failure(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, NULL, HOOK({"fs open", NULL, "cannot mount", 0, 0}));
	(void)run(&r);
	assert_int_equal(fake_programs_count("fs release"), 1);
	r.dump.dump->ops->destroy(r.dump.dump);
	r.dump.dump = r.dump.env.helper != NULL ? NULL : r.dump.dump;
	while (fake_programs_count("fs release") < 2)
		event_base_loop(loop_base(r.dump.loop), EVLOOP_ONCE);
	dump_rig_open(&r.dump);
	end(&r);
}

/* The locks are gone at the deadline, though the hook is still at work. */
static void test_hook_hangs(void **state)
{
	static const struct fake_call hanging[] = {
		{"list", "{\"hooks\":[\"fs\"]}", NULL, 0, 0},
		{"fs probe", "{\"contract\":1,\"can\":true,\"atomic\":true}",
		 NULL, 0, 0},
		{"fs release", "{}", NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	int64_t before = clock_mono_ms();
	struct rig r;

	(void)state;
	begin(&r, NULL, hanging);
	r.dump.config.hold_seconds = 1;
	(void)run(&r);
	assert_string_equal(r.dump.err.api, "snapshot_timed_out");
	assert_in_range(clock_mono_ms() - before, 900, 5000);
	assert_int_equal(fake_count(r.dump.fake, "BACKUP STAGE END"), 0);
	end(&r);
}

/* The server is silent in the middle: the deadline counts as well. */
static void test_server_hangs(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "SHOW MASTER STATUS", .act = FAKE_STALL}, FAKE_END};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	r.dump.config.hold_seconds = 1;
	(void)run(&r);
	assert_string_equal(r.dump.err.api, "snapshot_timed_out");
	assert_int_equal(fake_programs_count("fs create"), 0);
	end(&r);
}

/* ---- the hook says that all is well, and gives something else */

static void lies(void (*change)(struct test_tar *t), const char *api,
		 const char *words)
{
	struct rig r;

	begin(&r, NULL, healthy);
	change(&r.tar);
	(void)run(&r);
	if (strcmp(r.dump.err.api, api) != 0 ||
	    strstr(r.dump.err.msg, words) == NULL)
		fail_msg("%s: %s instead of %s: %s", r.dump.err.api,
			 r.dump.err.msg, api, words);
	end(&r);
}

static void other_folder(struct test_tar *t)
{
	test_tar_reset(t);
	test_tar_add(t, "./", '5', 0);
	test_tar_add(t, "./letters.txt", '0', 9);
}

static void older(struct test_tar *t)
{
	data_directory(t);
	test_tar_rename(t, "./bin.3", "./bin.2");
}

static void shorter(struct test_tar *t)
{
	other_folder(t);
	test_tar_add(t, "./ibdata1", '0', 3000);
	test_tar_add(t, "./shop/a.frm", '0', 10);
	test_tar_add(t, "./bin.3", '0', LOG_BYTES);
}

static void later(struct test_tar *t)
{
	test_tar_rename(t, "./bin.3", "./bin.9");
	test_tar_add(t, "./bin.3", '0', LOG_BYTES + 1);
}

static void linked(struct test_tar *t)
{
	test_tar_add(t, "./archive", '2', 0);
}

static void linked_table(struct test_tar *t)
{
	test_tar_add(t, "./shop/a.isl", '0', 20);
}

static void no_archive(struct test_tar *t)
{
	test_tar_add(t, "./x", '0', 10);
	t->bytes.data[t->bytes.len - 2 * 512 + 3] ^= 1;
}

static void test_hook_lies(void **state)
{
	(void)state;
	lies(other_folder, "snapshot_failed", "no ibdata1");
	lies(older, "snapshot_failed", "lacks the binary log");
	lies(shorter, "snapshot_failed", "definitions of 1 tables");
	lies(later, "snapshot_failed", "78 bytes instead of 77");
	lies(linked, "snapshot_refused", "\"archive\"");
	lies(linked_table, "snapshot_refused", "\"shop/a.isl\"");
	lies(no_archive, "snapshot_failed", "no tar archive");
}

/* tar says that it failed, or ends well in the middle. */
static void test_pack_fails(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, NULL, healthy);
	test_tar_end(&r.tar);
	fake_programs_output(r.tar.bytes.data, r.tar.bytes.len, "file changed");
	(void)dump_rig_run(&r.dump);
	assert_string_equal(r.dump.err.msg, "file changed");
	end(&r);
	begin(&r, NULL, healthy);
	test_tar_end(&r.tar);
	fake_programs_output(r.tar.bytes.data, r.tar.bytes.len - 1024, NULL);
	(void)dump_rig_run(&r.dump);
	assert_string_equal(r.dump.err.api, "snapshot_failed");
	assert_non_null(strstr(r.dump.err.msg, "has no end"));
	end(&r);
}

static void test_scope_is_refused(void **state)
{
	const struct source_scope_database one = {"shop", NULL, 0};
	struct err e = {0};
	struct rig r;

	(void)state;
	begin(&r, NULL, healthy);
	r.dump.config.scope.databases = &one;
	r.dump.config.scope.ndatabases = 1;
	assert_null(source_kind_find("mysql")->dump_new(&r.dump.env,
							&r.dump.config, &e));
	assert_string_equal(e.api, "invalid_scope");
	r.dump.config.scope.databases = NULL;
	r.dump.env.helper = NULL;
	err_clear(&e);
	assert_null(source_kind_find("mysql")->dump_new(&r.dump.env,
							&r.dump.config, &e));
	assert_string_equal(e.api, "snapshot_refused");
	r.dump.env.helper = (struct helper *)(void *)&r;
	dump_rig_open(&r.dump);
	end(&r);
}

/* Dropped after each phase, and in each at its beginning. */
static void test_dropped_anywhere(void **state)
{
	(void)state;
	for (int phases = 0; phases < 7; phases++) {
		unsigned made, released;
		struct rig r;

		begin(&r, NULL, healthy);
		test_tar_end(&r.tar);
		fake_programs_output(r.tar.bytes.data, r.tar.bytes.len, NULL);
		dump_rig_open(&r.dump);
		for (int i = 0; i < phases && dump_rig_phase(&r.dump); i++)
			;
		made = fake_programs_count("fs create");
		r.dump.dump->ops->destroy(r.dump.dump);
		while (!snapshots_is_idle(r.dump.env.snapshots))
			event_base_loop(loop_base(r.dump.loop), EVLOOP_ONCE);
		released = fake_programs_count("fs release");
		assert_true(released >= made + (phases > 1));
		dump_rig_open(&r.dump);
		end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_log_is_written),
		cmocka_unit_test(test_mysql),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_locks_refused),
		cmocka_unit_test(test_too_many_tables),
		cmocka_unit_test(test_connection_dies),
		cmocka_unit_test(test_hook_fails),
		cmocka_unit_test(test_released_after_a_failure),
		cmocka_unit_test(test_hook_hangs),
		cmocka_unit_test(test_server_hangs),
		cmocka_unit_test(test_hook_lies),
		cmocka_unit_test(test_pack_fails),
		cmocka_unit_test(test_scope_is_refused),
		cmocka_unit_test(test_dropped_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
