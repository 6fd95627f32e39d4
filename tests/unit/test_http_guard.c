/* The server between real sockets: what it refuses, bounds and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "http_client.h"

static const struct http_limits tight = {
	.connections = 4, .request_seconds = 1, .idle_seconds = 2};

static int open_default(void **state)
{
	*state = shop_open(NULL);
	return 0;
}

static int open_tight(void **state)
{
	*state = shop_open(&tight);
	return 0;
}

static int close_any(void **state)
{
	shop_close(*state);
	return 0;
}

static void check_alive(struct shop *s)
{
	assert_int_equal(shop_call(s, "GET", "/healthz", NULL), 200);
}

#define HOST " HTTP/1.1\r\nHost: x\r\n"

static void test_refused_with_a_problem(void **state)
{
	static const struct {
		const char *bytes;
		int status;
	} cases[] = {
		{"POST /v1/sources" HOST "Content-Length: 2\r\n"
		 "Content-Length: 3\r\n\r\n{}",
		 400},
		{"GET /healthz HTTP/1.1\r\n\r\n", 400},
		{"GET http://x/healthz" HOST "\r\n", 400},
		{"POST /v1/sources" HOST "Transfer-Encoding : chunked\r\n\r\n",
		 400},
		{"GET /healthz HTTP/3.0\r\n\r\n", 505},
		{"BREW /healthz" HOST "\r\n", 405},
		{"POST /v1/sources" HOST "Content-Length: 9999999\r\n\r\n",
		 413},
		{"GET /healthz" HOST "Expect: x\r\n\r\n", 417},
	};
	struct shop *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(shop_raw(s, cases[i].bytes), cases[i].status);
		assert_string_equal(shop_header(s, "Content-Type"),
				    "application/problem+json");
		assert_string_equal(shop_header(s, "Connection"), "close");
		assert_string_equal(shop_text(s, "request_id"),
				    shop_header(s, "X-Request-Id"));
		check_alive(s);
	}
	assert_int_equal(shop_raw(s, "BREW /" HOST "\r\n"), 405);
	assert_true(strstr(shop_header(s, "Allow"), "PATCH") != NULL);
}

static int ask_host(struct shop *s, const char *path, const char *host)
{
	char bytes[512];

	(void)snprintf(bytes, sizeof(bytes),
		       "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
	return shop_raw(s, bytes);
}

/* Before the token is asked for, and where none is. */
static void test_hosts(void **state)
{
	static const char *const own[] = {
		"127.0.0.1", "192.0.2.7:7420", "[::1]:7420",   "localhost",
		"LocalHost", "localhost.:80",  "shop.example", "X:7420"};
	static const char *const others[] = {
		"evil.example", "localhost.evil.example", "shop.example.org",
		"y.shop.example", "127.0.0.1.evil.example:7420"};
	struct shop *s = *state;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_int_equal(ask_host(s, "/healthz", own[i]), 200);
		assert_int_equal(ask_host(s, "/v1/pools", own[i]), 401);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)ask_host(s, "/healthz", others[i]);
		shop_problem(s, 421, "host_not_allowed", "");
		assert_non_null(
			strstr(shop_text(s, "detail"), "allowed_hosts"));
		(void)ask_host(s, "/v1/pools", others[i]);
		shop_problem(s, 421, "host_not_allowed", "");
	}
	(void)ask_host(s, "/healthz", "a/b");
	shop_problem(s, 400, "malformed", "");
	(void)ask_host(s, "/healthz", "");
	shop_problem(s, 400, "malformed", "");
}

static void test_no_host_by_the_socket(void **state)
{
	static const char ask[] =
		"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n";
	struct shop *s = *state;
	int fd = shop_connect_unix(s);

	assert_true(shop_send(s, fd, ask, strlen(ask)));
	assert_true(shop_reply(s, fd, true));
	assert_int_equal(s->status, 200);
	(void)close(fd);
}

static void test_headers_too_large(void **state)
{
	struct shop *s = *state;
	struct text t = {0};

	text_str(&t, "GET /healthz" HOST "X: ");
	for (unsigned i = 0; i < 20000; i++)
		text_char(&t, 'y');
	text_str(&t, "\r\n\r\n");
	assert_int_equal(shop_raw(s, t.data), 431);
	text_free(&t);
	check_alive(s);
}

static void test_refused_connection_is_closed(void **state)
{
	static const char bad[] = "GET / HTTP/1.1\r\n\r\n";
	struct shop *s = *state;
	int fd = shop_connect(s);

	assert_true(shop_send(s, fd, bad, strlen(bad)));
	assert_int_equal(shop_reply(s, fd, true), 400);
	/* What is sent after it is for nobody. */
	(void)shop_send(s, fd, "GET /healthz" HOST "\r\n", 34);
	assert_int_equal(shop_reply(s, fd, true), 0);
	(void)close(fd);
	check_alive(s);
}

static void test_methods(void **state)
{
	struct shop *s = *state;

	assert_int_equal(shop_call(s, "PUT", "/v1/sources", "{}"), 405);
	assert_string_equal(shop_header(s, "Allow"), "GET, HEAD, POST");
	shop_problem(s, 405, "method_not_allowed", "");
	assert_int_equal(shop_call(s, "OPTIONS", "/v1/sources", NULL), 405);
	assert_int_equal(shop_call(s, "TRACE", "/healthz", NULL), 405);
	assert_int_equal(shop_call(s, "PATCH", "/v1/sources/no", "{}"), 404);
}

static void test_head_has_no_body(void **state)
{
	static const char *const paths[] = {"/healthz", "/v1/nowhere",
					    "/v1/sources/db1/test"};
	struct shop *s = *state;
	struct text t = {0};
	int fd = shop_connect(s);

	for (size_t i = 0; i < 3; i++) {
		text_reset(&t);
		text_printf(&t,
			    "HEAD %s" HOST "Authorization: Bearer %s\r\n\r\n"
			    "GET /healthz" HOST "\r\n",
			    paths[i], s->tokens[ROLE_ADMIN]);
		assert_true(shop_send(s, fd, t.data, t.len));
		assert_true(shop_reply(s, fd, false) > 0);
		assert_true(strlen(shop_header(s, "Content-Length")) > 0);
		/* The next one begins where that one ends. */
		assert_int_equal(shop_reply(s, fd, true), 200);
	}
	text_free(&t);
	(void)close(fd);
}

static void test_pipelining_and_keep_alive(void **state)
{
	static const char one[] = "GET /healthz" HOST "\r\n";
	struct shop *s = *state;
	int fd = shop_connect(s);

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++)
			assert_true(shop_send(s, fd, one, strlen(one)));
		for (int i = 0; i < 5; i++)
			assert_int_equal(shop_reply(s, fd, true), 200);
	}
	(void)close(fd);
}

static void test_chunked_body(void **state)
{
	struct shop *s = *state;
	struct text t = {0};

	text_printf(&t,
		    "POST /v1/sources" HOST "Authorization: Bearer %s\r\n"
		    "Content-Type: application/json\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n"
		    "4\r\n{\"x\"\r\n3\r\n:1}\r\n0\r\n\r\n",
		    s->tokens[ROLE_ADMIN]);
	(void)shop_raw(s, t.data);
	text_free(&t);
	shop_problem(s, 422, "required", NULL);
}

static void test_every_answer_is_marked(void **state)
{
	struct shop *s = *state;

	check_alive(s);
	assert_string_equal(shop_header(s, "X-Content-Type-Options"),
			    "nosniff");
	assert_string_equal(shop_header(s, "Cache-Control"), "no-store");
	assert_int_equal(strncmp(shop_header(s, "X-Request-Id"), "req_", 4), 0);
}

/* Each byte is new life for an idle timeout, but not for a deadline. */
static void drip(struct shop *s, const char *first, const char *piece)
{
	int fd = shop_connect(s);
	int rounds = 0;

	(void)shop_send(s, fd, first, strlen(first));
	while (!shop_is_closed(s, fd, 100)) {
		(void)shop_send(s, fd, piece, strlen(piece));
		if (++rounds > 60)
			fail_msg("never ended: %s", first);
	}
	(void)close(fd);
}

static void test_slow_clients_are_ended(void **state)
{
	struct shop *s = *state;

	drip(s, "", "");
	drip(s, "G", "E");
	drip(s, "GET / HTTP/1.1\r\nX", "y");
	drip(s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n",
	     " ");
	check_alive(s);
}

/* Between requests a little longer, but not for ever. */
static void test_idle_connections_are_ended(void **state)
{
	struct shop *s = *state;
	int fd = shop_connect(s);

	assert_true(shop_send(s, fd, "GET /healthz" HOST "\r\n",
			      strlen("GET /healthz" HOST "\r\n")));
	assert_int_equal(shop_reply(s, fd, true), 200);
	assert_false(shop_is_closed(s, fd, 1000));
	assert_true(shop_is_closed(s, fd, 4000));
	(void)close(fd);
}

static void test_too_many_connections(void **state)
{
	struct shop *s = *state;
	int fds[4], fd;

	for (size_t i = 0; i < 4; i++)
		fds[i] = shop_connect(s);
	fd = shop_connect(s);
	assert_int_equal(shop_reply(s, fd, true), 503);
	assert_string_equal(shop_text(s, "code"), "too_many_connections");
	assert_true(strlen(shop_header(s, "Retry-After")) > 0);
	(void)close(fd);
	for (size_t i = 0; i < 4; i++)
		(void)close(fds[i]);
	shop_run(s, 2500);
	check_alive(s);
}

/* Far more than that wait in the kernel, and are served in the end. */
static void test_flood(void **state)
{
	struct shop *s = *state;
	int fds[40];

	for (size_t i = 0; i < 40; i++)
		fds[i] = shop_connect(s);
	for (size_t i = 0; i < 40; i++)
		(void)close(fds[i]);
	shop_run(s, 6000);
	check_alive(s);
}

static void test_client_leaves_before_the_answer(void **state)
{
	struct shop *s = *state;
	struct text t = {0};
	int fd;

	fake_source_script()->is_hanging = true;
	assert_true(house_backup(s->house, "hanging", NULL));
	text_printf(&t,
		    "GET /v1/jobs/%s?wait=60" HOST
		    "Authorization: Bearer %s\r\n\r\n",
		    s->house->backup.job_id, s->tokens[ROLE_READ]);
	for (int i = 0; i < 3; i++) {
		fd = shop_connect(s);
		assert_true(shop_send(s, fd, t.data, t.len));
		shop_run(s, 50);
		(void)close(fd);
	}
	shop_run(s, 2500);
	check_alive(s);
	text_free(&t);
	assert_int_equal(
		shop_call(s, "POST", "/v1/backups/hanging/cancel", NULL), 202);
	house_wait(s->house, s->house->backup.job_id);
}

/* Requests that wait when the server goes: nothing is left behind. */
static void test_freed_with_requests_under_way(void **state)
{
	struct shop *s = *state;
	struct text t = {0};
	int fd = shop_connect(s);

	fake_source_script()->is_hanging = true;
	assert_true(house_backup(s->house, "hanging", NULL));
	text_printf(&t,
		    "GET /v1/jobs/%s?wait=60" HOST
		    "Authorization: Bearer %s\r\n\r\n",
		    s->house->backup.job_id, s->tokens[ROLE_READ]);
	assert_true(shop_send(s, fd, t.data, t.len));
	shop_run(s, 50);
	text_free(&t);
	http_server_free(s->http);
	s->http = NULL;
	(void)close(fd);
}

static void test_stop_accepting(void **state)
{
	static const char one[] = "GET /healthz" HOST "\r\n";
	struct shop *s = *state;
	int fd = shop_connect(s);
	struct stat st;

	http_server_stop_accepting(s->http);
	assert_int_equal(stat(s->socket, &st), -1);
	assert_true(shop_send(s, fd, one, strlen(one)));
	assert_int_equal(shop_reply(s, fd, true), 200);
	assert_string_equal(shop_header(s, "Connection"), "close");
	assert_true(shop_is_closed(s, fd, 1000));
	(void)close(fd);
}

static void test_port_that_is_taken(void **state)
{
	struct shop *s = *state;
	struct http_config c = s->config;
	struct err e = {0};
	char where[32];

	(void)snprintf(where, sizeof(where), "127.0.0.1:%u",
		       http_server_port(s->http));
	c.listen = where;
	c.socket = NULL;
	assert_null(http_server_new(&c, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_non_null(strstr(e.msg, where));
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {"",
					  "127.0.0.1",
					  "127.0.0.1:",
					  "127.0.0.1:x",
					  "127.0.0.1:99999",
					  "no.such.host.invalid:1",
					  "192.0.2.1:0"};
	struct shop *s = *state;
	struct http_config c = s->config;

	c.socket = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {0};

		c.listen = bad[i];
		assert_null(http_server_new(&c, &e));
		assert_string_equal(e.api, "listen_failed");
	}
}

static void test_ipv6(void **state)
{
	struct shop *s = *state;
	struct http_config c = s->config;
	struct http_server *second;
	struct err e = {0};

	c.listen = "[::1]:0";
	c.socket = NULL;
	second = http_server_new(&c, &e);
	if (second == NULL)
		skip();
	assert_true(http_server_port(second) > 0);
	http_server_free(second);
}

static void test_socket_that_is_in_use(void **state)
{
	struct shop *s = *state;
	struct http_config c = s->config;
	struct err e = {0};
	struct stat st;

	assert_null(http_server_new(&c, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	/* The one that is there goes on. */
	assert_int_equal(stat(s->socket, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(close(shop_connect_unix(s)), 0);
}

static void test_stale_socket_is_replaced(void **state)
{
	struct shop *s = *state;
	struct http_config c = s->config;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct http_server *second;
	struct err e = {0};
	char path[128];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(path, sizeof(path), "%s/stale", s->house->dir);
	(void)str_copy(a.sun_path, sizeof(a.sun_path), path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	(void)close(fd);
	c.socket = path;
	second = http_server_new(&c, &e);
	assert_non_null(second);
	http_server_free(second);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_file_in_the_way_is_left_alone(void **state)
{
	struct shop *s = *state;
	struct http_config c = s->config;
	struct err e = {0};
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/file", s->house->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fclose(f);
	c.socket = path;
	assert_null(http_server_new(&c, &e));
	assert_int_equal(access(path, F_OK), 0);
	(void)unlink(path);
}

#define WITH(test, open) cmocka_unit_test_setup_teardown(test, open, close_any)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_refused_with_a_problem, open_default),
		WITH(test_hosts, open_default),
		WITH(test_no_host_by_the_socket, open_default),
		WITH(test_headers_too_large, open_default),
		WITH(test_refused_connection_is_closed, open_default),
		WITH(test_methods, open_default),
		WITH(test_head_has_no_body, open_default),
		WITH(test_pipelining_and_keep_alive, open_default),
		WITH(test_chunked_body, open_default),
		WITH(test_every_answer_is_marked, open_default),
		WITH(test_slow_clients_are_ended, open_tight),
		WITH(test_idle_connections_are_ended, open_tight),
		WITH(test_too_many_connections, open_tight),
		WITH(test_flood, open_tight),
		WITH(test_client_leaves_before_the_answer, open_default),
		WITH(test_freed_with_requests_under_way, open_default),
		WITH(test_stop_accepting, open_default),
		WITH(test_port_that_is_taken, open_default),
		WITH(test_bad_addresses, open_default),
		WITH(test_ipv6, open_default),
		WITH(test_socket_that_is_in_use, open_default),
		WITH(test_stale_socket_is_replaced, open_default),
		WITH(test_file_in_the_way_is_left_alone, open_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
