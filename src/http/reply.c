/* reply.c - the end of a request: headers, body, the line in the log. */
#include "http/reply_int.h"
#include "http/request_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/replies.h"
#include "http/audit.h"
#include "http/idempotency.h"
#include "http/problem.h"
#include "http/publish.h"
#include "http/routes.h"
#include "http/server_int.h"

static const char problem_type[] = "application/problem+json";
static const char document_type[] = "application/json";

static void header(struct request *r, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(r->ev), name,
				value);
}

static void header_number(struct request *r, const char *name, uint64_t n)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	header(r, name, digits);
}

/* What asks for a probe every few seconds would fill the log. */
static bool is_routine(const struct request *r, int status)
{
	return (status == 200 || status == 304) && r->route != NULL &&
	       r->route->role == ROLE_NONE;
}

void reply_log(const struct request *r, int status, size_t bytes)
{
	log_line(is_routine(r, status) ? LOG_DEBUG : LOG_INFO, "http",
		 "%s %s %d %zu bytes %lld ms from=%s token=%s request=%s",
		 r->method, r->path ? r->path : "-", status, bytes,
		 (long long)(clock_mono_ms() - r->began_ms),
		 r->conn ? r->address : "gone",
		 r->who.name[0] ? r->who.name : "-", r->id);
}

void reply_standing_headers(struct request *r)
{
	header(r, "X-Request-Id", r->id);
	header(r, "X-Content-Type-Options", "nosniff");
	header(r, "Cache-Control", r->cache ? r->cache : "no-store");
	header(r, "Content-Security-Policy",
	       r->policy ? r->policy
			 : "default-src 'none'; frame-ancestors 'none'");
	header(r, "Cross-Origin-Resource-Policy", "same-origin");
	header(r, "Referrer-Policy", "no-referrer");
	/* RFC 6797; no sub-domains: they are not ours. */
	if (r->is_tls)
		header(r, "Strict-Transport-Security", "max-age=31536000");
	if (r->server->is_stopping)
		header(r, "Connection", "close");
}

static void own_headers(struct request *r)
{
	if (r->type != NULL)
		header(r, "Content-Type", r->type);
	if (r->location[0] != '\0')
		header(r, "Location", r->location);
	if (r->etag[0] != '\0')
		header(r, "ETag", r->etag);
	if (r->encoding != NULL)
		header(r, "Content-Encoding", r->encoding);
	if (r->vary != NULL)
		header(r, "Vary", r->vary);
	if (r->cookie[0] != '\0')
		header(r, "Set-Cookie", r->cookie);
	if (r->is_replay)
		header(r, "Idempotency-Replayed", "true");
}

static void failure_headers(struct request *r, int status)
{
	char allow[64];

	if (status == 401)
		header(r, "WWW-Authenticate", "Bearer realm=\"coffer\"");
	if (status == 405) {
		routes_allow(r->path, allow, sizeof(allow));
		header(r, "Allow", allow);
	}
	if (status == 429 || status == 503 || r->retry_seconds > 0)
		header_number(r, "Retry-After",
			      r->retry_seconds ? r->retry_seconds : 1);
}

/* No memory for an answer: the connection ends without one. */
static void reply_abort(struct request *r)
{
	struct evhttp_request *ev = r->ev;

	r->is_kept = false;
	log_error("http", "no memory to answer request=%s", r->id);
	if (ev == NULL)
		request_drop(r);
	else
		evhttp_connection_free(evhttp_request_get_connection(ev));
}

/* Takes body. */
static void reply_send(struct request *r, int status, struct evbuffer *body)
{
	struct evhttp_request *ev = r->ev;
	size_t len = evbuffer_get_length(body);

	r->server->answers[status / 100]++;
	reply_log(r, status, len);
	audit_request(r, status);
	publish_request(r, status);
	idempotency_end(r, status, body);
	if (ev != NULL) {
		reply_standing_headers(r);
		own_headers(r);
		failure_headers(r, status);
		/* evhttp would send a body after HEAD, if it had one. */
		if (status != 204 && status != 304)
			header_number(r, "Content-Length", len);
		if (r->is_head)
			(void)evbuffer_drain(body, len);
		guard_sending(r->conn, ev, len);
		evhttp_send_reply(ev, status, problem_phrase(status), body);
	}
	evbuffer_free(body);
	request_drop(r);
}

static void free_text(const void *bytes, size_t len, void *text)
{
	(void)bytes;
	(void)len;
	free(text);
}

/* A buffer with the document; takes json, which may be NULL. */
static struct evbuffer *json_buffer(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct evbuffer *b = text ? evbuffer_new() : NULL;

	json_decref(json);
	if (b == NULL || evbuffer_add_reference(b, text, strlen(text),
						free_text, text) != 0) {
		free(text);
		if (b != NULL)
			evbuffer_free(b);
		return NULL;
	}
	return b;
}

static void reply_problem(struct request *r, const struct problem *p)
{
	struct evbuffer *b = json_buffer(problem_json(p));

	if (b == NULL) {
		reply_abort(r);
		return;
	}
	r->type = problem_type;
	(void)str_copy(r->code, sizeof(r->code), p->code);
	reply_send(r, p->status, b);
}

/* Some codes are about one member in whatever body they come of. */
static void note_member(struct request *r, const struct err *e)
{
	static const char *const members[][2] = {
		{"name_taken", "/name"},
		{"invalid_scope", "/scope"},
	};

	if (json_object_get(r->body, "rename") != NULL &&
	    json_object_get(r->body, "scope") == NULL &&
	    strcmp(e->api, "invalid_scope") == 0) {
		faults_add_err(&r->faults, "/rename", e);
		return;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (r->body != NULL && strcmp(members[i][0], e->api) == 0)
			faults_add_err(&r->faults, members[i][1], e);
	}
}

void request_fail(struct request *r, const struct err *e)
{
	struct problem p = {.status = problem_status(e),
			    .code = e->api[0] ? e->api : "internal",
			    .detail = e->msg,
			    .request_id = r->id,
			    .faults = &r->faults};

	note_member(r, e);
	if (p.status == 500)
		log_error("http", "%s: %s request=%s", p.code, e->msg, r->id);
	reply_problem(r, &p);
}

void request_refuse(struct request *r, enum err_code kind, const char *code,
		    const char *fmt, ...)
{
	struct err e = {0};
	char msg[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	(void)err_set(&e, kind, code, "%s", msg);
	request_fail(r, &e);
}

bool request_is_sound(struct request *r)
{
	const struct fault *first;
	struct problem p = {.request_id = r->id, .faults = &r->faults};
	char detail[ERR_MSG_MAX];

	if (r->faults.is_broken) {
		reply_abort(r);
		return false;
	}
	if (r->faults.n == 0)
		return true;
	first = faults_first(&r->faults);
	(void)str_copy(detail, sizeof(detail), first->detail);
	p.status = problem_status_of(first->code, 422);
	p.code = first->code;
	p.detail = detail;
	reply_problem(r, &p);
	return false;
}

void request_reply(struct request *r, int status, json_t *json)
{
	struct evbuffer *b;

	audit_note_reply(r, json);
	b = json_buffer(json);
	if (b == NULL) {
		reply_abort(r);
		return;
	}
	r->type = document_type;
	reply_send(r, status, b);
}

void request_reply_revision(struct request *r, int status, json_t *json,
			    int64_t revision)
{
	(void)snprintf(r->etag, sizeof(r->etag), "\"%lld\"",
		       (long long)revision);
	request_reply(r, status, json);
}

void request_reply_created(struct request *r, json_t *json, const char *id,
			   int64_t revision)
{
	(void)snprintf(r->location, sizeof(r->location), "%s/%s", r->path, id);
	request_reply_revision(r, 201, json, revision);
}

void request_reply_accepted(struct request *r, json_t *json, const char *job_id)
{
	(void)snprintf(r->location, sizeof(r->location), "/v1/jobs/%s", job_id);
	request_reply(r, 202, json);
}

/* A member of the headers that were kept, "" when it is not there. */
static const char *kept_header(const json_t *headers, const char *name)
{
	const char *value = json_string_value(json_object_get(headers, name));

	return value != NULL ? value : "";
}

void request_reply_again(struct request *r, const struct reply_record *kept)
{
	struct evbuffer *b = evbuffer_new();
	json_t *headers = json_loads(
		kept->headers_json ? kept->headers_json : "{}", 0, NULL);

	if (b == NULL || headers == NULL ||
	    evbuffer_add(b, kept->body ? kept->body : "",
			 kept->body ? strlen(kept->body) : 0) != 0) {
		if (b != NULL)
			evbuffer_free(b);
		json_decref(headers);
		reply_abort(r);
		return;
	}
	r->is_replay = true;
	if (kept->status != 204)
		r->type = kept->status >= 400 ? problem_type : document_type;
	(void)str_copy(r->location, sizeof(r->location),
		       kept_header(headers, "Location"));
	(void)str_copy(r->etag, sizeof(r->etag), kept_header(headers, "ETag"));
	json_decref(headers);
	reply_send(r, kept->status, b);
}

static void reply_empty(struct request *r, int status)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL)
		reply_abort(r);
	else
		reply_send(r, status, b);
}

void request_reply_nothing(struct request *r)
{
	reply_empty(r, 204);
}

void request_reply_unchanged(struct request *r)
{
	r->encoding = NULL;
	reply_empty(r, 304);
}

static bool add_bytes(struct evbuffer *body, const struct reply_bytes *b)
{
	if (b->is_static)
		return evbuffer_add_reference(body, b->bytes, b->len, NULL,
					      NULL) == 0;
	return evbuffer_add(body, b->bytes, b->len) == 0;
}

void request_reply_bytes(struct request *r, int status,
			 const struct reply_bytes *b)
{
	struct evbuffer *body = evbuffer_new();
	char place[128];

	if (body == NULL || !add_bytes(body, b)) {
		if (body != NULL)
			evbuffer_free(body);
		reply_abort(r);
		return;
	}
	r->type = b->type;
	if (r->ev != NULL && b->name != NULL) {
		(void)snprintf(place, sizeof(place),
			       "attachment; filename=\"%s\"", b->name);
		header(r, "Content-Disposition", place);
	}
	reply_send(r, status, body);
}
