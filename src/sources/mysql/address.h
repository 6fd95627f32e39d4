/* address.h - a copy of an address that is kept. */
#ifndef COFFER_SOURCES_MYSQL_ADDRESS_H
#define COFFER_SOURCES_MYSQL_ADDRESS_H

#include <stdbool.h>

#include "base/err.h"
#include "sources/address.h"

struct my_address {
	char *host, *socket, *user, *password, *ca_file; /* each may be NULL */
	struct source_address view; /* the same, as others want it */
};

/* Copies; this host where there is neither host nor socket. False: no memory;
 * my_address_fini() is due even then. */
bool my_address_init(struct my_address *to,
		     const struct source_address *from) MUST_CHECK;

/* The password is not needed any more: wiped. */
void my_address_forget(struct my_address *a);

/* Frees what it holds, wiping the password. Fine on a zeroed one. */
void my_address_fini(struct my_address *a);

#endif
