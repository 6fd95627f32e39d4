/* test_loop_notify.c - what the service manager hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/text.h"
#include "loop/loop.h"

static char dir[32];
static struct sockaddr_un address;

/* Listens at NAME, where '@' is an abstract name, and says so to others. */
static int listen_at(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	size_t len = strlen(name);

	assert_true(fd >= 0);
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	assert_true(str_copy(address.sun_path, sizeof(address.sun_path), name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, (socklen_t)len),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void assert_hears(int fd, const char *want)
{
	char got[64] = "";

	assert_true(recv(fd, got, sizeof(got) - 1, 0) >= 0);
	assert_string_equal(got, want);
}

static void assert_hears_nothing(int fd)
{
	char got[64];

	assert_true(recv(fd, got, sizeof(got), 0) < 0);
}

static int set_up(void **state)
{
	(void)state;
	(void)str_copy(dir, sizeof(dir), "/tmp/notify-XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(address.sun_path);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return rmdir(dir);
}

static int listen_in_dir(void)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s/socket", dir);
	return listen_at(name);
}

static void test_a_path(void **state)
{
	int fd = listen_in_dir();

	(void)state;
	loop_notify("READY=1");
	assert_hears(fd, "READY=1");
	loop_notify("STOPPING=1");
	assert_hears(fd, "STOPPING=1");
	assert_hears_nothing(fd);
	assert_int_equal(close(fd), 0);
}

static void test_an_abstract_name(void **state)
{
	char name[64];
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "@%s", dir);
	fd = listen_at(name);
	loop_notify("READY=1");
	assert_hears(fd, "READY=1");
	assert_int_equal(close(fd), 0);
}

/* None of these may fail, block or crash. */
static void test_nobody_listens(void **state)
{
	char longest[200];

	(void)state;
	loop_notify("READY=1");
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	const char *const names[] = {"",	   "@",
				     "/",	   "relative",
				     "/no/socket", "@nobody-listens-here",
				     longest};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		loop_notify("READY=1");
	}
}

/* A listener who never reads does not hold us for ever. */
static void test_a_full_socket(void **state)
{
	int fd = listen_in_dir();
	int small = 1;

	(void)state;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 14; i++)
		loop_notify("STATUS=busy");
	assert_hears(fd, "STATUS=busy");
	assert_int_equal(close(fd), 0);
}

struct watched {
	struct loop *loop;
	int fd;
	int heard;
};

static void on_heard(evutil_socket_t fd, short what, void *arg)
{
	struct watched *w = arg;

	(void)what;
	assert_hears((int)fd, "WATCHDOG=1");
	if (++w->heard == 3)
		loop_stop(w->loop);
}

static void test_the_watchdog_is_patted(void **state)
{
	struct err e = {0};
	struct watched w = {.loop = loop_new(&e), .fd = listen_in_dir()};
	struct event *ev;
	char pid[32];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "20000", 1), 0);
	assert_non_null(w.loop);
	ev = event_new(loop_base(w.loop), w.fd, EV_READ | EV_PERSIST, on_heard,
		       &w);
	assert_non_null(ev);
	assert_int_equal(event_add(ev, NULL), 0);
	assert_true(loop_start_watchdog(w.loop, &e));
	assert_true(loop_start_watchdog(w.loop, &e));
	loop_run(w.loop);
	assert_int_equal(w.heard, 3);
	event_free(ev);
	loop_free(w.loop);
	assert_int_equal(close(w.fd), 0);
}

/* Not set, not a number, or for another process: no timer is left. */
static void test_no_watchdog(void **state)
{
	static const char *const settings[][2] = {
		{"", ""},  {"x", ""},	   {"-1", ""},	   {"0", ""},
		{"1", ""}, {"20000", "1"}, {"20000", "x"},
	};
	struct err e = {0};
	struct loop *l = loop_new(&e);

	(void)state;
	assert_non_null(l);
	assert_true(loop_start_watchdog(l, &e));
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		(void)setenv("WATCHDOG_USEC", settings[i][0], 1);
		(void)unsetenv("WATCHDOG_PID");
		if (settings[i][1][0] != '\0')
			(void)setenv("WATCHDOG_PID", settings[i][1], 1);
		assert_true(loop_start_watchdog(l, &e));
		assert_int_equal(event_base_get_num_events(
					 loop_base(l), EVENT_BASE_COUNT_ADDED),
				 0);
	}
	loop_free(l);
}

#define NOTIFY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFY_TEST(test_a_path),
		NOTIFY_TEST(test_an_abstract_name),
		NOTIFY_TEST(test_nobody_listens),
		NOTIFY_TEST(test_a_full_socket),
		NOTIFY_TEST(test_the_watchdog_is_patted),
		NOTIFY_TEST(test_no_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
