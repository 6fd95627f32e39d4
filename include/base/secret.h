/*
 * secret.h - secrets at rest: sealed with AES-256-GCM under a key file, and
 * wiped from memory when they are done with.
 */
#ifndef COFFER_BASE_SECRET_H
#define COFFER_BASE_SECRET_H

#include <stddef.h>

#include "base/err.h"

struct secret_key; /* 256 bits, in memory that is wiped when freed */

/*
 * Reads the key file, or makes it (mode 0600, synced to disk) when there is
 * none. Refuses one that others may read or that has another length.
 * Returns NULL with *e filled; secret_key_free() ends it.
 */
struct secret_key *secret_key_load(const char *path, struct err *e) MUST_CHECK;

/* Wipes and frees; NULL is fine. */
void secret_key_free(struct secret_key *k);

/*
 * Seals len bytes into base64 text (nonce, ciphertext, tag); bound is what it
 * belongs to ("src_.../password"): it opens only with the same. Returns a
 * string, caller frees; NULL with *e filled.
 */
char *secret_seal(const struct secret_key *k, const char *bound,
		  const void *plain, size_t len, struct err *e) MUST_CHECK;

/*
 * Opens what secret_seal() made. Returns the plain bytes, NUL-terminated
 * beyond *len (len may be NULL); caller ends them with secret_free(). NULL
 * with *e filled (ERR_DAMAGED: another key, another bound, or changed bytes).
 */
char *secret_open(const struct secret_key *k, const char *bound,
		  const char *sealed, size_t *len, struct err *e) MUST_CHECK;

/* Wipes a string and frees it; NULL is fine. */
void secret_free(char *s);

/* Wipes memory in a way that no optimizer removes. */
void secret_wipe(void *p, size_t len);

/* len random bytes from the system; aborts when the system has none. */
void secret_random(void *p, size_t len);

/* Compares in constant time. */
bool secret_equal(const void *a, const void *b, size_t len) MUST_CHECK;

#endif
