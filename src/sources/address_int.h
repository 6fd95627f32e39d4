/* address_int.h - a copy of an address that is kept. */
#ifndef COFFER_SOURCES_ADDRESS_INT_H
#define COFFER_SOURCES_ADDRESS_INT_H

#include <stdbool.h>

#include "base/err.h"
#include "sources/address.h"

struct address_copy {
	char *host, *socket, *user, *password, *ca_file; /* each may be NULL */
	struct source_address view; /* the same, as others want it */
};

/* Copies; this host where there is neither host nor socket. False: no memory;
 * address_copy_fini() is due even then. */
bool address_copy_init(struct address_copy *to,
		       const struct source_address *from) MUST_CHECK;

/* The password is not needed any more: wiped. */
void address_copy_forget(struct address_copy *a);

/* Frees what it holds, wiping the password. Fine on a zeroed one. */
void address_copy_fini(struct address_copy *a);

#endif
