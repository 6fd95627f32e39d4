/*
 * client.h - the way to one bucket of an S3 store: address, credentials, and
 * what is learned of the store while it is asked. Pools and sources of buckets
 * use it; what is asked is told by request.h, pages.h, tags.h.
 *
 * Errors of all calls of this room: ERR_INVALID (the configuration, or a key,
 * is wrong), ERR_CONNECT (could not be reached; after retries), ERR_TIMEOUT,
 * ERR_DENIED (credentials or permission), ERR_NOT_FOUND (no such object; or no
 * such bucket, told in the text), ERR_CONFLICT (a condition was not met),
 * ERR_DAMAGED (longer or shorter than asked for), ERR_REMOTE, ERR_IO. The API's
 * code is "store_failed" in all of them.
 */
#ifndef COFFER_S3_CLIENT_H
#define COFFER_S3_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct transfers;
struct workers;
struct s3_client;

struct s3_config {
	const char *endpoint; /* http://HOST[:PORT] or https://... */
	const char *region;   /* "us-east-1" when empty */
	const char *bucket;
	const char *prefix; /* "" or "a/b"; no slash at the ends */
	const char *access_key;
	const char *secret_key;
	const char *ca_file; /* NULL: the system's */
	bool is_path_style;

	/* 0 stands for the default. Ten attempts survive a store that is away
	 * for a minute; a probe should make no more than three. */
	unsigned max_attempts; /* 10 */
	unsigned connect_ms;   /* 10,000: until a connection stands */
	unsigned stall_ms;     /* 30,000: without a byte in either direction */
	unsigned retry_ms; /* 500: before the second attempt, then doubled */
};

/* What clients run on; borrowed for the life of the client. */
struct s3_env {
	struct loop *loop;
	struct transfers *transfers;
	struct workers *blocking; /* threads that may sleep */
};

/*
 * Checks the configuration, copies it. No I/O yet. NULL with *e filled
 * (ERR_INVALID tells which field is wrong). Every request must be over or
 * canceled before s3_client_free().
 */
struct s3_client *s3_client_new(const struct s3_env *env,
				const struct s3_config *config,
				struct err *e) MUST_CHECK;

/* Frees it, wipes the secret. NULL is fine. */
void s3_client_free(struct s3_client *c);

/* The prefix of the configuration, "" or "a/b/": to put before keys. Borrowed
 * from the client. */
const char *s3_client_prefix(const struct s3_client *c);

/* That prefix and key; caller frees, NULL: no memory. */
char *s3_whole_key(const struct s3_client *st, const char *key) MUST_CHECK;

/* The same after checking it: an empty key would name the bucket itself.
 * Caller frees; NULL with *e filled. */
char *s3_checked_key(const struct s3_client *st, const char *key,
		     struct err *e) MUST_CHECK;

/* Server time minus our time, as last seen. */
int64_t s3_client_skew_ms(const struct s3_client *c);

#endif
