/* address.c - a copy of an address that is kept. */
#include "sources/address_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

static bool copy(char **to, const char *from)
{
	if (from == NULL)
		return true;
	*to = strdup(from);
	return *to != NULL;
}

static void set_view(struct address_copy *a)
{
	a->view.host = a->host;
	a->view.socket = a->socket;
	a->view.user = a->user;
	a->view.password = a->password;
	a->view.ca_file = a->ca_file;
}

bool address_copy_init(struct address_copy *to,
		       const struct source_address *from)
{
	bool is_local = from->host == NULL && from->socket == NULL;
	bool ok;

	memset(to, 0, sizeof(*to));
	to->view = *from;
	ok = copy(&to->host, is_local ? "127.0.0.1" : from->host) &&
	     copy(&to->socket, from->socket) && copy(&to->user, from->user) &&
	     copy(&to->password, from->password) &&
	     copy(&to->ca_file, from->ca_file);
	set_view(to);
	return ok;
}

void address_copy_forget(struct address_copy *a)
{
	secret_free(a->password);
	a->password = NULL;
	a->view.password = NULL;
}

void address_copy_fini(struct address_copy *a)
{
	address_copy_forget(a);
	free(a->host);
	free(a->socket);
	free(a->user);
	free(a->ca_file);
	memset(a, 0, sizeof(*a));
}
