/*
 * hosts.h - that a request asks for this server by a name that is its own. A
 * page of elsewhere may have its own name point to this machine (DNS
 * rebinding): the browser then takes us for that page's server, and only Host
 * tells.
 */
#ifndef COFFER_HTTP_HOSTS_H
#define COFFER_HTTP_HOSTS_H

#include <stdbool.h>

#include "base/err.h"

struct request;

/*
 * Over TCP Host has to be an address (no name stands for it), localhost, a name
 * of the setting allowed_hosts, or, under TLS, one of the certificate. It may
 * be absent: that is HTTP/1.0, which no browser speaks. False with *e filled,
 * "host_not_allowed" or "malformed".
 */
bool hosts_check(const struct request *r, struct err *e) MUST_CHECK;

#endif
