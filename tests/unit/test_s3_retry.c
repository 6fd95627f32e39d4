/* test_s3_retry.c - what is tried again, what never, and what is told. */
#include "test_stores_rig.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { STALL_TRIES = 20 };

#define ERROR_BODY(code) "<Error><Code>" code "</Code></Error>"

/* One reply that may be retried, then 200. */
static void expect_retried(struct rig *rig, const struct fake_reply *first)
{
	struct fake_reply replies[] = {*first, *first, {0}};

	RIG_SCRIPT(rig, replies);
	if (!rig_put(rig, "k", "x", 1))
		print_error("%s\n", rig->e.msg);
	assert_false(err_is(&rig->e));
	assert_int_equal(fake_s3_count(rig->fake), 3);
	assert_string_equal(fake_s3_request(rig->fake, 2)->body, "x");
}

static void test_retried_status(void **state)
{
	static const char *const statuses[] = {
		"500 x", "502 x", "503 x", "504 x", "429 x", "408 x",
	};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct fake_reply r = {.status = statuses[i],
				       .body = "<html>proxy</html>"};

		expect_retried(*state, &r);
	}
}

static void test_retried_code(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "503 x", .body = ERROR_BODY("SlowDown")},
		{.status = "400 x", .body = ERROR_BODY("RequestTimeout")},
		{.status = "400 x", .body = ERROR_BODY("BadDigest")},
		{.status = "409 x", .body = ERROR_BODY("OperationAborted")},
		{.body = ERROR_BODY("InternalError")}, /* with 200 */
	};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		expect_retried(*state, &replies[i]);
}

static void test_retried_connection(void **state)
{
	static const struct fake_reply replies[] = {
		{.act = FAKE_RESET},
		{.act = FAKE_CUT, .is_silent = true},
		{.act = FAKE_CUT, .body = "12345", .sent = 2},
	};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct rig *rig = *state;
		struct fake_reply script[] = {replies[i], {0}};

		RIG_SCRIPT(rig, script);
		assert_true(rig_put(rig, "k", "x", 1));
		assert_int_equal(fake_s3_count(rig->fake), 2);
	}
}

/* One reply that must end it at once. */
static void expect_final(struct rig *rig, const struct fake_reply *r,
			 enum err_code code, const char *text)
{
	rig_script(rig, r, 1);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, code, text);
	assert_int_equal(fake_s3_count(rig->fake), 1);
}

static void test_never_retried(void **state)
{
	static const struct {
		struct fake_reply reply;
		enum err_code code;
		const char *text;
	} cases[] = {
		{{.status = "403 x",
		  .body = "<Error><Code>AccessDenied</Code><Message>No\x01way"
			  "</Message></Error>"},
		 ERR_DENIED,
		 "403"}, /* broken XML: the status must do */
		{{.status = "403 x",
		  .body = "<Error><Code>AccessDenied</Code><Message>No\nway"
			  "</Message></Error>"},
		 ERR_DENIED,
		 "403 AccessDenied (No way); let this key"},
		{{.status = "403 x", .body = ERROR_BODY("InvalidAccessKeyId")},
		 ERR_DENIED,
		 "check access_key"},
		{{.status = "403 x",
		  .body = ERROR_BODY("SignatureDoesNotMatch")},
		 ERR_DENIED,
		 "secret_key"},
		{{.status = "404 x", .body = ERROR_BODY("NoSuchBucket")},
		 ERR_NOT_FOUND,
		 "make the bucket"},
		{{.status = "400 x", .body = ERROR_BODY("EntityTooLarge")},
		 ERR_REMOTE,
		 "part_bytes"},
		{{.status = "403 x", .body = ERROR_BODY("QuotaExceeded")},
		 ERR_REMOTE,
		 "quota"},
		{{.status = "418 x", .body = "teapot"},
		 ERR_REMOTE,
		 "418; is the endpoint an S3 server?"},
		{{.body = ERROR_BODY("AccessDenied")},
		 ERR_DENIED,
		 "200 AccessDenied"},
		{{.status = "403 x",
		  .body = ERROR_BODY("AccessDenied"),
		  .act = FAKE_CUT,
		  .is_early = true},
		 ERR_DENIED,
		 "AccessDenied"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_final(*state, &cases[i].reply, cases[i].code,
			     cases[i].text);
}

/* Another region or host: told, never followed. */
static void test_redirects(void **state)
{
	struct rig *rig = *state;
	char headers[128];
	struct fake_reply r = {
		.status = "301 x",
		.body = ERROR_BODY("PermanentRedirect"),
		.headers = headers,
	};
	static const struct fake_reply malformed = {
		.status = "400 x",
		.body = "<Error><Code>AuthorizationHeaderMalformed</Code>"
			"<Region>eu-west-3</Region></Error>",
	};

	snprintf(headers, sizeof(headers),
		 "Location: %s/elsewhere\r\n"
		 "x-amz-bucket-region: eu-central-1\r\n",
		 rig->endpoint);
	expect_final(rig, &r, ERR_REMOTE, "it wants \"eu-central-1\"");
	r.status = "307 x";
	r.body = NULL;
	expect_final(rig, &r, ERR_REMOTE, "307; set the region");
	expect_final(rig, &malformed, ERR_DENIED, "it wants \"eu-west-3\"");
}

static void test_attempts_end(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "503 x"}, {.status = "503 x"}, {.status = "503 x"},
		{.status = "503 x"}, {.status = "503 x"},
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, replies);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_REMOTE,
		   "PUT bucket/pre/fix/k, 4 attempts: the "
		   "store answered 503; the store is in");
	assert_int_equal(fake_s3_count(rig->fake), 4);
}

static void test_refused_connection(void **state)
{
	struct rig *rig = *state;
	struct s3_config config = rig_s3_config(rig);

	config.endpoint = "http://127.0.0.1:1";
	rig_use_s3(rig, &config);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_CONNECT, "4 attempts: could not reach the store");
	rig_expect(rig, ERR_CONNECT, "127.0.0.1");
}

/* What cannot get better by waiting is told at once. */
static void test_bad_ca_file(void **state)
{
	struct rig *rig = *state;
	struct s3_config config = rig_s3_config(rig);
	char endpoint[64];

	snprintf(endpoint, sizeof(endpoint), "https://127.0.0.1:%u",
		 fake_s3_port(rig->fake));
	config.endpoint = endpoint;
	config.ca_file = "/nonexistent/ca.pem";
	config.retry_ms = 1000 * 1000; /* the test would not end */
	rig_use_s3(rig, &config);
	fake_s3_script(rig->fake, NULL, 0);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_CONNECT, "CA file");
}

/* The server ends a kept connection just as the request goes out. */
static void test_stale_connection_is_free(void **state)
{
	static const struct fake_reply replies[] = {
		{0},
		{.act = FAKE_CUT, .is_silent = true},
		{0},
	};
	struct rig *rig = *state;
	struct s3_config config = rig_s3_config(rig);

	config.max_attempts = 1;
	rig_use_s3(rig, &config);
	fake_s3_script(rig->fake, replies, 3);
	assert_true(rig_put(rig, "k", "x", 1));
	assert_true(rig_put(rig, "k", "y", 1));
	assert_int_equal(fake_s3_count(rig->fake), 3);
	assert_int_equal(fake_s3_request(rig->fake, 1)->connection,
			 fake_s3_request(rig->fake, 0)->connection);
	assert_int_not_equal(fake_s3_request(rig->fake, 2)->connection,
			     fake_s3_request(rig->fake, 0)->connection);
	assert_string_equal(fake_s3_request(rig->fake, 2)->body, "y");
}

static const struct fake_reply stalls[] = {
	{.act = FAKE_STALL, .is_silent = true},
	{.act = FAKE_STALL, .body = "12345", .sent = 2},
	{0},
};

/* The limit on silence alone would take a second for each stall. */
static bool is_stopped_early(struct rig *rig, const struct s3_config *config)
{
	int64_t began = clock_mono_ms();

	rig_use_s3(rig, config);
	fake_s3_script(rig->fake, stalls, 3);
	return rig_put(rig, "k", "x", 1) && fake_s3_count(rig->fake) == 3 &&
	       clock_mono_ms() - began < 1900;
}

/* The absolute limit: connect_ms + 2 * stall_ms for something small. On a busy
 * machine it may take some tries to see it. */
static void test_stall(void **state)
{
	struct rig *rig = *state;
	struct s3_config config = rig_s3_config(rig);
	int tries = 0;

	config.connect_ms = 100;
	config.stall_ms = 50;
	while (!is_stopped_early(rig, &config))
		assert_true(++tries < STALL_TRIES);
	config.max_attempts = 1;
	rig_use_s3(rig, &config);
	fake_s3_script(rig->fake, stalls, 1);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_TIMEOUT, "the store stopped answering");
}

/* The limit on silence, which counts in whole seconds. */
static void test_silence_of_a_second(void **state)
{
	static const struct fake_reply replies[] = {
		{.act = FAKE_STALL, .body = "12345", .sent = 2}};
	struct rig *rig = *state;
	struct s3_config config = rig_s3_config(rig);
	int64_t began = clock_mono_ms();

	config.connect_ms = 60 * 1000; /* part of the absolute limit */
	config.stall_ms = 1000;
	config.max_attempts = 1;
	rig_use_s3(rig, &config);
	fake_s3_script(rig->fake, replies, 1);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_TIMEOUT, "the store stopped answering");
	assert_true(clock_mono_ms() - began < 50 * 1000);
}

/* A Date header that is so far off ours. */
static void make_date(char *out, size_t cap, int64_t skew_ms)
{
	time_t t = (time_t)((clock_now_ms() + skew_ms) / 1000);
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
	strftime(out, cap, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

static void test_clock_is_learned(void **state)
{
	enum { SKEW_MS = 2 * 3600 * 1000 };
	char date[64], stamp[32], early[32], late[32];
	struct fake_reply replies[] = {
		{.status = "403 x",
		 .headers = date,
		 .body = ERROR_BODY("RequestTimeTooSkewed")},
		{.headers = date},
		{.headers = date},
	};
	struct rig *rig = *state;
	int64_t skew;

	make_date(date, sizeof(date), SKEW_MS);
	RIG_SCRIPT(rig, replies);
	assert_true(rig_put(rig, "k", "x", 1));
	assert_true(rig_put(rig, "k", "x", 1));
	assert_int_equal(fake_s3_count(rig->fake), 3);
	for (size_t i = 1; i < 3; i++) {
		assert_non_null(fake_header(fake_s3_request(rig->fake, i),
					    "x-amz-date", stamp,
					    sizeof(stamp)));
		clock_format_basic(clock_now_ms() + SKEW_MS - 30000, early);
		clock_format_basic(clock_now_ms() + SKEW_MS + 30000, late);
		assert_true(strcmp(early, stamp) < 0);
		assert_true(strcmp(stamp, late) < 0);
	}
	skew = rig->store->ops->clock_skew_ms(rig->store);
	assert_true(skew > SKEW_MS - 30000 && skew < SKEW_MS + 30000);
}

/* A store that refuses its own time is not asked for ever, nor is one whose
 * clock jumps. */
static void test_clock_is_learned_once(void **state)
{
	char date[64], other[64];
	struct fake_reply jumps[] = {
		{.status = "403 x",
		 .headers = date,
		 .body = ERROR_BODY("RequestTimeTooSkewed")},
		{.status = "403 x",
		 .headers = other,
		 .body = ERROR_BODY("RequestTimeTooSkewed")},
		{0},
	};
	struct fake_reply replies[] = {
		{.status = "403 x",
		 .headers = date,
		 .body = ERROR_BODY("RequestTimeTooSkewed")},
		{.status = "403 x",
		 .headers = date,
		 .body = ERROR_BODY("RequestTimeTooSkewed")},
		{0},
	};
	struct rig *rig = *state;

	make_date(date, sizeof(date), -3600 * 1000);
	RIG_SCRIPT(rig, replies);
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_DENIED, "set the clock");
	assert_int_equal(fake_s3_count(rig->fake), 2);
	make_date(other, sizeof(other), 3600 * 1000);
	RIG_SCRIPT(rig, jumps);
	assert_false(rig_put(rig, "k", "x", 1));
	assert_int_equal(fake_s3_count(rig->fake), 2);
}

/* Retry-After is heeded: the second attempt waits its second. */
static void test_retry_after(void **state)
{
	static const struct fake_reply replies[] = {
		{.status = "503 x", .headers = "Retry-After: 1\r\n"}, {0}};
	struct rig *rig = *state;
	int64_t began = clock_mono_ms();

	RIG_SCRIPT(rig, replies);
	assert_true(rig_put(rig, "k", "x", 1));
	assert_true(clock_mono_ms() - began >= 990);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retried_status),
		cmocka_unit_test(test_retried_code),
		cmocka_unit_test(test_retried_connection),
		cmocka_unit_test(test_never_retried),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_attempts_end),
		cmocka_unit_test(test_refused_connection),
		cmocka_unit_test(test_bad_ca_file),
		cmocka_unit_test(test_stale_connection_is_free),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_silence_of_a_second),
		cmocka_unit_test(test_clock_is_learned),
		cmocka_unit_test(test_clock_is_learned_once),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
