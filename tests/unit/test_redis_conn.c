/* test_redis_conn.c - connections against a Redis that says what we want. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "fake_redis.h"
#include "base/text.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "sources/redis/conn.h"

enum { LARGE = 3 * 1024 * 1024 };

struct rig {
	struct loop *loop;
	struct source_env env;
	struct source_address address;
	struct fake_redis *fake;
	struct redis_conn *conn;
	unsigned opened, replies, lost, ready;
	unsigned want; /* replies that end the loop */
	bool goes_raw; /* at the last of them */
	int frees_at;  /* 1: in on_open, 2: in on_reply, 3: in on_lost */
	struct err err;
	struct text said; /* replies, a line each */
	struct text raw;
	size_t raw_want; /* bytes that end the loop */
};

static void drop(struct rig *r)
{
	redis_conn_free(r->conn);
	r->conn = NULL;
	loop_stop(r->loop);
}

static void on_open(void *arg, const struct err *e)
{
	struct rig *r = arg;

	r->opened++;
	if (e != NULL)
		r->err = *e;
	if (r->frees_at == 1)
		drop(r);
	else if (e != NULL || r->want == 0)
		loop_stop(r->loop);
}

static void on_reply(void *arg, const struct redisReply *reply)
{
	struct rig *r = arg;

	r->replies++;
	text_printf(&r->said, "%d:%s\n", reply->type,
		    reply->str != NULL ? reply->str : "");
	if (r->frees_at == 2)
		drop(r);
	else if (r->replies == r->want && r->goes_raw)
		redis_conn_go_raw(r->conn);
	else if (r->replies == r->want)
		loop_stop(r->loop);
}

static void on_lost(void *arg, const struct err *e)
{
	struct rig *r = arg;

	r->lost++;
	r->err = *e;
	if (r->frees_at == 3)
		drop(r);
	loop_stop(r->loop);
}

static void on_ready(void *arg)
{
	struct rig *r = arg;
	char bytes[7];
	long n;

	r->ready++;
	if (r->raw_want == 0)
		return;
	while ((n = redis_conn_read(r->conn, bytes, sizeof(bytes), &r->err)) >
	       0)
		text_add(&r->raw, bytes, (size_t)n);
	if (n < 0 || r->raw.len >= r->raw_want)
		loop_stop(r->loop);
}

static void rig_init_at(struct rig *r, const char *socket,
			const struct fake_redis_answer *answers)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.blocking = workers_new(r->loop, "test", 1, &e);
	r->fake = fake_redis_start(r->loop, socket, answers, NULL);
	r->address.host = socket == NULL ? "127.0.0.1" : NULL;
	r->address.socket = socket;
	r->address.port = fake_redis_port(r->fake);
	r->address.tls = TLS_DISABLED;
	text_str(&r->said, "");
	text_str(&r->raw, "");
}

static void rig_init(struct rig *r, const struct fake_redis_answer *answers)
{
	rig_init_at(r, NULL, answers);
}

static void rig_fini(struct rig *r)
{
	redis_conn_free(r->conn);
	fake_redis_stop(r->fake);
	workers_free(r->env.blocking);
	loop_free(r->loop);
	text_free(&r->said);
	text_free(&r->raw);
}

static void make(struct rig *r)
{
	const struct redis_conn_events events = {on_open, on_reply, on_lost,
						 on_ready};
	struct err e = {0};

	r->conn = redis_conn_new(&r->env, &r->address, &events, r, &e);
	assert_non_null(r->conn);
	assert_int_equal(r->opened, 0);
}

static void open_it(struct rig *r)
{
	make(r);
	loop_run(r->loop);
	assert_int_equal(r->opened, 1);
}

static void ask(struct rig *r, const char *word)
{
	struct err e = {0};

	assert_true(redis_conn_send(r->conn, 1, &word, NULL, &e));
	assert_int_equal(r->replies, 0);
}

static void expect_refusal(struct rig *r, enum err_code code, const char *api,
			   const char *words)
{
	open_it(r);
	if (r->err.code != code || strcmp(r->err.api, api) != 0 ||
	    strstr(r->err.msg, words) == NULL)
		print_message("%s: %s\n", r->err.api, r->err.msg);
	assert_int_equal(r->err.code, code);
	assert_string_equal(r->err.api, api);
	assert_non_null(strstr(r->err.msg, words));
	assert_null(strstr(r->err.msg, "sesame"));
	assert_int_equal(r->lost, 0);
}

static void test_asks_and_hears(void **state)
{
	static const struct fake_redis_answer answers[] = {
		{.begins = "PING", .says = "+PONG\r\n"},
		{.begins = "GET", .says = "$3\r\na\r\n\r\n"},
		{.begins = "NO", .says = "-ERR unknown command\r\n"},
		{0},
	};
	struct rig r;

	(void)state;
	rig_init(&r, answers);
	open_it(&r);
	r.want = 3;
	ask(&r, "PING");
	ask(&r, "GET");
	ask(&r, "NO");
	assert_int_equal(redis_conn_unanswered(r.conn), 3);
	loop_run(r.loop);
	assert_string_equal(r.said.data,
			    "5:PONG\n1:a\r\n\n6:ERR unknown command\n");
	assert_int_equal(redis_conn_unanswered(r.conn), 0);
	assert_int_equal(redis_conn_unsent(r.conn), 0);
	assert_string_equal(fake_redis_log(r.fake), "PING\nGET\nNO\n");
	rig_fini(&r);
}

/* A port where a server that listened is gone. */
static void test_nobody_listens(void **state)
{
	struct rig r;
	struct fake_redis *gone;

	(void)state;
	rig_init(&r, NULL);
	gone = fake_redis_start(r.loop, NULL, NULL, NULL);
	r.address.port = fake_redis_port(gone);
	fake_redis_stop(gone);
	expect_refusal(&r, ERR_CONNECT, "connection_failed", "127.0.0.1:");
	rig_fini(&r);
}

static void test_unknown_name(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.address.host = "no such host";
	expect_refusal(&r, ERR_CONNECT, "connection_failed", "no such host");
	rig_fini(&r);
}

static void test_logs_in(void **state)
{
	static const struct {
		const char *user, *password, *log;
	} cases[] = {
		{NULL, NULL, "PING\n"},
		{"default", NULL, "PING\n"},
		{NULL, "sesame", "AUTH sesame\nPING\n"},
		{"", "sesame", "AUTH sesame\nPING\n"},
		{"default", "sesame", "AUTH sesame\nPING\n"},
		{"backup", "sesame", "AUTH backup sesame\nPING\n"},
		{"backup", NULL, "AUTH backup \nPING\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_init(&r, NULL);
		r.address.user = cases[i].user;
		r.address.password = cases[i].password;
		open_it(&r);
		assert_int_equal(r.err.code, ERR_NONE);
		r.want = 1;
		ask(&r, "PING");
		loop_run(r.loop);
		assert_string_equal(fake_redis_log(r.fake), cases[i].log);
		rig_fini(&r);
	}
}

static void test_login_is_refused(void **state)
{
	static const struct {
		const char *says;
		enum err_code code;
		const char *api, *words;
	} cases[] = {
		{"-WRONGPASS invalid username-password pair\r\n", ERR_DENIED,
		 "access_denied", "check user and password"},
		{"-ERR AUTH <password> called without any password\r\n",
		 ERR_DENIED, "access_denied", "leave it out"},
		{"-ERR Client sent AUTH, but no password is set\r\n",
		 ERR_DENIED, "access_denied", "leave it out"},
		{"-ERR wrong number of arguments for 'auth' command\r\n",
		 ERR_DENIED, "access_denied", "too old to know users"},
		{"-LOADING Redis is loading\r\n", ERR_CONFLICT,
		 "source_unavailable", "when it has loaded"},
		{"-NOPE\r\n", ERR_REMOTE, "source_failed", "NOPE"},
		{"HTTP/1.1 400 Bad Request\r\n", ERR_CONNECT,
		 "connection_failed", "does not answer as Redis does"},
		{"*9999999\r\n", ERR_CONNECT, "connection_failed",
		 "without measure"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_redis_answer answers[] = {
			{.begins = "AUTH", .says = cases[i].says}, {0}};
		struct rig r;

		rig_init(&r, answers);
		r.address.password = "sesame";
		expect_refusal(&r, cases[i].code, cases[i].api, cases[i].words);
		rig_fini(&r);
	}
}

static void test_closes_instead_of_login(void **state)
{
	static const struct fake_redis_answer answers[] = {
		{.begins = "AUTH", .then = FAKE_REDIS_CUTS}, {0}};
	struct rig r;

	(void)state;
	rig_init(&r, answers);
	r.address.password = "sesame";
	expect_refusal(&r, ERR_CONNECT, "connection_failed", "closed it");
	rig_fini(&r);
}

/* What a server that is guarded or full says before it hangs up. */
static void test_is_turned_away(void **state)
{
	static const struct {
		const char *says, *api, *words;
	} cases[] = {
		{"-DENIED Redis is running in protected mode\r\n",
		 "access_denied", "only local connections"},
		{"-ERR max number of clients reached\r\n", "connection_failed",
		 "raise maxclients"},
		{"+welcome\r\n", "connection_failed", "without being asked"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_init(&r, NULL);
		fake_redis_greet(r.fake, cases[i].says);
		r.want = 1;
		open_it(&r);
		assert_int_equal(r.lost, 1);
		assert_string_equal(r.err.api, cases[i].api);
		assert_non_null(strstr(r.err.msg, cases[i].words));
		rig_fini(&r);
	}
}

static void test_replies_in_pieces_with_line_ends(void **state)
{
	static const struct fake_redis_answer answers[] = {
		{.begins = "A", .says = "\n\n*2\r\n$2\r\nhi\r\n:7\r\n\n\n"},
		{.begins = "B", .says = "\n+last\r\n"},
		{0},
	};
	struct rig r;

	(void)state;
	for (size_t piece = 1; piece < 4; piece++) {
		rig_init(&r, answers);
		fake_redis_pieces(r.fake, piece);
		open_it(&r);
		r.want = 2;
		ask(&r, "A");
		ask(&r, "B");
		loop_run(r.loop);
		assert_string_equal(r.said.data, "2:\n5:last\n");
		rig_fini(&r);
	}
}

static void test_is_lost(void **state)
{
	static const struct fake_redis_answer answers[] = {
		{.begins = "A", .says = "$100\r\nha", .then = FAKE_REDIS_CUTS},
		{.begins = "B", .says = "?what\r\n"},
		{0},
	};
	static const char *const words[] = {"closed it", "as Redis does"};
	struct rig r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		rig_init(&r, answers);
		open_it(&r);
		r.want = 1;
		ask(&r, i == 0 ? "A" : "B");
		loop_run(r.loop);
		assert_int_equal(r.replies, 0);
		assert_int_equal(r.lost, 1);
		assert_string_equal(r.err.api, "connection_failed");
		assert_non_null(strstr(r.err.msg, words[i]));
		rig_fini(&r);
	}
}

/* Lengths that the server tells and nothing keeps, at any depth; a line that
 * does not end. No memory is taken for what has not come. */
static void test_replies_without_measure(void **state)
{
	static const struct {
		const char *says, *words;
	} cases[] = {
		{"*1048577\r\n", "without measure"},
		{"*2147483647\r\n", "without measure"},
		{"*2\r\n:1\r\n*2147483647\r\n", "without measure"},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1048571\r\n",
		 "without measure"},
		{"*3\r\n*524288\r\n*524285\r\n:1\r\n", NULL},
		{"*2\r\n*524288\r\n*524287\r\n:1\r\n", "without measure"},
		{"*99999999999\r\n", "as Redis does"},
		{"*-2\r\n", "as Redis does"},
		{"$-2\r\n", "as Redis does"},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
		 "*1\r\n:1\r\n",
		 "as Redis does"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_redis_answer answers[] = {
			{.begins = "A",
			 .says = cases[i].says,
			 .then = FAKE_REDIS_CUTS},
			{0}};
		const char *words =
			cases[i].words ? cases[i].words : "closed it";
		struct rig r;

		rig_init(&r, answers);
		open_it(&r);
		r.want = 1;
		ask(&r, "A");
		loop_run(r.loop);
		assert_int_equal(r.replies, 0);
		assert_int_equal(r.lost, 1);
		assert_string_equal(r.err.api, "connection_failed");
		if (strstr(r.err.msg, words) == NULL)
			fail_msg("%s: %s", cases[i].says, r.err.msg);
		rig_fini(&r);
	}
}

static void test_a_line_without_end(void **state)
{
	static const char *const begins[] = {"+", "-", ":",
					     "$", "*", "*2\r\n+"};

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		struct fake_redis_answer answers[] = {{.begins = "A"}, {0}};
		struct text says = {0};
		struct rig r;

		text_str(&says, begins[i]);
		for (unsigned n = 0; n < 3 * 64 * 1024; n++)
			text_add(&says, "1", 1);
		answers[0].says = says.data;
		answers[0].len = says.len;
		rig_init(&r, answers);
		open_it(&r);
		r.want = 1;
		ask(&r, "A");
		loop_run(r.loop);
		assert_int_equal(r.lost, 1);
		assert_non_null(strstr(r.err.msg, "without measure"));
		rig_fini(&r);
		text_free(&says);
	}
}

/* The bound is of each reply, not of all. */
static void test_large_arrays_one_after_the_other(void **state)
{
	enum { MANY = 600 * 1000 };
	struct fake_redis_answer answers[] = {{.begins = "A"}, {0}};
	struct text says = {0};
	struct rig r;

	(void)state;
	text_printf(&says, "*%d\r\n", MANY);
	for (unsigned n = 0; n < MANY; n++)
		text_str(&says, ":1\r\n");
	answers[0].says = says.data;
	answers[0].len = says.len;
	rig_init(&r, answers);
	open_it(&r);
	r.want = 2;
	ask(&r, "A");
	ask(&r, "A");
	loop_run(r.loop);
	assert_int_equal(r.lost, 0);
	assert_string_equal(r.said.data, "2:\n2:\n");
	rig_fini(&r);
	text_free(&says);
}

static void test_freed_in_each_callback(void **state)
{
	static const struct fake_redis_answer answers[] = {
		{.begins = "A", .says = "+1\r\n+2\r\n"},
		{.begins = "B", .then = FAKE_REDIS_CUTS},
		{0},
	};
	struct rig r;

	(void)state;
	for (int at = 1; at <= 3; at++) {
		rig_init(&r, answers);
		r.frees_at = at;
		open_it(&r);
		if (at > 1) {
			r.want = 9;
			ask(&r, at == 2 ? "A" : "B");
			loop_run(r.loop);
		}
		assert_null(r.conn);
		assert_int_equal(r.replies, at == 2);
		assert_int_equal(r.lost, at == 3);
		rig_fini(&r);
	}
}

/* In each state that it has, without a run of the loop in between. */
static void test_freed_at_once(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	make(&r);
	redis_conn_free(r.conn);
	r.address.password = "sesame";
	make(&r);
	redis_conn_free(r.conn);
	r.address.password = NULL;
	open_it(&r);
	ask(&r, "PING");
	redis_conn_free(r.conn);
	r.conn = NULL;
	redis_conn_free(NULL);
	assert_int_equal(r.replies, 0);
	rig_fini(&r);
}

/* Much more than a socket holds: it goes as the server takes it. */
static void test_large_command_in_runs(void **state)
{
	static char bytes[LARGE / 4];
	struct err e = {0};
	struct rig r;

	(void)state;
	memset(bytes, 0xab, sizeof(bytes));
	rig_init(&r, NULL);
	open_it(&r);
	assert_true(redis_conn_begin(r.conn, 2, &e));
	assert_true(redis_conn_argument(r.conn, 3, &e));
	assert_true(redis_conn_bytes(r.conn, "SET", 3, &e));
	assert_true(redis_conn_argument_end(r.conn, &e));
	assert_true(redis_conn_argument(r.conn, LARGE, &e));
	for (int i = 0; i < 4; i++)
		assert_true(redis_conn_bytes(r.conn, bytes, sizeof(bytes), &e));
	assert_true(redis_conn_argument_end(r.conn, &e));
	assert_true(redis_conn_unsent(r.conn) > LARGE);
	r.want = 1;
	loop_run(r.loop);
	assert_true(fake_redis_received(r.fake) > LARGE);
	assert_int_equal(redis_conn_unsent(r.conn), 0);
	assert_true(r.ready >= 1);
	assert_string_equal(r.said.data, "5:OK\n");
	rig_fini(&r);
}

/* What comes with the last reply is the stream's, in any pieces. */
static void test_goes_raw(void **state)
{
	static const char stream[] = "\n$5\r\n-\0+\r\n";
	static const char says[] = "+FULL\r\n\n$5\r\n-\0+\r\n";
	static const struct fake_redis_answer answers[] = {
		{.begins = "PSYNC",
		 .says = says,
		 .len = sizeof(says) - 1,
		 .then = FAKE_REDIS_CUTS},
		{0}};

	(void)state;
	for (size_t piece = 0; piece < sizeof(says); piece++) {
		char byte;
		struct rig r;

		rig_init(&r, answers);
		fake_redis_pieces(r.fake, piece);
		open_it(&r);
		r.goes_raw = true;
		r.want = 1;
		r.raw_want = sizeof(stream) - 1;
		ask(&r, "PSYNC");
		loop_run(r.loop);
		assert_int_equal(r.raw.len, sizeof(stream) - 1);
		assert_memory_equal(r.raw.data, stream, r.raw.len);
		while (r.err.code == ERR_NONE) {
			r.raw_want++;
			loop_run(r.loop);
		}
		assert_string_equal(r.err.api, "connection_failed");
		assert_int_equal(r.lost, 0);
		assert_int_equal(redis_conn_read(r.conn, &byte, 1, &r.err), -1);
		rig_fini(&r);
	}
}

/* There is no TLS at the port: tried, then done without, where one may. */
static void test_tls_preferred_goes_plain(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.address.tls = TLS_PREFERRED;
	open_it(&r);
	assert_int_equal(r.err.code, ERR_NONE);
	r.want = 1;
	ask(&r, "PING");
	loop_run(r.loop);
	assert_string_equal(fake_redis_log(r.fake), "PING\n");
	rig_fini(&r);
}

static void test_tls_required_refuses_plain(void **state)
{
	static const enum source_tls modes[] = {TLS_REQUIRED, TLS_VERIFY};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct rig r;

		/* The system's certificates take valgrind longer to read than
		 * a connection may take to come to be. */
		assert_int_equal(setenv("SSL_CERT_FILE", "/dev/null", 1), 0);
		assert_int_equal(setenv("SSL_CERT_DIR", "/nowhere", 1), 0);
		rig_init(&r, NULL);
		r.address.tls = modes[i];
		r.address.password = "sesame";
		expect_refusal(&r, ERR_CONNECT, "connection_failed", "TLS");
		assert_string_equal(fake_redis_log(r.fake), "");
		rig_fini(&r);
	}
}

static void test_ca_file_is_missing(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.address.tls = TLS_VERIFY;
	r.address.ca_file = "/nowhere/ca.pem";
	expect_refusal(&r, ERR_CONNECT, "connection_failed", "/nowhere/ca.pem");
	rig_fini(&r);
}

static void test_unix_socket(void **state)
{
	char path[] = "/tmp/test_redis_conn_XXXXXX";
	char socket[64];
	struct rig r;

	(void)state;
	assert_non_null(mkdtemp(path));
	(void)snprintf(socket, sizeof(socket), "%s/s", path);
	rig_init_at(&r, socket, NULL);
	r.address.tls = TLS_PREFERRED;
	open_it(&r);
	r.want = 1;
	ask(&r, "PING");
	loop_run(r.loop);
	assert_string_equal(r.said.data, "5:OK\n");
	redis_conn_free(r.conn);
	r.opened = 0;
	r.address.tls = TLS_REQUIRED;
	expect_refusal(&r, ERR_INVALID, "connection_failed",
		       "no TLS on a unix socket");
	rig_fini(&r);
	(void)unlink(socket);
	(void)rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asks_and_hears),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_unknown_name),
		cmocka_unit_test(test_logs_in),
		cmocka_unit_test(test_login_is_refused),
		cmocka_unit_test(test_closes_instead_of_login),
		cmocka_unit_test(test_is_turned_away),
		cmocka_unit_test(test_replies_in_pieces_with_line_ends),
		cmocka_unit_test(test_is_lost),
		cmocka_unit_test(test_replies_without_measure),
		cmocka_unit_test(test_a_line_without_end),
		cmocka_unit_test(test_large_arrays_one_after_the_other),
		cmocka_unit_test(test_freed_in_each_callback),
		cmocka_unit_test(test_freed_at_once),
		cmocka_unit_test(test_large_command_in_runs),
		cmocka_unit_test(test_goes_raw),
		cmocka_unit_test(test_tls_preferred_goes_plain),
		cmocka_unit_test(test_tls_required_refuses_plain),
		cmocka_unit_test(test_ca_file_is_missing),
		cmocka_unit_test(test_unix_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
