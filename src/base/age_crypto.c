/* age_crypto.c - the primitives of age, by OpenSSL. */
#include "base/age_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/secret.h"
#include "base/sha256.h"

enum { INFO_MAX = 40 };

void age_hkdf(const void *secret, size_t secret_len, const void *salt,
	      size_t salt_len, const char *info, unsigned char out[AGE_KEY_LEN])
{
	unsigned char prk[SHA256_LEN], block[INFO_MAX + 1];
	size_t len = strnlen(info, INFO_MAX);

	/* No salt is the same as one of zeros: HMAC pads its key with them. */
	hmac_sha256(salt, salt_len, secret, secret_len, prk);
	memcpy(block, info, len);
	block[len] = 1;
	hmac_sha256(prk, sizeof(prk), block, len + 1, out);
	secret_wipe(prk, sizeof(prk));
}

static bool derive(EVP_PKEY *mine, EVP_PKEY *other,
		   unsigned char shared[AGE_KEY_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = AGE_KEY_LEN;
	bool ok;

	/* A point of low order makes OpenSSL fail (RFC 7748, 6.1). */
	ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	     EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
	     EVP_PKEY_derive(ctx, shared, &len) == 1 && len == AGE_KEY_LEN;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

bool age_x25519(const unsigned char secret[AGE_KEY_LEN],
		const unsigned char other[AGE_KEY_LEN],
		unsigned char shared[AGE_KEY_LEN])
{
	EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL,
						      secret, AGE_KEY_LEN);
	EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL,
						       other, AGE_KEY_LEN);
	bool ok =
		mine != NULL && theirs != NULL && derive(mine, theirs, shared);

	EVP_PKEY_free(mine);
	EVP_PKEY_free(theirs);
	return ok;
}

bool age_x25519_public(const unsigned char secret[AGE_KEY_LEN],
		       unsigned char public[AGE_KEY_LEN])
{
	EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL,
						      secret, AGE_KEY_LEN);
	size_t len = AGE_KEY_LEN;
	bool ok = mine != NULL &&
		  EVP_PKEY_get_raw_public_key(mine, public, &len) == 1 &&
		  len == AGE_KEY_LEN;

	EVP_PKEY_free(mine);
	return ok;
}

/* An EVP_CIPHER_CTX under a name of our own. */
static EVP_CIPHER_CTX *ctx_of(struct age_aead *a)
{
	return (EVP_CIPHER_CTX *)(void *)a;
}

struct age_aead *age_aead_new(const unsigned char key[AGE_KEY_LEN],
			      bool is_sealing)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL && EVP_CipherInit_ex(ctx, EVP_chacha20_poly1305(), NULL,
					     key, NULL, is_sealing) == 1)
		return (struct age_aead *)(void *)ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

void age_aead_free(struct age_aead *a)
{
	EVP_CIPHER_CTX_free(ctx_of(a));
}

/* All calls have at most a chunk. */
static bool run(EVP_CIPHER_CTX *ctx, const unsigned char *nonce,
		bool is_sealing, unsigned char *bytes, size_t len)
{
	int n = 0;

	return len <= INT_MAX &&
	       EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, is_sealing) ==
		       1 &&
	       (len == 0 ||
		EVP_CipherUpdate(ctx, bytes, &n, bytes, (int)len) == 1);
}

bool age_aead_seal(struct age_aead *a, const unsigned char *nonce,
		   unsigned char *bytes, size_t len,
		   unsigned char tag[AGE_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = ctx_of(a);
	int n = 0;

	return run(ctx, nonce, true, bytes, len) &&
	       EVP_CipherFinal_ex(ctx, tag, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AGE_TAG_LEN,
				   tag) == 1;
}

bool age_aead_open(struct age_aead *a, const unsigned char *nonce,
		   unsigned char *bytes, size_t len,
		   const unsigned char tag[AGE_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = ctx_of(a);
	unsigned char copy[AGE_TAG_LEN], none[AGE_TAG_LEN];
	int n = 0;

	memcpy(copy, tag, sizeof(copy)); /* OpenSSL wants it writable */
	return run(ctx, nonce, false, bytes, len) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AGE_TAG_LEN,
				   copy) == 1 &&
	       EVP_CipherFinal_ex(ctx, none, &n) == 1;
}
