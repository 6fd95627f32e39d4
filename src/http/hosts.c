/* hosts.c - see hosts.h. */
#include "http/hosts.h"

#include <string.h>

#include "base/hostname.h"
#include "base/text.h"
#include "http/request_int.h"
#include "http/server_int.h"
#include "http/tls.h"

static bool is_own(const struct http_server *s, const char *host)
{
	return hostname_is_address(host) || strcmp(host, "localhost") == 0 ||
	       (s->allowed_hosts != NULL &&
		hostname_list_has(s->allowed_hosts, host)) ||
	       (s->tls != NULL && tls_has_name(s->tls, host));
}

bool hosts_check(const struct request *r, struct err *e)
{
	const char *value = request_header(r, "Host");
	char host[HOSTNAME_BUF], shown[128];

	if (value == NULL || conn_peer(r->conn)->is_unix)
		return true;
	if (!hostname_of(value, host))
		return err_set(e, ERR_INVALID, "malformed",
			       "the header Host is no name or address");
	if (is_own(r->server, host))
		return true;
	return err_set(e, ERR_INVALID, "host_not_allowed",
		       "this server is not known as %s: ask for it by its "
		       "address, or add the name to the setting allowed_hosts "
		       "of the server",
		       str_printable(shown, sizeof(shown), host));
}
