/* server.c - evhttp: the only file that makes, feeds and frees it. */
#include "http/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/log.h"
#include "base/text.h"
#include "console/console.h"
#include "http/server_int.h"
#include "http/streams.h"
#include "http/tls.h"
#include "loop/loop.h"

/* Where the guard refuses first, evhttp's own limits are out of the way. */
enum { SLACK_BYTES = 4096 };

enum { TCP, UNIX };

static const struct http_limits defaults = {
	.header_bytes = 16 << 10,
	.body_bytes = 1 << 20,
	.connections = 256,
	.per_address = 16,
	.request_seconds = 30,
	.idle_seconds = 60,
	.failures_per_minute = 20,
};

#define TAKE_DEFAULT(limits, member)                                           \
	((limits)->member =                                                    \
		 (limits)->member ? (limits)->member : defaults.member)

static void fill_limits(struct http_limits *l)
{
	TAKE_DEFAULT(l, header_bytes);
	TAKE_DEFAULT(l, body_bytes);
	TAKE_DEFAULT(l, connections);
	TAKE_DEFAULT(l, per_address);
	TAKE_DEFAULT(l, request_seconds);
	TAKE_DEFAULT(l, idle_seconds);
	TAKE_DEFAULT(l, failures_per_minute);
}

static void on_refused(void *arg, int status)
{
	struct http_server *s = arg;

	s->answers[status / 100]++;
}

static void on_request(struct evhttp_request *ev, void *arg)
{
	request_begin(arg, ev);
}

/* Every method that evhttp knows comes to us, so that 405 is ours too. */
static void set_up_evhttp(struct http_server *s, struct evhttp *http,
			  const struct tls *tls)
{
	const struct http_limits *l = &s->config.limits;

	evhttp_set_max_headers_size(http,
				    (ev_ssize_t)l->header_bytes + SLACK_BYTES);
	evhttp_set_max_body_size(http, (ev_ssize_t)l->body_bytes + SLACK_BYTES);
	evhttp_set_allowed_methods(
		http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
			      EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
			      EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
			      EVHTTP_REQ_TRACE);
	evhttp_set_default_content_type(http, NULL);
	evhttp_set_gencb(http, on_request, s);
	guard_watch(s->guard, http, tls);
}

/* Takes fd, unless it is -1: then *e says why already. Each has an evhttp of
 * its own, since the bufferevents that one makes are all of a kind. */
static bool serve(struct http_server *s, unsigned i, int fd, struct err *e)
{
	if (fd < 0)
		return false;
	s->evhttp[i] = evhttp_new(loop_base(s->config.loop));
	if (s->evhttp[i] == NULL) {
		(void)close(fd);
		return err_nomem(e, "the HTTP server");
	}
	set_up_evhttp(s, s->evhttp[i], i == TCP ? s->tls : NULL);
	s->bound[i] = evhttp_accept_socket_with_handle(s->evhttp[i], fd);
	if (s->bound[i] == NULL) {
		(void)close(fd);
		return err_nomem(e, "a listener");
	}
	guard_add_listener(s->guard,
			   evhttp_bound_socket_get_listener(s->bound[i]));
	return true;
}

static bool listen_all(struct http_server *s, const struct http_config *c,
		       struct err *e)
{
	bool is_anywhere = s->tls != NULL || c->allows_plain_http;

	if (c->listen != NULL &&
	    !serve(s, TCP, listen_tcp(c->listen, is_anywhere, &s->port, e), e))
		return false;
	return c->socket == NULL ||
	       serve(s, UNIX, listen_unix(c->socket, &s->file, e), e);
}

static bool make_parts(struct http_server *s, struct err *e)
{
	struct guard_config g = {.base = loop_base(s->config.loop),
				 .limits = s->config.limits,
				 .refused = on_refused,
				 .arg = s};

	s->guard = guard_new(&g, e);
	if (s->guard == NULL)
		return false;
	s->auth = auth_new(s->config.limits.failures_per_minute, e);
	if (s->auth == NULL)
		return false;
	s->streams = streams_new(s, e);
	return s->streams != NULL;
}

static bool make_tls(struct http_server *s, const struct http_config *c,
		     struct err *e)
{
	const struct tls_config t = {.certificate = c->tls_cert,
				     .key = c->tls_key,
				     .client_ca = c->tls_client_ca};

	if (c->tls_cert == NULL && c->tls_key == NULL) {
		if (c->tls_client_ca == NULL)
			return true;
		return err_set(e, ERR_INVALID, "invalid_config",
			       "tls_client_ca wants tls_cert and tls_key, too");
	}
	if (c->tls_cert == NULL || c->tls_key == NULL)
		return err_set(e, ERR_INVALID, "invalid_config",
			       "tls_cert and tls_key go together: set both, "
			       "or none");
	s->tls = tls_new(&t, e);
	return s->tls != NULL;
}

/* A folder that is not there would be a console that is blank. */
static bool check_console(const struct http_config *c, struct err *e)
{
	struct console_loaded page = {0};
	struct err why = {0};
	bool ok;

	if (!c->has_console || c->console_dir == NULL)
		return true;
	ok = console_load(c->console_dir, "index.html", &page, &why);
	console_loaded_fini(&page);
	return ok || err_set(e, ERR_INVALID, "invalid_config",
			     "console_dir %s has no index.html that can be "
			     "read: name the folder src/console of the "
			     "sources by its absolute path, or leave it empty",
			     c->console_dir);
}

/* Its own copies of what it needs later. */
static bool keep_texts(struct http_server *s, const struct http_config *c,
		       struct err *e)
{
	s->config.listen = s->config.socket = NULL;
	s->config.tls_cert = s->config.tls_key = NULL;
	s->config.tls_client_ca = s->config.allowed_hosts = NULL;
	s->version = strdup(c->version ? c->version : "");
	s->config.version = s->version;
	if (c->allowed_hosts != NULL)
		s->allowed_hosts = strdup(c->allowed_hosts);
	if (s->version == NULL ||
	    (c->allowed_hosts != NULL && s->allowed_hosts == NULL))
		return err_nomem(e, "the HTTP server");
	return true;
}

struct http_server *http_server_new(const struct http_config *c, struct err *e)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "the HTTP server");
		return NULL;
	}
	TAILQ_INIT(&s->requests);
	s->config = *c;
	fill_limits(&s->config.limits);
	if (keep_texts(s, c, e) && check_console(c, e) && make_parts(s, e) &&
	    make_tls(s, c, e) && listen_all(s, c, e))
		return s;
	http_server_free(s);
	return NULL;
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}

const char *server_not_ready(const struct http_server *s)
{
	if (s->is_stopping)
		return "the server is stopping";
	if (!auth_is_loaded(s->auth))
		return "the tokens are not read yet";
	return s->config.not_ready ? s->config.not_ready(s->config.arg) : NULL;
}

static void on_tokens(void *arg, const struct token_record *list, size_t n,
		      const struct err *e)
{
	struct http_server *s = arg;
	catalog_done_cb *done = s->tokens_done;
	struct err mine = {0};

	s->tokens_op = NULL;
	if (e == NULL && !auth_set_tokens(s->auth, list, n)) {
		(void)err_nomem(&mine, "the tokens");
		e = &mine;
	}
	if (e != NULL)
		log_error("http", "cannot read the tokens: %s", e->msg);
	if (done != NULL)
		done(s->tokens_arg, e);
}

bool http_server_load_tokens(struct http_server *s, catalog_done_cb *done,
			     void *arg, struct err *e)
{
	catalog_cancel(s->tokens_op);
	s->tokens_done = done;
	s->tokens_arg = arg;
	s->tokens_op = catalog_token_list(s->config.catalog, on_tokens, s, e);
	return s->tokens_op != NULL;
}

void http_server_reload(struct http_server *s)
{
	struct err e = {0};

	if (s->tls == NULL)
		return;
	if (tls_reload(s->tls, &e))
		log_info("http", "certificate and key read again");
	else
		log_error("http", "certificate and key stay as they are: %s",
			  e.msg);
}

void http_server_stop_accepting(struct http_server *s)
{
	s->is_stopping = true;
	guard_add_listener(s->guard, NULL);
	for (unsigned i = 0; i < SERVER_SOCKETS; i++) {
		if (s->bound[i] != NULL)
			evhttp_del_accept_socket(s->evhttp[i], s->bound[i]);
		s->bound[i] = NULL;
	}
	socket_file_remove(&s->file);
}

void http_server_free(struct http_server *s)
{
	struct request *r;

	if (s == NULL)
		return;
	catalog_cancel(s->tokens_op);
	socket_file_remove(&s->file);
	/* Each connection tells its request that it goes. */
	for (unsigned i = 0; i < SERVER_SOCKETS; i++) {
		if (s->evhttp[i] != NULL)
			evhttp_free(s->evhttp[i]);
	}
	while ((r = TAILQ_FIRST(&s->requests)) != NULL)
		request_drop(r);
	streams_free(s->streams);
	guard_free(s->guard);
	tls_free(s->tls);
	auth_free(s->auth);
	free(s->version);
	free(s->allowed_hosts);
	free(s);
}
