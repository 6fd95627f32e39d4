/*
 * fuzz_http.c - bytes of clients through the real listener of a whole server:
 * what comes back is nothing, or answers that begin as answers do, none of them
 * a failure of the server (500), and the connection is over in the end. The
 * corpus has the token of who may read and no other one: nothing is made.
 *
 * make check runs it over tests/data/http (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include "http_client.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { END_MS = 20000, SHOWN = 64 * 1024 };

static struct shop *shop;

static void close_shop(void)
{
	shop_close(shop);
	shop = NULL;
}

static void open_shop(void)
{
	static const struct http_limits limits = {.failures_per_minute =
							  UINT_MAX};

	shop = shop_open(&limits);
	(void)atexit(close_shop);
}

/* Takes what has come; false: the other side has closed. */
static bool take(int fd, struct text *t)
{
	char bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n > 0 && t->len < SHOWN)
		text_add(t, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Sends all that the server wants to have of it. */
static void send_all(int fd, const uint8_t *data, size_t len, struct text *t)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
		house_turn(shop->house);
		if (!take(fd, t))
			return;
	}
}

static void check_answer(const struct text *t)
{
	static const char begin[] = "HTTP/1.";

	if (t->len == 0)
		return;
	if (t->len < sizeof(begin) + 4 ||
	    memcmp(t->data, begin, sizeof(begin) - 1) != 0)
		abort();
	/* 501 and 503 say what is so. */
	if (memcmp(t->data + sizeof(begin) + 1, "500", 3) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text t = {0};
	int64_t limit;
	int fd;

	if (shop == NULL)
		open_shop();
	fd = shop_connect_unix(shop);
	send_all(fd, data, len, &t);
	(void)shutdown(fd, SHUT_WR);
	limit = clock_mono_ms() + END_MS;
	while (take(fd, &t)) {
		house_turn(shop->house);
		if (clock_mono_ms() > limit)
			abort(); /* a connection that nobody ends */
	}
	(void)close(fd);
	check_answer(&t);
	text_free(&t);
	return 0;
}
