/* sign.c - AWS Signature Version 4 for S3. */
#include "sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/sha256.h"

enum { DATE_DAY_LEN = 8 };

void s3_path_encode(struct text *out, const char *key)
{
	text_char(out, '/');
	percent_encode(out, key, strlen(key), true);
}

/* One parameter, both sides encoded. */
struct parameter {
	struct text name;
	struct text value;
};

static const char *string_of(const struct text *t)
{
	return t->data != NULL ? t->data : "";
}

/* By name, then by value, as bytes: not by the joined "name=value", where
 * the '=' would come after '-' and '.'. */
static int parameter_compare(const void *a, const void *b)
{
	const struct parameter *x = a;
	const struct parameter *y = b;
	int c = strcmp(string_of(&x->name), string_of(&y->name));

	return c != 0 ? c : strcmp(string_of(&x->value), string_of(&y->value));
}

static bool parameter_encode(struct parameter *p, const struct s3_pair *pair)
{
	percent_encode(&p->name, pair->name, strlen(pair->name), false);
	percent_encode(&p->value, pair->value, strlen(pair->value), false);
	return !p->name.is_broken && !p->value.is_broken;
}

bool s3_query_encode(struct text *out, const struct s3_pair *pairs,
		     size_t npairs)
{
	struct parameter all[S3_PAIRS_MAX] = {0};
	bool ok = npairs <= S3_PAIRS_MAX;

	for (size_t i = 0; ok && i < npairs; i++)
		ok = parameter_encode(&all[i], &pairs[i]);
	if (ok)
		qsort(all, npairs, sizeof(all[0]), parameter_compare);
	for (size_t i = 0; ok && i < npairs; i++) {
		text_str(out, i > 0 ? "&" : "");
		text_str(out, string_of(&all[i].name));
		text_char(out, '=');
		text_str(out, string_of(&all[i].value));
	}
	for (size_t i = 0; i < S3_PAIRS_MAX; i++) {
		text_free(&all[i].name);
		text_free(&all[i].value);
	}
	return ok && !out->is_broken;
}

static int header_compare(const void *a, const void *b)
{
	const struct s3_pair *x = a;
	const struct s3_pair *y = b;

	return strcmp(x->name, y->name);
}

/* The value without spaces around it, runs of them inside as one. */
static void add_header_value(struct text *out, const char *value)
{
	bool is_first = true;

	while (*value != '\0') {
		size_t word = strcspn(value, " \t");

		if (word > 0) {
			text_str(out, is_first ? "" : " ");
			text_add(out, value, word);
			is_first = false;
		}
		value += word;
		value += strspn(value, " \t");
	}
}

static void add_names(struct text *out, const struct s3_pair *headers,
		      size_t nheaders)
{
	for (size_t i = 0; i < nheaders; i++) {
		text_str(out, i > 0 ? ";" : "");
		text_str(out, headers[i].name);
	}
}

static void add_canonical(struct text *out, const struct s3_signing *in,
			  const struct s3_pair *sorted)
{
	text_printf(out, "%s\n%s\n%s\n", in->method, in->path, in->query);
	for (size_t i = 0; i < in->nheaders; i++) {
		text_printf(out, "%s:", sorted[i].name);
		add_header_value(out, sorted[i].value);
		text_char(out, '\n');
	}
	text_char(out, '\n');
	add_names(out, sorted, in->nheaders);
	text_printf(out, "\n%s", in->payload_hex);
}

/* "20261201/us-east-1/s3/aws4_request" */
static void add_scope(struct text *out, const struct s3_signing *in)
{
	text_printf(out, "%.*s/%s/s3/aws4_request", DATE_DAY_LEN, in->date,
		    in->region);
}

/* The key of a day, a region and a service, made of the secret key. */
static bool derive_key(const struct s3_signing *in,
		       unsigned char key[SHA256_LEN])
{
	unsigned char other[SHA256_LEN];
	struct text secret = {0};
	bool ok;

	text_printf(&secret, "AWS4%s", in->secret_key);
	ok = !secret.is_broken;
	if (ok) {
		hmac_sha256(secret.data, secret.len, in->date, DATE_DAY_LEN,
			    other);
		hmac_sha256(other, SHA256_LEN, in->region, strlen(in->region),
			    key);
		hmac_sha256(key, SHA256_LEN, "s3", 2, other);
		hmac_sha256(other, SHA256_LEN, "aws4_request", 12, key);
		secret_wipe(other, sizeof(other));
	}
	if (secret.data != NULL)
		secret_wipe(secret.data, secret.len);
	text_free(&secret);
	return ok;
}

/* The signature over the canonical request, in hexadecimal. */
static bool make_signature(const struct s3_signing *in,
			   const struct text *canonical,
			   char hex[SHA256_HEX_MAX])
{
	unsigned char key[SHA256_LEN], mac[SHA256_LEN];
	char digest[SHA256_HEX_MAX];
	struct text plain = {0};
	bool ok;

	sha256_hex(canonical->data, canonical->len, digest);
	text_printf(&plain, "AWS4-HMAC-SHA256\n%s\n", in->date);
	add_scope(&plain, in);
	text_printf(&plain, "\n%s", digest);
	ok = !plain.is_broken && derive_key(in, key);
	if (ok) {
		hmac_sha256(key, SHA256_LEN, plain.data, plain.len, mac);
		hex_encode(mac, SHA256_LEN, hex);
		secret_wipe(key, sizeof(key));
	}
	text_free(&plain);
	return ok;
}

bool s3_sign(const struct s3_signing *in, struct text *canonical,
	     struct text *authorization)
{
	struct s3_pair sorted[S3_SIGNED_MAX];
	char signature[SHA256_HEX_MAX];

	if (in->nheaders == 0 || in->nheaders > S3_SIGNED_MAX)
		return false;
	memcpy(sorted, in->headers, in->nheaders * sizeof(sorted[0]));
	qsort(sorted, in->nheaders, sizeof(sorted[0]), header_compare);
	add_canonical(canonical, in, sorted);
	if (canonical->is_broken || !make_signature(in, canonical, signature))
		return false;
	text_printf(authorization, "AWS4-HMAC-SHA256 Credential=%s/",
		    in->access_key);
	add_scope(authorization, in);
	text_str(authorization, ", SignedHeaders=");
	add_names(authorization, sorted, in->nheaders);
	text_printf(authorization, ", Signature=%s", signature);
	return !authorization->is_broken;
}
