/* address.c - a copy of an address that is kept. */
#include "sources/mysql/address.h"

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

static void set_view(struct my_address *a)
{
	a->view.host = a->host;
	a->view.socket = a->socket;
	a->view.user = a->user;
	a->view.password = a->password;
	a->view.ca_file = a->ca_file;
}

bool my_address_init(struct my_address *to, const struct source_address *from)
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

void my_address_forget(struct my_address *a)
{
	secret_free(a->password);
	a->password = NULL;
	a->view.password = NULL;
}

void my_address_fini(struct my_address *a)
{
	my_address_forget(a);
	free(a->host);
	free(a->socket);
	free(a->user);
	free(a->ca_file);
	memset(a, 0, sizeof(*a));
}
