/* The strict reader of request heads: what passes, what does not, and that it
 * does not matter where the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/wire.h"

enum { HEAD_MAX = 512, BODY_MAX = 64 };

#define GET	"GET / HTTP/1.1\r\nHost: x\r\n"
#define POST	"POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define Y10	"yyyyyyyyyy"
#define Y100	Y10 Y10 Y10 Y10 Y10 Y10 Y10 Y10 Y10 Y10

static const struct sample {
	const char *bytes;
	unsigned heads;	  /* complete ones */
	const char *code; /* NULL: it passes */
} samples[] = {
	{GET "\r\n", 1, NULL},
	{GET "\r\n" GET "\r\n", 2, NULL},
	{"GET / HTTP/1.0\r\n\r\n", 1, NULL},
	{"GET /a?b=c%20d HTTP/1.1\r\nHost: x:1\r\nA:\r\nB: c \t\r\n\r\n", 1,
	 NULL},
	{POST "Content-Length: 2\r\n\r\n{}", 1, NULL},
	{POST "Content-Length: 2\r\n\r\n{}" GET "\r\n", 2, NULL},
	{POST "content-length: 0\r\n\r\n" GET "\r\n", 2, NULL},
	{POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", 1, NULL},
	{CHUNKED "2\r\n{}\r\n0\r\n\r\n" GET "\r\n", 2, NULL},
	{CHUNKED "0000000a\r\n" Y10 "\r\n0\r\n\r\n", 1, NULL},
	{"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 1, NULL},

	{"\r\n" GET "\r\n", 0, "malformed"},
	{"GET / HTTP/1.1\nHost: x\n\n", 0, "malformed"},
	{"GET / HTTP/1.1\r\nHost: x\n\r\n", 0, "malformed"},
	{"GET / HTTP/1.1\r\n\r\n", 0, "malformed"},
	{GET "Host: y\r\n\r\n", 0, "malformed"},
	{GET "HOST: x\r\n\r\n", 0, "malformed"},
	{"GET  / HTTP/1.1\r\n", 0, "malformed"},
	{"GET / HTTP/1.1 \r\n", 0, "malformed"},
	{"GET /\r\n", 0, "malformed"},
	{"GET\r\n", 0, "malformed"},
	{"G(T / HTTP/1.1\r\n", 0, "malformed"},
	{"GET http://x/ HTTP/1.1\r\n", 0, "malformed"},
	{"GET //x/ HTTP/1.1\r\n", 0, "malformed"},
	{"GET * HTTP/1.1\r\n", 0, "malformed"},
	{"GET /\x01 HTTP/1.1\r\n", 0, "malformed"},
	{"GET /\xc3\xa4 HTTP/1.1\r\n", 0, "malformed"},
	{"GET /#a HTTP/1.1\r\n", 0, "malformed"},
	{"GET / HTTP/2.0\r\n", 0, "version_not_supported"},
	{"GET / HTTP/1.10\r\n", 0, "malformed"},
	{"GET / HTPT/1.1\r\n", 0, "malformed"},
	{"BREW / HTTP/1.1\r\n", 0, "method_not_allowed"},
	{"get / HTTP/1.1\r\n", 0, "method_not_allowed"},
	{"CONNECT / HTTP/1.1\r\n", 0, "method_not_allowed"},
	{GET "A : b\r\n", 0, "malformed"},
	{GET " a: b\r\n", 0, "malformed"},
	{GET "A\r\n", 0, "malformed"},
	{GET ": b\r\n", 0, "malformed"},
	{GET "A: b\rc\r\n", 0, "malformed"},
	{GET "A: b\x01\r\n", 0, "malformed"},
	{GET "Content-Length: 1\r\n", 0, "malformed"},
	{"HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n", 0, "malformed"},
	{POST "Content-Length: 2\r\nContent-Length: 2\r\n", 0, "malformed"},
	{POST "Content-Length: +2\r\n", 0, "malformed"},
	{POST "Content-Length: \t2\r\n", 0, "malformed"},
	{POST "Content-Length: 2, 2\r\n", 0, "malformed"},
	{POST "Content-Length:\r\n", 0, "malformed"},
	{POST "Content-Length: 99999999999999999999\r\n", 0, "malformed"},
	{POST "Content-Length: 65\r\n", 0, "too_large"},
	{POST "Transfer-Encoding: gzip\r\n", 0, "malformed"},
	{POST "Transfer-Encoding: chunked, chunked\r\n", 0, "malformed"},
	{POST "Transfer-Encoding: \tchunked\r\n", 0, "malformed"},
	{POST "Transfer-Encoding : chunked\r\n", 0, "malformed"},
	{POST "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", 0,
	 "malformed"},
	{POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 0,
	 "malformed"},
	{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", 0, "malformed"},
	{GET "Transfer-Encoding: chunked\r\n", 0, "malformed"},
	{GET "Expect: miracles\r\n", 0, "expectation_failed"},
	{CHUNKED "2;a=b\r\n", 1, "malformed"},
	{CHUNKED "\r\n", 1, "malformed"},
	{CHUNKED "x\r\n", 1, "malformed"},
	{CHUNKED "-1\r\n", 1, "malformed"},
	{CHUNKED "000000001\r\n", 1, "malformed"},
	{CHUNKED "2\r\n{}}\r\n", 1, "malformed"},
	{CHUNKED "2\r\n{}\r\n0\r\nA: b\r\n", 1, "malformed"},
	{CHUNKED "41\r\n", 1, "too_large"},
	{CHUNKED "20\r\n" Y10 Y10 Y10 "yy\r\n21\r\n", 1, "too_large"},
	{GET "A: " Y100 Y100 Y100 Y100 Y100 "\r\n", 0, "headers_too_large"},
	{"GET /" Y100 Y100 Y100 Y100 Y100 Y100, 0, "headers_too_large"},
};

/* Feeds the sample in pieces of so many bytes. */
static void feed(const struct sample *p, size_t piece)
{
	struct wire w;
	struct err e = {0};
	size_t len = strlen(p->bytes);
	bool ok = true;

	wire_init(&w, HEAD_MAX, BODY_MAX);
	for (size_t at = 0; ok && at < len; at += piece)
		ok = wire_feed(&w, p->bytes + at,
			       len - at < piece ? len - at : piece, &e);
	if (ok != (p->code == NULL))
		fail_msg("%s: %s", p->bytes, ok ? "passed" : e.msg);
	if (!ok)
		assert_string_equal(e.api, p->code);
	assert_int_equal(w.heads, p->heads);
	if (ok)
		assert_int_equal(w.state, WIRE_IDLE);
	wire_fini(&w);
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		for (size_t piece = 1; piece < 12; piece++)
			feed(&samples[i], piece);
		feed(&samples[i], 1000);
	}
}

static void test_nul_is_refused(void **state)
{
	static const char bytes[] = "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n";
	struct wire w;
	struct err e = {0};

	(void)state;
	wire_init(&w, HEAD_MAX, BODY_MAX);
	assert_false(wire_feed(&w, bytes, sizeof(bytes) - 1, &e));
	assert_string_equal(e.api, "malformed");
	/* Once refused, for ever refused. */
	memset(&e, 0, sizeof(e));
	assert_false(wire_feed(&w, GET "\r\n", sizeof(GET "\r\n") - 1, &e));
	wire_fini(&w);
}

static void test_too_many_fields(void **state)
{
	struct wire w;
	struct err e = {0};
	bool ok;

	(void)state;
	wire_init(&w, 16 << 10, BODY_MAX);
	ok = wire_feed(&w, GET, strlen(GET), &e);
	for (unsigned i = 0; ok && i < 2 * WIRE_FIELDS_MAX; i++)
		ok = wire_feed(&w, "A: b\r\n", 6, &e);
	assert_false(ok);
	assert_string_equal(e.api, "headers_too_large");
	wire_fini(&w);
}

static void test_body_is_counted(void **state)
{
	struct wire w;
	struct err e = {0};
	static const char head[] = POST "Content-Length: 10\r\n\r\n";

	(void)state;
	wire_init(&w, HEAD_MAX, BODY_MAX);
	assert_true(wire_feed(&w, head, sizeof(head) - 1, &e));
	assert_int_equal(w.state, WIRE_BODY);
	assert_int_equal(w.body_len, 10);
	assert_true(wire_feed(&w, "\r\n\r\nGET /", 9, &e));
	assert_int_equal(w.body_left, 1);
	assert_true(wire_feed(&w, "x", 1, &e));
	assert_int_equal(w.state, WIRE_IDLE);
	wire_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_nul_is_refused),
		cmocka_unit_test(test_too_many_fields),
		cmocka_unit_test(test_body_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
