/* fake_s3.c - an HTTP server that answers as it is told. */
#include "config.h" /* for memmem() */

#include "fake_s3.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

enum { REQUESTS_MAX = 64 };

struct connection {
	LIST_ENTRY(connection) entry;
	struct fake_s3 *f;
	struct bufferevent *bev;
	unsigned number;
	bool is_dead; /* close when everything is written */
	bool is_deaf; /* a stall: whatever comes is not answered */
};

struct fake_s3 {
	struct event_base *base;
	struct evconnlistener *listener;
	LIST_HEAD(, connection) connections;
	unsigned nconnections;
	const struct fake_reply *replies;
	size_t nreplies;
	fake_respond_cb *respond;
	void *arg;
	struct fake_request requests[REQUESTS_MAX];
	size_t nrequests;
	bool is_endless;
};

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void connection_free(struct connection *c)
{
	LIST_REMOVE(c, entry);
	bufferevent_free(c->bev);
	free(c);
}

static void reset(struct connection *c)
{
	struct linger now = {1, 0};

	need(setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &now,
			sizeof(now)) == 0);
	connection_free(c);
}

static void send_reply(struct connection *c, const struct fake_reply *r)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t len = r->len;

	if (len == 0 && r->body != NULL)
		len = strlen(r->body);
	if (r->is_silent)
		return;
	evbuffer_add_printf(out, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n",
			    r->status != NULL ? r->status : "200 OK",
			    r->headers != NULL ? r->headers : "",
			    r->announced != 0 ? r->announced : len);
	if (r->sent != 0)
		len = r->sent;
	if (len > 0)
		evbuffer_add(out, r->body, len);
}

/* False: c is gone. */
static bool act(struct connection *c, const struct fake_reply *r)
{
	if (r->act == FAKE_RESET) {
		reset(c);
		return false;
	}
	send_reply(c, r);
	c->is_deaf = r->act == FAKE_STALL;
	c->is_dead = r->act == FAKE_CUT;
	if (c->is_dead &&
	    evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
		connection_free(c);
		return false;
	}
	return true;
}

static struct fake_reply next_reply(struct fake_s3 *f,
				    const struct fake_request *r)
{
	struct fake_reply reply = {.status = "599 Not In The Script"};

	if (f->respond != NULL) {
		reply = (struct fake_reply){0};
		f->respond(f->arg, r, &reply);
	} else if (f->nrequests <= f->nreplies) {
		reply = f->replies[f->nrequests - 1];
	}
	return reply;
}

static size_t content_length(const char *head)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");

	return at != NULL ? strtoul(at + 17, NULL, 10) : 0;
}

static bool is_next_early(const struct fake_s3 *f)
{
	return f->respond == NULL && f->nrequests < f->nreplies &&
	       f->replies[f->nrequests].is_early;
}

static char *copy(const char *s, size_t len)
{
	char *c = malloc(len + 1);

	need(c != NULL);
	memcpy(c, s, len);
	c[len] = '\0';
	return c;
}

static void forget_requests(struct fake_s3 *f)
{
	while (f->nrequests > 0) {
		struct fake_request *r = &f->requests[--f->nrequests];

		free(r->method);
		free(r->target);
		free(r->head);
		free(r->body);
	}
}

/* Takes a whole request off the input; NULL: it is not there yet. */
static struct fake_request *take_request(struct connection *c)
{
	struct fake_s3 *f = c->f;
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	size_t head_len, body_len;
	struct fake_request *r;
	char *bytes, *space;

	if (end.pos < 0)
		return NULL;
	head_len = (size_t)end.pos + 4;
	bytes = copy((char *)evbuffer_pullup(in, (ssize_t)head_len), head_len);
	body_len = is_next_early(f) ? 0 : content_length(bytes);
	if (evbuffer_get_length(in) < head_len + body_len) {
		free(bytes);
		return NULL;
	}
	evbuffer_drain(in, head_len);
	if (f->is_endless)
		forget_requests(f);
	need(f->nrequests < REQUESTS_MAX);
	r = &f->requests[f->nrequests++];
	r->head = bytes;
	space = strchr(bytes, ' ');
	need(space != NULL && strchr(space + 1, ' ') != NULL);
	r->method = copy(bytes, (size_t)(space - bytes));
	r->target = copy(space + 1, strcspn(space + 1, " "));
	r->body = copy(body_len > 0
			       ? (char *)evbuffer_pullup(in, (ssize_t)body_len)
			       : "",
		       body_len);
	evbuffer_drain(in, body_len);
	r->body_len = body_len;
	r->connection = c->number;
	return r;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;
	struct fake_request *r;

	(void)bev;
	while (!c->is_deaf && !c->is_dead && (r = take_request(c)) != NULL) {
		struct fake_reply reply = next_reply(c->f, r);

		if (!act(c, &reply))
			return;
	}
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;

	(void)bev;
	if (c->is_dead)
		connection_free(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	connection_free(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *addr, int len, void *arg)
{
	struct fake_s3 *f = arg;
	struct connection *c = calloc(1, sizeof(*c));

	(void)listener;
	(void)addr;
	(void)len;
	need(c != NULL);
	c->f = f;
	c->number = ++f->nconnections;
	c->bev = bufferevent_socket_new(f->base, fd, BEV_OPT_CLOSE_ON_FREE);
	need(c->bev != NULL);
	LIST_INSERT_HEAD(&f->connections, c, entry);
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	need(bufferevent_enable(c->bev, EV_READ | EV_WRITE) == 0);
}

struct fake_s3 *fake_s3_new(struct event_base *base)
{
	struct fake_s3 *f = calloc(1, sizeof(*f));
	struct sockaddr_in addr = {.sin_family = AF_INET};

	need(f != NULL);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->base = base;
	LIST_INIT(&f->connections);
	f->listener = evconnlistener_new_bind(
		base, on_accept, f, LEV_OPT_CLOSE_ON_FREE, 64,
		(struct sockaddr *)&addr, sizeof(addr));
	need(f->listener != NULL);
	return f;
}

static void forget(struct fake_s3 *f)
{
	forget_requests(f);
	f->respond = NULL;
	f->replies = NULL;
	f->nreplies = 0;
}

void fake_s3_free(struct fake_s3 *f)
{
	struct connection *c;

	while ((c = LIST_FIRST(&f->connections)) != NULL)
		connection_free(c);
	forget(f);
	evconnlistener_free(f->listener);
	free(f);
}

unsigned fake_s3_port(const struct fake_s3 *f)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	need(getsockname(evconnlistener_get_fd(f->listener),
			 (struct sockaddr *)&addr, &len) == 0);
	return ntohs(addr.sin_port);
}

void fake_s3_script(struct fake_s3 *f, const struct fake_reply *replies,
		    size_t n)
{
	forget(f);
	f->replies = replies;
	f->nreplies = n;
}

void fake_s3_respond(struct fake_s3 *f, fake_respond_cb *respond, void *arg)
{
	forget(f);
	f->respond = respond;
	f->arg = arg;
}

void fake_s3_endless(struct fake_s3 *f)
{
	f->is_endless = true;
}

size_t fake_s3_count(const struct fake_s3 *f)
{
	return f->nrequests;
}

const struct fake_request *fake_s3_request(const struct fake_s3 *f, size_t i)
{
	need(i < f->nrequests);
	return &f->requests[i];
}

char *fake_header(const struct fake_request *r, const char *name, char *out,
		  size_t cap)
{
	const char *line = strstr(r->head, "\r\n");
	size_t len = strlen(name);

	for (; line != NULL; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " ");
		snprintf(out, cap, "%.*s", (int)strcspn(line, "\r"), line);
		return out;
	}
	return NULL;
}
