#include "base/log.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log_int.h"
#include "base/text.h"

enum { THREADS = 4, PER_THREAD = 200 };

/*
 * Standard error becomes a socket that keeps the bounds of each write: what
 * one read gives is what one write said.
 */
struct capture {
	int saved_stderr;
	int fd;
	char line[2 * LOG_LINE_MAX];
};

static int begin_capture(void **state)
{
	struct capture *c;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) != 0)
		return -1;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -1;
	c->saved_stderr = dup(STDERR_FILENO);
	c->fd = fds[0];
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	log_setup(LOG_INFO, LOG_TEXT);
	*state = c;
	return 0;
}

static int end_capture(void **state)
{
	struct capture *c = *state;

	dup2(c->saved_stderr, STDERR_FILENO);
	close(c->saved_stderr);
	close(c->fd);
	free(c);
	return 0;
}

/* The next line without its end. */
static const char *next_line(struct capture *c)
{
	ssize_t n = recv(c->fd, c->line, sizeof(c->line) - 1, MSG_DONTWAIT);

	assert_true(n > 0 && n <= PIPE_BUF);
	assert_int_equal(c->line[n - 1], '\n');
	c->line[n - 1] = '\0';
	assert_int_equal(strlen(c->line), n - 1);
	assert_null(strchr(c->line, '\n'));
	assert_true(utf8_check(c->line, strlen(c->line), NULL));
	return c->line;
}

static void assert_silent(struct capture *c)
{
	assert_int_equal(recv(c->fd, c->line, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* What follows the time in the next line; the time is one and is now. */
static const char *next_after_time(struct capture *c)
{
	int64_t at_ms;
	char *space;

	next_line(c);
	space = strchr(c->line, ' ');
	assert_non_null(space);
	*space = '\0';
	assert_true(clock_parse(c->line, &at_ms));
	assert_in_range(clock_now_ms() - at_ms, 0, 5000);
	assert_int_equal(strlen(c->line), 24);
	return space + 1;
}

static void text_line_has_level_and_room(void **state)
{
	struct capture *c = *state;

	log_info("http", "listening on %s:%d", "::1", 8080);
	assert_string_equal(next_after_time(c),
			    "info http: listening on ::1:8080");
	log_error("jobs", "%s", "x");
	assert_string_equal(next_after_time(c), "error jobs: x");
	assert_silent(c);
}

static void lower_levels_are_left_out(void **state)
{
	struct capture *c = *state;

	log_debug("base", "no");
	assert_silent(c);
	log_setup(LOG_WARN, LOG_TEXT);
	log_info("base", "no");
	assert_silent(c);
	log_warn("base", "yes");
	assert_string_equal(next_after_time(c), "warn base: yes");
	log_setup(LOG_DEBUG, LOG_TEXT);
	log_debug("base", "yes");
	assert_string_equal(next_after_time(c), "debug base: yes");
}

static void text_of_others_cannot_forge_a_line(void **state)
{
	struct capture *c = *state;

	log_info("http", "%s", "a\nb\r\tc\\d\x1b[31m\x7f\"q\"");
	assert_string_equal(next_after_time(c),
			    "info http: a\\nb\\u000d\\u0009c\\\\d\\u001b[31m"
			    "\\u007f\"q\"");
	log_info("http", "%s",
		 "\xc2\x9b\xc2\xa0\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6"
		 "\xe2\x82\xac");
	assert_string_equal(next_after_time(c),
			    "info http: \\u009b\xc2\xa0\\u2028\\u202e\\u2066"
			    "\xe2\x82\xac");
	log_info("http", "%s", "\xff\xc3(\xf0\x9f\x98\x80");
	assert_string_equal(next_after_time(c),
			    "info http: \\xff\\xc3(\xf0\x9f\x98\x80");
}

/* The value of a key in the next line, which has to be JSON. */
static void assert_json(struct capture *c, const char *key,
			const char *expected)
{
	json_t *line = json_loads(next_line(c), 0, NULL);

	assert_non_null(line);
	assert_int_equal(json_object_size(line), 4);
	assert_string_equal(json_string_value(json_object_get(line, key)),
			    expected);
	json_decref(line);
}

static void json_line_says_the_same(void **state)
{
	struct capture *c = *state;

	log_setup(LOG_INFO, LOG_JSON);
	log_warn("jobs", "%d of %d", 1, 2);
	assert_json(c, "message", "1 of 2");
	log_warn("jobs", "x");
	assert_json(c, "level", "warn");
	log_warn("jobs", "x");
	assert_json(c, "room", "jobs");
	log_warn("jo\"bs", "x");
	assert_json(c, "room", "jo\"bs");
}

static void json_gives_back_what_was_said(void **state)
{
	struct capture *c = *state;
	char all[128];

	for (unsigned i = 1; i < sizeof(all); i++)
		all[i - 1] = (char)i;
	all[sizeof(all) - 1] = '\0';
	log_setup(LOG_INFO, LOG_JSON);
	log_info("base", "%s", all);
	assert_json(c, "message", all);
	log_info("base", "%s", "\xc2\x85\xe2\x80\xa8\xf0\x9f\x98\x80");
	assert_json(c, "message", "\xc2\x85\xe2\x80\xa8\xf0\x9f\x98\x80");
	log_info("base", "%s", "\xff|\xe2\x82");
	assert_json(c, "message", "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd");
}

/* Whatever is said at whatever length: one line, whole, and JSON. */
static void long_lines_are_cut_in_one_piece(void **state)
{
	static const char *const units[] = {"x", "\x01", "\"", "\xc3\xa9",
					    "\xff"};
	struct capture *c = *state;
	char message[8192];
	json_t *line;

	log_setup(LOG_INFO, LOG_JSON);
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t step = strlen(units[u]), len = 0;

		while (len + step < sizeof(message)) {
			memcpy(message + len, units[u], step + 1);
			len += step;
			if (len < 600 || len % 16 > 2)
				continue;
			log_info("base", "%s", message);
			line = json_loads(next_line(c), 0, NULL);
			assert_non_null(line);
			json_decref(line);
		}
	}
}

static void a_cut_is_marked(void **state)
{
	struct capture *c = *state;
	char message[1500];

	memset(message, '\x01', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	log_info("base", "%s", message);
	next_line(c);
	assert_string_equal(c->line + strlen(c->line) - 9, "\\u0001...");
}

static void a_long_room_leaves_the_line_whole(void **state)
{
	struct capture *c = *state;
	char room[5000];

	memset(room, '\x01', sizeof(room) - 1);
	room[sizeof(room) - 1] = '\0';
	log_setup(LOG_INFO, LOG_JSON);
	log_info(room, "said");
	assert_json(c, "message", "said");
	log_setup(LOG_INFO, LOG_TEXT);
	log_info(room, "said");
	assert_non_null(strstr(next_line(c), "\\u0001: said"));
}

static void errno_is_kept_and_can_be_told(void **state)
{
	struct capture *c = *state;

	errno = ENOENT;
	log_info("base", "open: %m");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(next_after_time(c),
			    "info base: open: No such file or directory");
}

static void no_reader_is_no_harm(void **state)
{
	struct capture *c = *state;
	int kept = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	errno = 0;
	log_error("base", "nobody hears this");
	assert_int_equal(errno, 0);
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_silent(c);
}

static void *log_many(void *arg)
{
	for (unsigned i = 0; i < PER_THREAD; i++)
		log_info("base", "thread %d line %u", *(int *)arg, i);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	struct capture *c = *state;
	unsigned next[THREADS] = {0};
	pthread_t threads[THREADS];
	int names[THREADS], thread;

	for (int i = 0; i < THREADS; i++) {
		names[i] = i;
		pthread_create(&threads[i], NULL, log_many, &names[i]);
	}
	for (unsigned i = 0; i < THREADS * PER_THREAD; i++) {
		unsigned number;
		char end;

		/* A full socket makes the writers wait for this reader. */
		assert_true(recv(c->fd, c->line, 1, MSG_PEEK) == 1);
		assert_int_equal(sscanf(next_after_time(c),
					"info base: thread %d line %u%c",
					&thread, &number, &end),
				 2);
		assert_in_range(thread, 0, THREADS - 1);
		assert_int_equal(number, next[thread]++);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_silent(c);
}

static void words_are_read(void **state)
{
	enum log_format format = LOG_JSON;
	enum log_level level = LOG_ERROR;

	(void)state;
	assert_true(log_level_parse("debug", &level) && level == LOG_DEBUG);
	assert_true(log_level_parse("info", &level) && level == LOG_INFO);
	assert_true(log_level_parse("warn", &level) && level == LOG_WARN);
	assert_true(log_level_parse("error", &level) && level == LOG_ERROR);
	assert_false(log_level_parse("", &level));
	assert_false(log_level_parse("warning", &level));
	assert_false(log_level_parse("INFO", &level));
	assert_true(level == LOG_ERROR);
	assert_true(log_format_parse("text", &format) && format == LOG_TEXT);
	assert_true(log_format_parse("json", &format) && format == LOG_JSON);
	assert_false(log_format_parse("xml", &format));
	assert_false(log_format_parse("", &format));
}

#define CAPTURED(test)                                                         \
	cmocka_unit_test_setup_teardown(test, begin_capture, end_capture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED(text_line_has_level_and_room),
		CAPTURED(lower_levels_are_left_out),
		CAPTURED(text_of_others_cannot_forge_a_line),
		CAPTURED(json_line_says_the_same),
		CAPTURED(json_gives_back_what_was_said),
		CAPTURED(long_lines_are_cut_in_one_piece),
		CAPTURED(a_cut_is_marked),
		CAPTURED(a_long_room_leaves_the_line_whole),
		CAPTURED(errno_is_kept_and_can_be_told),
		CAPTURED(no_reader_is_no_harm),
		CAPTURED(lines_of_threads_do_not_mix),
		cmocka_unit_test(words_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
