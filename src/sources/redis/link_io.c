/* link_io.c - bytes to and from a server, in TLS or plainly. */
#include "sources/redis/link_int.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static long lost(struct redis_link *l, const char *why, struct err *e)
{
	redis_link_set_state(l, LINK_DOWN);
	(void)err_set(e, ERR_CONNECT, "connection_failed",
		      "the connection to %s broke: %s%s", l->where, why,
		      l->tls == NULL && !l->has_heard
			      ? "; does the port speak TLS? Then set \"tls\""
			      : "");
	return -1;
}

static long closed(struct redis_link *l, struct err *e)
{
	return lost(l, "the server closed it", e);
}

/* What a call of the TLS library that did nothing means. */
static long tls_stopped(struct redis_link *l, int rc, short *wants,
			struct err *e)
{
	int number = errno;

	switch (SSL_get_error(l->tls, rc)) {
	case SSL_ERROR_WANT_READ:
		*wants = EV_READ;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		*wants = EV_WRITE;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return closed(l, e);
	case SSL_ERROR_SYSCALL:
		if (number != 0)
			return lost(l, strerror(number), e);
		return closed(l, e);
	default:
		break;
	}
	if (ERR_GET_REASON(ERR_peek_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return closed(l, e);
	return lost(l, "TLS failed", e);
}

static bool is_again(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

long redis_link_read(struct redis_link *l, void *to, size_t len, struct err *e)
{
	size_t got = 0;
	ssize_t n;

	if (l->state != LINK_UP)
		return closed(l, e);
	l->read_wants = EV_READ;
	if (l->tls != NULL) {
		ERR_clear_error();
		errno = 0;
		if (SSL_read_ex(l->tls, to, len, &got) == 1)
			return (long)got;
		return tls_stopped(l, 0, &l->read_wants, e);
	}
	n = recv(l->fd, to, len, 0);
	if (n > 0) {
		l->has_heard = true;
		return (long)n;
	}
	if (n == 0)
		return closed(l, e);
	return is_again(errno) ? 0 : lost(l, strerror(errno), e);
}

size_t redis_link_push(const struct redis_link *l, const void *from, size_t len)
{
	ssize_t n;

	if (l->state != LINK_UP || l->tls != NULL)
		return 0;
	n = send(l->fd, from, len, MSG_NOSIGNAL);
	return n > 0 ? (size_t)n : 0;
}

long redis_link_write(struct redis_link *l, const void *from, size_t len,
		      struct err *e)
{
	size_t put = 0;
	ssize_t n;

	if (l->state != LINK_UP)
		return closed(l, e);
	l->write_wants = EV_WRITE;
	if (l->tls != NULL) {
		ERR_clear_error();
		errno = 0;
		if (SSL_write_ex(l->tls, from, len, &put) == 1)
			return (long)put;
		return tls_stopped(l, 0, &l->write_wants, e);
	}
	n = send(l->fd, from, len, MSG_NOSIGNAL);
	if (n >= 0)
		return (long)n;
	return is_again(errno) ? 0 : lost(l, strerror(errno), e);
}

static int wanted(int wants, int otherwise)
{
	return wants != 0 ? wants : otherwise;
}

void redis_link_wait(struct redis_link *l, bool to_read, bool to_write)
{
	int what = 0;

	if (to_read)
		what |= wanted(l->read_wants, EV_READ);
	if (to_write)
		what |= wanted(l->write_wants, EV_WRITE);
	if (l->state == LINK_UP && what != 0)
		redis_link_watch(l, (short)what);
	else
		(void)event_del(l->ev);
}
