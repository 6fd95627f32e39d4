/* config.c - checks what is said about a bucket, and makes addresses. */
#include "client_int.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/secret.h"
#include "sign.h"

enum {
	ATTEMPTS_DEFAULT = 10,
	CONNECT_MS_DEFAULT = 10 * 1000,
	STALL_MS_DEFAULT = 30 * 1000,
	RETRY_MS_DEFAULT = 500,
	BUCKET_MIN = 3,
	BUCKET_MAX = 63,
	PREFIX_MAX_BYTES = 512,
	KEY_MAX_BYTES = 1024,
};

static bool invalid(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "store_failed", "%s", what);
}

static bool is_made_of(const char *s, const char *extra)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (; *s != '\0'; s++) {
		if (strchr(letters, *s) == NULL && strchr(extra, *s) == NULL)
			return false;
	}
	return true;
}

static bool is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

/* Without control characters, spaces or what would end a header line. */
static bool is_printable(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f)
			return false;
	}
	return true;
}

static bool check_bucket(const struct s3_config *c, struct err *e)
{
	size_t len = is_empty(c->bucket) ? 0 : strlen(c->bucket);

	if (len < BUCKET_MIN || len > BUCKET_MAX)
		return invalid(e, "bucket: give a name of 3 to 63 characters");
	if (!is_made_of(c->bucket, ".-_") || strchr("._-", c->bucket[0]))
		return invalid(e, "bucket: use letters, digits, '-', '.' and "
				  "'_' only, first a letter or digit");
	return true;
}

static bool check_prefix(const char *prefix, struct err *e)
{
	size_t len = is_empty(prefix) ? 0 : strlen(prefix);

	if (len == 0)
		return true;
	if (len > PREFIX_MAX_BYTES)
		return invalid(e, "prefix: at most 512 bytes");
	if (prefix[0] == '/' || prefix[len - 1] == '/' ||
	    strstr(prefix, "//") != NULL)
		return invalid(e, "prefix: no '/' at its ends nor two together "
				  "(right: \"backups/db\")");
	if (!utf8_check(prefix, len, NULL))
		return invalid(e, "prefix: not UTF-8");
	return true;
}

static bool check_keys(const struct s3_config *c, struct err *e)
{
	if (is_empty(c->access_key) || !is_printable(c->access_key))
		return invalid(e, "access_key: empty, or holds a space or "
				  "control character");
	if (is_empty(c->secret_key) || !is_printable(c->secret_key))
		return invalid(e, "secret_key: empty, or holds a space or "
				  "control character");
	if (!is_empty(c->region) && !is_made_of(c->region, "-_."))
		return invalid(e, "region: letters, digits and '-' only");
	return true;
}

/* One part of a parsed URL, "" when it has none; curl_free() it. */
static char *url_part(CURLU *u, CURLUPart part)
{
	char *s = NULL;

	if (curl_url_get(u, part, &s, 0) != CURLUE_OK)
		return NULL;
	return s;
}

static bool is_absent(CURLU *u, CURLUPart part)
{
	char *s = url_part(u, part);
	bool absent = is_empty(s);

	curl_free(s);
	return absent;
}

/* An address is no place to put a bucket's name in front of. */
static bool is_address(const char *host)
{
	struct in_addr a;

	return host[0] == '[' || inet_pton(AF_INET, host, &a) == 1;
}

static bool check_style(const struct s3_client *st, const char *host,
			struct err *e)
{
	if (st->is_path_style || !is_address(host))
		return true;
	return invalid(e, "path_style: must be true with an address as the "
			  "endpoint, since BUCKET.ADDRESS is no host name");
}

static bool fill_host(struct s3_client *st, const char *host, const char *port,
		      struct err *e)
{
	const char *own_port = st->is_https ? "443" : "80";
	struct text t = {0};

	if (!st->is_path_style)
		text_printf(&t, "%s.", st->bucket);
	text_str(&t, host);
	if (!is_empty(port) && strcmp(port, own_port) != 0)
		text_printf(&t, ":%s", port);
	st->host = text_take(&t);
	return st->host != NULL || err_nomem(e, "an endpoint");
}

/* u holds a well-formed URL: is it just scheme, host and port? */
static bool take_endpoint(struct s3_client *st, CURLU *u, struct err *e)
{
	char *scheme = url_part(u, CURLUPART_SCHEME);
	char *host = url_part(u, CURLUPART_HOST);
	char *port = url_part(u, CURLUPART_PORT);
	char *path = url_part(u, CURLUPART_PATH);
	bool ok = false;

	if (scheme == NULL || is_empty(host) || !is_printable(host) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		invalid(e, "endpoint: must begin with http:// or https:// and "
			   "name a host");
	else if ((!is_empty(path) && strcmp(path, "/") != 0) ||
		 !is_absent(u, CURLUPART_QUERY) ||
		 !is_absent(u, CURLUPART_FRAGMENT) ||
		 !is_absent(u, CURLUPART_USER))
		invalid(e, "endpoint: only http(s)://HOST[:PORT]; bucket and "
			   "keys have fields of their own");
	else {
		st->is_https = strcmp(scheme, "https") == 0;
		ok = check_style(st, host, e) && fill_host(st, host, port, e);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(path);
	return ok;
}

static bool parse_endpoint(struct s3_client *st, const char *endpoint,
			   struct err *e)
{
	CURLU *u;
	bool ok;

	if (is_empty(endpoint))
		return invalid(e, "endpoint: missing");
	u = curl_url();
	if (u == NULL)
		return err_nomem(e, "an endpoint");
	if (curl_url_set(u, CURLUPART_URL, endpoint,
			 CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		ok = take_endpoint(st, u, e);
	else
		ok = invalid(e, "endpoint: not a URL; "
				"right: https://HOST[:PORT]");
	curl_url_cleanup(u);
	return ok;
}

static bool copy(char **to, const char *from, const char *fallback)
{
	*to = strdup(is_empty(from) ? fallback : from);
	return *to != NULL;
}

static bool copy_strings(struct s3_client *st, const struct s3_config *c,
			 struct err *e)
{
	struct text prefix = {0};

	text_str(&prefix, c->prefix);
	text_str(&prefix, is_empty(c->prefix) ? "" : "/");
	if (!copy(&st->region, c->region, "us-east-1") ||
	    !copy(&st->bucket, c->bucket, "") ||
	    !copy(&st->access_key, c->access_key, "") ||
	    !copy(&st->secret_key, c->secret_key, "") ||
	    !copy(&st->prefix, prefix.data, "") ||
	    (!is_empty(c->ca_file) && !copy(&st->ca_file, c->ca_file, "")))
		err_nomem(e, "a store");
	text_free(&prefix);
	return !err_is(e);
}

static unsigned value_or(unsigned value, unsigned fallback)
{
	return value != 0 ? value : fallback;
}

bool s3_config_init(struct s3_client *st, const struct s3_config *c,
		    struct err *e)
{
	if (!check_bucket(c, e) || !check_prefix(c->prefix, e) ||
	    !check_keys(c, e))
		return false;
	st->is_path_style = c->is_path_style;
	st->max_attempts = value_or(c->max_attempts, ATTEMPTS_DEFAULT);
	st->connect_ms = value_or(c->connect_ms, CONNECT_MS_DEFAULT);
	st->stall_ms = value_or(c->stall_ms, STALL_MS_DEFAULT);
	st->retry_ms = value_or(c->retry_ms, RETRY_MS_DEFAULT);
	return copy_strings(st, c, e) && parse_endpoint(st, c->endpoint, e);
}

void s3_config_fini(struct s3_client *st)
{
	free(st->host);
	free(st->region);
	free(st->bucket);
	free(st->prefix);
	free(st->access_key);
	secret_free(st->secret_key);
	free(st->ca_file);
}

char *s3_checked_key(const struct s3_client *st, const char *key, struct err *e)
{
	char *whole = s3_whole_key(st, key);

	if (whole == NULL) {
		err_nomem(e, "a key");
		return NULL;
	}
	if (*key != '\0' && strlen(whole) <= KEY_MAX_BYTES &&
	    utf8_check(whole, strlen(whole), NULL))
		return whole;
	err_set(e, ERR_INVALID, "store_failed",
		"a key must be UTF-8 of 1 to 1024 bytes, prefix included");
	free(whole);
	return NULL;
}

char *s3_whole_key(const struct s3_client *st, const char *key)
{
	struct text t = {0};

	text_str(&t, st->prefix);
	text_str(&t, key);
	return text_take(&t);
}

void s3_path(const struct s3_client *st, struct text *out, const char *key)
{
	if (st->is_path_style)
		s3_path_encode(out, st->bucket);
	if (key != NULL)
		s3_path_encode(out, key);
	else if (!st->is_path_style)
		text_char(out, '/');
}

void s3_origin(const struct s3_client *st, struct text *out)
{
	text_printf(out, "%s://%s", st->is_https ? "https" : "http", st->host);
}
