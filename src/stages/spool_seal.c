/*
 * spool_seal.c - what lies on disk can be read by nobody but the stream that
 * wrote it: AES-256-GCM, a random key per stream, the number of a block as its
 * nonce (NIST SP 800-38D, 8.2.1: a counter never gives one twice).
 */
#include "stages/spool_int.h"

#include <openssl/evp.h>

#include "base/secret.h"

enum {
	KEY_LEN = 32,
	NONCE_LEN = 12,
	PIECE_BYTES = 1 << 30, /* OpenSSL counts in int */
};

/* An EVP_CIPHER_CTX under a name of our own. */
static EVP_CIPHER_CTX *ctx_of(struct spool_cipher *c)
{
	return (EVP_CIPHER_CTX *)(void *)c;
}

static struct spool_cipher *cipher_new(const unsigned char key[KEY_LEN])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
					     NULL, 1) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	return (struct spool_cipher *)(void *)ctx;
}

void spool_cipher_free(struct spool_cipher *c)
{
	EVP_CIPHER_CTX_free(ctx_of(c));
}

bool spool_ciphers_new(struct spool_cipher *pair[2], struct err *e)
{
	unsigned char key[KEY_LEN];

	secret_random(key, sizeof(key));
	pair[0] = cipher_new(key);
	pair[1] = cipher_new(key);
	secret_wipe(key, sizeof(key));
	if (pair[0] != NULL && pair[1] != NULL)
		return true;
	spool_cipher_free(pair[0]);
	spool_cipher_free(pair[1]);
	pair[0] = pair[1] = NULL;
	return err_nomem(e, "the key of a spool");
}

/* All but the tag. */
static bool run(EVP_CIPHER_CTX *ctx, uint64_t number, unsigned char *at,
		size_t len, bool is_sealing)
{
	unsigned char nonce[NONCE_LEN] = {0};
	bool ok;

	for (unsigned i = 0; i < sizeof(number); i++)
		nonce[i] = (unsigned char)(number >> (8 * i));
	ok = EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, is_sealing) == 1;
	while (ok && len > 0) {
		int n = len < PIECE_BYTES ? (int)len : PIECE_BYTES;

		ok = EVP_CipherUpdate(ctx, at, &n, at, n) == 1;
		at += n;
		len -= (size_t)n;
	}
	return ok;
}

bool spool_seal(struct spool_cipher *c, uint64_t number, void *bytes,
		size_t len, unsigned char tag[SPOOL_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = ctx_of(c);
	unsigned char none[SPOOL_TAG_LEN];
	int n;

	return run(ctx, number, bytes, len, true) &&
	       EVP_CipherFinal_ex(ctx, none, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SPOOL_TAG_LEN,
				   tag) == 1;
}

bool spool_open(struct spool_cipher *c, uint64_t number, void *bytes,
		size_t len, const unsigned char tag[SPOOL_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = ctx_of(c);
	unsigned char none[SPOOL_TAG_LEN];
	int n;

	return run(ctx, number, bytes, len, false) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SPOOL_TAG_LEN,
				   (void *)(uintptr_t)tag) == 1 &&
	       EVP_CipherFinal_ex(ctx, none, &n) == 1;
}
