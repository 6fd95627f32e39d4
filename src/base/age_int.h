/* age_int.h - what the files of the age format share. */
#ifndef COFFER_BASE_AGE_INT_H
#define COFFER_BASE_AGE_INT_H

#include "base/age.h"

enum { AGE_FILE_KEY_LEN = 16, AGE_NONCE_LEN = 16 };

/* Nonces of ChaCha20-Poly1305, RFC 8439. */
enum { AGE_AEAD_NONCE_LEN = 12 };

/* HKDF with SHA-256 (RFC 5869) to 32 bytes. */
void age_hkdf(const void *secret, size_t secret_len, const void *salt,
	      size_t salt_len, const char *info,
	      unsigned char out[AGE_KEY_LEN]);

/* X25519 (RFC 7748). False: no such algorithm, no memory, or other is a point
 * of low order. */
bool age_x25519(const unsigned char secret[AGE_KEY_LEN],
		const unsigned char other[AGE_KEY_LEN],
		unsigned char shared[AGE_KEY_LEN]) MUST_CHECK;

/* The public key of a secret one. False: no such algorithm, or no memory. */
bool age_x25519_public(const unsigned char secret[AGE_KEY_LEN],
		       unsigned char public[AGE_KEY_LEN]) MUST_CHECK;

struct age_aead; /* ChaCha20-Poly1305 for many runs of bytes */

/* NULL: no such algorithm, or no memory. age_aead_free() ends it. */
struct age_aead *age_aead_new(const unsigned char key[AGE_KEY_LEN],
			      bool is_sealing) MUST_CHECK;
void age_aead_free(struct age_aead *a);

/* In its place; the tag goes behind it. */
bool age_aead_seal(struct age_aead *a, const unsigned char *nonce,
		   unsigned char *bytes, size_t len,
		   unsigned char tag[AGE_TAG_LEN]) MUST_CHECK;

/* In its place. False: it is not what was sealed. */
bool age_aead_open(struct age_aead *a, const unsigned char *nonce,
		   unsigned char *bytes, size_t len,
		   const unsigned char tag[AGE_TAG_LEN]) MUST_CHECK;

/* Writes a header for the file key, and no nonce. out holds
 * age_header_bytes(r->n) - AGE_NONCE_LEN bytes. */
bool age_header_write(const struct age_recipients *r,
		      const unsigned char file_key[AGE_FILE_KEY_LEN],
		      unsigned char *out, struct err *e) MUST_CHECK;

/* Reads the header at the beginning of bytes; *header_len is its length. */
bool age_header_read(const struct age_identities *ids,
		     const unsigned char *bytes, size_t len,
		     unsigned char file_key[AGE_FILE_KEY_LEN],
		     size_t *header_len, struct err *e) MUST_CHECK;

/* "damaged_backup". Returns false. */
bool age_damaged(struct err *e, const char *what);

#endif
