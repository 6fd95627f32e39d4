/* test_mysql_conn.c - connections, probe and names against a fake server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "test_mysql_fake.h"
#include "sources/kinds.h"
#include "sources/mysql/conn.h"

struct rig {
	struct loop *loop;
	struct source_env env;
	struct source_address address;
	struct fake *fake;
	unsigned calls;
	struct err err;
	struct source_info info;
	struct text names;
};

static void rig_init(struct rig *r, struct fake *fake)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 2, &e);
	r->fake = fake;
	r->address.host = "127.0.0.1";
	r->address.port = fake != NULL ? fake_port(fake) : 1;
	r->address.user = "root";
	r->address.password = "secret";
}

static void rig_fini(struct rig *r)
{
	workers_free(r->env.blocking);
	loop_free(r->loop);
	if (r->fake != NULL)
		fake_stop(r->fake);
	text_free(&r->names);
}

static void on_probe(void *arg, const struct source_info *info,
		     const struct err *e)
{
	struct rig *r = arg;

	r->calls++;
	r->err = *e;
	assert_int_equal(info == NULL, err_is(e));
	if (info != NULL)
		r->info = *info;
	loop_stop(r->loop);
}

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	struct rig *r = arg;

	r->calls++;
	r->err = *e;
	for (size_t i = 0; i < n; i++)
		text_printf(&r->names, "%s:%d:%d ", names[i].name,
			    (int)names[i].ntables, (int)names[i].bytes);
	loop_stop(r->loop);
}

static const struct source_kind *kind(void)
{
	return source_kind_find("mysql");
}

static void probe(struct rig *r)
{
	struct err e = {0};

	assert_non_null(kind()->probe(&r->env, &r->address, on_probe, r, &e));
	assert_int_equal(r->calls, 0);
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void names(struct rig *r, const char *database, bool want_sizes)
{
	const struct source_names_query q = {database, want_sizes};
	struct err e = {0};

	assert_non_null(
		kind()->names(&r->env, &r->address, &q, on_names, r, &e));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void test_kind(void **state)
{
	(void)state;
	assert_non_null(kind());
	assert_int_equal(kind()->default_port, 3306);
	assert_string_equal(kind()->part_suffix, ".sql");
	assert_null(source_kind_find("oracle"));
	assert_ptr_equal(source_kinds()[0], kind());
}

static void test_probe_primary(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, NULL, fake_shop()));
	probe(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(r.info.version, "10.11.6-MariaDB-log");
	assert_string_equal(r.info.role, "primary");
	assert_int_equal(r.info.cores, 4);
	rig_fini(&r);
}

static void test_probe_replica(void **state)
{
	static const struct fake_answer replica[] = {
		FAKE_SAYS("SHOW ALL SLAVES", "Host", "db1"), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, replica, fake_shop()));
	probe(&r);
	assert_string_equal(r.info.role, "replica");
	rig_fini(&r);
}

static void test_probe_without_rights(void **state)
{
	static const struct fake_answer denied[] = {
		FAKE_REFUSES("SHOW ALL SLAVES", 1227, NULL),
		FAKE_REFUSES("SELECT @@thread", 1193, NULL), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, denied, fake_shop()));
	probe(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(r.info.role, "");
	assert_int_equal(r.info.cores, 0);
	rig_fini(&r);
}

static void test_nobody_listens(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	probe(&r);
	assert_int_equal(r.err.code, ERR_CONNECT);
	assert_string_equal(r.err.api, "connection_failed");
	assert_null(strstr(r.err.msg, "secret"));
	rig_fini(&r);
}

static void test_refused_at_the_door(void **state)
{
	static const struct {
		const char *greeting;
		enum err_code code;
		const char *api;
	} cases[] = {
		{"!1130", ERR_DENIED, "access_denied"},
		{"!1040", ERR_CONNECT, "connection_failed"},
		{"!1129", ERR_DENIED, "access_denied"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_init(&r, fake_start(cases[i].greeting, NULL, NULL));
		probe(&r);
		assert_int_equal(r.err.code, cases[i].code);
		assert_string_equal(r.err.api, cases[i].api);
		rig_fini(&r);
	}
}

static void test_tls_is_required(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, NULL, fake_shop()));
	r.address.tls = TLS_REQUIRED;
	probe(&r);
	assert_int_equal(r.err.code, ERR_CONNECT);
	assert_non_null(strstr(r.err.msg, "TLS"));
	rig_fini(&r);
	rig_init(&r, fake_start(NULL, NULL, fake_shop()));
	r.address.tls = TLS_PREFERRED;
	probe(&r);
	assert_false(err_is(&r.err));
	rig_fini(&r);
}

static void stop_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_stop(arg);
}

static void run_for_ms(struct rig *r, int ms)
{
	struct timeval tv = {0, ms * 1000};

	(void)event_base_once(loop_base(r->loop), -1, EV_TIMEOUT, stop_soon,
			      r->loop, &tv);
	loop_run(r->loop);
}

/* A server that says nothing: giving up takes no time. */
static void test_cancel_while_connecting(void **state)
{
	int64_t from = clock_mono_ms();
	struct source_op *op;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start("", NULL, NULL));
	op = kind()->probe(&r.env, &r.address, on_probe, &r, &e);
	assert_non_null(op);
	run_for_ms(&r, 100);
	source_op_cancel(op);
	run_for_ms(&r, 300);
	assert_int_equal(r.calls, 0);
	rig_fini(&r);
	/* Nobody has waited for the limit on connecting. */
	assert_true(clock_mono_ms() - from < 9000);
}

static void test_cancel_at_once(void **state)
{
	struct source_op *op;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, NULL, fake_shop()));
	op = kind()->probe(&r.env, &r.address, on_probe, &r, &e);
	source_op_cancel(op);
	source_op_cancel(NULL);
	run_for_ms(&r, 50);
	assert_int_equal(r.calls, 0);
	rig_fini(&r);
}

static void test_cancel_while_asking(void **state)
{
	static const struct fake_answer stall[] = {
		{.begins = "SELECT", .act = FAKE_STALL}, FAKE_END};
	int64_t from;
	struct source_op *op;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, stall, NULL));
	op = kind()->probe(&r.env, &r.address, on_probe, &r, &e);
	run_for_ms(&r, 200);
	from = clock_mono_ms();
	source_op_cancel(op);
	assert_true(clock_mono_ms() - from < 9000);
	assert_int_equal(r.calls, 0);
	rig_fini(&r);
}

static void test_connection_breaks(void **state)
{
	static const struct fake_answer cut[] = {
		{.begins = "SHOW ALL", .act = FAKE_CUT}, FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, cut, fake_shop()));
	probe(&r);
	assert_int_equal(r.err.code, ERR_CONNECT);
	assert_string_equal(r.err.api, "connection_failed");
	rig_fini(&r);
}

static void test_database_names(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, NULL, fake_shop()));
	names(&r, NULL, false);
	assert_string_equal(r.names.data, "shop:-1:-1 ");
	rig_fini(&r);
}

static void test_database_sizes(void **state)
{
	static const struct fake_answer sizes[] = {
		FAKE_SAYS("SELECT TABLE_SCHEMA", "s n b",
			  "shop|2|4096\nmysql|9|9"),
		FAKE_SAYS("SELECT SCHEMA_NAME", "n", "empty\nshop\nsys"),
		FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, sizes, fake_shop()));
	names(&r, NULL, true);
	assert_string_equal(r.names.data, "empty:0:0 shop:2:4096 ");
	rig_fini(&r);
}

static void test_table_names(void **state)
{
	static const struct fake_answer sizes[] = {
		FAKE_SAYS("SELECT TABLE_NAME", "n b", "orders|77\nv|NULL"),
		FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, fake_start(NULL, sizes, fake_shop()));
	names(&r, "shop", false);
	assert_string_equal(r.names.data, "orders:-1:-1 items:-1:-1 ");
	rig_fini(&r);
	rig_init(&r, fake_start(NULL, sizes, fake_shop()));
	names(&r, "shop", true);
	assert_string_equal(r.names.data, "orders:-1:77 v:-1:0 ");
	rig_fini(&r);
}

static void check_no_database(unsigned number, enum err_code code)
{
	const struct fake_answer none[] = {
		FAKE_REFUSES("SHOW TABLES FROM `nope`", number, NULL),
		FAKE_END};
	struct rig r;

	rig_init(&r, fake_start(NULL, none, fake_shop()));
	names(&r, "nope", false);
	assert_int_equal(r.err.code, code);
	if (code == ERR_NOT_FOUND)
		assert_non_null(strstr(r.err.msg, "\"nope\""));
	rig_fini(&r);
}

static void test_no_such_database(void **state)
{
	(void)state;
	check_no_database(1049, ERR_NOT_FOUND);
	/* Too long, wrong for a database, no name in the server's UTF-8. */
	check_no_database(1059, ERR_NOT_FOUND);
	check_no_database(1102, ERR_NOT_FOUND);
	check_no_database(1300, ERR_NOT_FOUND);
	check_no_database(1030, ERR_REMOTE);
}

struct query_rig {
	struct rig rig;
	struct my_conn *conn;
};

static void on_wake(void *arg)
{
	loop_stop(arg);
}

static enum my_flow wait_step(struct query_rig *q, struct err *e)
{
	enum my_flow f;

	while ((f = my_step(q->conn, e)) == MY_WAIT)
		loop_run(q->rig.loop);
	return f;
}

static void query_rig_init(struct query_rig *q, struct fake *fake)
{
	struct err e = {0};

	rig_init(&q->rig, fake);
	q->conn = my_conn_new(&q->rig.env, &q->rig.address, 0, &e);
	my_conn_on_wake(q->conn, on_wake, q->rig.loop);
	my_connect(q->conn);
	assert_int_equal(wait_step(q, &e), MY_DONE);
}

static void query_rig_fini(struct query_rig *q)
{
	my_conn_free(q->conn);
	rig_fini(&q->rig);
}

static void test_results(void **state)
{
	static const struct fake_answer rows[] = {{.begins = "SELECT 1",
						   .act = FAKE_ROWS,
						   .names = "One tWo",
						   .values = "a|NULL\n|b",
						   .warnings = 3},
						  FAKE_END};
	struct query_rig q;
	struct err e = {0};

	(void)state;
	query_rig_init(&q, fake_start(NULL, rows, NULL));
	assert_string_equal(my_conn_version(q.conn), "10.11.6-MariaDB");
	assert_int_equal(my_conn_id(q.conn), 7);
	my_query(q.conn, "SELECT 1", 8, MY_STORE, "test");
	assert_int_equal(wait_step(&q, &e), MY_DONE);
	assert_int_equal(my_columns(q.conn), 2);
	assert_int_equal(my_column(q.conn, "two"), 1);
	assert_int_equal(my_column(q.conn, "three"), 2);
	assert_int_equal(my_conn_warnings(q.conn), 3);
	assert_true(my_next_row(q.conn));
	assert_string_equal(my_value(q.conn, 0), "a");
	assert_null(my_value(q.conn, 1));
	assert_null(my_value(q.conn, 2));
	assert_true(my_next_row(q.conn));
	assert_int_equal(my_value_len(q.conn, 0), 0);
	assert_int_equal(my_value_len(q.conn, 1), 1);
	assert_false(my_next_row(q.conn));
	assert_null(my_value(q.conn, 0));
	my_query(q.conn, "SET x", 5, MY_STORE, "test");
	assert_int_equal(wait_step(&q, &e), MY_DONE);
	assert_int_equal(my_columns(q.conn), 0);
	assert_false(my_next_row(q.conn));
	query_rig_fini(&q);
}

static void test_error_leaves_it_usable(void **state)
{
	static const struct fake_answer bad[] = {
		FAKE_REFUSES("BAD", 1064, "you\nsaid BAD"), FAKE_END};
	struct query_rig q;
	struct err e = {0};

	(void)state;
	query_rig_init(&q, fake_start(NULL, bad, NULL));
	my_query(q.conn, "BAD", 3, MY_STORE, "do it");
	assert_int_equal(wait_step(&q, &e), MY_FAIL);
	assert_int_equal(my_conn_errno(q.conn), 1064);
	assert_string_equal(e.msg, "do it: you said BAD (1064)");
	assert_true(my_conn_is_usable(q.conn));
	err_clear(&e);
	my_query(q.conn, "SET x", 5, MY_STORE, "do it");
	assert_int_equal(wait_step(&q, &e), MY_DONE);
	query_rig_fini(&q);
}

static void test_silence_ends_it(void **state)
{
	static const struct fake_answer stall[] = {
		{.begins = "SELECT", .act = FAKE_STALL}, FAKE_END};
	struct query_rig q;
	struct err e = {0};

	(void)state;
	query_rig_init(&q, fake_start(NULL, stall, NULL));
	my_conn_limit(q.conn, 1);
	my_query(q.conn, "SELECT 1", 8, MY_STORE, "do it");
	assert_int_equal(wait_step(&q, &e), MY_FAIL);
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_string_equal(e.api, "connection_failed");
	assert_false(my_conn_is_usable(q.conn));
	query_rig_fini(&q);
}

static enum my_flow wait_fetch(struct query_rig *q, char ***values,
			       unsigned long **lengths, struct err *e)
{
	enum my_flow f;

	while ((f = my_fetch(q->conn, values, lengths, e)) == MY_WAIT)
		loop_run(q->rig.loop);
	return f;
}

static void test_stream(void **state)
{
	static const struct fake_answer rows[] = {
		FAKE_SAYS("SELECT 1", "a", "x\nNULL"), FAKE_END};
	struct query_rig q;
	struct err e = {0};
	unsigned long *lengths;
	char **values;

	(void)state;
	query_rig_init(&q, fake_start(NULL, rows, NULL));
	my_query(q.conn, "SELECT 1", 8, MY_STREAM, "test");
	assert_int_equal(wait_step(&q, &e), MY_DONE);
	assert_int_equal(wait_fetch(&q, &values, &lengths, &e), MY_DONE);
	assert_int_equal(lengths[0], 1);
	assert_memory_equal(values[0], "x", 1);
	assert_int_equal(wait_fetch(&q, &values, &lengths, &e), MY_DONE);
	assert_null(values[0]);
	assert_int_equal(wait_fetch(&q, &values, &lengths, &e), MY_DONE);
	assert_null(values);
	assert_true(my_conn_is_usable(q.conn));
	query_rig_fini(&q);
}

static void test_stream_is_cut(void **state)
{
	static const struct fake_answer rows[] = {{.begins = "SELECT 1",
						   .act = FAKE_CUT_ROWS,
						   .names = "a",
						   .values = "x\ny"},
						  FAKE_END};
	struct query_rig q;
	struct err e = {0};
	unsigned long *lengths;
	char **values;

	(void)state;
	query_rig_init(&q, fake_start(NULL, rows, NULL));
	my_query(q.conn, "SELECT 1", 8, MY_STREAM, "read");
	assert_int_equal(wait_step(&q, &e), MY_DONE);
	assert_int_equal(wait_fetch(&q, &values, &lengths, &e), MY_DONE);
	assert_int_equal(wait_fetch(&q, &values, &lengths, &e), MY_DONE);
	assert_int_equal(wait_fetch(&q, &values, &lengths, &e), MY_FAIL);
	assert_int_equal(e.code, ERR_CONNECT);
	assert_false(my_conn_is_usable(q.conn));
	query_rig_fini(&q);
}

/* Rows that nobody fetched are not read to their end. */
static void test_free_in_the_middle_of_rows(void **state)
{
	static const struct fake_answer rows[] = {
		FAKE_SAYS("SELECT 1", "a", "x\ny\nz"),
		{.begins = "SELECT 2", .act = FAKE_STALL},
		FAKE_END};
	static const char *const sql[] = {"SELECT 1", "SELECT 2"};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct query_rig q;

		query_rig_init(&q, fake_start(NULL, rows, NULL));
		my_query(q.conn, sql[i], 8, MY_STREAM, "read");
		if (i == 0)
			assert_int_equal(wait_step(&q, &e), MY_DONE);
		else
			assert_int_equal(my_step(q.conn, &e), MY_WAIT);
		query_rig_fini(&q);
	}
}

static void test_misuse_is_told(void **state)
{
	struct query_rig q;
	struct err e = {0};
	unsigned long *lengths;
	char **values;

	(void)state;
	query_rig_init(&q, fake_start(NULL, NULL, NULL));
	assert_int_equal(my_step(q.conn, &e), MY_FAIL);
	assert_int_equal(e.code, ERR_BUG);
	err_clear(&e);
	assert_int_equal(my_fetch(q.conn, &values, &lengths, &e), MY_FAIL);
	assert_int_equal(e.code, ERR_BUG);
	query_rig_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_probe_primary),
		cmocka_unit_test(test_probe_replica),
		cmocka_unit_test(test_probe_without_rights),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_refused_at_the_door),
		cmocka_unit_test(test_tls_is_required),
		cmocka_unit_test(test_cancel_while_connecting),
		cmocka_unit_test(test_cancel_at_once),
		cmocka_unit_test(test_cancel_while_asking),
		cmocka_unit_test(test_connection_breaks),
		cmocka_unit_test(test_database_names),
		cmocka_unit_test(test_database_sizes),
		cmocka_unit_test(test_table_names),
		cmocka_unit_test(test_no_such_database),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_error_leaves_it_usable),
		cmocka_unit_test(test_silence_ends_it),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_is_cut),
		cmocka_unit_test(test_free_in_the_middle_of_rows),
		cmocka_unit_test(test_misuse_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
