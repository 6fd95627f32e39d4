/* test_mysql_clone.c - physical backups of MySQL: what is asked of the server
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

#include "loop/loop.h"
#include "loop/workers.h"
#include "programs/snapshot.h"
#include "sources/mysql/clone/clone_int.h"
#include "test_mysql_dump_rig.h"
#include "test_mysql_tar.h"
#include "test_programs_fake.h"

static char home[320]; /* the answer about the data directory */

#define GRANTS                                                                 \
	"GRANT SELECT, PROCESS ON *.* TO u\nGRANT BACKUP_ADMIN ON *.* TO u"
#define CLONE "CLONE LOCAL DATA DIRECTORY = '/scratch/1/data'"

static struct fake_answer answers[] = {
	FAKE_SAYS("SELECT @@version",
		  "v log ro case packet mode cs coll zone szone",
		  "9.1.0|1|0|0|67108864||utf8mb4|utf8mb4_0900_ai_ci|SYSTEM|"
		  "UTC"),
	FAKE_SAYS("SHOW GRANTS", "G", GRANTS),
	FAKE_SAYS("SHOW REPLICA STATUS", "Host", NULL),
	FAKE_SAYS("SELECT @@GLOBAL.datadir", "d h", home),
	FAKE_SAYS("SELECT PLUGIN_STATUS", "s", "ACTIVE"),
	FAKE_SAYS("SELECT TABLESPACE_NAME", "n f", "shop/x|/data/shop/x.ibd"),
	FAKE_SAYS("SELECT COUNT(*)", "n", "0"),
	FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO", NULL),
	FAKE_SAYS("SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE", "s n e", NULL),
	FAKE_SAYS("SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE", "s n t",
		  "shop|a|BASE TABLE\nshop|b|BASE TABLE\nshop|v|VIEW"),
	FAKE_SAYS("SELECT STAGE", "s d", "FILE COPY|1000"),
	FAKE_END};

static const struct fake_call healthy[] = {
	{"list", "{\"hooks\":[\"fs\"]}", NULL, 0, 0},
	{"fs probe",
	 "{\"contract\":1,\"can\":true,\"atomic\":false,\"scratch\":true}",
	 NULL, 0, 0},
	{"fs release", "{}", NULL, 0, 0},
	{"fs create", "{\"id\":\"bak_1\",\"directory\":\"/scratch/1/data\"}",
	 NULL, 0, 0},
	{"fs open", "{\"directory\":\"/scratch/1/data\"}", NULL, 0, 0},
	{NULL, NULL, NULL, 0, 0}};

struct rig {
	struct dump_rig dump;
	struct test_tar tar;
	struct event *look;
};

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
	test_tar_init(&r->tar);
	test_tar_add(&r->tar, "./", '5', 0);
	test_tar_add(&r->tar, "./mysql.ibd", '0', 3000);
	r->dump.env.helper = (struct helper *)(void *)r; /* never looked at */
	r->dump.env.snapshots =
		snapshots_new(r->dump.loop, r->dump.env.helper, "srv_1", &e);
	r->dump.config.method = DUMP_PHYSICAL;
	r->dump.config.backup_id = "bak_1";
	r->dump.config.server_id = "srv_1";
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
static void settle(struct rig *r)
{
	struct dump_rig *d = &r->dump;

	d->dump->ops->destroy(d->dump);
	d->dump = NULL;
	snapshots_stop(d->env.snapshots, on_idle, d->loop);
	loop_run(d->loop);
}

static void end(struct rig *r)
{
	struct dump_rig *d = &r->dump;

	if (d->dump != NULL)
		settle(r);
	snapshots_free(d->env.snapshots);
	fake_programs_end();
	test_tar_fini(&r->tar);
	workers_free(d->env.blocking);
	if (r->look != NULL)
		event_free(r->look);
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
			    "connect connect probe clone open data check ");
	assert_non_null(strstr(fake_log(r.dump.fake),
			       "LOCK INSTANCE FOR BACKUP\n"
			       "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM "
			       "information_schema.TABLES"));
	assert_non_null(strstr(
		fake_log(r.dump.fake),
		"\nSELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM "
		"information_schema.TABLES\n" CLONE "\nUNLOCK INSTANCE\n"));
	assert_string_equal(fake_programs_log(),
			    "fs probe - /data\nfs release bak_1 -\n"
			    "fs create bak_1 /data\nfs open bak_1 -\n"
			    "pack tar /scratch/1/data\nfs release bak_1 -\n");
	assert_int_equal(r.dump.text.len, r.tar.bytes.len);
	assert_int_equal(f->tables, 2);
	assert_int_equal(f->views, 1);
	assert_false(f->names.low == 0 && f->names.high == 0);
	assert_string_equal(f->binlog_file, "");
	assert_string_equal(f->gtid, "");
	assert_string_equal(f->part_suffix, ".tar");
	assert_string_equal(f->consistency, "consistent");
	assert_int_equal(f->nwarnings, 0);
	assert_non_null(strstr(f->physical_json, "\"tool\":\"clone\""));
	assert_non_null(strstr(f->physical_json, "\"hook\":\"fs\""));
	end(&r);
}

static void test_keys_are_not_held(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT COUNT(*)", "n", "3"), FAKE_END};
	const struct dump_facts *f;
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	f = run(&r);
	assert_int_equal(f->nwarnings, 1);
	assert_string_equal(f->warnings[0].code, "keys_not_held");
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
	settle(&r);
	assert_int_equal(fake_count(r.dump.fake, "KILL"), 0);
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
	REFUSED("source_check_failed", "8.0.17",
		FAKE_SAYS("SELECT @@version",
			  "v log ro case packet mode cs coll zone szone",
			  "8.0.16|1|0|0|67108864||utf8mb4|utf8mb4_bin|"
			  "SYSTEM|UTC"));
	REFUSED("source_check_failed", "host \"elsewhere\"",
		FAKE_SAYS("SELECT @@GLOBAL.datadir", "d h",
			  "/data/|elsewhere"));
	REFUSED("source_check_failed", "not installed: run INSTALL PLUGIN",
		FAKE_SAYS("SELECT PLUGIN_STATUS", "s", NULL));
	REFUSED("source_check_failed", "not active",
		FAKE_SAYS("SELECT PLUGIN_STATUS", "s", "DISABLED"));
	REFUSED("source_check_failed", "table shop/x lies in /big/shop/x.ibd",
		FAKE_SAYS("SELECT TABLESPACE_NAME", "n f",
			  "shop/x|/big/shop/x.ibd"));
	REFUSED("access_denied", "BACKUP_ADMIN",
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT SELECT, PROCESS ON *.* TO u"));
	REFUSED("access_denied", "SELECT",
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT PROCESS ON *.* TO u\n"
			  "GRANT BACKUP_ADMIN ON *.* TO u"));
	REFUSED("source_is_replica", "primary",
		FAKE_SAYS("SHOW REPLICA STATUS", "Source_Host", "10.0.0.1"));
	REFUSED("ddl_in_progress", "session 12",
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "12|app|web1:99|35|ALTER TABLE orders"));
	REFUSED("source_check_failed",
		"empty shop.a (MyISAM), shop.b (CSV), shop.c (ARCHIVE) and 1 "
		"more: ALTER TABLE",
		FAKE_SAYS("SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE", "s n e",
			  "shop|a|MyISAM\nshop|b|CSV\nshop|c|ARCHIVE\n"
			  "shop|d|MyISAM"));
}

/* What is asked for and cannot be had. */
static void test_wishes(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, NULL, healthy);
	r.dump.config.wants_increments = true;
	(void)run(&r);
	assert_string_equal(r.dump.err.api, "source_check_failed");
	assert_non_null(strstr(r.dump.err.msg, "\"incremental\""));
	end(&r);
	begin(&r, NULL, healthy);
	r.dump.config.max_tables = 1;
	(void)run(&r);
	assert_string_equal(r.dump.err.api, "too_many_tables");
	assert_int_equal(fake_programs_count("fs create"), 0);
	end(&r);
}

static void test_lock_refused(void **state)
{
	(void)state;
	REFUSED("lock_not_obtained", "session 9 of backup",
		FAKE_REFUSES("LOCK INSTANCE", 1205, "Lock wait timeout"),
		FAKE_SAYS_TIMES(2, "SELECT ID, USER", "ID USER HOST TIME INFO",
				NULL),
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "9|backup|localhost|70|"));
}

static void test_clone_refused(void **state)
{
	(void)state;
	REFUSED("lock_not_obtained", "one CLONE at a time",
		FAKE_REFUSES("CLONE", 3634, "Too many concurrent clones"));
	REFUSED("source_check_failed", "make room",
		FAKE_REFUSES("CLONE", 3873, "Available space 1 MiB"));
	REFUSED("source_check_failed", "AppArmor",
		FAKE_REFUSES("CLONE", 1006, "Can't create database"));
	REFUSED("source_check_failed", "outside of the data directory",
		FAKE_REFUSES("CLONE", 1086, "File exists"));
	REFUSED("connection_failed", "(1317)",
		FAKE_REFUSES("CLONE", 1317, "Query was interrupted"));
	REFUSED("source_failed", "(3862)",
		FAKE_REFUSES("CLONE", 3862, "Clone protocol error"));
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
	fails(NULL,
	      HOOK({"fs probe", "{\"contract\":1,\"can\":true,\"atomic\":true}",
		    NULL, 0, 0}),
	      "source_check_failed", "[hook scratch]");
	fails(NULL, HOOK({"fs create", NULL, "no room", 0, 0}),
	      "source_check_failed", "no room");
	fails(NULL, HOOK({"fs create", "{\"id\":\"bak_1\"}", NULL, 0, 0}),
	      "source_check_failed", "gives no folder");
	fails(NULL,
	      HOOK({"fs create", "{\"id\":\"bak_1\",\"directory\":\"/it's\"}",
		    NULL, 0, 0}),
	      "source_check_failed", "gives no folder");
	fails(NULL, HOOK({"fs open", NULL, "no copy", 0, 0}),
	      "source_check_failed", "no copy");
}

/* Another folder than the server has cloned to. */
static void test_hook_lies(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, NULL, healthy);
	test_tar_reset(&r.tar);
	test_tar_add(&r.tar, "./letters.txt", '0', 9);
	(void)run(&r);
	assert_non_null(strstr(r.dump.err.msg, "holds no mysql.ibd"));
	end(&r);
}

/* ---- cut while the server clones */

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = {0, 10000};
	struct rig *r = arg;

	(void)fd;
	(void)what;
	if (fake_count(r->dump.fake, "CLONE LOCAL") > 0)
		loop_stop(r->dump.loop);
	else
		evtimer_add(r->look, &soon);
}

/* Runs until the server has been told to clone, and does not answer. */
static void run_into_clone(struct rig *r)
{
	const struct timeval soon = {0, 10000};

	dump_rig_open(&r->dump);
	r->look = evtimer_new(loop_base(r->dump.loop), on_look, r);
	evtimer_add(r->look, &soon);
	while (fake_count(r->dump.fake, "CLONE LOCAL") == 0)
		assert_true(dump_rig_phase(&r->dump));
}

/* It is ended in the server, and only then the folder goes. */
static void test_cut(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "CLONE LOCAL", .act = FAKE_STALL},
		FAKE_SAYS_TIMES(2, "SELECT ID FROM", "ID", "7"),
		FAKE_SAYS("SELECT ID FROM", "ID", NULL),
		FAKE_END};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	run_into_clone(&r);
	assert_int_equal(fake_programs_count("fs release"), 1);
	settle(&r);
	assert_int_equal(fake_count(r.dump.fake, "KILL "), 2);
	assert_int_equal(fake_count(r.dump.fake, "SELECT ID FROM"), 3);
	assert_int_equal(fake_programs_count("fs release"), 2);
	end(&r);
}

/* Nobody can ask the server any more: the folder is let go of all the same. */
static void test_cut_and_the_server_is_away(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "CLONE LOCAL", .act = FAKE_STALL},
		{.begins = "SELECT ID FROM", .act = FAKE_CUT},
		FAKE_END};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	run_into_clone(&r);
	settle(&r);
	assert_int_equal(fake_count(r.dump.fake, "KILL "), 0);
	assert_int_equal(fake_programs_count("fs release"), 2);
	end(&r);
}

/* The end of the server's process comes in between. */
static void test_cut_and_no_time(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "CLONE LOCAL", .act = FAKE_STALL}, FAKE_END};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	run_into_clone(&r);
	r.dump.dump->ops->destroy(r.dump.dump);
	r.dump.dump = NULL;
	end(&r);
}

/* A connection that breaks says nothing about the CLONE. */
static void test_connection_dies(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "CLONE LOCAL", .act = FAKE_CUT},
		FAKE_SAYS_TIMES(1, "SELECT ID FROM", "ID", "7"),
		FAKE_SAYS("SELECT ID FROM", "ID", NULL),
		FAKE_END};
	struct rig r;

	(void)state;
	begin(&r, a, healthy);
	(void)run(&r);
	assert_string_equal(r.dump.err.api, "connection_failed");
	settle(&r);
	assert_int_equal(fake_count(r.dump.fake, "KILL "), 1);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_keys_are_not_held),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_lock_refused),
		cmocka_unit_test(test_clone_refused),
		cmocka_unit_test(test_hook_fails),
		cmocka_unit_test(test_hook_lies),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_and_the_server_is_away),
		cmocka_unit_test(test_cut_and_no_time),
		cmocka_unit_test(test_connection_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
