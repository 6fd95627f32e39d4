/* password.c - scrypt by OpenSSL, and the text that its results are kept as. */
#include "base/password.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"

/*
 * What OWASP names for scrypt with 32 MiB (Password Storage Cheat Sheet):
 * N = 2^15, r = 8, p = 3. What is read from a catalog may ask for no more than
 * the bounds, so that a file cannot take the memory of the server.
 */
enum {
	LOG_N = 15,
	BLOCK = 8,
	PARALLEL = 3,
	LOG_N_MAX = 17,
	BLOCK_MAX = 8,
	PARALLEL_MAX = 10,
	MEMORY_MAX = 160 << 20,
	SALT_LEN = 16,
	SALT_MAX = 32,
	KEY_LEN = 32,
};

struct recipe {
	unsigned log_n, r, p;
	unsigned char salt[SALT_MAX];
	size_t salt_len;
	unsigned char key[KEY_LEN];
};

static bool derive(const char *password, const struct recipe *how,
		   unsigned char key[KEY_LEN])
{
	return EVP_PBE_scrypt(password, strlen(password), how->salt,
			      how->salt_len, UINT64_C(1) << how->log_n, how->r,
			      how->p, MEMORY_MAX, key, KEY_LEN) == 1;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Hexadecimal digits up to their end; 0: none, odd, or more than cap bytes. */
static size_t read_hex(const char *s, unsigned char *out, size_t cap)
{
	size_t n = 0;

	for (; n < cap; s += 2) {
		int high = digit(s[0]), low = high < 0 ? -1 : digit(s[1]);

		if (low < 0)
			break;
		out[n++] = (unsigned char)(high * 16 + low);
	}
	return *s == '\0' ? n : 0;
}

static bool read_recipe(const char *hash, struct recipe *out)
{
	char salt[2 * SALT_MAX + 1], key[2 * KEY_LEN + 1], extra;

	memset(out, 0, sizeof(*out));
	if (hash == NULL || strlen(hash) >= PASSWORD_HASH_MAX ||
	    sscanf(hash, "scrypt$%2u$%2u$%2u$%64[0-9a-f]$%64[0-9a-f]%c",
		   &out->log_n, &out->r, &out->p, salt, key, &extra) != 5)
		return false;
	out->salt_len = read_hex(salt, out->salt, SALT_MAX);
	return out->log_n >= 1 && out->log_n <= LOG_N_MAX && out->r >= 1 &&
	       out->r <= BLOCK_MAX && out->p >= 1 && out->p <= PARALLEL_MAX &&
	       out->salt_len > 0 && read_hex(key, out->key, KEY_LEN) == KEY_LEN;
}

static void new_recipe(struct recipe *out)
{
	memset(out, 0, sizeof(*out));
	out->log_n = LOG_N;
	out->r = BLOCK;
	out->p = PARALLEL;
	out->salt_len = SALT_LEN;
	secret_random(out->salt, SALT_LEN);
}

bool password_is_good(const char *password)
{
	size_t chars = 0;

	return utf8_check(password, strlen(password), &chars) &&
	       chars >= PASSWORD_MIN_CHARS && chars <= PASSWORD_MAX_CHARS;
}

bool password_hash(const char *password, char out[PASSWORD_HASH_MAX],
		   struct err *e)
{
	char salt[2 * SALT_LEN + 1], key[2 * KEY_LEN + 1];
	struct recipe how;

	new_recipe(&how);
	if (!derive(password, &how, how.key))
		return err_nomem(e, "a password");
	(void)snprintf(out, PASSWORD_HASH_MAX, "scrypt$%u$%u$%u$%s$%s",
		       how.log_n, how.r, how.p,
		       hex_encode(how.salt, how.salt_len, salt),
		       hex_encode(how.key, KEY_LEN, key));
	return true;
}

bool password_fits(const char *password, const char *hash)
{
	unsigned char key[KEY_LEN];
	struct recipe how;
	bool is_one = read_recipe(hash, &how);
	bool fits;

	if (!is_one)
		new_recipe(&how);
	fits = derive(password, &how, key) &&
	       secret_equal(key, how.key, KEY_LEN) && is_one;
	secret_wipe(key, sizeof(key));
	return fits;
}
