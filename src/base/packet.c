#include "base/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
};

static void attach(struct msghdr *m, union control *c, const int *fds,
		   size_t nfds)
{
	struct cmsghdr *h;

	memset(c, 0, sizeof(*c));
	m->msg_control = c->room;
	m->msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memcpy(CMSG_DATA(h), fds, nfds * sizeof(int));
}

bool packet_send(int fd, const void *bytes, size_t len, const int *fds,
		 size_t nfds)
{
	/* sendmsg() only reads it. */
	struct iovec v = {(void *)(size_t)bytes, len};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	union control c;
	ssize_t n;

	if (nfds > PACKET_FDS_MAX) {
		errno = EINVAL;
		return false;
	}
	if (nfds > 0)
		attach(&m, &c, fds, nfds);
	do {
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n >= 0;
}

static void take_fds(const struct cmsghdr *h, int *fds, size_t room, size_t *n)
{
	size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
		if (*n < room)
			fds[(*n)++] = fd;
		else
			(void)close(fd);
	}
}

static bool is_whole(const struct msghdr *m, size_t wanted, size_t came)
{
	return (m->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && came <= wanted;
}

ssize_t packet_receive(int fd, void *bytes, size_t cap, int *fds, size_t *nfds)
{
	struct iovec v = {bytes, cap};
	union control c;
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = c.room,
			   .msg_controllen = sizeof(c.room)};
	int all[PACKET_FDS_MAX + 1];
	size_t room = *nfds, came = 0;
	ssize_t n;

	*nfds = 0;
	do {
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h != NULL;
	     h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
			take_fds(h, all, PACKET_FDS_MAX + 1, &came);
	}
	if (!is_whole(&m, room, came)) {
		while (came > 0)
			(void)close(all[--came]);
		errno = EMSGSIZE;
		return -1;
	}
	if (came > 0)
		memcpy(fds, all, came * sizeof(int));
	*nfds = came;
	return n;
}
