/*
 * The low-level calls are deprecated in OpenSSL 3, but they are the ones that
 * neither allocate nor fail: a digest on the stack has no error path, and
 * short inputs (each step of a signature) cost no look-up of a provider.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/encode.h"

enum { BLOCK_LEN = SHA256_CBLOCK };

void sha256(const void *bytes, size_t len, unsigned char out[SHA256_LEN])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, bytes, len);
	SHA256_Final(out, &ctx);
}

char *sha256_hex(const void *bytes, size_t len, char out[SHA256_HEX_MAX])
{
	unsigned char digest[SHA256_LEN];

	sha256(bytes, len, digest);
	return hex_encode(digest, sizeof(digest), out);
}

/* H((key xor pad) | bytes), the half of RFC 2104 that is done twice. */
static void hmac_half(const unsigned char key[BLOCK_LEN], unsigned char pad,
		      const void *bytes, size_t len,
		      unsigned char out[SHA256_LEN])
{
	unsigned char block[BLOCK_LEN];
	SHA256_CTX ctx;

	for (size_t i = 0; i < BLOCK_LEN; i++)
		block[i] = key[i] ^ pad;
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, block, sizeof(block));
	SHA256_Update(&ctx, bytes, len);
	SHA256_Final(out, &ctx);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&ctx, sizeof(ctx));
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 unsigned char out[SHA256_LEN])
{
	unsigned char padded[BLOCK_LEN] = {0}, inner[SHA256_LEN];

	if (key_len > BLOCK_LEN)
		sha256(key, key_len, padded);
	else if (key_len > 0)
		memcpy(padded, key, key_len);
	hmac_half(padded, 0x36, bytes, len, inner);
	hmac_half(padded, 0x5c, inner, sizeof(inner), out);
	OPENSSL_cleanse(padded, sizeof(padded));
	OPENSSL_cleanse(inner, sizeof(inner));
}

bool md5(const void *bytes, size_t len, unsigned char out[MD5_LEN])
{
	return EVP_Digest(bytes, len, out, NULL, EVP_md5(), NULL) == 1;
}
