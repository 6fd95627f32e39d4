/* test_mysql_dump_guard.c - locks that are held beside a dump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_mysql_dump_rig.h"

static const struct dump_facts *run(struct dump_rig *r,
				    const struct fake_answer *answers)
{
	dump_rig_init(r, answers);
	r->config.guard_seconds = 3600;
	return dump_rig_run(r);
}

/* Each of the two tables is defined once more at the end. */
static bool compared(struct dump_rig *r)
{
	return fake_count(r->fake, "SHOW CREATE TABLE") == 4;
}

static void test_held_all_the_time(void **state)
{
	const struct dump_facts *f;
	const char *log, *lock, *list;
	struct dump_rig r;

	(void)state;
	f = run(&r, NULL);
	assert_false(err_is(&r.err));
	assert_string_equal(r.phases.data, "connect guard list schema tables "
					   "lock data post proof check ");
	assert_int_equal(f->nwarnings, 0);
	log = fake_log(r.fake);
	lock = strstr(log, "BACKUP STAGE START\nBACKUP STAGE FLUSH\n"
			   "BACKUP STAGE BLOCK_DDL\n");
	list = strstr(log, "SHOW FULL TABLES");
	assert_true(lock != NULL && lock < list);
	assert_int_equal(fake_count(r.fake, "SET SESSION wait_timeout = 60"),
			 1);
	/* The last sign of life comes after the last row. */
	assert_non_null(strstr(strstr(log, "SHOW CREATE EVENT"),
			       "SELECT ID FROM information_schema"));
	assert_int_equal(fake_count(r.fake, "SHOW CREATE TABLE"), 2);
	dump_rig_fini(&r);
}

/* That schema changes were held off says nothing about rights. */
static void test_rights_that_go(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS_TIMES(1, "SHOW GRANTS", "G",
				"GRANT ALL PRIVILEGES ON *.* TO u"),
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT SELECT, SHOW VIEW, TRIGGER, EXECUTE ON "
			  "*.* TO u"),
		FAKE_SAYS("SELECT EVENT_SCHEMA", "s n", NULL), FAKE_END};
	struct dump_rig r;

	(void)state;
	(void)run(&r, a);
	assert_string_equal(r.err.api, "access_denied");
	assert_non_null(strstr(r.err.msg, "EVENT on shop.*"));
	assert_false(compared(&r));
	dump_rig_fini(&r);
}

/* Its connection broke: definitions are compared. */
static void test_lost(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "SELECT ID FROM", .act = FAKE_CUT}, FAKE_END};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	f = run(&r, a);
	assert_false(err_is(&r.err));
	assert_true(compared(&r));
	assert_int_equal(f->nwarnings, 1);
	assert_string_equal(f->warnings[0].code, "guard_released");
	dump_rig_fini(&r);
}

static void test_others_wait(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT ID FROM", "ID", "12"), FAKE_END};
	struct dump_rig r;

	(void)state;
	assert_string_equal(run(&r, a)->warnings[0].code, "guard_released");
	assert_false(err_is(&r.err));
	assert_true(compared(&r));
	dump_rig_fini(&r);
}

static void test_no_right(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("BACKUP STAGE START", 1227, NULL), FAKE_END};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	f = run(&r, a);
	assert_false(err_is(&r.err));
	assert_true(compared(&r));
	assert_int_equal(f->nwarnings, 1);
	assert_string_equal(f->warnings[0].code, "no_ddl_guard");
	assert_non_null(strstr(f->warnings[0].detail, "RELOAD"));
	dump_rig_fini(&r);
}

static const char timed_out[] = "Lock wait timeout exceeded";

static void test_changes_run(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("BACKUP STAGE BLOCK", 1205, timed_out),
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "12|app|web1:99|35|ALTER TABLE orders"),
		FAKE_END};
	struct dump_rig r;

	(void)state;
	(void)run(&r, a);
	assert_string_equal(r.err.api, "ddl_in_progress");
	assert_non_null(strstr(r.err.msg, "session 12 of app@web1:99"));
	dump_rig_fini(&r);
}

static void test_somebody_else_holds_it(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("BACKUP STAGE START", 1205, timed_out),
		FAKE_SAYS_TIMES(1, "SELECT ID, USER", "ID USER HOST TIME INFO",
				NULL),
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "9|mariabackup|localhost|70|"),
		FAKE_END};
	struct dump_rig r;

	(void)state;
	(void)run(&r, a);
	assert_string_equal(r.err.api, "lock_not_obtained");
	assert_non_null(strstr(r.err.msg, "session 9 of mariabackup"));
	dump_rig_fini(&r);
}

static const struct fake_answer mysql[] = {
	FAKE_SAYS("SELECT @@version",
		  "v log ro case packet mode cs coll zone szone",
		  "9.1.0|1|0|0|67108864||utf8mb4|utf8mb4_0900_ai_ci|SYSTEM|"
		  "UTC"),
	FAKE_SAYS("SELECT VCPU_IDS", "v", "0-1"),
	FAKE_SAYS("SHOW REPLICA STATUS", "Host", NULL),
	FAKE_SAYS("SHOW BINARY LOG STATUS",
		  "File Position Do Ignore Executed_Gtid_Set",
		  "bin.3|77|||uuid:1-5"),
	FAKE_SAYS("SELECT TRIGGER_NAME", "n x t", NULL),
	FAKE_END};

static void test_mysql(void **state)
{
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, mysql);
	r.config.guard_seconds = 3600;
	r.config.parallelism = 0;
	f = dump_rig_run(&r);
	assert_string_equal(r.err.msg, "");
	assert_false(compared(&r));
	assert_int_equal(f->connections, 2);
	assert_int_equal(fake_count(r.fake, "LOCK INSTANCE FOR BACKUP"), 1);
	assert_int_equal(fake_count(r.fake, "DO 0"), 1);
	assert_int_equal(fake_count(r.fake, "FLUSH TABLES WITH READ"), 1);
	assert_int_equal(fake_count(r.fake, "SHOW BINARY LOG STATUS"), 1);
	assert_string_equal(f->gtid, "uuid:1-5");
	dump_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_all_the_time),
		cmocka_unit_test(test_rights_that_go),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_others_wait),
		cmocka_unit_test(test_no_right),
		cmocka_unit_test(test_changes_run),
		cmocka_unit_test(test_somebody_else_holds_it),
		cmocka_unit_test(test_mysql),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
