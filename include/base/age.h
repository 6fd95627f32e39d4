/*
 * age.h - files of the format age v1 with X25519 recipients, as the program
 * age reads and writes them (https://age-encryption.org/v1, C2SP age.md): a
 * header with the file key sealed to each recipient, a nonce of 16 bytes, then
 * chunks of 64 KiB that each authenticate themselves.
 *
 * All of it works in memory, needs no state, and may run on any thread.
 */
#ifndef COFFER_BASE_AGE_H
#define COFFER_BASE_AGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	AGE_KEY_LEN = 32,
	AGE_RECIPIENTS_MAX = 16,
	AGE_IDENTITIES_MAX = 8,
	AGE_RECIPIENT_MAX = 63, /* "age1..." with its NUL */
	AGE_CHUNK_BYTES = 64 * 1024,
	AGE_TAG_LEN = 16,
	AGE_HEADER_MAX = 64 * 1024, /* longer ones are refused */
};

#define AGE_SUFFIX ".age" /* of the names of sealed objects */

/* Public keys; copied as it is. n == 0: nothing is sealed. */
struct age_recipients {
	unsigned n;
	unsigned char keys[AGE_RECIPIENTS_MAX][AGE_KEY_LEN];
};

/* Secret keys; copied as it is, age_identities_wipe() ends each copy. */
struct age_identities {
	unsigned n;
	unsigned char keys[AGE_IDENTITIES_MAX][AGE_KEY_LEN];
};

/* What the chunks of one file are sealed with. A secret: wipe it. */
struct age_payload {
	unsigned char key[AGE_KEY_LEN];
};

/* Adds the key that "age1..." (Bech32, in lower case) stands for. False with
 * *e filled ("invalid_value"): it is none, it is there already, or there are
 * AGE_RECIPIENTS_MAX. */
bool age_recipients_add(struct age_recipients *r, const char *text,
			struct err *e) MUST_CHECK;

/* The way back. Returns out. */
char *age_recipient_format(const unsigned char key[AGE_KEY_LEN],
			   char out[AGE_RECIPIENT_MAX]);

/* Reads what a key file holds: a "AGE-SECRET-KEY-1..." in a line of its own,
 * one or more; empty lines and those that begin with # do not count. False with
 * *e filled ("invalid_value", without a word of the text). */
bool age_identities_read(struct age_identities *ids, const char *text,
			 struct err *e) MUST_CHECK;

/* True when one of them opens what is sealed to the recipients. */
bool age_identities_fit(const struct age_identities *ids,
			const struct age_recipients *r) MUST_CHECK;

/* Forgets the keys. */
void age_identities_wipe(struct age_identities *ids);

/* Bytes before the first chunk in a file that age_seal() makes. */
size_t age_header_bytes(unsigned nrecipients);

/* Length of the file that age_seal() makes of so many bytes. */
uint64_t age_sealed_bytes(unsigned nrecipients, uint64_t plain);

/* The way back; false: age_seal() makes no file of that length. */
bool age_plain_bytes(unsigned nrecipients, uint64_t sealed,
		     uint64_t *plain) MUST_CHECK;

/*
 * Turns *len bytes into an age file in their place: *bytes (malloc'ed, of *cap
 * bytes) is moved to more memory if it must. False with *e filled: no memory,
 * or OpenSSL lacks an algorithm; what was there is then lost.
 */
bool age_seal(const struct age_recipients *r, unsigned char **bytes,
	      size_t *len, size_t *cap, struct err *e) MUST_CHECK;

/* Turns an age file into what it holds, in its place. Failures:
 * "damaged_backup" (ERR_DAMAGED: not one bit of it is used), "identity_missing"
 * (ERR_CONFLICT: it is for others). */
bool age_open(const struct age_identities *ids, unsigned char *bytes,
	      size_t *len, struct err *e) MUST_CHECK;

/* Reads what stands before the first chunk, header_bytes in all; failures as
 * of age_open(). */
bool age_open_header(const struct age_identities *ids,
		     const unsigned char *bytes, size_t header_bytes,
		     struct age_payload *p, struct err *e) MUST_CHECK;

/* Some chunks of a file. */
struct age_range {
	uint64_t first;	  /* number of the first chunk */
	uint64_t offset;  /* in the file, of the first chunk */
	uint64_t length;  /* in the file */
	uint64_t skip;	  /* plain bytes in them before those wanted */
	bool is_last : 1; /* the last one is the file's last */
};

/* Those that hold length plain bytes (1 or more, not beyond the end) from
 * offset, in a file of age_seal()'s of so many plain bytes. */
struct age_range age_range(unsigned nrecipients, uint64_t plain,
			   uint64_t offset, uint64_t length);

/* Opens the chunks of a range in their place; *len is range->length, then that
 * of the plain bytes. "damaged_backup". */
bool age_open_range(const struct age_payload *p, const struct age_range *range,
		    unsigned char *bytes, size_t *len,
		    struct err *e) MUST_CHECK;

#endif
