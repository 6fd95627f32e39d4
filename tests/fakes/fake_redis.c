/* fake_redis.c - a Redis that says what a test wants. */
#include "fake_redis.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "base/text.h"
#include "loop/loop.h"

enum { CONNS = 8, ANSWERS = 64, BETWEEN_TURNS = 4, CHUNK = 65536, WORDS = 16 };

struct conn {
	struct fake_redis *fake;
	int fd; /* -1: none */
	struct event *readable, *turn;
	struct text in, out;
	size_t in_at, out_at, pause_at;
	unsigned turns; /* since the last piece */
	bool is_cut, is_stalled;
};

struct fake_redis {
	struct loop *loop;
	int listener;
	unsigned port;
	struct event *incoming;
	const struct fake_redis_answer *scripts[2];
	unsigned used[2][ANSWERS];
	struct text log;
	const char *greeting;
	size_t piece;
	void (*inside)(bool is_in);
	fake_redis_see_cb *see;
	void *see_arg;
	size_t received;
	struct conn conns[CONNS];
};

static void hang_up(struct conn *c)
{
	(void)event_del(c->readable);
	event_free(c->readable);
	event_free(c->turn);
	(void)close(c->fd);
	c->fd = -1;
	text_free(&c->in);
	text_free(&c->out);
}

static size_t piece_of(const struct conn *c, size_t left)
{
	size_t piece = c->fake->piece;

	if (c->pause_at > c->out_at &&
	    (piece == 0 || c->pause_at - c->out_at < piece))
		piece = c->pause_at - c->out_at;
	return piece > 0 && piece < left ? piece : left;
}

static bool is_pausing(const struct conn *c)
{
	return c->out_at > 0 &&
	       (c->fake->piece > 0 || c->out_at == c->pause_at);
}

static void send_piece(struct conn *c)
{
	size_t left = c->out.len - c->out_at;
	ssize_t n = 0;

	if (is_pausing(c) && c->turns++ < BETWEEN_TURNS) {
		loop_next_turn(c->turn);
		return;
	}
	c->turns = 0;
	if (left > 0)
		n = send(c->fd, c->out.data + c->out_at, piece_of(c, left),
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		c->out_at += (size_t)n;
	if (n < 0 && errno != EAGAIN) {
		hang_up(c);
		return;
	}
	if (c->out_at < c->out.len)
		loop_next_turn(c->turn);
	else if (c->is_cut)
		hang_up(c);
}

static void inside(const struct fake_redis *f, bool is_in)
{
	if (f->inside != NULL)
		f->inside(is_in);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct fake_redis *f = c->fake;

	(void)fd;
	(void)what;
	inside(f, true);
	send_piece(c);
	inside(f, false);
}

static void say(struct conn *c, const char *bytes, size_t len)
{
	text_add(&c->out, bytes, len);
	assert(!c->out.is_broken);
	loop_next_turn(c->turn);
}

static const struct fake_redis_answer *find(struct fake_redis *f,
					    const char *command)
{
	for (int k = 0; k < 2; k++) {
		const struct fake_redis_answer *a = f->scripts[k];

		for (size_t i = 0; a != NULL && a[i].begins != NULL; i++) {
			size_t len = strlen(a[i].begins);

			if (evutil_ascii_strncasecmp(command, a[i].begins,
						     len) != 0)
				continue;
			if (a[i].times != 0 && f->used[k][i] >= a[i].times)
				continue;
			f->used[k][i]++;
			return &a[i];
		}
	}
	return NULL;
}

static void answer(struct conn *c, const char *command)
{
	const struct fake_redis_answer *a = find(c->fake, command);

	text_printf(&c->fake->log, "%s\n", command);
	if (a == NULL) {
		say(c, "+OK\r\n", 5);
		return;
	}
	c->is_cut = a->then == FAKE_REDIS_CUTS;
	c->is_stalled = a->then == FAKE_REDIS_STALLS;
	if (a->pause_at > 0)
		c->pause_at = c->out.len + a->pause_at;
	if (a->says != NULL)
		say(c, a->says, a->len > 0 ? a->len : strlen(a->says));
	else if (c->is_cut)
		say(c, "", 0);
}

/* "*3\r\n" or "$3\r\n" at *at; false: not whole yet. */
static bool number(const struct conn *c, size_t *at, char kind, size_t *out)
{
	const char *from = c->in.data + *at;
	const char *end = memchr(from, '\n', c->in.len - *at);

	if (end == NULL)
		return false;
	assert(*from == kind);
	*out = (size_t)atol(from + 1);
	*at += (size_t)(end - from) + 1;
	return true;
}

/* The next whole command, its words parted by blanks. */
static bool take_command(struct conn *c, struct text *command)
{
	size_t at = c->in_at, argc, len;
	struct fake_redis_word words[WORDS];
	struct fake_redis *f = c->fake;

	if (at == c->in.len || !number(c, &at, '*', &argc))
		return false;
	for (size_t i = 0; i < argc; i++) {
		if (at == c->in.len || !number(c, &at, '$', &len) ||
		    c->in.len - at < len + 2)
			return false;
		if (i > 0)
			text_char(command, ' ');
		/* Of large ones the log keeps the beginning. */
		text_add(command, c->in.data + at, len < 200 ? len : 200);
		if (i < WORDS)
			words[i] =
				(struct fake_redis_word){c->in.data + at, len};
		at += len + 2;
	}
	if (f->see != NULL)
		f->see(f->see_arg, words, argc < WORDS ? argc : WORDS);
	c->in_at = at;
	return true;
}

static void take_commands(struct conn *c)
{
	struct text command = {0};

	while (!c->is_stalled && !c->is_cut && take_command(c, &command)) {
		answer(c, command.data);
		text_reset(&command);
	}
	text_free(&command);
}

static void receive(struct conn *c)
{
	static char chunk[CHUNK]; /* one thread */
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			hang_up(c);
		return;
	}
	c->fake->received += (size_t)n;
	text_add(&c->in, chunk, (size_t)n);
	if (c->in.data[0] != '*') {
		/* As a server does to one that speaks TLS to it. */
		c->is_cut = true;
		say(c, "-ERR Protocol error\r\n", 21);
		return;
	}
	take_commands(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct fake_redis *f = c->fake;

	(void)fd;
	(void)what;
	inside(f, true);
	receive(c);
	inside(f, false);
}

static void take_in(struct fake_redis *f)
{
	int on = 1, conn = accept(f->listener, NULL, NULL);
	struct conn *c = f->conns;

	while (c->fd >= 0)
		c++;
	assert(conn >= 0 && c < f->conns + CONNS);
	(void)setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*c = (struct conn){.fake = f, .fd = conn};
	c->turn = evtimer_new(loop_base(f->loop), on_turn, c);
	c->readable = event_new(loop_base(f->loop), conn, EV_READ | EV_PERSIST,
				on_readable, c);
	(void)event_add(c->readable, NULL);
	if (f->greeting != NULL) {
		c->is_cut = true;
		say(c, f->greeting, strlen(f->greeting));
	}
}

static void on_incoming(evutil_socket_t fd, short what, void *arg)
{
	struct fake_redis *f = arg;

	(void)fd;
	(void)what;
	inside(f, true);
	take_in(f);
	inside(f, false);
}

static int listen_at(struct fake_redis *f, const char *path)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct sockaddr *sa = (const void *)&in;
	socklen_t len = sizeof(in);
	int fd = socket(path != NULL ? AF_UNIX : AF_INET,
			SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (path != NULL) {
		(void)str_copy(local.sun_path, sizeof(local.sun_path), path);
		sa = (const void *)&local;
		len = sizeof(local);
	}
	if (fd < 0 || bind(fd, sa, len) != 0 || listen(fd, CONNS) != 0)
		abort();
	len = sizeof(in);
	if (path == NULL && getsockname(fd, (void *)&in, &len) == 0)
		f->port = ntohs(in.sin_port);
	return fd;
}

struct fake_redis *fake_redis_start(struct loop *l, const char *socket,
				    const struct fake_redis_answer *first,
				    const struct fake_redis_answer *second)
{
	struct fake_redis *f = calloc(1, sizeof(*f));

	f->loop = l;
	f->scripts[0] = first;
	f->scripts[1] = second;
	for (int i = 0; i < CONNS; i++)
		f->conns[i].fd = -1;
	text_str(&f->log, "");
	f->listener = listen_at(f, socket);
	f->incoming = event_new(loop_base(l), f->listener, EV_READ | EV_PERSIST,
				on_incoming, f);
	(void)event_add(f->incoming, NULL);
	return f;
}

unsigned fake_redis_port(const struct fake_redis *f)
{
	return f->port;
}

void fake_redis_greet(struct fake_redis *f, const char *words)
{
	f->greeting = words;
}

void fake_redis_pieces(struct fake_redis *f, size_t bytes)
{
	f->piece = bytes;
}

void fake_redis_watch(struct fake_redis *f, void (*watch)(bool is_in))
{
	f->inside = watch;
}

void fake_redis_see(struct fake_redis *f, fake_redis_see_cb *see, void *arg)
{
	f->see = see;
	f->see_arg = arg;
}

const char *fake_redis_log(struct fake_redis *f)
{
	return f->log.data;
}

size_t fake_redis_received(const struct fake_redis *f)
{
	return f->received;
}

unsigned fake_redis_open(const struct fake_redis *f)
{
	unsigned n = 0;

	for (int i = 0; i < CONNS; i++)
		n += f->conns[i].fd >= 0;
	return n;
}

void fake_redis_stop(struct fake_redis *f)
{
	for (int i = 0; i < CONNS; i++)
		if (f->conns[i].fd >= 0)
			hang_up(&f->conns[i]);
	event_free(f->incoming);
	(void)close(f->listener);
	text_free(&f->log);
	free(f);
}
