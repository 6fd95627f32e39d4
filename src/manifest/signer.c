/* signer.c - Ed25519 (RFC 8032) by OpenSSL. */
#include "manifest/manifest_int.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/encode.h"

enum { PUBLIC_LEN = 32, SIGNATURE_LEN = 64 };

struct signer {
	EVP_PKEY *key;
	char public_hex[2 * PUBLIC_LEN + 1];
};

static bool read_public(struct signer *s)
{
	unsigned char bytes[PUBLIC_LEN];
	size_t len = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(s->key, bytes, &len) != 1 ||
	    len != sizeof(bytes))
		return false;
	(void)hex_encode(bytes, len, s->public_hex);
	return true;
}

struct signer *signer_new(const unsigned char seed[SIGNER_SEED_LEN],
			  struct err *e)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "the signing key");
		return NULL;
	}
	s->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
					      SIGNER_SEED_LEN);
	if (s->key == NULL || !read_public(s)) {
		(void)err_set(e, ERR_INVALID, "internal",
			      "OpenSSL makes no Ed25519 key; it may be in a "
			      "mode that forbids it");
		signer_free(s);
		return NULL;
	}
	return s;
}

void signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_free(s->key);
	free(s);
}

const char *signer_public(const struct signer *s)
{
	return s->public_hex;
}

static bool sign_with(EVP_MD_CTX *ctx, const struct signer *s,
		      const void *bytes, size_t len,
		      unsigned char out[SIGNATURE_LEN])
{
	size_t n = SIGNATURE_LEN;

	return EVP_DigestSignInit(ctx, NULL, NULL, NULL, s->key) == 1 &&
	       EVP_DigestSign(ctx, out, &n, bytes, len) == 1 &&
	       n == SIGNATURE_LEN;
}

bool signer_sign(const struct signer *s, const void *bytes, size_t len,
		 char signature[SIGNATURE_HEX_MAX], struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char out[SIGNATURE_LEN];
	bool ok;

	if (ctx == NULL)
		return err_nomem(e, "a signature");
	ok = sign_with(ctx, s, bytes, len, out);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return err_set(e, ERR_INVALID, "internal",
			       "OpenSSL cannot sign with Ed25519");
	(void)hex_encode(out, sizeof(out), signature);
	return true;
}

#define NOT_GOOD "the manifest's signature is not good"

/* Only in the one spelling that we write: another one would be another
 * document with the same meaning. */
static bool decode_strictly(const char *hex, void *out, size_t len)
{
	return strlen(hex) == 2 * len &&
	       strspn(hex, "0123456789abcdef") == 2 * len &&
	       hex_decode(hex, out, len);
}

/* 1: it is good, 0: it is not, less: that could not be found out. */
static int verify(EVP_PKEY *key, const unsigned char sig[SIGNATURE_LEN],
		  const void *bytes, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int good = -1;

	if (ctx == NULL)
		return -1;
	if (EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1)
		good = EVP_DigestVerify(ctx, sig, SIGNATURE_LEN, bytes, len);
	EVP_MD_CTX_free(ctx);
	return good;
}

bool signature_check(const char *public_hex, const char *signature,
		     const void *bytes, size_t len, struct err *e)
{
	unsigned char public[PUBLIC_LEN];
	unsigned char sig[SIGNATURE_LEN];
	EVP_PKEY *key;
	int good = -1;

	if (!decode_strictly(public_hex, public, sizeof(public)) ||
	    !decode_strictly(signature, sig, sizeof(sig)))
		return manifest_damaged(e, NOT_GOOD);
	/* Of 32 bytes all are a key. Twice, since OpenSSL tells of memory that
	 * it did not get as of a signature that is not good. */
	key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public,
					  sizeof(public));
	for (int turn = 0; turn < 2 && key != NULL && good != 1; turn++)
		good = verify(key, sig, bytes, len);
	EVP_PKEY_free(key);
	if (good < 0)
		return err_nomem(e, "a signature");
	return good == 1 || manifest_damaged(e, NOT_GOOD);
}
