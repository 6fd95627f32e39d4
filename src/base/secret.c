/*
 * A sealed secret is base64 of nonce (12 random bytes), ciphertext and tag
 * (16 bytes) of AES-256-GCM; what it is bound to is authenticated with it, so
 * that a row of the catalog cannot be given another row's secret. With random
 * nonces NIST SP 800-38D, 8.3, allows 2^32 seals under a key: far beyond what
 * a server's sources and pools come to.
 */
#include "base/secret.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/secret_int.h"

enum {
	NONCE_LEN = 12,
	TAG_LEN = 16,
	OVERHEAD = NONCE_LEN + TAG_LEN,
	PLAIN_MAX = 1 << 24,
};

void secret_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

void secret_free(char *s)
{
	if (!s)
		return;
	/* The whole block: bytes may follow a NUL, or a longer text before. */
	OPENSSL_cleanse(s, malloc_usable_size(s));
	free(s);
}

void secret_random(void *p, size_t len)
{
	char *to = p;

	while (len > 0) {
		ssize_t n = getrandom(to, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_error("base", "no random bytes: %m");
			abort();
		}
		to += n;
		len -= (size_t)n;
	}
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

/* The cipher with key, nonce and bound in it; NULL when OpenSSL fails. */
static EVP_CIPHER_CTX *begin(const struct secret_key *k, const char *bound,
			     const unsigned char *nonce, bool is_seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t bound_len = strlen(bound);
	int n;

	if (ctx && bound_len <= INT_MAX &&
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, k->bytes, nonce,
			      is_seal) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)bound,
			     (int)bound_len) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* Fills out (len + OVERHEAD bytes) with nonce, ciphertext and tag. */
static bool encrypt(const struct secret_key *k, const char *bound,
		    const void *plain, size_t len, unsigned char *out)
{
	unsigned char *body = out + NONCE_LEN;
	EVP_CIPHER_CTX *ctx;
	bool ok;
	int n;

	secret_random(out, NONCE_LEN);
	ctx = begin(k, bound, out, true);
	ok = ctx &&
	     (len == 0 ||
	      EVP_EncryptUpdate(ctx, body, &n, plain, (int)len) == 1) &&
	     EVP_EncryptFinal_ex(ctx, body + len, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
				 body + len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

char *secret_seal(const struct secret_key *k, const char *bound,
		  const void *plain, size_t len, struct err *e)
{
	unsigned char *raw = NULL;
	char *sealed = NULL;

	if (len > PLAIN_MAX) {
		err_set(e, ERR_INVALID, "invalid_value",
			"a secret of %zu bytes is too long", len);
		return NULL;
	}
	raw = malloc(len + OVERHEAD);
	sealed = malloc(4 * ((len + OVERHEAD + 2) / 3) + 1);
	if (!raw || !sealed) {
		err_nomem(e, "a sealed secret");
		goto fail;
	}
	if (!encrypt(k, bound, plain, len, raw)) {
		err_set(e, ERR_NOMEM, "internal", "cannot seal a secret");
		goto fail;
	}
	base64_encode(raw, len + OVERHEAD, sealed);
	free(raw);
	return sealed;
fail:
	free(raw);
	free(sealed);
	return NULL;
}

/* Opens raw_len bytes (at least OVERHEAD) into plain; false: refused. */
static bool decrypt(const struct secret_key *k, const char *bound,
		    unsigned char *raw, size_t raw_len, char *plain)
{
	size_t len = raw_len - OVERHEAD;
	EVP_CIPHER_CTX *ctx = begin(k, bound, raw, false);
	unsigned char *out = (unsigned char *)plain;
	bool ok;
	int n;

	ok = ctx &&
	     (len == 0 || EVP_DecryptUpdate(ctx, out, &n, raw + NONCE_LEN,
					    (int)len) == 1) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN,
				 raw + NONCE_LEN + len) == 1 &&
	     EVP_DecryptFinal_ex(ctx, out + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* The bytes that base64 text stands for; NULL with *e filled. */
static unsigned char *decode(const char *sealed, size_t *raw_len, struct err *e)
{
	unsigned char *raw = malloc(strlen(sealed) / 4 * 3 + 1);

	if (!raw) {
		err_nomem(e, "a sealed secret");
		return NULL;
	}
	if (base64_decode(sealed, raw, raw_len) && *raw_len >= OVERHEAD &&
	    *raw_len - OVERHEAD <= PLAIN_MAX)
		return raw;
	err_set(e, ERR_DAMAGED, "internal", "a sealed secret is damaged");
	free(raw);
	return NULL;
}

char *secret_open(const struct secret_key *k, const char *bound,
		  const char *sealed, size_t *len, struct err *e)
{
	size_t raw_len, plain_len;
	unsigned char *raw = decode(sealed, &raw_len, e);
	char *plain;

	if (!raw)
		return NULL;
	plain_len = raw_len - OVERHEAD;
	plain = calloc(1, plain_len + 1);
	if (!plain) {
		err_nomem(e, "a secret");
	} else if (!decrypt(k, bound, raw, raw_len, plain)) {
		err_set(e, ERR_DAMAGED, "internal",
			"a sealed secret does not open: it is damaged, or the "
			"key file is not the one it was sealed with");
		secret_free(plain);
		plain = NULL;
	} else if (len) {
		*len = plain_len;
	}
	free(raw);
	return plain;
}
