/* test_ctl_progress.c - the line of a job's progress, and news of a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/logs.h"
#include "ctl/progress.h"

static void assert_line(const char *json, size_t width, bool bar,
			const char *expected)
{
	json_t *job = json_loads(json, 0, NULL);
	struct text out = {0};

	assert_non_null(job);
	progress_line(&out, job, width, bar);
	assert_string_equal(out.data, expected);
	text_free(&out);
	json_decref(job);
}

#define RUNNING                                                                \
	"{\"status\":\"running\",\"progress\":{\"phase\":\"data\","            \
	"\"bytes_read\":1288490189,\"bytes_per_second\":36700160,"             \
	"\"items_done\":3,\"items_total\":8,\"percent\":42,"                   \
	"\"eta_seconds\":61}}"

static void test_lines(void **state)
{
	(void)state;
	assert_line(RUNNING, 0, true,
		    "data [###########.............]  42 %  3/8  1.2 GiB  "
		    "35.0 MiB/s  1m left");
	assert_line(RUNNING, 0, false,
		    "data   42 %  3/8  1.2 GiB  35.0 MiB/s  1m left");
	assert_line(RUNNING, 30, true, "data   42 %  3/8  1.2 GiB  35~");
}

static void test_what_is_not_known_is_left_out(void **state)
{
	(void)state;
	assert_line("{\"status\":\"queued\",\"progress\":{\"phase\":\"data\","
		    "\"bytes_read\":0,\"percent\":null,\"eta_seconds\":null}}",
		    80, true, "queued");
	assert_line("{}", 80, true, "");
	assert_line("{\"status\":\"running\",\"progress\":{\"phase\":"
		    "\"x\\u001b\",\"percent\":400,\"bytes_read\":-5}}",
		    80, true, "x? [########################] 100 %");
}

static void assert_news(const char *text, const char *last, const char *news)
{
	assert_string_equal(log_news(text, last), news);
}

static void test_news(void **state)
{
	(void)state;
	assert_news("a\nb\nc\n", "", "a\nb\nc\n");
	assert_news("a\nb\nc\n", "b", "c\n");
	assert_news("a\nb\nc\n", "c", "");
	assert_news("b\nb\nc\n", "b", "c\n");
	/* The line has gone with those before it: all of it is new. */
	assert_news("x\ny\n", "b", "x\ny\n");
	assert_news("bb\nb", "b", "");
	assert_news("", "b", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_what_is_not_known_is_left_out),
		cmocka_unit_test(test_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
