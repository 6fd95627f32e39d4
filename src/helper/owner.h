/*
 * owner.h - as whom a database server runs. What it says of itself is not to be
 * believed: a program that copies the files which it names must not have more
 * rights than its own user.
 */
#ifndef COFFER_HELPER_OWNER_H
#define COFFER_HELPER_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct settings;

/* Where a server is: a socket, or else a host and a port. */
struct owner_address {
	const char *socket; /* NULL: none */
	const char *host;   /* NULL: none */
	unsigned port;
};

struct owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Connects to it and asks the kernel who answers: by SO_PEERCRED of a unix
 * socket (unix(7)), by /proc/net/tcp of a connection within this host. Waits at
 * most 10 s. False with *e filled, "program_refused": nobody answers, not on
 * this host, or a user whose servers settings do not allow.
 */
bool owner_find(const struct owner_address *a, const struct settings *s,
		struct owner *o, struct err *e) MUST_CHECK;

/* From now on this process is that user's, without root's rights and groups,
 * and nothing that it starts gains any. False with *e filled. */
bool owner_become(const struct owner *o, struct err *e) MUST_CHECK;

#endif
