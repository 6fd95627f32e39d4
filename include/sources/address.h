/* address.h - how to reach a source, and what calls to it run on. */
#ifndef COFFER_SOURCES_ADDRESS_H
#define COFFER_SOURCES_ADDRESS_H

#include <stddef.h>

struct loop;
struct workers;

/* What sources run on; the struct itself is borrowed for their life. */
struct source_env {
	struct loop *loop;
	struct workers *blocking; /* name look-ups, plugin loading */
};

enum source_tls { TLS_DISABLED, TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY };

/* How to reach a server. Strings are copied by whoever keeps them. */
struct source_address {
	const char *host;   /* or NULL */
	unsigned port;	    /* 0: the engine's own */
	const char *socket; /* path of a unix socket, or NULL */
	const char *user;
	const char *password; /* never logged, wiped when done */
	enum source_tls tls;
	const char *ca_file; /* or NULL: the system's */
};

/* What of it. databases == NULL: the whole instance. tables == NULL: the whole
 * database. */
struct source_scope_database {
	const char *name;
	const char *const *tables;
	size_t ntables;
};

struct source_scope {
	const struct source_scope_database *databases;
	size_t ndatabases;
};

#endif
