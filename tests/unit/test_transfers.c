/* test_transfers.c - curl against a small HTTP server in the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "loop/loop.h"
#include "loop/transfers.h"

enum { BIG_BYTES = 4 * 1024 * 1024, MANY = 40 };

struct server {
	struct loop *loop;
	struct transfers *ts;
	struct evhttp *http;
	unsigned port;
	unsigned requests;
	int done;
	int stop_at;
};

/* One request of ours. */
struct get {
	struct server *s;
	CURL *easy;
	struct transfer *t;
	size_t bytes;
	int done;
	CURLcode result;
	struct get *then_start;
	struct get *then_cancel;
};

static void serve(struct evhttp_request *req, void *arg)
{
	const char *path = evhttp_request_get_uri(req);
	struct evbuffer *out = evhttp_request_get_output_buffer(req);
	struct server *s = arg;
	char *big;

	s->requests++;
	if (strcmp(path, "/hang") == 0)
		return;
	if (strcmp(path, "/big") == 0) {
		big = calloc(1, BIG_BYTES);
		assert_non_null(big);
		assert_int_equal(evbuffer_add(out, big, BIG_BYTES), 0);
		free(big);
	} else {
		assert_int_equal(evbuffer_add(out, "hello", 5), 0);
	}
	evhttp_send_reply(req, strcmp(path, "/none") == 0 ? 404 : 200, "x",
			  NULL);
}

static void listen_on_loopback(struct server *s)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	s->http = evhttp_new(loop_base(s->loop));
	assert_non_null(s->http);
	bound = evhttp_bind_socket_with_handle(s->http, "127.0.0.1", 0);
	assert_non_null(bound);
	assert_int_equal(getsockname(evhttp_bound_socket_get_fd(bound),
				     (struct sockaddr *)&addr, &len),
			 0);
	s->port = ntohs(((struct sockaddr_in *)(void *)&addr)->sin_port);
	evhttp_set_gencb(s->http, serve, s);
}

static int set_up(void **state)
{
	static struct server server;
	struct err e = {0};

	server = (struct server){.loop = loop_new(&e)};
	assert_non_null(server.loop);
	server.ts = transfers_new(server.loop, &e);
	assert_non_null(server.ts);
	listen_on_loopback(&server);
	*state = &server;
	return 0;
}

static int tear_down(void **state)
{
	struct server *s = *state;

	transfers_free(s->ts);
	evhttp_free(s->http);
	loop_free(s->loop);
	return 0;
}

static size_t count_bytes(const char *data, size_t size, size_t n, void *arg)
{
	struct get *g = arg;

	(void)data;
	g->bytes += size * n;
	return size * n;
}

static void start(struct get *g);

static void done(void *arg, CURLcode result)
{
	struct get *g = arg;

	g->done++;
	g->result = result;
	g->t = NULL;
	if (g->then_start != NULL)
		start(g->then_start);
	if (g->then_cancel != NULL)
		transfer_cancel(g->then_cancel->t);
	if (++g->s->done == g->s->stop_at)
		loop_stop(g->s->loop);
}

static void start(struct get *g)
{
	struct err e = {0};

	g->t = transfers_start(g->s->ts, g->easy, done, g, &e);
	assert_non_null(g->t);
}

static void prepare(struct get *g, struct server *s, const char *path)
{
	char url[64];

	memset(g, 0, sizeof(*g));
	g->s = s;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", s->port,
		       path);
	g->easy = curl_easy_init();
	assert_non_null(g->easy);
	curl_easy_setopt(g->easy, CURLOPT_URL, url);
	curl_easy_setopt(g->easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(g->easy, CURLOPT_WRITEFUNCTION, count_bytes);
	curl_easy_setopt(g->easy, CURLOPT_WRITEDATA, g);
}

static void run_until(struct server *s, int answers)
{
	s->stop_at = s->done + answers;
	loop_run(s->loop);
}

static void turn(struct server *s)
{
	assert_true(event_base_loop(loop_base(s->loop), EVLOOP_ONCE) >= 0);
}

static long status(const struct get *g)
{
	long code = 0;

	assert_int_equal(
		curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &code),
		CURLE_OK);
	return code;
}

static void test_gets_bytes(void **state)
{
	struct get g;

	prepare(&g, *state, "/hello");
	start(&g);
	assert_int_equal(g.done, 0);
	run_until(*state, 1);
	assert_int_equal(g.result, CURLE_OK);
	assert_int_equal(g.bytes, 5);
	assert_int_equal(status(&g), 200);
	curl_easy_cleanup(g.easy);
}

static void test_status_is_not_an_error(void **state)
{
	struct get g;

	prepare(&g, *state, "/none");
	start(&g);
	run_until(*state, 1);
	assert_int_equal(g.result, CURLE_OK);
	assert_int_equal(status(&g), 404);
	curl_easy_cleanup(g.easy);
}

static void test_a_big_body(void **state)
{
	struct get g;

	prepare(&g, *state, "/big");
	start(&g);
	run_until(*state, 1);
	assert_int_equal(g.result, CURLE_OK);
	assert_int_equal(g.bytes, BIG_BYTES);
	curl_easy_cleanup(g.easy);
}

static void test_many_at_once(void **state)
{
	struct get gets[MANY];

	for (int i = 0; i < MANY; i++) {
		prepare(&gets[i], *state, "/hello");
		start(&gets[i]);
	}
	run_until(*state, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(gets[i].done, 1);
		assert_int_equal(gets[i].result, CURLE_OK);
		assert_int_equal(gets[i].bytes, 5);
		curl_easy_cleanup(gets[i].easy);
	}
}

static void test_connections_are_kept(void **state)
{
	struct get first, second;
	long connects = -1;

	prepare(&first, *state, "/hello");
	start(&first);
	run_until(*state, 1);
	curl_easy_cleanup(first.easy);
	prepare(&second, *state, "/hello");
	start(&second);
	run_until(*state, 1);
	assert_int_equal(curl_easy_getinfo(second.easy, CURLINFO_NUM_CONNECTS,
					   &connects),
			 CURLE_OK);
	assert_int_equal(connects, 0);
	curl_easy_cleanup(second.easy);
}

/* The failure is known at once, but told from the loop all the same. */
static void test_failures_are_told_from_the_loop(void **state)
{
	struct get refused, nonsense;

	prepare(&refused, *state, "/hello");
	curl_easy_setopt(refused.easy, CURLOPT_URL, "http://127.0.0.1:1/");
	prepare(&nonsense, *state, "/hello");
	curl_easy_setopt(nonsense.easy, CURLOPT_URL, "nonsense://x/");
	start(&refused);
	start(&nonsense);
	assert_int_equal(refused.done + nonsense.done, 0);
	run_until(*state, 2);
	assert_int_equal(refused.result, CURLE_COULDNT_CONNECT);
	assert_int_equal(nonsense.result, CURLE_UNSUPPORTED_PROTOCOL);
	curl_easy_cleanup(refused.easy);
	curl_easy_cleanup(nonsense.easy);
}

static void test_curl_keeps_its_timeouts(void **state)
{
	struct get g;

	prepare(&g, *state, "/hang");
	curl_easy_setopt(g.easy, CURLOPT_TIMEOUT_MS, 50L);
	start(&g);
	run_until(*state, 1);
	assert_int_equal(g.result, CURLE_OPERATION_TIMEDOUT);
	curl_easy_cleanup(g.easy);
}

static void test_cancel_before_the_first_turn(void **state)
{
	struct get g;

	prepare(&g, *state, "/hello");
	start(&g);
	transfer_cancel(g.t);
	assert_int_equal(g.done, 0);
	curl_easy_cleanup(g.easy);
}

static void test_cancel_in_flight(void **state)
{
	struct server *s = *state;
	struct get hanging, after;

	prepare(&hanging, s, "/hang");
	start(&hanging);
	while (s->requests == 0)
		turn(s);
	transfer_cancel(hanging.t);
	curl_easy_cleanup(hanging.easy);
	prepare(&after, s, "/hello");
	start(&after);
	run_until(s, 1);
	assert_int_equal(hanging.done, 0);
	assert_int_equal(after.result, CURLE_OK);
	curl_easy_cleanup(after.easy);
}

/* Canceled after more and more turns, from before connect to over. */
static void test_cancel_at_every_turn(void **state)
{
	struct server *s = *state;
	struct get g;
	bool is_over = false;

	for (int turns = 0; !is_over; turns += 1 + turns / 16) {
		assert_true(turns < 100000);
		prepare(&g, s, "/big");
		start(&g);
		for (int i = 0; i < turns && g.done == 0; i++)
			turn(s);
		is_over = g.done > 0;
		if (!is_over)
			transfer_cancel(g.t);
		curl_easy_cleanup(g.easy);
	}
	assert_int_equal(g.bytes, BIG_BYTES);
}

/* Both are over in curl's eyes; the second one is not told any more. */
static void test_done_may_cancel_what_is_over(void **state)
{
	struct server *s = *state;
	struct get first, second;

	prepare(&first, s, "/");
	prepare(&second, s, "/");
	curl_easy_setopt(first.easy, CURLOPT_URL, "nonsense://x/");
	curl_easy_setopt(second.easy, CURLOPT_URL, "nonsense://x/");
	first.then_cancel = &second;
	start(&first);
	start(&second);
	run_until(s, 1);
	for (int i = 0; i < 5; i++)
		(void)event_base_loop(loop_base(s->loop),
				      EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(first.done, 1);
	assert_int_equal(second.done, 0);
	curl_easy_cleanup(first.easy);
	curl_easy_cleanup(second.easy);
}

static void test_done_may_start(void **state)
{
	struct get first, second;

	prepare(&first, *state, "/hello");
	prepare(&second, *state, "/hello");
	first.then_start = &second;
	start(&first);
	run_until(*state, 2);
	assert_int_equal(second.done, 1);
	assert_int_equal(second.bytes, 5);
	curl_easy_cleanup(first.easy);
	curl_easy_cleanup(second.easy);
}

static void done_frees_all(void *arg, CURLcode result)
{
	struct get *g = arg;

	g->result = result;
	transfers_free(g->s->ts);
	g->s->ts = NULL;
	loop_stop(g->s->loop);
}

static void test_done_may_free_the_transfers(void **state)
{
	struct server *s = *state;
	struct err e = {0};
	struct get g;

	prepare(&g, s, "/hello");
	assert_non_null(transfers_start(s->ts, g.easy, done_frees_all, &g, &e));
	loop_run(s->loop);
	assert_int_equal(g.result, CURLE_OK);
	curl_easy_cleanup(g.easy);
}

/* curl refuses a handle that is already running. */
static void test_start_twice_is_an_error(void **state)
{
	struct server *s = *state;
	struct err e = {0};
	struct get g;

	prepare(&g, s, "/hello");
	start(&g);
	assert_null(transfers_start(s->ts, g.easy, done, &g, &e));
	assert_true(err_is(&e));
	run_until(s, 1);
	assert_int_equal(g.done, 1);
	curl_easy_cleanup(g.easy);
	transfers_free(NULL);
}

#define TRANSFERS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRANSFERS_TEST(test_gets_bytes),
		TRANSFERS_TEST(test_status_is_not_an_error),
		TRANSFERS_TEST(test_a_big_body),
		TRANSFERS_TEST(test_many_at_once),
		TRANSFERS_TEST(test_connections_are_kept),
		TRANSFERS_TEST(test_failures_are_told_from_the_loop),
		TRANSFERS_TEST(test_curl_keeps_its_timeouts),
		TRANSFERS_TEST(test_cancel_before_the_first_turn),
		TRANSFERS_TEST(test_cancel_in_flight),
		TRANSFERS_TEST(test_cancel_at_every_turn),
		TRANSFERS_TEST(test_done_may_cancel_what_is_over),
		TRANSFERS_TEST(test_done_may_start),
		TRANSFERS_TEST(test_done_may_free_the_transfers),
		TRANSFERS_TEST(test_start_twice_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
