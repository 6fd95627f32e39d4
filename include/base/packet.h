/*
 * packet.h - messages with descriptors over a SOCK_SEQPACKET unix socket: one
 * message is one packet, whole or refused.
 */
#ifndef COFFER_BASE_PACKET_H
#define COFFER_BASE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum { PACKET_MAX = 64 * 1024, PACKET_FDS_MAX = 4 };

/* Sends len bytes and nfds descriptors (PACKET_FDS_MAX at most), which stay the
 * caller's. False with errno; EAGAIN where the socket is non-blocking and the
 * other side does not read. Never SIGPIPE. */
bool packet_send(int fd, const void *bytes, size_t len, const int *fds,
		 size_t nfds) MUST_CHECK;

/*
 * Receives one packet of at most cap bytes. *nfds: room in fds (PACKET_FDS_MAX
 * at most), then how many came; they are closed on exec and the caller's. 0:
 * the other side is gone (or sent nothing at all); -1 with errno, EMSGSIZE when
 * it was longer or had more descriptors: all of it is dropped then.
 */
ssize_t packet_receive(int fd, void *bytes, size_t cap, int *fds,
		       size_t *nfds) MUST_CHECK;

#endif
