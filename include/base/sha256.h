/* sha256.h - SHA-256, HMAC-SHA-256 and MD5 by OpenSSL. */
#ifndef COFFER_BASE_SHA256_H
#define COFFER_BASE_SHA256_H

#include <stddef.h>

#include "base/err.h"

enum { SHA256_LEN = 32, SHA256_HEX_MAX = 65, MD5_LEN = 16 };

/* The digest of one run of bytes. Aborts only if OpenSSL has no SHA-256. */
void sha256(const void *bytes, size_t len, unsigned char out[SHA256_LEN]);

/* The same as 64 hexadecimal digits. Returns out. */
char *sha256_hex(const void *bytes, size_t len, char out[SHA256_HEX_MAX]);

/* HMAC (RFC 2104) with SHA-256. */
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 unsigned char out[SHA256_LEN]);

/* For Content-MD5 only (RFC 1864). False: this OpenSSL has no MD5. */
bool md5(const void *bytes, size_t len, unsigned char out[MD5_LEN]) MUST_CHECK;

#endif
