/* conn_send.c - commands as the protocol has them (RESP2), appended to the
 * output. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
#include "sources/redis/conn_int.h"

#include <string.h>

#include "base/text.h"

enum {
	HEAD_MAX = 32,
	ROOM_BYTES = 64 * 1024 - 64, /* libevent's own head makes it 64 KiB */
};

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

void redis_conn_settle(struct redis_conn *c)
{
	if (c->room_used > 0) {
		c->room.iov_len = c->room_used;
		(void)evbuffer_commit_space(c->out, &c->room, 1);
	}
	c->room.iov_len = c->room_used = 0;
	if (evbuffer_get_length(c->out) > c->peak)
		c->peak = evbuffer_get_length(c->out);
}

static bool make_room(struct redis_conn *c, size_t len, struct err *e)
{
	size_t room = len > ROOM_BYTES ? len : ROOM_BYTES;

	redis_conn_settle(c);
	if (evbuffer_reserve_space(c->out, (ev_ssize_t)room, &c->room, 1) == 1)
		return true;
	c->room.iov_len = 0;
	return err_nomem(e, "a command");
}

/* Commands are many small pieces: evbuffer_add() would take longer than what
 * it copies, and gather them in blocks of 4 KiB, each of which is a send(). */
static bool add(struct redis_conn *c, const void *bytes, size_t len,
		struct err *e)
{
	if (c->room.iov_len - c->room_used < len && !make_room(c, len, e))
		return false;
	memcpy((char *)c->room.iov_base + c->room_used, bytes, len);
	c->room_used += len;
	return true;
}

/* Returns how many digits. */
static size_t put_number(char *to, size_t n)
{
	char back[HEAD_MAX];
	size_t len = 0, used = 0;

	do
		back[len++] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (len > 0)
		to[used++] = back[--len];
	return used;
}

static bool add_head(struct redis_conn *c, char kind, size_t n, struct err *e)
{
	char head[HEAD_MAX + 1];
	size_t len = 1;

	head[0] = kind;
	len += put_number(head + len, n);
	head[len++] = '\r';
	head[len++] = '\n';
	return add(c, head, len, e);
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
	return evbuffer_get_length(c->out) + c->room_used;
}

uint64_t redis_conn_unanswered(const struct redis_conn *c)
{
	return c->unanswered;
}
