#include "config.h" /* for accept4() */

#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/packet.h"
#include "base/text.h"

enum {
	BACKLOG = 64,
	FIRST_ACTIVATED_FD = 3,
	/* A signal that came just before a wait is seen after it. */
	LOOK_MS = 1000,
};

static bool failed(struct listener *l, struct err *e, const char *path)
{
	(void)err_set(e, ERR_IO, "helper_failed", "cannot listen on %s: %m",
		      path);
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
	return false;
}

/* Whoever may connect is decided by who it is, not by the file's mode. A
 * chmod() afterwards could meet what somebody else has put there. */
static bool bind_for_all(int fd, const struct sockaddr_un *a)
{
	mode_t mask = umask(0111);
	bool ok = bind(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;

	(void)umask(mask);
	return ok;
}

bool listener_open(struct listener *l, const char *path, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct stat st;

	l->is_control = false;
	l->fd = -1;
	if (!str_copy(a.sun_path, sizeof(a.sun_path), path)) {
		errno = ENAMETOOLONG;
		return failed(l, e, path);
	}
	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return failed(l, e, path);
	if (connect(l->fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
		errno = EADDRINUSE;
		return failed(l, e, path);
	}
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
	if (!bind_for_all(l->fd, &a) || listen(l->fd, BACKLOG) != 0)
		return failed(l, e, path);
	return true;
}

static bool has_option(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 &&
	       value == wanted;
}

bool listener_take(struct listener *l, int fd, struct err *e)
{
	if (!has_option(fd, SO_DOMAIN, AF_UNIX) ||
	    !has_option(fd, SO_TYPE, SOCK_SEQPACKET))
		return err_set(e, ERR_INVALID, "helper_failed",
			       "descriptor %d is no SOCK_SEQPACKET unix socket",
			       fd);
	l->fd = fd;
	l->is_control = !has_option(fd, SO_ACCEPTCONN, 1);
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(fd, F_SETFL, 0) == 0;
}

int listener_activated(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	unsigned long long value;

	if (pid == NULL || n == NULL || !str_to_u64(pid, &value) ||
	    value != (unsigned long long)getpid() || strcmp(n, "1") != 0)
		return -1;
	return FIRST_ACTIVATED_FD;
}

static int take_sent(const struct listener *l)
{
	char byte;
	int fd = -1;
	size_t nfds = 1;
	ssize_t n = packet_receive(l->fd, &byte, 1, &fd, &nfds);

	if (n == 0 && nfds == 0)
		errno = 0;
	else if (n >= 0 && nfds == 0)
		errno = EINTR;
	return nfds == 1 ? fd : -1;
}

int listener_accept(const struct listener *l)
{
	struct pollfd p = {.fd = l->fd, .events = POLLIN};

	if (poll(&p, 1, LOOK_MS) <= 0) {
		errno = EINTR;
		return -1;
	}
	return l->is_control ? take_sent(l)
			     : accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
}
