/*
 * age_key.c - keys as people see them: Bech32 (BIP 173, without its bound on
 * the length) of 32 bytes, "age1..." and "AGE-SECRET-KEY-1...".
 */
#include "base/age_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

enum {
	GROUP_BITS = 5,
	GROUPS = (AGE_KEY_LEN * 8 + GROUP_BITS - 1) / GROUP_BITS,
	CHECK_GROUPS = 6,
	SYMBOLS = GROUPS + CHECK_GROUPS, /* behind the '1' */
	LINE_MAX_LEN = 128,
};

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char recipient_hrp[] = "age";
static const char identity_hrp[] = "age-secret-key-";

static uint32_t polymod_step(uint32_t chk, unsigned value)
{
	static const uint32_t gen[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
				       0x3d4233dd, 0x2a1462b3};
	uint32_t top = chk >> 25;

	chk = (chk & 0x1ffffff) << GROUP_BITS ^ value;
	for (unsigned i = 0; i < GROUP_BITS; i++)
		chk ^= (top >> i & 1) != 0 ? gen[i] : 0;
	return chk;
}

/* The human-readable part goes into the checksum before the data. */
static uint32_t polymod_hrp(const char *hrp)
{
	uint32_t chk = 1;

	for (const char *c = hrp; *c != '\0'; c++)
		chk = polymod_step(chk, (unsigned char)*c >> GROUP_BITS);
	chk = polymod_step(chk, 0);
	for (const char *c = hrp; *c != '\0'; c++)
		chk = polymod_step(chk, (unsigned char)*c & 31);
	return chk;
}

/* Bits from the first byte on; those that are left over are zero. */
static unsigned group_of(const unsigned char key[AGE_KEY_LEN], unsigned i)
{
	unsigned bit = i * GROUP_BITS;
	unsigned byte = bit / 8;
	unsigned two = (unsigned)key[byte] << 8;

	if (byte + 1 < AGE_KEY_LEN)
		two |= key[byte + 1];
	return two >> (16 - GROUP_BITS - bit % 8) & 31;
}

char *age_recipient_format(const unsigned char key[AGE_KEY_LEN],
			   char out[AGE_RECIPIENT_MAX])
{
	uint32_t chk = polymod_hrp(recipient_hrp);
	int at = snprintf(out, AGE_RECIPIENT_MAX, "%s1", recipient_hrp);

	for (unsigned i = 0; i < GROUPS; i++) {
		unsigned group = group_of(key, i);

		chk = polymod_step(chk, group);
		out[at++] = charset[group];
	}
	for (unsigned i = 0; i < CHECK_GROUPS; i++)
		chk = polymod_step(chk, 0);
	chk ^= 1;
	for (unsigned i = 0; i < CHECK_GROUPS; i++)
		out[at++] = charset[chk >> GROUP_BITS * (CHECK_GROUPS - 1 - i) &
				    31];
	out[at] = '\0';
	return out;
}

/* 5-bit groups to bytes; false when left-over bits are not zero. */
static bool join_groups(const unsigned char groups[GROUPS],
			unsigned char key[AGE_KEY_LEN])
{
	unsigned acc = 0, bits = 0, n = 0;

	for (unsigned i = 0; i < GROUPS; i++) {
		acc = (acc << GROUP_BITS | groups[i]) & 0xfff;
		bits += GROUP_BITS;
		if (bits >= 8) {
			bits -= 8;
			key[n++] = (unsigned char)(acc >> bits);
		}
	}
	return (acc & ((1U << bits) - 1)) == 0;
}

/* text: the symbols, in lower case. */
static bool decode_symbols(const char *hrp, const char *text,
			   unsigned char key[AGE_KEY_LEN])
{
	unsigned char groups[GROUPS];
	uint32_t chk = polymod_hrp(hrp);
	bool ok;

	if (strlen(text) != SYMBOLS)
		return false;
	for (unsigned i = 0; i < SYMBOLS; i++) {
		const char *c = strchr(charset, text[i]);

		if (c == NULL)
			return false;
		chk = polymod_step(chk, (unsigned)(c - charset));
		if (i < GROUPS)
			groups[i] = (unsigned char)(c - charset);
	}
	ok = chk == 1 && join_groups(groups, key);
	secret_wipe(groups, sizeof(groups));
	return ok;
}

static bool is_there(const struct age_recipients *r, const unsigned char *key)
{
	for (unsigned i = 0; i < r->n; i++) {
		if (memcmp(r->keys[i], key, AGE_KEY_LEN) == 0)
			return true;
	}
	return false;
}

bool age_recipients_add(struct age_recipients *r, const char *text,
			struct err *e)
{
	const size_t n = sizeof(recipient_hrp) - 1;
	unsigned char key[AGE_KEY_LEN];

	if (strncmp(text, recipient_hrp, n) != 0 || text[n] != '1' ||
	    !decode_symbols(recipient_hrp, text + n + 1, key))
		return err_set(e, ERR_INVALID, "invalid_value",
			       "this is no age recipient: give the public key "
			       "that age-keygen prints, \"age1...\", whole and "
			       "without a typing error");
	if (is_there(r, key))
		return err_set(e, ERR_INVALID, "invalid_value",
			       "this recipient is named twice");
	if (r->n == AGE_RECIPIENTS_MAX)
		return err_set(e, ERR_INVALID, "invalid_value",
			       "there are more than %d recipients",
			       AGE_RECIPIENTS_MAX);
	memcpy(r->keys[r->n++], key, AGE_KEY_LEN);
	return true;
}

/* One line of a key file, without its end. Upper and lower case are not mixed,
 * so upper case may be lowered as a whole. */
static bool decode_identity(const char *line, size_t len,
			    unsigned char key[AGE_KEY_LEN])
{
	const size_t n = sizeof(identity_hrp) - 1;
	char lower[LINE_MAX_LEN];
	bool ok;

	if (len <= n || len >= sizeof(lower))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (islower((unsigned char)line[i]))
			return false;
		lower[i] = (char)tolower((unsigned char)line[i]);
	}
	lower[len] = '\0';
	ok = strncmp(lower, identity_hrp, n) == 0 && lower[n] == '1' &&
	     decode_symbols(identity_hrp, lower + n + 1, key);
	secret_wipe(lower, sizeof(lower));
	return ok;
}

static bool add_identity(struct age_identities *ids, const char *line,
			 size_t len, struct err *e)
{
	if (ids->n == AGE_IDENTITIES_MAX)
		return err_set(e, ERR_INVALID, "invalid_value",
			       "there are more than %d identities",
			       AGE_IDENTITIES_MAX);
	if (!decode_identity(line, len, ids->keys[ids->n]))
		return err_set(e, ERR_INVALID, "invalid_value",
			       "this is no age identity: give what age-keygen "
			       "wrote, \"AGE-SECRET-KEY-1...\", whole and "
			       "without a typing error");
	ids->n++;
	return true;
}

bool age_identities_read(struct age_identities *ids, const char *text,
			 struct err *e)
{
	memset(ids, 0, sizeof(*ids));
	while (*text != '\0') {
		size_t line = strcspn(text, "\n");
		size_t len = line;

		while (len > 0 && isspace((unsigned char)text[len - 1]))
			len--;
		if (len > 0 && *text != '#' &&
		    !add_identity(ids, text, len, e)) {
			age_identities_wipe(ids);
			return false;
		}
		text += line + (text[line] == '\n');
	}
	return ids->n > 0 || err_set(e, ERR_INVALID, "invalid_value",
				     "there is no age identity in it");
}

bool age_identities_fit(const struct age_identities *ids,
			const struct age_recipients *r)
{
	unsigned char public[AGE_KEY_LEN];

	for (unsigned i = 0; i < ids->n; i++) {
		if (age_x25519_public(ids->keys[i], public) &&
		    is_there(r, public))
			return true;
	}
	return false;
}

void age_identities_wipe(struct age_identities *ids)
{
	secret_wipe(ids, sizeof(*ids));
}
