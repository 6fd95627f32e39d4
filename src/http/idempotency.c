/* idempotency.c - see idempotency.h. */
#include "http/idempotency.h"

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/replies.h"
#include "http/routes.h"
#include "http/server_int.h"

/* 1 to 255 visible ASCII characters. */
static bool is_key(const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++) {
		if (s[i] < '!' || s[i] > '~')
			return false;
	}
	return len >= 1 && len <= REPLY_KEY_MAX;
}

/* What makes a token is answered once only, by its nature. */
static bool takes_key(const struct request *r)
{
	return strcmp(r->method, "POST") == 0 &&
	       strncmp(r->path, "/v1/tokens", 10) != 0 &&
	       strncmp(r->path, "/v1/sessions", 12) != 0;
}

/*
 * Of method, target and body. A body may hold a password, which a plain digest
 * would let anybody guess who reads the catalog: it is keyed with what only
 * this server knows.
 */
static bool make_digest(struct request *r)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(r->ev);
	size_t len = evbuffer_get_length(in);
	const char *bytes = len > 0 ? (char *)evbuffer_pullup(in, -1) : "";
	const struct catalog_identity *me =
		catalog_identity(r->server->config.catalog);
	unsigned char mac[SHA256_LEN];
	char body[SHA256_HEX_MAX];
	struct text t = {0};
	bool ok;

	if (bytes == NULL)
		return false;
	text_printf(&t, "%s %s %s", r->method, evhttp_request_get_uri(r->ev),
		    sha256_hex(bytes, len, body));
	ok = !t.is_broken;
	if (ok) {
		hmac_sha256(me->seed, sizeof(me->seed), t.data, t.len, mac);
		(void)hex_encode(mac, sizeof(mac), r->digest);
	}
	text_free(&t);
	return ok;
}

static struct reply_record record_of(const struct request *r)
{
	return (struct reply_record){
		.token_id = r->who.id,
		.key = r->key,
		.request_hash = r->digest,
	};
}

static void on_claimed(void *arg, const struct reply_record *kept,
		       const struct err *e)
{
	struct request *r = arg;

	request_forget(r);
	if (e != NULL && strcmp(e->api, "request_in_progress") == 0)
		r->retry_seconds = 1;
	if (e != NULL) {
		request_fail(r, e);
	} else if (kept != NULL) {
		request_reply_again(r, kept);
	} else {
		r->is_claimed = true;
		r->route->handle(r);
	}
}

static void fail_nomem(struct request *r)
{
	struct err e = {0};

	(void)err_nomem(&e, "a request");
	request_fail(r, &e);
}

bool idempotency_begin(struct request *r)
{
	const char *key = request_header(r, "Idempotency-Key");
	struct reply_record rec;
	struct err e = {0};

	if (key == NULL || !takes_key(r))
		return false;
	if (!is_key(key)) {
		request_refuse(r, ERR_INVALID, "malformed",
			       "Idempotency-Key has to be 1 to %d visible "
			       "ASCII characters",
			       (int)REPLY_KEY_MAX);
		return true;
	}
	r->key = strdup(key);
	if (r->key == NULL || !make_digest(r)) {
		fail_nomem(r);
		return true;
	}
	/* A claim that is canceled may have been made. */
	request_keep(r);
	rec = record_of(r);
	request_await_catalog(r,
			      catalog_reply_claim(r->server->config.catalog,
						  &rec, on_claimed, r, &e),
			      &e);
	return true;
}

static void on_kept(void *arg, const struct err *e)
{
	(void)arg;
	if (e != NULL)
		log_error("http", "a reply could not be kept: %s", e->msg);
}

static void keep(const struct request *r, const struct reply_record *rec)
{
	struct err e = {0};

	if (catalog_reply_keep(r->server->config.catalog, rec, on_kept, NULL,
			       &e) == NULL)
		on_kept(NULL, &e);
}

void idempotency_give_back(struct request *r)
{
	const struct reply_record rec = record_of(r);

	if (!r->is_claimed)
		return;
	r->is_claimed = false;
	keep(r, &rec);
}

/* The headers that are given again; NULL without memory. */
static char *headers_of(const struct request *r)
{
	json_t *json = json_object();
	char *text;

	if (r->location[0] != '\0')
		(void)json_object_set_new(json, "Location",
					  json_string(r->location));
	if (r->etag[0] != '\0')
		(void)json_object_set_new(json, "ETag", json_string(r->etag));
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

/* A copy as a string; NULL when it is too long or there is no memory. */
static char *body_of(struct evbuffer *body)
{
	size_t len = evbuffer_get_length(body);
	char *text = len < REPLY_BODY_MAX ? malloc(len + 1) : NULL;

	if (text == NULL)
		return NULL;
	(void)evbuffer_copyout(body, text, len);
	text[len] = '\0';
	return text;
}

void idempotency_end(struct request *r, int status, struct evbuffer *body)
{
	struct reply_record rec = record_of(r);
	char *text, *headers;

	if (!r->is_claimed)
		return;
	text = body_of(body);
	headers = headers_of(r);
	if (status < 500 && text != NULL && headers != NULL) {
		rec.status = status;
		rec.body = text;
		rec.headers_json = headers;
		r->is_claimed = false;
		keep(r, &rec);
	} else {
		idempotency_give_back(r);
	}
	free(text);
	free(headers);
}
