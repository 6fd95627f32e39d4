/*
 * refuse.c - answers that evhttp has no part in: what it would understand
 * wrongly, and what it would answer with a page of HTML.
 */
#include "http/guard_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "http/problem.h"
#include "http/tls.h"

/* How long a refused client may go on sending, so that it sees the answer and
 * not a reset. */
enum { LINGER_MS = 2000 };

static void refusal_head(struct text *t, const struct problem *p, size_t len)
{
	text_printf(t,
		    "HTTP/1.1 %d %s\r\n"
		    "Content-Type: application/problem+json\r\n"
		    "Content-Length: %zu\r\n"
		    "X-Request-Id: %s\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Cache-Control: no-store\r\n"
		    "Connection: close\r\n",
		    p->status, problem_phrase(p->status), len, p->request_id);
	if (p->status == 405)
		text_str(t, "Allow: GET, HEAD, POST, PATCH, DELETE\r\n");
	if (p->status == 429 || p->status == 503)
		text_str(t, "Retry-After: 1\r\n");
	text_str(t, "\r\n");
}

/* The whole answer; broken when there is no memory. */
static void refusal_text(struct text *t, const struct problem *p, bool is_head)
{
	json_t *json = problem_json(p);
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (body == NULL) {
		t->is_broken = true;
		return;
	}
	refusal_head(t, p, strlen(body));
	if (!is_head)
		text_str(t, body);
	free(body);
}

static void conn_answer(struct conn *c, const struct err *e)
{
	struct guard *g = c->guard;
	char id[ID_MAX];
	struct problem p = {.status = problem_status(e),
			    .code = e->api,
			    .detail = e->msg,
			    .request_id = id};
	struct text t = {0};

	id_new(id, "req");
	refusal_text(&t, &p, strcmp(c->wire.method, "HEAD") == 0);
	/* A fresh socket takes a kilobyte; one that does not is cut. */
	if (!t.is_broken && t.data != NULL)
		tls_send_last(c->bev, t.data, t.len);
	text_free(&t);
	log_info("http", "refused a request of %s: %d %s (%s) request=%s",
		 c->peer.address, p.status, p.code, p.detail, id);
	g->config.refused(g->config.arg, p.status);
}

void conn_refuse(struct conn *c, const struct err *e)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer *out = bufferevent_get_output(c->bev);
	bool is_between = c->phase == CONN_IDLE || c->phase == CONN_RECEIVING;

	(void)evbuffer_drain(in, evbuffer_get_length(in));
	if (c->phase == CONN_SENDING) {
		c->is_spoiled = true;
		return;
	}
	if (is_between && evbuffer_get_length(out) == 0)
		conn_answer(c, e);
	c->phase = CONN_REFUSED;
	c->deadline_ms = clock_mono_ms() + LINGER_MS;
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
}
