/*
 * fuzz_acts.c - JSON bodies of what is done (backups, restores and what they
 * would find, removals of many), through a whole server, as admin: the first
 * byte tells which. The server has no source and no backup, so whatever a body
 * says, nothing is begun, and each is refused in words of its own.
 *
 * make check runs it over tests/data/acts (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include "http_client.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const paths[] = {
	"/v1/backups",
	"/v1/restores",
	"/v1/restores/check",
	"/v1/backups/batch-delete",
};

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

/* A removal of many says of each what became of it. */
static bool is_refusal(const char *path, int status)
{
	return (status >= 400 && status < 500) ||
	       (status == 200 && path == paths[3]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct shop_request q = {
		.method = "POST", .role = ROLE_ADMIN, .is_unix = true};
	char *body;

	if (len < 2)
		return 0;
	if (shop == NULL)
		open_shop();
	body = malloc(len);
	if (body == NULL)
		abort();
	memcpy(body, data + 1, len - 1);
	body[len - 1] = '\0';
	q.path = paths[data[0] % (sizeof(paths) / sizeof(paths[0]))];
	q.body = body;
	if (!is_refusal(q.path, shop_ask(shop, &q)) || shop->json == NULL)
		abort();
	free(body);
	return 0;
}
