/*
 * dial.c - connecting, on a worker thread: looking up names, reading
 * certificates and loading plugins all block, and TLS wants the host's name
 * for its check. The call itself is the non-blocking one, so that it can be
 * given up at any time and the whole of it has one deadline, whatever the
 * other side dribbles.
 */
#include "sources/mysql/conn_int.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/secret.h"

enum {
	STACK_BYTES = 256 * 1024, /* TLS and plugins need more than 60 KiB */
	TICK_MS = 50,
	GIVE_UP_STEPS = 64,
	PROTOCOL_PACKET_BYTES = 1024 * 1024 * 1024,
	DEFAULT_PORT = 3306,
	MS = 1000,
};

/* Never mysql_clear_password: a forged server would ask for it. */
static const char safe_plugins[] =
	"mysql_native_password,caching_sha2_password,sha256_password,"
	"client_ed25519,parsec";

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_start(void)
{
	(void)mysql_server_init(0, NULL, NULL);
}

bool my_dial_init(struct my_dial *d, const struct source_address *a)
{
	atomic_init(&d->is_canceled, false);
	return address_copy_init(&d->address, a);
}

void my_dial_fini(struct my_dial *d)
{
	if (d->mysql != NULL)
		mysql_close(d->mysql);
	address_copy_fini(&d->address);
}

static bool is_canceled(struct my_dial *d)
{
	return atomic_load_explicit(&d->is_canceled, memory_order_relaxed);
}

static bool wants_tls(const struct my_dial *d)
{
	switch (d->address.view.tls) {
	case TLS_DISABLED:
		return false;
	case TLS_PREFERRED:
		return d->address.socket ==
		       NULL; /* nobody listens on a unix socket */
	case TLS_REQUIRED:
	case TLS_VERIFY:
		return true;
	}
	return true;
}

static void set_tls(MYSQL *m, const struct my_dial *d)
{
	my_bool enforce = wants_tls(d) ? 1 : 0;
	my_bool verify = d->address.view.tls == TLS_VERIFY ? 1 : 0;

	if (enforce)
		(void)mysql_optionsv(m, MYSQL_OPT_SSL_ENFORCE, &enforce);
	/* Newer libraries verify unless told not to. */
	(void)mysql_optionsv(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	if (enforce && d->address.ca_file != NULL)
		(void)mysql_optionsv(m, MYSQL_OPT_SSL_CA, d->address.ca_file);
}

static void set_options(MYSQL *m, const struct my_dial *d)
{
	unsigned protocol = d->address.socket != NULL ? MYSQL_PROTOCOL_SOCKET
						      : MYSQL_PROTOCOL_TCP;
	unsigned seconds = MY_CONNECT_SECONDS, no_files = 0;
	my_bool reconnect = 0;
	size_t packet = PROTOCOL_PACKET_BYTES, stack = STACK_BYTES;

	if (d->max_packet_bytes != 0 && d->max_packet_bytes < packet)
		packet = (size_t)d->max_packet_bytes;
	(void)mysql_optionsv(m, MYSQL_OPT_NONBLOCK, &stack);
	(void)mysql_optionsv(m, MYSQL_OPT_PROTOCOL, &protocol);
	(void)mysql_optionsv(m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	/* A server may ask for any file of the client's. */
	(void)mysql_optionsv(m, MYSQL_OPT_LOCAL_INFILE, &no_files);
	(void)mysql_optionsv(m, MYSQL_OPT_RECONNECT, &reconnect);
	(void)mysql_optionsv(m, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	(void)mysql_optionsv(m, MARIADB_OPT_RESTRICTED_AUTH, safe_plugins);
	(void)mysql_optionsv(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	(void)mysql_optionsv(m, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
			     "cofferd");
	set_tls(m, d);
}

/* Waits for what the suspended call wants, or for a tick. */
static int wait_a_tick(MYSQL *m, int wants)
{
	struct pollfd p = {.fd = mysql_get_socket(m)};
	int ready = 0;

	if (wants & MYSQL_WAIT_READ)
		p.events |= POLLIN;
	if (wants & MYSQL_WAIT_WRITE)
		p.events |= POLLOUT;
	if (wants & MYSQL_WAIT_EXCEPT)
		p.events |= POLLPRI;
	if (poll(&p, 1, TICK_MS) <= 0)
		return 0;
	if (p.revents & (POLLIN | POLLERR | POLLHUP))
		ready |= wants & MYSQL_WAIT_READ;
	if (p.revents & (POLLOUT | POLLERR | POLLHUP))
		ready |= wants & MYSQL_WAIT_WRITE;
	if (p.revents & POLLPRI)
		ready |= wants & MYSQL_WAIT_EXCEPT;
	return ready;
}

/* The suspended call is told that time is up until it gives up. */
static void give_up(MYSQL *m, MYSQL **answer, int wants)
{
	int steps = 0;

	if (mysql_get_socket(m) >= 0)
		(void)shutdown(mysql_get_socket(m), SHUT_RDWR);
	while (wants != 0 && steps++ < GIVE_UP_STEPS)
		wants = mysql_real_connect_cont(answer, m, MYSQL_WAIT_TIMEOUT);
}

/* A name may have another address now than when it was looked at; the library
 * does its own look-up. So the socket is asked, before a byte is sent. */
static bool is_forbidden(const struct my_dial *d, MYSQL *m)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} a;
	socklen_t len = sizeof(a);

	if (d->address.socket != NULL)
		return false;
	memset(&a, 0, sizeof(a));
	if (m == NULL || mysql_get_socket(m) < 0 ||
	    getpeername(mysql_get_socket(m), &a.any, &len) != 0)
		return d->address.host != NULL &&
		       address_text_is_forbidden(d->address.host);
	return address_is_forbidden(&a.any);
}

/*
 * The library would begin to connect wherever the name leads it, and whether
 * somebody answers there is nothing to be told. It takes what address it likes,
 * so all that there are have to be allowed.
 */
static bool is_name_forbidden(const struct my_dial *d)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	bool is_found = false;

	if (!address_is_limited() || d->address.socket != NULL ||
	    d->address.host == NULL ||
	    getaddrinfo(d->address.host, NULL, &hints, &found) != 0)
		return false;
	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
		is_found = is_found || address_is_forbidden(a->ai_addr);
	freeaddrinfo(found);
	return is_found;
}

/* True: the call came to its end, *answer tells. False: given up. */
static bool connect_in_time(struct my_dial *d, MYSQL *m, MYSQL **answer)
{
	const struct source_address *a = &d->address.view;
	int64_t until = clock_mono_ms() + (int64_t)MY_CONNECT_SECONDS * MS;
	int ready, wants;

	wants = mysql_real_connect_start(
		answer, m, a->host, a->user, a->password, NULL,
		a->port != 0 ? a->port : DEFAULT_PORT, a->socket, 0);
	while (wants != 0) {
		ready = wait_a_tick(m, wants);
		d->is_refused = d->is_refused || is_forbidden(d, m);
		if (d->is_refused || is_canceled(d) ||
		    clock_mono_ms() >= until) {
			give_up(m, answer, wants);
			return false;
		}
		if (ready != 0)
			wants = mysql_real_connect_cont(answer, m, ready);
	}
	return true;
}

/* A peer that is gone without a word must be noticed while nothing is sent. */
static void keep_alive(MYSQL *m)
{
	int on = 1, idle = 60, interval = 10, count = 6;
	int fd = mysql_get_socket(m);

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
			 sizeof(interval));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static void failed(struct my_dial *d, unsigned number, const char *text)
{
	d->number = number;
	(void)my_clean(d->text, sizeof(d->text), text);
}

/*
 * The library leaves the socket blocking, and asks the kernel not to block
 * where it reads by itself. TLS is read by OpenSSL, which does not ask: half a
 * record would stop the loop until the other half comes.
 */
static bool never_blocks(struct my_dial *d, MYSQL *m)
{
	int fd = mysql_get_socket(m);
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
		return true;
	failed(d, 2013, "the socket cannot be made non-blocking");
	return false;
}

/* TLS was asked for, and the library goes on without where it is missing. */
static bool has_what_was_asked(struct my_dial *d, MYSQL *m)
{
	bool must = d->address.view.tls == TLS_REQUIRED ||
		    d->address.view.tls == TLS_VERIFY;

	if (!must || mysql_get_ssl_cipher(m) != NULL)
		return true;
	failed(d, 2026, "the server does not speak TLS");
	return false;
}

void my_dial_run(struct work *w)
{
	struct my_dial *d = (struct my_dial *)(void *)w; /* comes first */
	MYSQL *answer = NULL, *m;

	(void)pthread_once(&library_once, library_start);
	m = mysql_init(NULL);
	if (m == NULL) {
		failed(d, 2008, "out of memory");
		return;
	}
	set_options(m, d);
	d->is_refused = is_forbidden(d, NULL) || is_name_forbidden(d);
	if (d->is_refused || !connect_in_time(d, m, &answer)) {
		failed(d, 2013, "no answer in time");
	} else if (answer == NULL) {
		failed(d, mysql_errno(m), mysql_error(m));
	} else if (has_what_was_asked(d, m) && never_blocks(d, m)) {
		keep_alive(m);
		/* The library keeps a copy, for reconnecting. */
		if (m->passwd != NULL)
			secret_wipe(m->passwd, strlen(m->passwd));
		d->mysql = m;
		return;
	}
	mysql_close(m);
}
