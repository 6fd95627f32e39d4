/* Streams of events, and clients that do not take what they asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/events.h"
#include "http_client.h"

/* More than the system keeps for a socket that nobody reads. */
enum { EVENTS = 1500, DETAIL_BYTES = 900, LIMIT_MS = 60000, QUICK_MS = 100 };

static int setup(void **state)
{
	*state = shop_open(NULL);
	return 0;
}

static int teardown(void **state)
{
	shop_close(*state);
	return 0;
}

static void add_events(struct shop *s)
{
	char detail[DETAIL_BYTES];
	const struct event_record e = {.at_ms = clock_now_ms(),
				       .kind = "job",
				       .act = "backup.started",
				       .result = "ok",
				       .detail = detail};

	memset(detail, 'x', sizeof(detail) - 1);
	detail[sizeof(detail) - 1] = '\0';
	for (int i = 0; i < EVENTS; i++)
		catalog_event_add(s->house->catalog, &e);
	while (shop_call(s, "GET", "/v1/events?kind=job&limit=1", NULL) ==
		       200 &&
	       json_integer_value(shop_value(s, "total")) < EVENTS)
		shop_run(s, 1);
}

static int open_stream(struct shop *s)
{
	int fd = shop_connect_unix(s);
	struct text t = {0};

	text_printf(&t,
		    "GET /v1/events HTTP/1.1\r\nHost: x\r\n"
		    "Accept: text/event-stream\r\nLast-Event-ID: 0\r\n"
		    "Authorization: Bearer %s\r\n\r\n",
		    s->tokens[ROLE_ADMIN]);
	assert_true(shop_send(s, fd, t.data, t.len));
	text_free(&t);
	return fd;
}

/* How many connections the server has beside the one that asks. */
static bool is_alone(struct shop *s)
{
	(void)shop_call(s, "GET", "/metrics", NULL);
	assert_non_null(s->body.data);
	return strstr(s->body.data, "coffer_http_connections 1\n") != NULL;
}

static int waiting_bytes(int fd)
{
	int n = 0;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

/* It stands amid what it missed and is dropped; what it has read by then it
 * need not ask for again. */
static void test_who_takes_nothing_is_dropped(void **state)
{
	struct shop *s = *state;
	int64_t began = clock_mono_ms();
	int fd;

	add_events(s);
	fd = open_stream(s);
	while (!is_alone(s)) {
		if (clock_mono_ms() - began > LIMIT_MS)
			fail_msg("it is kept");
		shop_run(s, QUICK_MS);
	}
	assert_true(waiting_bytes(fd) > 0);
	assert_true(clock_mono_ms() - began > 5000);
	(void)close(fd);
}

/* One that reads slowly, but reads, gets everything. */
static void test_who_is_slow_is_served(void **state)
{
	struct shop *s = *state;
	int64_t began = clock_mono_ms();
	static char bytes[32768];
	size_t total = 0;
	ssize_t n;
	int fd;

	add_events(s);
	fd = open_stream(s);
	while (total < (size_t)EVENTS * DETAIL_BYTES) {
		n = read(fd, bytes, waiting_bytes(fd) > 0 ? sizeof(bytes) : 0);
		total += n > 0 ? (size_t)n : 0;
		if (clock_mono_ms() - began > 2 * LIMIT_MS)
			fail_msg("it got %zu bytes", total);
		shop_run(s, 3 * QUICK_MS);
	}
	assert_true(clock_mono_ms() - began > 11000);
	assert_false(is_alone(s));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_who_takes_nothing_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_is_slow_is_served,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
