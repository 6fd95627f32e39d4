/* listen.c - binds what clients connect to. */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

enum { BACKLOG = 128, WHERE_MAX = 256, PORT_MAX = 65535 };

static int listen_failed(int fd, const char *where, struct err *e)
{
	int code = errno;

	if (fd >= 0)
		(void)close(fd);
	if (code == EADDRINUSE)
		(void)err_set(e, ERR_CONFLICT, "listen_failed",
			      "%s is taken: another program listens there; end "
			      "it, or choose another with --listen",
			      where);
	else
		(void)err_set(e, ERR_IO, "listen_failed",
			      "cannot listen on %s: %s", where, strerror(code));
	return -1;
}

/* Cuts "ADDR:PORT" in two; the brackets of an IPv6 address go. */
static bool split_where(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');
	unsigned long long number;
	size_t n;

	/* getaddrinfo() would take a port modulo 65536. */
	if (colon == NULL || !str_to_u64(colon + 1, &number) ||
	    number > PORT_MAX)
		return false;
	*colon = '\0';
	*host = text;
	*port = colon + 1;
	n = strlen(text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text[n - 1] = '\0';
		*host = text + 1;
	}
	if (**host == '\0' || strcmp(*host, "*") == 0)
		*host = NULL;
	return true;
}

static struct addrinfo *resolve(const char *where, struct err *e)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char text[WHERE_MAX], *host, *port;
	int rc;

	if (!str_copy(text, sizeof(text), where) ||
	    !split_where(text, &host, &port)) {
		(void)err_set(e, ERR_INVALID, "listen_failed",
			      "\"%s\" is not ADDR:PORT, like 127.0.0.1:7420",
			      where);
		return NULL;
	}
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0)
		(void)err_set(e, ERR_INVALID, "listen_failed",
			      "cannot listen on %s: %s", where,
			      gai_strerror(rc));
	return rc == 0 ? found : NULL;
}

/* Sockets that accept() gives inherit TCP_NODELAY from this one. */
static bool bind_tcp(int fd, const struct addrinfo *a)
{
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	       bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	       listen(fd, BACKLOG) == 0;
}

static unsigned bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len) != 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port
						 : a.v4.sin_port);
}

static bool is_loopback(const struct sockaddr *a)
{
	union {
		const struct sockaddr *any;
		const struct sockaddr_in *v4;
		const struct sockaddr_in6 *v6;
	} at = {.any = a};
	const struct in6_addr *v6 = &at.v6->sin6_addr;

	if (a->sa_family == AF_INET)
		return ntohl(at.v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return a->sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(v6) ||
		(IN6_IS_ADDR_V4MAPPED(v6) &&
		 v6->s6_addr[12] == IN_LOOPBACKNET));
}

int listen_tcp(const char *where, bool is_anywhere, unsigned *port,
	       struct err *e)
{
	struct addrinfo *a = resolve(where, e);
	int fd;

	if (a == NULL)
		return -1;
	if (!is_anywhere && !is_loopback(a->ai_addr)) {
		freeaddrinfo(a);
		(void)err_set(e, ERR_INVALID, "listen_failed",
			      "%s can be reached from other machines, and "
			      "tokens would pass there in the clear: set "
			      "tls_cert and tls_key, or, where something else "
			      "protects the way, allow_plain_http = on",
			      where);
		return -1;
	}
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0 || !bind_tcp(fd, a))
		fd = listen_failed(fd, where, e);
	else
		*port = bound_port(fd);
	freeaddrinfo(a);
	return fd;
}

/* Whether a socket is there that nobody listens on. */
static bool is_stale(const struct sockaddr_un *a)
{
	struct stat st;
	bool is_dead;
	int fd;

	if (lstat(a->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	is_dead = connect(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 &&
		  errno == ECONNREFUSED;
	(void)close(fd);
	return is_dead;
}

/* Nobody can connect before listen(), so the mode is set in time. */
static bool bind_unix(int fd, const struct sockaddr_un *a)
{
	const struct sockaddr *any = (const struct sockaddr *)a;

	if (bind(fd, any, sizeof(*a)) != 0) {
		if (errno != EADDRINUSE)
			return false;
		if (!is_stale(a) || unlink(a->sun_path) != 0) {
			errno = EADDRINUSE;
			return false;
		}
		if (bind(fd, any, sizeof(*a)) != 0)
			return false;
	}
	return chmod(a->sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0;
}

static bool socket_file_keep(struct socket_file *f, const char *path)
{
	struct stat st;

	memset(f, 0, sizeof(*f));
	if (lstat(path, &st) != 0)
		return false;
	f->path = strdup(path);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return f->path != NULL;
}

int listen_unix(const char *path, struct socket_file *f, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;

	if (!str_copy(a.sun_path, sizeof(a.sun_path), path)) {
		(void)err_set(e, ERR_INVALID, "listen_failed",
			      "the path of the socket is too long (%zu bytes "
			      "at most): %s",
			      sizeof(a.sun_path) - 1, path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !bind_unix(fd, &a))
		return listen_failed(fd, path, e);
	if (!socket_file_keep(f, path)) {
		(void)unlink(path);
		return listen_failed(fd, path, e);
	}
	return fd;
}

void socket_file_remove(struct socket_file *f)
{
	struct stat st;

	if (f->path == NULL)
		return;
	if (lstat(f->path, &st) == 0 && st.st_dev == f->dev &&
	    st.st_ino == f->ino)
		(void)unlink(f->path);
	free(f->path);
	f->path = NULL;
}
