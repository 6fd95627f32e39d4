/* conn_send.c - commands as the protocol has them (RESP2), appended to the
 * output. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
#include "sources/redis/conn_int.h"

#include <stdio.h>
#include <string.h>

#include <event2/buffer.h>

#include "base/text.h"

enum { HEAD_MAX = 32 };

static void add_argument(struct text *t, const char *s)
{
	text_printf(t, "$%zu\r\n", strlen(s));
	text_str(t, s);
	text_str(t, "\r\n");
}

static bool is_named(const char *user)
{
	return user != NULL && user[0] != '\0' && strcmp(user, "default") != 0;
}

/* Grown once, so that no copy of the password is left behind. */
bool redis_conn_make_hello(struct redis_conn *c, const struct source_address *a,
			   struct err *e)
{
	const char *password = a->password != NULL ? a->password : "";
	const char *user = is_named(a->user) ? a->user : NULL;
	struct text t = {0};

	if (user == NULL && password[0] == '\0')
		return true;
	if (!text_reserve(&t, strlen(password) +
				      (user != NULL ? strlen(user) : 0) +
				      4 * (size_t)HEAD_MAX))
		return err_nomem(e, "a connection");
	text_str(&t, user != NULL ? "*3\r\n" : "*2\r\n");
	add_argument(&t, "AUTH");
	if (user != NULL)
		add_argument(&t, user);
	add_argument(&t, password);
	c->hello_len = t.len;
	c->hello = text_take(&t);
	return c->hello != NULL || err_nomem(e, "a connection");
}

static bool add(struct redis_conn *c, const void *bytes, size_t len,
		struct err *e)
{
	if (evbuffer_add(c->out, bytes, len) != 0)
		return err_nomem(e, "a command");
	if (evbuffer_get_length(c->out) > c->peak)
		c->peak = evbuffer_get_length(c->out);
	return true;
}

static bool add_head(struct redis_conn *c, char kind, size_t n, struct err *e)
{
	char head[HEAD_MAX];
	int len = snprintf(head, sizeof(head), "%c%zu\r\n", kind, n);

	return add(c, head, (size_t)len, e);
}

bool redis_conn_begin(struct redis_conn *c, size_t argc, struct err *e)
{
	if (!add_head(c, '*', argc, e))
		return false;
	c->unanswered++;
	redis_conn_next_turn(c);
	return true;
}

bool redis_conn_argument(struct redis_conn *c, size_t len, struct err *e)
{
	return add_head(c, '$', len, e);
}

bool redis_conn_bytes(struct redis_conn *c, const void *bytes, size_t len,
		      struct err *e)
{
	if (!add(c, bytes, len, e))
		return false;
	redis_conn_next_turn(c);
	return true;
}

bool redis_conn_argument_end(struct redis_conn *c, struct err *e)
{
	if (!add(c, "\r\n", 2, e))
		return false;
	redis_conn_next_turn(c);
	return true;
}

bool redis_conn_send(struct redis_conn *c, size_t argc, const char *const *argv,
		     const size_t *lens, struct err *e)
{
	if (!redis_conn_begin(c, argc, e))
		return false;
	for (size_t i = 0; i < argc; i++) {
		size_t len = lens != NULL ? lens[i] : strlen(argv[i]);

		if (!redis_conn_argument(c, len, e) ||
		    !redis_conn_bytes(c, argv[i], len, e) ||
		    !redis_conn_argument_end(c, e))
			return false;
	}
	return true;
}

size_t redis_conn_unsent(const struct redis_conn *c)
{
	return evbuffer_get_length(c->out);
}

uint64_t redis_conn_unanswered(const struct redis_conn *c)
{
	return c->unanswered;
}
