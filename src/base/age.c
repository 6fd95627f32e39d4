/*
 * age.c - the chunks of a file: each 64 KiB of plain text, but the last one,
 * which may be shorter and is empty only if the file is. The nonce counts the
 * chunks (11 bytes, big endian) and marks the last one.
 *
 * Sealing goes from the last chunk to the first, opening from the first to
 * the last: so both can be done in the place of what is there.
 */
#include "base/age_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum {
	CHUNK = AGE_CHUNK_BYTES,
	SEALED_CHUNK = AGE_CHUNK_BYTES + AGE_TAG_LEN,
	COUNTER_END = 11, /* of the nonce; then the mark */
};

static void set_nonce(unsigned char nonce[AGE_AEAD_NONCE_LEN], uint64_t number,
		      bool is_last)
{
	memset(nonce, 0, AGE_AEAD_NONCE_LEN);
	for (unsigned i = 1; i <= sizeof(number); i++) {
		nonce[COUNTER_END - i] = (unsigned char)number;
		number >>= 8;
	}
	nonce[COUNTER_END] = is_last;
}

static uint64_t chunks_of(uint64_t plain)
{
	return plain == 0 ? 1 : (plain + CHUNK - 1) / CHUNK;
}

uint64_t age_sealed_bytes(unsigned nrecipients, uint64_t plain)
{
	return age_header_bytes(nrecipients) + plain +
	       chunks_of(plain) * AGE_TAG_LEN;
}

bool age_plain_bytes(unsigned nrecipients, uint64_t sealed, uint64_t *plain)
{
	size_t header = age_header_bytes(nrecipients);
	uint64_t body, chunks;

	if (sealed < header + AGE_TAG_LEN)
		return false;
	body = sealed - header;
	chunks = (body + SEALED_CHUNK - 1) / SEALED_CHUNK;
	if (body < chunks * AGE_TAG_LEN)
		return false;
	*plain = body - chunks * AGE_TAG_LEN;
	return chunks_of(*plain) == chunks;
}

static void payload_key(const unsigned char file_key[AGE_FILE_KEY_LEN],
			const unsigned char nonce[AGE_NONCE_LEN],
			unsigned char key[AGE_KEY_LEN])
{
	age_hkdf(file_key, AGE_FILE_KEY_LEN, nonce, AGE_NONCE_LEN, "payload",
		 key);
}

static bool make_room(unsigned char **bytes, size_t *cap, size_t need)
{
	unsigned char *more;

	if (*bytes != NULL && *cap >= need)
		return true;
	more = realloc(*bytes, need);
	if (more == NULL)
		return false;
	*bytes = more;
	*cap = need;
	return true;
}

/* Plain text lies at bytes, its chunks go to bytes + header. */
static bool seal_chunks(struct age_aead *a, unsigned char *bytes, size_t len,
			size_t header)
{
	unsigned char nonce[AGE_AEAD_NONCE_LEN];
	size_t chunks = (size_t)chunks_of(len);

	for (size_t i = chunks; i-- > 0;) {
		unsigned char *from = bytes + i * CHUNK;
		unsigned char *to = bytes + header + i * SEALED_CHUNK;
		size_t n = i + 1 < chunks ? (size_t)CHUNK : len - i * CHUNK;

		set_nonce(nonce, i, i + 1 == chunks);
		memmove(to, from, n);
		if (!age_aead_seal(a, nonce, to, n, to + n))
			return false;
	}
	return true;
}

static bool seal_body(const unsigned char file_key[AGE_FILE_KEY_LEN],
		      unsigned char *bytes, size_t len, size_t header)
{
	unsigned char nonce[AGE_NONCE_LEN], key[AGE_KEY_LEN];
	struct age_aead *a;
	bool ok;

	secret_random(nonce, sizeof(nonce));
	payload_key(file_key, nonce, key);
	a = age_aead_new(key, true);
	secret_wipe(key, sizeof(key));
	ok = a != NULL && seal_chunks(a, bytes, len, header);
	age_aead_free(a);
	memcpy(bytes + header - AGE_NONCE_LEN, nonce, AGE_NONCE_LEN);
	return ok;
}

bool age_seal(const struct age_recipients *r, unsigned char **bytes,
	      size_t *len, size_t *cap, struct err *e)
{
	size_t sealed = (size_t)age_sealed_bytes(r->n, *len);
	unsigned char file_key[AGE_FILE_KEY_LEN];
	bool ok;

	if (!make_room(bytes, cap, sealed))
		return err_nomem(e, "an encrypted object");
	secret_random(file_key, sizeof(file_key));
	ok = seal_body(file_key, *bytes, *len, age_header_bytes(r->n)) ||
	     err_set(e, ERR_NOMEM, "internal",
		     "cannot encrypt: no memory, or OpenSSL has no "
		     "ChaCha20-Poly1305");
	ok = ok && age_header_write(r, file_key, *bytes, e);
	secret_wipe(file_key, sizeof(file_key));
	*len = sealed;
	return ok;
}

/* Chunks lie at bytes + from, what they hold goes to bytes. */
static bool open_chunks(const struct age_payload *p,
			const struct age_range *range, unsigned char *bytes,
			size_t from, size_t *len, struct err *e)
{
	struct age_aead *a = age_aead_new(p->key, false);
	unsigned char nonce[AGE_AEAD_NONCE_LEN];
	size_t left = *len, out = 0;
	uint64_t number = range->first;
	bool ok = a != NULL || err_nomem(e, "an encrypted object");

	while (ok) {
		size_t n = left < SEALED_CHUNK ? left : (size_t)SEALED_CHUNK;
		bool is_end = n == left;
		unsigned char *at = bytes + from;

		/* Only an empty file ends in an empty chunk. */
		ok = n >= AGE_TAG_LEN && (n > AGE_TAG_LEN || number == 0);
		n -= ok ? (size_t)AGE_TAG_LEN : 0;
		set_nonce(nonce, number++, is_end && range->is_last);
		ok = ok && age_aead_open(a, nonce, at, n, at + n);
		if (!ok) {
			(void)age_damaged(e, "a piece of it is not what was "
					     "encrypted");
			break;
		}
		memmove(bytes + out, at, n);
		out += n;
		from += n + AGE_TAG_LEN;
		left -= n + AGE_TAG_LEN;
		if (is_end)
			break;
	}
	age_aead_free(a);
	*len = out;
	return ok;
}

/* *used: bytes before the first chunk. */
static bool open_front(const struct age_identities *ids,
		       const unsigned char *bytes, size_t len, size_t *used,
		       struct age_payload *p, struct err *e)
{
	unsigned char file_key[AGE_FILE_KEY_LEN];

	if (!age_header_read(ids, bytes, len, file_key, used, e))
		return false;
	if (len - *used < AGE_NONCE_LEN) {
		secret_wipe(file_key, sizeof(file_key));
		return age_damaged(e, "it is cut behind its age header");
	}
	payload_key(file_key, bytes + *used, p->key);
	*used += AGE_NONCE_LEN;
	secret_wipe(file_key, sizeof(file_key));
	return true;
}

bool age_open(const struct age_identities *ids, unsigned char *bytes,
	      size_t *len, struct err *e)
{
	const struct age_range all = {.is_last = true};
	struct age_payload p;
	size_t used;
	bool ok;

	if (!open_front(ids, bytes, *len, &used, &p, e))
		return false;
	*len -= used;
	ok = open_chunks(&p, &all, bytes, used, len, e);
	secret_wipe(&p, sizeof(p));
	return ok;
}

bool age_open_header(const struct age_identities *ids,
		     const unsigned char *bytes, size_t header_bytes,
		     struct age_payload *p, struct err *e)
{
	size_t used;

	if (!open_front(ids, bytes, header_bytes, &used, p, e))
		return false;
	return used == header_bytes ||
	       age_damaged(e, "its age header has another length than it was "
			      "written with");
}

struct age_range age_range(unsigned nrecipients, uint64_t plain,
			   uint64_t offset, uint64_t length)
{
	uint64_t last = (offset + length - 1) / CHUNK;
	uint64_t end = (last + 1) * CHUNK;
	struct age_range r = {.first = offset / CHUNK};

	r.is_last = last + 1 == chunks_of(plain);
	r.offset = age_header_bytes(nrecipients) + r.first * SEALED_CHUNK;
	r.skip = offset - r.first * CHUNK;
	r.length = (end < plain ? end : plain) - r.first * CHUNK +
		   (last + 1 - r.first) * AGE_TAG_LEN;
	return r;
}

bool age_open_range(const struct age_payload *p, const struct age_range *range,
		    unsigned char *bytes, size_t *len, struct err *e)
{
	return open_chunks(p, range, bytes, 0, len, e);
}
