/* test_mysql_dump_lanes.c - dumps over several connections: how many there
 * are, and that all have one view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_mysql_dump_rig.h"

#define VARIABLES "v log ro case packet mode cs coll zone szone"

static const struct fake_answer no_binlog[] = {
	FAKE_SAYS("SELECT @@version", VARIABLES,
		  "10.11.6-MariaDB|0|0|0|16777216||utf8mb4|"
		  "utf8mb4_general_ci|SYSTEM|UTC"),
	FAKE_END};

static void begin(struct dump_rig *r, const struct fake_answer *answers,
		  unsigned parallelism)
{
	dump_rig_init(r, answers);
	r->config.parallelism = parallelism;
}

static unsigned logins(struct dump_rig *r)
{
	return fake_count(r->fake, "SET SESSION time_zone");
}

/* Two tables: two lanes, whatever is wanted; all is out as with one. */
static void test_two_lanes(void **state)
{
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	begin(&r, NULL, 8);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(
		r.phases.data,
		"connect list lanes schema tables lock data post check ");
	assert_int_equal(f->connections, 2);
	assert_int_equal(f->rows, 5);
	assert_int_equal(f->items_done, 11);
	assert_int_equal(f->nwarnings, 0);
	assert_int_equal(f->binlog_position, 4711);
	assert_int_equal(logins(&r), 2);
	assert_int_equal(fake_count(r.fake, "START TRANSACTION"), 2);
	assert_int_equal(fake_count(r.fake, "SAVEPOINT"), 2);
	assert_int_equal(fake_count(r.fake, "SET SESSION sql_log_bin"), 2);
	assert_int_equal(fake_count(r.fake, "FLUSH TABLES"), 0);
	assert_non_null(strstr(r.items.data, "data table shop.items 2;"));
	assert_non_null(strstr(r.items.data, "data table shop.orders 3;"));
	dump_rig_fini(&r);
}

static const struct fake_answer many[] = {
	FAKE_SAYS("SHOW FULL TABLES", "n t",
		  "a|BASE TABLE\nb|BASE TABLE\nc|BASE TABLE\nd|BASE TABLE\n"
		  "e|BASE TABLE\nf|BASE TABLE"),
	FAKE_SAYS("SHOW CREATE TABLE", "n c", "x|CREATE TABLE `x` (`b` text)"),
	FAKE_SAYS("SHOW COLUMNS", "Field Type Null Key Default Extra",
		  "b|text|YES||NULL|"),
	FAKE_SAYS("SELECT `b` FROM", "b", "1\n2"),
	FAKE_SAYS("SHOW TRIGGERS", "Trigger Event Table", NULL),
	FAKE_END};

/* Not told: as many as the source has cores (the fake server: 4). */
static void test_lanes_by_cores(void **state)
{
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	begin(&r, many, 0);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(f->connections, 4);
	assert_int_equal(logins(&r), 4);
	assert_int_equal(f->rows, 12);
	dump_rig_fini(&r);
}

static void test_cores_unknown(void **state)
{
	struct fake_answer a[8] = {
		FAKE_REFUSES("SELECT @@thread_pool_size", 1193, NULL)};
	struct dump_rig r;

	(void)state;
	memcpy(a + 1, many, sizeof(many));
	begin(&r, a, 0);
	assert_int_equal(dump_rig_run(&r)->connections, 2);
	assert_false(err_is(&r.err));
	dump_rig_fini(&r);
}

/* One answer to the question of a view's place. */
#define PLACE(position)                                                        \
	{                                                                      \
		.begins = "SHOW STATUS LIKE", .act = FAKE_ROWS, .times = 1,    \
		.names = "n v",                                                \
		.values = "Binlog_snapshot_file|bin.000007\n"                  \
			  "Binlog_snapshot_position|" #position                \
	}

/* Two lanes whose views begin anew: the second ones are at 4711. */
static void begins_anew(const struct fake_answer *a)
{
	const struct dump_facts *f;
	struct dump_rig r;

	begin(&r, a, 2);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "START TRANSACTION"), 4);
	assert_int_equal(fake_count(r.fake, "FLUSH TABLES"), 0);
	assert_int_equal(f->binlog_position, 4711);
	dump_rig_fini(&r);
}

/* While others write, views started one after the other differ. */
static void test_another_try(void **state)
{
	static const struct fake_answer a[] = {
		PLACE(4000), PLACE(4711), PLACE(4000), PLACE(4711), FAKE_END};

	(void)state;
	begins_anew(a);
}

/* The server may answer with the place of somebody else's view. */
static void test_answer_to_somebody_else(void **state)
{
	static const struct fake_answer a[] = {
		PLACE(4000), PLACE(4000), PLACE(4000), PLACE(4711), PLACE(4000),
		PLACE(4711), PLACE(4000), PLACE(4711), FAKE_END};

	(void)state;
	begins_anew(a);
}

/* Places that are told empty are none. */
static const struct fake_answer no_place[] = {
	FAKE_SAYS("SHOW STATUS LIKE", "n v",
		  "Binlog_snapshot_file|\nBinlog_snapshot_position|0"),
	FAKE_END};

static void test_tries_used_up(void **state)
{
	struct dump_rig r;
	const char *log, *lock, *unlock;

	(void)state;
	begin(&r, no_place, 2);
	(void)dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "START TRANSACTION"), 2 * 21);
	log = fake_log(r.fake);
	lock = strstr(log, "FLUSH TABLES WITH READ LOCK");
	unlock = strstr(log, "UNLOCK TABLES");
	assert_true(lock != NULL && lock < unlock);
	/* Both views are started under it. */
	lock = strstr(strstr(lock, "START TRANSACTION") + 1,
		      "START TRANSACTION");
	assert_true(lock != NULL && lock < unlock);
	dump_rig_fini(&r);
}

static void test_lock_without_binlog(void **state)
{
	struct dump_rig r;
	const char *log, *lock, *unlock;

	(void)state;
	begin(&r, no_binlog, 2);
	assert_int_equal(dump_rig_run(&r)->connections, 2);
	assert_false(err_is(&r.err));
	log = fake_log(r.fake);
	lock = strstr(log, "FLUSH TABLES WITH READ LOCK");
	unlock = strstr(log, "UNLOCK TABLES");
	assert_true(lock != NULL && lock < strstr(log, "START TRANS"));
	lock = strstr(strstr(lock, "START TRANS") + 1, "START TRANS");
	assert_true(lock != NULL && lock < unlock);
	dump_rig_fini(&r);
}

/* One place of views says nothing where not all goes into the log. */
static void test_lock_where_the_log_has_gaps(void **state)
{
	static const char status[] = "SHOW MASTER STATUS";
	static const char names[] =
		"File Position Binlog_Do_DB Binlog_Ignore_DB";
	static const struct fake_answer gaps[] = {
		FAKE_SAYS(status, names, "bin.000007|4711|shop|"),
		FAKE_SAYS(status, names, "bin.000007|4711||bank"),
		FAKE_REFUSES(status, 1227, NULL),
		FAKE_SAYS("SHOW GLOBAL VARIABLES", "n v",
			  "log_slave_updates|OFF\nwsrep_on|ON"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		const struct fake_answer a[] = {gaps[i], FAKE_END};
		struct dump_rig r;

		begin(&r, a, 2);
		assert_int_equal(dump_rig_run(&r)->connections, 2);
		assert_false(err_is(&r.err));
		assert_int_equal(fake_count(r.fake, "FLUSH TABLES"), 1);
		assert_int_equal(fake_count(r.fake, "START TRANSACTION"), 2);
		dump_rig_fini(&r);
	}
}

/* A node that logs what the others write needs none. */
static void test_cluster_that_logs_all(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW GLOBAL VARIABLES", "n v",
			  "log_slave_updates|ON\nwsrep_on|ON"),
		FAKE_END};
	struct dump_rig r;

	(void)state;
	begin(&r, a, 2);
	assert_int_equal(dump_rig_run(&r)->connections, 2);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "FLUSH TABLES"), 0);
	dump_rig_fini(&r);
}

/* Without the right to lock, one lane has a view and goes on alone. */
static void test_alone_without_the_right(void **state)
{
	struct fake_answer a[4] = {FAKE_REFUSES("FLUSH TABLES", 1227, NULL)};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	memcpy(a + 1, no_binlog, sizeof(no_binlog));
	begin(&r, a, 2);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(f->connections, 1);
	assert_int_equal(fake_count(r.fake, "START TRANSACTION"), 1);
	assert_int_equal(f->rows, 5);
	assert_int_equal(f->nwarnings, 1);
	assert_string_equal(f->warnings[0].code, "fewer_connections");
	dump_rig_fini(&r);
}

/* A lane that breaks in the middle fails the whole. */
static void test_cut_in_any_lane(void **state)
{
	static const char *const begins[] = {"SHOW CREATE TABLE `orders`",
					     "SHOW STATUS", "START TRANS",
					     "SAVEPOINT", "SELECT `b` FROM"};

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		const struct fake_answer a[] = {
			{.begins = begins[i], .act = FAKE_CUT, .times = 1},
			FAKE_END};
		struct dump_rig r;

		begin(&r, a, 2);
		(void)dump_rig_run(&r);
		assert_int_equal(r.err.code, ERR_CONNECT);
		dump_rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_lanes),
		cmocka_unit_test(test_lanes_by_cores),
		cmocka_unit_test(test_cores_unknown),
		cmocka_unit_test(test_another_try),
		cmocka_unit_test(test_answer_to_somebody_else),
		cmocka_unit_test(test_tries_used_up),
		cmocka_unit_test(test_lock_without_binlog),
		cmocka_unit_test(test_lock_where_the_log_has_gaps),
		cmocka_unit_test(test_cluster_that_logs_all),
		cmocka_unit_test(test_alone_without_the_right),
		cmocka_unit_test(test_cut_in_any_lane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
