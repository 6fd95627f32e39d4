/* listen.h - the sockets that clients come to. */
#ifndef COFFER_HTTP_LISTEN_H
#define COFFER_HTTP_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Listens on "ADDR:PORT" ("[::1]:7420", ":7420" for every address), with
 * TCP_NODELAY for those who connect. *port is then the port, also when 0 was
 * asked for. Unless is_anywhere the address must be of this machine's loopback.
 * Returns the socket, not blocking; -1 with *e filled.
 */
int listen_tcp(const char *where, bool is_anywhere, unsigned *port,
	       struct err *e) MUST_CHECK;

/* The file of a unix socket, to remove later only if it is still ours. */
struct socket_file {
	char *path; /* NULL: none */
	dev_t dev;
	ino_t ino;
};

/*
 * Listens on a unix socket, mode 0660. A socket that nobody listens on is
 * replaced; another file, or a server that answers, is left alone. Returns the
 * socket; -1 with *e filled. socket_file_remove() ends *f.
 */
int listen_unix(const char *path, struct socket_file *f,
		struct err *e) MUST_CHECK;

/* Removes the file unless another took its place; may be called again. */
void socket_file_remove(struct socket_file *f);

#endif
