/* client_int.h - the client's own. */
#ifndef COFFER_CTL_CLIENT_INT_H
#define COFFER_CTL_CLIENT_INT_H

#include <curl/curl.h>

#include "ctl/client.h"

struct client {
	CURL *easy;
	char *socket, *server, *token, *ca_file; /* "": none */
	json_t *problem;
};

/* One request and its answer, whatever it says; sent again where that does no
 * harm. False with *e filled: there is none. */
bool client_exchange(struct client *c, const struct client_ask *ask,
		     struct reply *r, struct err *e) MUST_CHECK;

#endif
