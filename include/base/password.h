/*
 * password.h - passwords, kept as what scrypt (RFC 7914) makes of them. Both
 * calls take a third of a second and 32 MiB: for workers.
 */
#ifndef COFFER_BASE_PASSWORD_H
#define COFFER_BASE_PASSWORD_H

#include <stdbool.h>

#include "base/err.h"

/* "scrypt$15$8$3$SALT$KEY": log2 N, r, p, and two runs of hexadecimal digits,
 * with the NUL. */
enum { PASSWORD_HASH_MAX = 128 };

/* In characters, both ends included; in bytes, as UTF-8, with the NUL. */
enum {
	PASSWORD_MIN_CHARS = 12,
	PASSWORD_MAX_CHARS = 128,
	PASSWORD_BUF = 4 * PASSWORD_MAX_CHARS + 1,
};

/* Whether a new one may be: long and short enough, UTF-8. */
bool password_is_good(const char *password) MUST_CHECK;

/* Makes the hash, with a salt of its own. False with *e filled: no memory. */
bool password_hash(const char *password, char out[PASSWORD_HASH_MAX],
		   struct err *e) MUST_CHECK;

/*
 * Whether the hash is of that password. NULL, and a hash that is none or asks
 * for more than 128 MiB, fit nothing, after the same work as one that does not
 * fit: time tells nobody which names there are.
 */
bool password_fits(const char *password, const char *hash) MUST_CHECK;

#endif
