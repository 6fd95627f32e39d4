/*
 * request.c - a request's life: read what came, find the route, see who asks,
 * check what is asked, hand it to the handler; and its end.
 */
#include "http/request_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "http/csrf.h"
#include "http/hosts.h"
#include "http/idempotency.h"
#include "http/passwords.h"
#include "http/routes.h"
#include "http/server_int.h"
#include "jobs/jobs.h"

/* What somebody without a token may make us parse. */
enum { OPEN_BODY_MAX = 8 << 10 };

/* In front of the handler's own memory. */
struct state_head {
	size_t size;
	max_align_t room[];
};

static void state_free(struct request *r)
{
	struct state_head *head;

	if (r->state == NULL)
		return;
	if (r->state_free != NULL)
		r->state_free(r->state);
	head = (struct state_head *)((char *)r->state - sizeof(*head));
	secret_wipe(r->state, head->size);
	free(head);
	r->state = NULL;
}

void *request_state(struct request *r, size_t size, void (*fini)(void *state))
{
	struct state_head *head = calloc(1, sizeof(*head) + size);
	struct err e = {0};

	if (head == NULL) {
		(void)err_nomem(&e, "a request");
		request_fail(r, &e);
		return NULL;
	}
	state_free(r);
	head->size = size;
	r->state = head->room;
	r->state_free = fini;
	return r->state;
}

static void request_cancel(struct request *r)
{
	catalog_cancel(r->catalog_op);
	r->catalog_op = NULL;
	jobs_op_cancel(r->jobs_op);
	r->jobs_op = NULL;
	passwords_cancel(r->password_job);
	r->password_job = NULL;
}

void request_drop(struct request *r)
{
	request_cancel(r);
	idempotency_give_back(r);
	TAILQ_REMOVE(&r->server->requests, r, entry);
	if (r->timer != NULL)
		event_free(r->timer);
	state_free(r);
	for (size_t i = 0; i < REQUEST_PARAMS_MAX; i++)
		free(r->params[i]);
	query_fini(&r->query);
	faults_fini(&r->faults);
	json_decref(r->body);
	free(r->path);
	free(r->key);
	free(r);
}

/* The connection has ended before the answer. */
static void request_gone(void *arg)
{
	struct request *r = arg;

	log_info("http",
		 "%s %s: the client left after %lld ms token=%s "
		 "request=%s",
		 r->method, r->path, (long long)(clock_mono_ms() - r->began_ms),
		 r->who.name[0] ? r->who.name : "-", r->id);
	/* evhttp leaves a request to us whose answer it was in the middle of.
	 */
	if (evhttp_request_get_connection(r->ev) == NULL)
		evhttp_request_free(r->ev);
	r->ev = NULL;
	r->conn = NULL;
	if (!r->is_kept)
		request_drop(r);
}

void request_keep(struct request *r)
{
	r->is_kept = true;
}

void request_await_catalog(struct request *r, struct catalog_op *op,
			   const struct err *e)
{
	r->catalog_op = op;
	if (op == NULL)
		request_fail(r, e);
}

void request_await_jobs(struct request *r, struct jobs_op *op,
			const struct err *e)
{
	r->jobs_op = op;
	if (op == NULL)
		request_fail(r, e);
}

void request_forget(struct request *r)
{
	r->catalog_op = NULL;
	r->jobs_op = NULL;
}

bool request_resume(struct request *r, const struct err *e)
{
	request_forget(r);
	if (e != NULL)
		request_fail(r, e);
	return e == NULL;
}

const char *request_header(const struct request *r, const char *name)
{
	if (r->ev == NULL)
		return NULL;
	return evhttp_find_header(evhttp_request_get_input_headers(r->ev),
				  name);
}

static const char *method_name(enum evhttp_cmd_type type)
{
	static const struct {
		enum evhttp_cmd_type type;
		const char *name;
	} methods[] = {
		{EVHTTP_REQ_GET, "GET"},	 {EVHTTP_REQ_HEAD, "HEAD"},
		{EVHTTP_REQ_POST, "POST"},	 {EVHTTP_REQ_PUT, "PUT"},
		{EVHTTP_REQ_PATCH, "PATCH"},	 {EVHTTP_REQ_DELETE, "DELETE"},
		{EVHTTP_REQ_OPTIONS, "OPTIONS"}, {EVHTTP_REQ_TRACE, "TRACE"},
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (methods[i].type == type)
			return methods[i].name;
	}
	return "?";
}

/* The target up to its '?', and what comes after that (or NULL). */
static bool split_target(struct request *r, const char **query)
{
	const char *uri = evhttp_request_get_uri(r->ev);
	const char *mark = strchr(uri, '?');

	*query = mark ? mark + 1 : NULL;
	r->path = mark ? strndup(uri, (size_t)(mark - uri)) : strdup(uri);
	return r->path != NULL;
}

/* If-Match: "7" (RFC 9110, section 13.1.1); what is none of our tags matches
 * nothing. */
static void read_if_match(struct request *r)
{
	const char *value = request_header(r, "If-Match");
	unsigned long long n;
	char digits[24];
	size_t len;

	if (value == NULL || strcmp(value, "*") == 0)
		return;
	r->if_revision = -1;
	len = strlen(value);
	if (len < 3 || len > sizeof(digits) || value[0] != '"' ||
	    value[len - 1] != '"')
		return;
	memcpy(digits, value + 1, len - 2);
	digits[len - 2] = '\0';
	if (str_to_u64(digits, &n) && n > 0 && n < INT64_MAX)
		r->if_revision = (int64_t)n;
}

/* The media type without its parameters. */
static bool is_json_type(const char *type, enum body_kind kind)
{
	size_t len = type ? strcspn(type, "; \t") : 0;

	return (len == 16 && strncasecmp(type, "application/json", len) == 0) ||
	       (kind == BODY_MERGE && len == 28 &&
		strncasecmp(type, "application/merge-patch+json", len) == 0);
}

static bool read_body(struct request *r, struct err *e)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(r->ev);
	size_t len = evbuffer_get_length(in);
	enum body_kind kind = r->route->body;
	const char *bytes;

	if (len == 0 && (kind == BODY_REQUIRED || kind == BODY_MERGE))
		return err_set(e, ERR_INVALID, "malformed",
			       "the body is missing: send a JSON object");
	if (len == 0)
		return true;
	if (r->route->role == ROLE_NONE && len > OPEN_BODY_MAX)
		return err_set(e, ERR_INVALID, "too_large",
			       "a body without a token may have at most %d "
			       "bytes",
			       (int)OPEN_BODY_MAX);
	if (!is_json_type(request_header(r, "Content-Type"), kind))
		return err_set(e, ERR_INVALID, "unsupported_media_type",
			       "send the body as Content-Type: "
			       "application/json");
	bytes = (const char *)evbuffer_pullup(in, -1);
	if (bytes == NULL)
		return err_nomem(e, "the body");
	r->body = body_parse(bytes, len, e);
	return r->body != NULL;
}

/* Routes that take no body take an empty object. */
static void refuse_members(struct request *r)
{
	struct form f;

	if (r->route->body != BODY_NONE || r->body == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	form_end(&f);
}

static bool check_who(struct request *r, struct err *e)
{
	const struct credentials c = {
		.peer = conn_peer(r->conn),
		.authorization = request_header(r, "Authorization"),
		.cookie = request_header(r, "Cookie"),
	};

	if (r->route != NULL && r->route->role == ROLE_NONE)
		return true;
	return auth_check(r->server->auth, &c, &r->who, &r->retry_seconds, e) &&
	       csrf_check(r, e);
}

static bool check_role(struct request *r, struct err *e)
{
	if (r->who.role >= r->route->role)
		return true;
	return err_set(e, ERR_DENIED, "forbidden",
		       "this needs the role %s, the token has %s",
		       role_name(r->route->role), role_name(r->who.role));
}

/* Who asks comes before what is there: nobody learns paths without a token. */
static bool request_read(struct request *r, struct err *e)
{
	struct err none = {0};
	const char *query;

	if (!split_target(r, &query))
		return err_nomem(e, "a request");
	if (!hosts_check(r, e))
		return false;
	r->route = routes_find(r->method, r->path, r->params, &none);
	if (!check_who(r, e))
		return false;
	if (r->route == NULL) {
		*e = none;
		return false;
	}
	if (!check_role(r, e))
		return false;
	read_if_match(r);
	if (!query_parse(&r->query, query, r->route->query, &r->faults))
		return err_nomem(e, "a request");
	if (!read_body(r, e))
		return false;
	refuse_members(r);
	return true;
}

static struct request *request_new(struct http_server *s,
				   struct evhttp_request *ev)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->conn = guard_working(s->guard, ev, request_gone, r);
	if (r->conn == NULL) {
		free(r);
		return NULL;
	}
	r->server = s;
	r->ev = ev;
	r->began_ms = clock_mono_ms();
	r->method = method_name(evhttp_request_get_command(ev));
	(void)str_copy(r->address, sizeof(r->address),
		       conn_peer(r->conn)->address);
	r->is_tls = conn_is_tls(r->conn);
	r->is_head = strcmp(r->method, "HEAD") == 0;
	id_new(r->id, "req");
	TAILQ_INSERT_TAIL(&s->requests, r, entry);
	return r;
}

void request_begin(struct http_server *s, struct evhttp_request *ev)
{
	struct request *r = request_new(s, ev);
	struct err e = {0};

	if (r == NULL) {
		evhttp_connection_free(evhttp_request_get_connection(ev));
		return;
	}
	if (!request_read(r, &e))
		request_fail(r, &e);
	else if (request_is_sound(r) && !idempotency_begin(r))
		r->route->handle(r);
}
