/* test_s3_verdict.c - how long until the next attempt, and small cases of
 * judging that no server shows on command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "s3/verdict.h"
#include "s3/xml.h"

static unsigned total_ms(unsigned random)
{
	unsigned sum = 0;

	for (unsigned n = 1; n < 10; n++)
		sum += s3_backoff_ms(500, n, 0, random);
	return sum;
}

static void test_backoff(void **state)
{
	(void)state;
	/* A quarter less, or more, as chance has it. */
	assert_int_equal(s3_backoff_ms(500, 1, 0, 0), 375);
	assert_int_equal(s3_backoff_ms(500, 1, 0, 250), 625);
	assert_int_equal(s3_backoff_ms(500, 3, 0, 0), 1500);
	assert_int_equal(s3_backoff_ms(500, 50, 0, 0), 11250);
	assert_int_equal(s3_backoff_ms(500, 50, 0, 7500), 18750);
	/* The store's own wish, within reason. */
	assert_int_equal(s3_backoff_ms(500, 1, 3, 0), 3000);
	assert_int_equal(s3_backoff_ms(500, 50, 3, 0), 11250);
	assert_int_equal(s3_backoff_ms(500, 1, 3600, 0), 30000);
	/* The ten attempts of the default outlast an outage of 30 s. */
	assert_true(total_ms(0) > 50 * 1000);
	assert_true(total_ms(0xffffffff) < 100 * 1000);
}

static enum s3_verdict judge(CURLcode result, long status, bool was_connected,
			     struct err *e)
{
	struct s3_reply reply = {.status = status};
	struct s3_fault fault = {0};
	struct s3_outcome o = {
		.result = result,
		.curl_text = "why",
		.was_connected = was_connected,
		.reply = &reply,
		.fault = &fault,
	};

	err_clear(e);
	return s3_judge(&o, e);
}

static void test_transport(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(judge(CURLE_OK, 200, true, &e), S3_SUCCEEDED);
	assert_false(err_is(&e));
	assert_int_equal(judge(CURLE_COULDNT_RESOLVE_HOST, 0, false, &e),
			 S3_RETRY);
	assert_int_equal(e.code, ERR_CONNECT);
	assert_int_equal(judge(CURLE_OPERATION_TIMEDOUT, 0, false, &e),
			 S3_RETRY);
	assert_int_equal(e.code, ERR_CONNECT);
	assert_int_equal(judge(CURLE_OPERATION_TIMEDOUT, 0, true, &e),
			 S3_RETRY);
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_int_equal(judge(CURLE_SSL_CONNECT_ERROR, 0, false, &e),
			 S3_RETRY);
	assert_int_equal(judge(CURLE_PEER_FAILED_VERIFICATION, 0, false, &e),
			 S3_FAILED);
	assert_int_equal(e.code, ERR_CONNECT);
	assert_int_equal(judge(CURLE_UNSUPPORTED_PROTOCOL, 0, true, &e),
			 S3_FAILED);
	assert_int_equal(judge(CURLE_OUT_OF_MEMORY, 0, false, &e), S3_FAILED);
	assert_int_equal(e.code, ERR_NOMEM);
	/* A refusal that came before the connection broke is what counts. */
	assert_int_equal(judge(CURLE_SEND_ERROR, 403, true, &e), S3_FAILED);
	assert_int_equal(e.code, ERR_DENIED);
	/* A success that broke is none. */
	assert_int_equal(judge(CURLE_RECV_ERROR, 200, true, &e), S3_RETRY);
	assert_int_equal(judge(CURLE_PARTIAL_FILE, 200, true, &e), S3_RETRY);
	assert_int_equal(e.code, ERR_DAMAGED);
}

static void test_fault_reading(void **state)
{
	static const char whole[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error>"
		"<Code>A&amp;B</Code><Message>line\nnext</Message>"
		"<Region>r</Region><Other><Code>no</Code></Other></Error>";
	static const char cut[] = "<Error><Code>SlowDown</Code><Mess";
	static const char other[] = "<Errors><Code>SlowDown</Code></Errors>";
	struct s3_fault f;

	(void)state;
	assert_true(s3_fault_read(&f, whole, strlen(whole)));
	assert_string_equal(f.code, "A&B");
	assert_string_equal(f.message, "line next");
	assert_string_equal(f.region, "r");
	assert_true(s3_fault_read(&f, cut, strlen(cut)));
	assert_string_equal(f.code, "SlowDown");
	assert_false(s3_fault_read(&f, other, strlen(other)));
	assert_string_equal(f.code, "");
	assert_false(s3_fault_read(&f, NULL, 0));
	assert_false(s3_fault_read(&f, "<Error", 6));
}

/* Foreign text is bounded, whatever its length. */
static void test_long_fault(void **state)
{
	struct text body = {0};
	struct s3_fault f;
	struct err e = {0};

	(void)state;
	text_printf(&body,
		    "<Error><Code>%01000d</Code><Message>%01000d"
		    "</Message></Error>",
		    0, 0);
	assert_false(body.is_broken);
	assert_true(s3_fault_read(&f, body.data, body.len));
	assert_int_equal(strlen(f.code), S3_CODE_MAX - 1);
	assert_int_equal(strlen(f.message), S3_MESSAGE_MAX - 1);
	assert_int_equal(s3_judge_fault(400, &f, &e), S3_FAILED);
	assert_non_null(strstr(e.msg, "is the endpoint an S3 server?"));
	text_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_fault_reading),
		cmocka_unit_test(test_long_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
