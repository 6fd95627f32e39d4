/* http_client.c - see http_client.h. */
#include "http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "loop/loop.h"

enum { REPLY_MS = 60000 };

static void on_done(void *arg, const struct err *e)
{
	assert_null(e);
	*(bool *)arg = true;
}

static void add_token(struct shop *s, enum role role)
{
	struct token_record t = {0};
	bool is_done = false;
	struct err e = {0};

	(void)snprintf(s->tokens[role], sizeof(s->tokens[role]),
		       "token-of-the-role-%s", role_name(role));
	(void)str_copy(t.name, sizeof(t.name), role_name(role));
	(void)str_copy(t.role, sizeof(t.role), role_name(role));
	sha256_hex(s->tokens[role], strlen(s->tokens[role]), t.hash);
	assert_non_null(catalog_token_add(s->house->catalog, &t, on_done,
					  &is_done, &e));
	house_until(s->house, &is_done);
}

static void on_plans_changed(void *arg)
{
	struct shop *s = arg;

	s->plan_changes++;
}

struct shop *shop_open(const struct http_limits *limits)
{
	struct shop *s = calloc(1, sizeof(*s));
	bool is_done = false;
	struct err e = {0};

	assert_non_null(s);
	s->house = house_open(2);
	(void)snprintf(s->socket, sizeof(s->socket), "%s/s", s->house->dir);
	s->config.loop = s->house->loop;
	s->config.catalog = s->house->catalog;
	s->config.jobs = s->house->jobs;
	s->config.budget = s->house->budget;
	s->config.listen = "127.0.0.1:0";
	s->config.socket = s->socket;
	s->config.allowed_hosts = "shop.example:80, x";
	s->config.manual_backups_max = 50;
	s->config.version = "1.2.3";
	s->config.plans_changed = on_plans_changed;
	s->config.arg = s;
	s->config.started_at = clock_now_ms() - 5000;
	s->config.blocking = s->house->blocking;
	if (limits != NULL)
		s->config.limits = *limits;
	s->http = http_server_new(&s->config, &e);
	if (s->http == NULL)
		fail_msg("%s", e.msg);
	for (unsigned r = ROLE_READ; r < ROLE_COUNT; r++)
		add_token(s, (enum role)r);
	assert_true(http_server_load_tokens(s->http, on_done, &is_done, &e));
	house_until(s->house, &is_done);
	return s;
}

void shop_close(struct shop *s)
{
	http_server_free(s->http);
	house_close(s->house);
	text_free(&s->head);
	text_free(&s->body);
	json_decref(s->json);
	free(s);
}

void shop_run(struct shop *s, unsigned ms)
{
	int64_t until = clock_mono_ms() + ms;

	do
		house_turn(s->house);
	while (clock_mono_ms() < until);
}

int shop_connect(struct shop *s)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)http_server_port(s->http)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	shop_run(s, 1);
	return fd;
}

int shop_connect_unix(struct shop *s)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)str_copy(a.sun_path, sizeof(a.sun_path), s->socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	shop_run(s, 1);
	return fd;
}

bool shop_send(struct shop *s, int fd, const char *bytes, size_t len)
{
	int64_t limit = clock_mono_ms() + REPLY_MS;
	ssize_t n;

	while (len > 0) {
		n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (clock_mono_ms() > limit)
			fail_msg("the server does not read");
		shop_run(s, 0);
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* One byte, since what follows a reply belongs to the next one. */
static bool take_byte(struct shop *s, int fd, struct text *t)
{
	int64_t limit = clock_mono_ms() + REPLY_MS;
	ssize_t n;
	char c;

	for (;;) {
		n = recv(fd, &c, 1, MSG_DONTWAIT);
		if (n == 1) {
			text_char(t, c);
			return true;
		}
		if (n == 0 || errno != EAGAIN)
			return false;
		if (clock_mono_ms() > limit)
			fail_msg("no reply");
		shop_run(s, 0);
	}
}

int shop_reply(struct shop *s, int fd, bool has_body)
{
	size_t len;

	text_reset(&s->head);
	text_reset(&s->body);
	json_decref(s->json);
	s->json = NULL;
	s->status = 0;
	while (s->head.len < 4 ||
	       memcmp(s->head.data + s->head.len - 4, "\r\n\r\n", 4) != 0) {
		if (!take_byte(s, fd, &s->head))
			return 0;
	}
	s->status = atoi(s->head.data + strlen("HTTP/1.1 "));
	len = (size_t)atol(shop_header(s, "Content-Length"));
	while (has_body && s->body.len < len) {
		if (!take_byte(s, fd, &s->body))
			fail_msg("the body is cut");
	}
	if (s->body.len > 0)
		s->json = json_loadb(s->body.data, s->body.len,
				     JSON_REJECT_DUPLICATES, NULL);
	return s->status;
}

bool shop_is_closed(struct shop *s, int fd, unsigned ms)
{
	int64_t limit = clock_mono_ms() + ms;
	char rest[256];
	ssize_t n;

	do {
		n = recv(fd, rest, sizeof(rest), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		shop_run(s, 0);
	} while (clock_mono_ms() < limit);
	return false;
}

int shop_raw(struct shop *s, const char *bytes)
{
	int fd = shop_connect(s);

	(void)shop_send(s, fd, bytes, strlen(bytes));
	(void)shop_reply(s, fd, true);
	(void)close(fd);
	shop_run(s, 0);
	return s->status;
}

static void add_head(struct text *t, const struct shop *s,
		     const struct shop_request *q)
{
	text_printf(t, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
		    q->method, q->path);
	if (q->role != ROLE_NONE)
		text_printf(t, "Authorization: Bearer %s\r\n",
			    s->tokens[q->role]);
	if (q->headers != NULL)
		text_str(t, q->headers);
	if (q->body != NULL &&
	    (q->headers == NULL || strstr(q->headers, "Content-Type") == NULL))
		text_str(t, "Content-Type: application/json\r\n");
	if (q->body != NULL)
		text_printf(t, "Content-Length: %zu\r\n", strlen(q->body));
	text_str(t, "\r\n");
	text_str(t, q->body);
}

int shop_ask(struct shop *s, const struct shop_request *q)
{
	int fd = q->is_unix ? shop_connect_unix(s) : shop_connect(s);
	struct text t = {0};

	add_head(&t, s, q);
	(void)shop_send(s, fd, t.data, t.len);
	(void)shop_reply(s, fd, strcmp(q->method, "HEAD") != 0);
	text_free(&t);
	(void)close(fd);
	shop_run(s, 0);
	return s->status;
}

int shop_call(struct shop *s, const char *method, const char *path,
	      const char *body)
{
	const struct shop_request q = {.method = method,
				       .path = path,
				       .body = body,
				       .role = ROLE_ADMIN};

	return shop_ask(s, &q);
}

const char *shop_header(struct shop *s, const char *name)
{
	static char value[512];
	const char *line = s->head.data ? s->head.data : "";
	size_t n = strlen(name);

	while ((line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		(void)snprintf(value, sizeof(value), "%.*s",
			       (int)strcspn(line + n + 2, "\r"), line + n + 2);
		return value;
	}
	return "";
}

const json_t *shop_value(const struct shop *s, const char *path)
{
	const json_t *at = s->json;
	char part[64];

	while (at != NULL && *path != '\0') {
		size_t n = strcspn(path, "/");

		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		at = json_is_array(at) ? json_array_get(at, (size_t)atol(part))
				       : json_object_get(at, part);
		path += n + (path[n] == '/');
	}
	return at;
}

const char *shop_text(const struct shop *s, const char *path)
{
	const char *text = json_string_value(shop_value(s, path));

	return text ? text : "";
}

static void check_pointers(const json_t *errors, const char *pointers)
{
	struct text found = {0};

	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *one = json_array_get(errors, i);
		const char *where =
			json_string_value(json_object_get(one, "pointer"));

		if (where == NULL)
			where = json_string_value(
				json_object_get(one, "parameter"));
		text_printf(&found, "%s%s", i ? " " : "", where);
		assert_non_null(json_object_get(one, "code"));
		assert_non_null(json_object_get(one, "detail"));
	}
	assert_string_equal(found.data ? found.data : "", pointers);
	text_free(&found);
}

void shop_problem(struct shop *s, int status, const char *code,
		  const char *pointers)
{
	if (s->status != status || strcmp(shop_text(s, "code"), code) != 0)
		fail_msg("wanted %d %s, got %d %s", status, code, s->status,
			 s->body.data ? s->body.data : "nothing");
	assert_string_equal(shop_header(s, "Content-Type"),
			    "application/problem+json");
	assert_int_equal(json_integer_value(shop_value(s, "status")), status);
	assert_int_equal(strncmp(shop_text(s, "type"), "/problems/", 10), 0);
	assert_string_equal(shop_text(s, "request_id"),
			    shop_header(s, "X-Request-Id"));
	assert_true(*shop_text(s, "title") && *shop_text(s, "detail"));
	if (pointers != NULL)
		check_pointers(shop_value(s, "errors"), pointers);
}
