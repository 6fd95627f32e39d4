/*
 * link.c - from an address to bytes that can flow. One one-shot event watches
 * the socket, one timer bounds the way to LINK_UP.
 */
#include "sources/redis/link_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/address.h"
#include "base/log.h"
#include "loop/loop.h"
#include "sources/redis/dial.h"

enum { ROOM_BYTES = 1024 * 1024 };

static const char *const state_names[] = {
	"lookup", "connect", "ask", "tls", "up", "down",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == LINK_STATE_COUNT,
	       "one name per state");

static void on_event(evutil_socket_t fd, short what, void *arg);

void redis_link_set_state(struct redis_link *l, enum link_state next)
{
	log_debug("sources", "redis link %p: %s -> %s", (void *)l,
		  state_names[l->state], state_names[next]);
	l->state = next;
}

static void hang_up(struct redis_link *l)
{
	if (l->ev != NULL)
		(void)event_del(l->ev);
	SSL_free(l->tls);
	l->tls = NULL;
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

/* The last thing that is done in a callback. */
static void fail(struct redis_link *l, const struct err *e)
{
	redis_link_set_state(l, LINK_DOWN);
	hang_up(l);
	(void)evtimer_del(l->deadline);
	l->events.on_up(l->arg, e);
}

static void up(struct redis_link *l)
{
	redis_link_set_state(l, LINK_UP);
	(void)evtimer_del(l->deadline);
	l->events.on_up(l->arg, NULL);
}

void redis_link_watch(struct redis_link *l, short what)
{
	(void)event_del(l->ev);
	(void)event_assign(l->ev, loop_base(l->env->loop), l->fd, what,
			   on_event, l);
	if (event_add(l->ev, NULL) != 0)
		log_error("sources", "no memory for an event");
}

/* A peer that is gone without a word must be noticed while nothing is sent. */
static void set_options(int fd)
{
	int on = 1, idle = 60, interval = 10, count = 6;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
			 sizeof(interval));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* A unix socket is writable again when three quarters of it are read, and has
 * room for less than a server reads while the loop does something else. (TCP
 * finds its own measure.) */
static void set_room(int fd)
{
	int bytes = ROOM_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static bool connect_to(struct redis_link *l, int family,
		       const struct sockaddr *sa, socklen_t len)
{
	l->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return false;
	if (family != AF_UNIX)
		set_options(l->fd);
	else
		set_room(l->fd);
	return connect(l->fd, sa, len) == 0 || errno == EINPROGRESS;
}

static bool connect_socket(struct redis_link *l)
{
	const char *path = l->dial->address.socket;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	return connect_to(l, AF_UNIX, (const struct sockaddr *)(void *)&sa,
			  sizeof(sa));
}

static void cannot_connect(struct redis_link *l, int number)
{
	struct err e = {0};

	(void)err_set(&e, ERR_CONNECT, "connection_failed",
		      "connect to %s: %s; check host, port and that the server "
		      "runs",
		      l->where, strerror(number));
	fail(l, &e);
}

/* Asked of what the look-up gave, so no name may stand for another address
 * later. */
static bool is_refused(struct redis_link *l)
{
	struct err e = {0};

	if (l->at == NULL || !address_is_forbidden(l->at->ai_addr))
		return false;
	(void)err_set(&e, ERR_CONNECT, "address_refused", "connect to %s: %s",
		      l->where, address_forbidden_text());
	fail(l, &e);
	return true;
}

/* The address at hand, or the next one that can be tried at all. */
static void try_addresses(struct redis_link *l)
{
	int number = EADDRNOTAVAIL;

	redis_link_set_state(l, LINK_CONNECT);
	if (l->dial->address.socket != NULL) {
		if (connect_socket(l))
			redis_link_watch(l, EV_WRITE);
		else
			cannot_connect(l, errno);
		return;
	}
	for (; l->at != NULL; l->at = l->at->ai_next) {
		if (is_refused(l))
			return;
		if (connect_to(l, l->at->ai_family, l->at->ai_addr,
			       l->at->ai_addrlen)) {
			redis_link_watch(l, EV_WRITE);
			return;
		}
		number = errno;
		hang_up(l);
	}
	cannot_connect(l, number);
}

static void on_dialed(void *arg)
{
	struct redis_link *l = arg;
	struct err e = l->dial->err; /* it goes when the link is freed */

	if (err_is(&e)) {
		fail(l, &e);
		return;
	}
	l->at = l->dial->found;
	l->is_plain = l->dial->context == NULL;
	l->is_asked = l->is_plain || l->dial->address.view.tls != TLS_PREFERRED;
	try_addresses(l);
}

/* The name or the number that the certificate must be of. */
static bool set_name(struct redis_link *l)
{
	const char *host = l->dial->address.host;
	unsigned char number[sizeof(struct in6_addr)];
	bool is_number = inet_pton(AF_INET, host, number) == 1 ||
			 inet_pton(AF_INET6, host, number) == 1;

	/* The macro of SSL_set_tlsext_host_name() casts const away. */
	if (!is_number &&
	    SSL_ctrl(l->tls, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		     TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) != 1)
		return false;
	if (is_number)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(l->tls),
						     host) == 1;
	return SSL_set1_host(l->tls, host) == 1;
}

static void tls_failed(struct redis_link *l)
{
	unsigned long code = ERR_get_error();
	const char *why = code != 0 ? ERR_reason_error_string(code) : NULL;
	long verdict = SSL_get_verify_result(l->tls);
	struct err e = {0};

	if (verdict != X509_V_OK)
		why = X509_verify_cert_error_string(verdict);
	(void)err_set(&e, ERR_CONNECT, "connection_failed",
		      "TLS with %s failed: %s; check that the port speaks TLS, "
		      "\"tls\" and \"ca_file\"",
		      l->where,
		      why != NULL ? why : "the server closed the connection");
	fail(l, &e);
}

static void shake_hands(struct redis_link *l)
{
	int rc;

	ERR_clear_error();
	rc = SSL_connect(l->tls);
	if (rc == 1) {
		up(l);
		return;
	}
	switch (SSL_get_error(l->tls, rc)) {
	case SSL_ERROR_WANT_READ:
		redis_link_watch(l, EV_READ);
		return;
	case SSL_ERROR_WANT_WRITE:
		redis_link_watch(l, EV_WRITE);
		return;
	default:
		break;
	}
	tls_failed(l);
}

static void begin_tls(struct redis_link *l)
{
	struct err e = {0};

	redis_link_set_state(l, LINK_TLS);
	l->tls = SSL_new(l->dial->context);
	if (l->tls == NULL || SSL_set_fd(l->tls, l->fd) != 1 || !set_name(l)) {
		(void)err_nomem(&e, "TLS");
		fail(l, &e);
		return;
	}

	shake_hands(l);
}

static void ask(struct redis_link *l)
{
	static const char ping[] = "PING\r\n";

	redis_link_set_state(l, LINK_ASK);
	/* A socket that is new has room; where it broke, reading tells. */
	if (send(l->fd, ping, sizeof(ping) - 1, MSG_NOSIGNAL) < 0)
		log_debug("sources", "redis link %p: not asked", (void *)l);
	redis_link_watch(l, EV_READ);
}

/* "+PONG" or an error: it speaks plainly. Anything else: perhaps TLS. */
static void hear(struct redis_link *l)
{
	char byte = '\0';
	ssize_t n = recv(l->fd, &byte, 1, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		redis_link_watch(l, EV_READ);
		return;
	}
	l->is_asked = true;
	l->is_plain = n == 1 && (byte == '+' || byte == '-');
	hang_up(l);
	try_addresses(l);
}

static void connected(struct redis_link *l)
{
	int number = 0;
	socklen_t len = sizeof(number);

	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0)
		number = errno;
	if (number != 0 && l->at != NULL && l->at->ai_next != NULL) {
		hang_up(l);
		l->at = l->at->ai_next;
		try_addresses(l);
	} else if (number != 0) {
		cannot_connect(l, number);
	} else if (!l->is_asked) {
		ask(l);
	} else if (!l->is_plain) {
		begin_tls(l);
	} else {
		up(l);
	}
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *l = arg;

	(void)fd;
	(void)what;
	switch (l->state) {
	case LINK_CONNECT:
		connected(l);
		break;
	case LINK_ASK:
		hear(l);
		break;
	case LINK_TLS:
		shake_hands(l);
		break;
	case LINK_UP:
		l->events.on_io(l->arg);
		break;
	case LINK_LOOKUP:
	case LINK_DOWN:
	case LINK_STATE_COUNT:
		break;
	}
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *l = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (l->state == LINK_LOOKUP)
		(void)err_set(
			&e, ERR_CONNECT, "connection_failed",
			"connect to %s: its name and the certificates to "
			"trust were not read within %d s; check the name, "
			"this host's name servers and its load",
			l->where, REDIS_CONNECT_SECONDS);
	else
		(void)err_set(&e, ERR_CONNECT, "connection_failed",
			      "connect to %s: no answer%s within %d s; check "
			      "host, port%s and what lies between",
			      l->where, l->state == LINK_TLS ? " in TLS" : "",
			      REDIS_CONNECT_SECONDS,
			      l->state == LINK_TLS ? ", \"tls\"" : "");
	fail(l, &e);
}

static void set_where(struct redis_link *l)
{
	const struct source_address *a = &l->dial->address.view;

	if (a->socket != NULL)
		(void)snprintf(l->where, sizeof(l->where), "%s", a->socket);
	else
		(void)snprintf(l->where, sizeof(l->where), "%.120s:%u", a->host,
			       a->port != 0 ? a->port : REDIS_DEFAULT_PORT);
}

struct redis_link *redis_link_new(const struct source_env *env,
				  const struct source_address *a,
				  const struct redis_link_events *events,
				  void *arg, struct err *e)
{
	static const struct timeval patience = {REDIS_CONNECT_SECONDS, 0};
	struct redis_link *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a connection");
		return NULL;
	}
	l->env = env;
	l->events = *events;
	l->arg = arg;
	l->fd = -1;
	l->ev = event_new(loop_base(env->loop), -1, 0, on_event, l);
	l->deadline = evtimer_new(loop_base(env->loop), on_deadline, l);
	if (l->ev == NULL || l->deadline == NULL)
		(void)err_nomem(e, "a connection");
	else
		l->dial = redis_dial_new(env, a, on_dialed, l, e);
	if (l->dial == NULL) {
		redis_link_free(l);
		return NULL;
	}
	set_where(l);
	(void)evtimer_add(l->deadline, &patience);
	return l;
}

const char *redis_link_where(const struct redis_link *l)
{
	return l->where;
}

void redis_link_free(struct redis_link *l)
{
	if (l == NULL)
		return;
	hang_up(l);
	if (l->ev != NULL)
		event_free(l->ev);
	if (l->deadline != NULL)
		event_free(l->deadline);
	redis_dial_free(l->dial);
	free(l);
}
