/* listener.h - where connections come from. */
#ifndef COFFER_HELPER_LISTENER_H
#define COFFER_HELPER_LISTENER_H

#include <stdbool.h>

#include "base/err.h"

struct listener {
	int fd;
	bool is_control; /* each packet brings a connection; its end is ours */
};

/* Opens a socket at path; a dead one there is replaced. False with *e. */
bool listener_open(struct listener *l, const char *path,
		   struct err *e) MUST_CHECK;

/* Takes one that was inherited: a listening socket, or a connected one, over
 * which connections are sent. False with *e filled: it is neither. */
bool listener_take(struct listener *l, int fd, struct err *e) MUST_CHECK;

/* The one that systemd passed (sd_listen_fds(3)), or -1. */
int listener_activated(void);

/* Waits for a connection: its descriptor; -1 with errno: EINTR, 0 for the end
 * of a control socket. */
int listener_accept(const struct listener *l) MUST_CHECK;

#endif
