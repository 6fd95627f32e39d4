/*
 * age_header.c - who may open a file: a stanza for each recipient, then a MAC
 * over it all.
 *
 *   age-encryption.org/v1
 *   -> X25519 SHARE
 *   FILE KEY, SEALED
 *   --- MAC
 *
 * Base64 without padding in its one spelling; the body of a stanza is wrapped
 * at 64 columns and ends with the first shorter line, be it empty.
 */
#include "base/age_int.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/sha256.h"

enum {
	COLUMNS = 64,
	KEY_TEXT_LEN = 43, /* 32 bytes in base64 without padding */
	SEALED_KEY_LEN = AGE_FILE_KEY_LEN + AGE_TAG_LEN,
	STANZAS_MAX = 1024,
};

static const char version_line[] = "age-encryption.org/v1\n";
static const char x25519_begin[] = "-> X25519 ";
static const char end_begin[] = "---";
static const char wrap_info[] = "age-encryption.org/v1/X25519";

bool age_damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup", "%s", what);
}

size_t age_header_bytes(unsigned nrecipients)
{
	const size_t stanza =
		sizeof(x25519_begin) - 1 + KEY_TEXT_LEN + 1 + KEY_TEXT_LEN + 1;

	return sizeof(version_line) - 1 + nrecipients * stanza +
	       sizeof(end_begin) - 1 + 1 + KEY_TEXT_LEN + 1 + AGE_NONCE_LEN;
}

/* The text of 32 bytes at out, not terminated. Returns its end. */
static unsigned char *put_key(unsigned char *out, const unsigned char *key)
{
	char text[KEY_TEXT_LEN + 2];

	(void)base64_encode(key, AGE_KEY_LEN, text);
	memcpy(out, text, KEY_TEXT_LEN);
	return out + KEY_TEXT_LEN;
}

static unsigned char *put_text(unsigned char *out, const char *text)
{
	while (*text != '\0')
		*out++ = (unsigned char)*text++;
	return out;
}

/* Exactly 32 bytes; no other spelling of them is taken. */
static bool get_key(const unsigned char *text, size_t len,
		    unsigned char key[AGE_KEY_LEN])
{
	char padded[KEY_TEXT_LEN + 2];
	unsigned char out[AGE_KEY_LEN + 3];
	size_t n;

	if (len != KEY_TEXT_LEN)
		return false;
	(void)snprintf(padded, sizeof(padded), "%.*s=", (int)len,
		       (const char *)text);
	if (!base64_decode(padded, out, &n) || n != AGE_KEY_LEN)
		return false;
	memcpy(key, out, AGE_KEY_LEN);
	return true;
}

static void wrap_key(const unsigned char shared[AGE_KEY_LEN],
		     const unsigned char share[AGE_KEY_LEN],
		     const unsigned char recipient[AGE_KEY_LEN],
		     unsigned char key[AGE_KEY_LEN])
{
	unsigned char salt[2 * AGE_KEY_LEN];

	memcpy(salt, share, AGE_KEY_LEN);
	memcpy(salt + AGE_KEY_LEN, recipient, AGE_KEY_LEN);
	age_hkdf(shared, AGE_KEY_LEN, salt, sizeof(salt), wrap_info, key);
}

/* The file key under a key that is used once, so its nonce may be zero. */
static bool seal_key(const unsigned char key[AGE_KEY_LEN],
		     unsigned char sealed[SEALED_KEY_LEN])
{
	static const unsigned char zero[AGE_AEAD_NONCE_LEN];
	struct age_aead *a = age_aead_new(key, true);
	bool ok = a != NULL && age_aead_seal(a, zero, sealed, AGE_FILE_KEY_LEN,
					     sealed + AGE_FILE_KEY_LEN);

	age_aead_free(a);
	return ok;
}

static bool open_key(const unsigned char key[AGE_KEY_LEN],
		     unsigned char sealed[SEALED_KEY_LEN])
{
	static const unsigned char zero[AGE_AEAD_NONCE_LEN];
	struct age_aead *a = age_aead_new(key, false);
	bool ok = a != NULL && age_aead_open(a, zero, sealed, AGE_FILE_KEY_LEN,
					     sealed + AGE_FILE_KEY_LEN);

	age_aead_free(a);
	return ok;
}

static bool make_stanza(const unsigned char recipient[AGE_KEY_LEN],
			const unsigned char file_key[AGE_FILE_KEY_LEN],
			unsigned char share[AGE_KEY_LEN],
			unsigned char body[SEALED_KEY_LEN])
{
	unsigned char ephemeral[AGE_KEY_LEN], shared[AGE_KEY_LEN] = {0};
	unsigned char key[AGE_KEY_LEN] = {0};
	bool ok;

	secret_random(ephemeral, sizeof(ephemeral));
	memcpy(body, file_key, AGE_FILE_KEY_LEN);
	ok = age_x25519_public(ephemeral, share) &&
	     age_x25519(ephemeral, recipient, shared);
	if (ok) {
		wrap_key(shared, share, recipient, key);
		ok = seal_key(key, body);
	}
	secret_wipe(ephemeral, sizeof(ephemeral));
	secret_wipe(shared, sizeof(shared));
	secret_wipe(key, sizeof(key));
	return ok;
}

/* Of the header up to and with "---". */
static void header_mac(const unsigned char file_key[AGE_FILE_KEY_LEN],
		       const unsigned char *header, size_t len,
		       unsigned char mac[SHA256_LEN])
{
	unsigned char key[AGE_KEY_LEN];

	age_hkdf(file_key, AGE_FILE_KEY_LEN, NULL, 0, "header", key);
	hmac_sha256(key, sizeof(key), header, len, mac);
	secret_wipe(key, sizeof(key));
}

bool age_header_write(const struct age_recipients *r,
		      const unsigned char file_key[AGE_FILE_KEY_LEN],
		      unsigned char *out, struct err *e)
{
	unsigned char share[AGE_KEY_LEN], body[SEALED_KEY_LEN];
	unsigned char mac[SHA256_LEN];
	unsigned char *at = put_text(out, version_line);

	for (unsigned i = 0; i < r->n; i++) {
		if (!make_stanza(r->keys[i], file_key, share, body))
			return err_set(e, ERR_NOMEM, "internal",
				       "cannot seal for a recipient: no "
				       "memory, or its key is none of X25519");
		at = put_text(at, x25519_begin);
		at = put_key(at, share);
		*at++ = '\n';
		at = put_key(at, body);
		*at++ = '\n';
	}
	at = put_text(at, end_begin);
	header_mac(file_key, out, (size_t)(at - out), mac);
	*at++ = ' ';
	at = put_key(at, mac);
	*at = '\n';
	return true;
}

/* A header as it is read. */
struct reading {
	const unsigned char *bytes, *at, *end;
	const struct age_identities *ids;
	unsigned char file_key[AGE_FILE_KEY_LEN];
	bool is_open; /* one identity had it */
};

/* The next line, without its end; NULL: there is none. */
static const unsigned char *take_line(struct reading *rd, size_t *len)
{
	const unsigned char *line = rd->at;
	const unsigned char *nl =
		memchr(rd->at, '\n', (size_t)(rd->end - rd->at));

	if (nl == NULL)
		return NULL;
	*len = (size_t)(nl - line);
	rd->at = nl + 1;
	return line;
}

static bool begins(const unsigned char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(line, with, n) == 0;
}

static bool try_identity(struct reading *rd,
			 const unsigned char secret[AGE_KEY_LEN],
			 const unsigned char share[AGE_KEY_LEN],
			 const unsigned char body[SEALED_KEY_LEN])
{
	unsigned char public[AGE_KEY_LEN], shared[AGE_KEY_LEN] = {0};
	unsigned char key[AGE_KEY_LEN] = {0}, sealed[SEALED_KEY_LEN];
	bool ok;

	memcpy(sealed, body, sizeof(sealed));
	ok = age_x25519_public(secret, public) &&
	     age_x25519(secret, share, shared);
	if (ok) {
		wrap_key(shared, share, public, key);
		ok = open_key(key, sealed);
	}
	if (ok)
		memcpy(rd->file_key, sealed, AGE_FILE_KEY_LEN);
	secret_wipe(shared, sizeof(shared));
	secret_wipe(key, sizeof(key));
	secret_wipe(sealed, sizeof(sealed));
	return ok;
}

/* line: the one that begins it. False: not as it must be. */
static bool read_x25519(struct reading *rd, const unsigned char *line,
			size_t len)
{
	const size_t n = sizeof(x25519_begin) - 1;
	unsigned char share[AGE_KEY_LEN], body[SEALED_KEY_LEN];

	if (!get_key(line + n, len - n, share))
		return false;
	line = take_line(rd, &len);
	if (line == NULL || !get_key(line, len, body))
		return false;
	for (unsigned i = 0; i < rd->ids->n && !rd->is_open; i++)
		rd->is_open = try_identity(rd, rd->ids->keys[i], share, body);
	return true;
}

/* A stanza of a kind that is not known here. */
static bool skip_body(struct reading *rd)
{
	size_t len = COLUMNS;

	while (len == COLUMNS) {
		if (take_line(rd, &len) == NULL || len > COLUMNS)
			return false;
	}
	return true;
}

static bool check_mac(struct reading *rd, const unsigned char *line, size_t len)
{
	const size_t n = sizeof(end_begin) - 1;
	unsigned char found[SHA256_LEN], mac[SHA256_LEN];

	if (len <= n || line[n] != ' ' ||
	    !get_key(line + n + 1, len - n - 1, mac))
		return false;
	/* Without the file key nobody can tell. */
	if (!rd->is_open)
		return true;
	header_mac(rd->file_key, rd->bytes, (size_t)(line - rd->bytes) + n,
		   found);
	return secret_equal(found, mac, sizeof(mac));
}

static bool read_stanzas(struct reading *rd)
{
	const unsigned char *line;
	size_t len;

	for (unsigned i = 0; i <= STANZAS_MAX; i++) {
		line = take_line(rd, &len);
		if (line == NULL)
			return false;
		if (begins(line, len, end_begin))
			return i > 0 && check_mac(rd, line, len);
		if (begins(line, len, x25519_begin)
			    ? !read_x25519(rd, line, len)
			    : !begins(line, len, "-> ") || !skip_body(rd))
			return false;
	}
	return false;
}

bool age_header_read(const struct age_identities *ids,
		     const unsigned char *bytes, size_t len,
		     unsigned char file_key[AGE_FILE_KEY_LEN],
		     size_t *header_len, struct err *e)
{
	struct reading rd = {.bytes = bytes, .ids = ids};
	bool ok = begins(bytes, len, version_line);

	rd.at = bytes + (ok ? sizeof(version_line) - 1 : 0);
	rd.end = bytes + (len < AGE_HEADER_MAX ? len : AGE_HEADER_MAX);
	ok = ok && read_stanzas(&rd);
	if (ok && rd.is_open)
		memcpy(file_key, rd.file_key, AGE_FILE_KEY_LEN);
	secret_wipe(rd.file_key, sizeof(rd.file_key));
	*header_len = (size_t)(rd.at - bytes);
	if (!ok)
		return age_damaged(e, "its age header is not as it was "
				      "written");
	return rd.is_open ||
	       err_set(e, ERR_CONFLICT, "identity_missing",
		       "it is encrypted, and none of the identities given "
		       "opens it: give the pool the age identity "
		       "(AGE-SECRET-KEY-1...) of one of its recipients");
}
