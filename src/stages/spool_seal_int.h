/* spool_seal_int.h - seals what a spool keeps on disk. */
#ifndef COFFER_STAGES_SPOOL_SEAL_INT_H
#define COFFER_STAGES_SPOOL_SEAL_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SPOOL_TAG_LEN = 16 };

/* AES-256-GCM; used by one thread at a time. */
struct spool_cipher;

/* Two with the same new key, which nobody else has. False with *e filled, and
 * neither made. */
bool spool_ciphers_new(struct spool_cipher *pair[2], struct err *e) MUST_CHECK;

/* Wipes the key. NULL is fine. */
void spool_cipher_free(struct spool_cipher *c);

/* In place. A number is never used twice. False: OpenSSL failed. */
bool spool_seal(struct spool_cipher *c, uint64_t number, void *bytes,
		size_t len, unsigned char tag[SPOOL_TAG_LEN]) MUST_CHECK;

/* In place. False: these are not the bytes that were sealed. */
bool spool_open(struct spool_cipher *c, uint64_t number, void *bytes,
		size_t len, const unsigned char tag[SPOOL_TAG_LEN]) MUST_CHECK;

#endif
