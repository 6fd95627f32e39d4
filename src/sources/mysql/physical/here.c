/* here.c - whether the server's files can be those that are to be copied, and
 * whether its account may have that done. */
#include "sources/mysql/physical/physical_int.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "sources/mysql/fault.h"

enum { HOST_MAX = 256, MARIADB_BINLOG_MONITOR = 100502 };

static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       strncmp(host, "127.", 4) == 0;
}

/* Behind a loopback address there may be a tunnel; the folder of the same name
 * that is here is another server's then. */
bool my_is_here(const struct source_address *a, const char *hostname,
		struct err *e)
{
	char own[HOST_MAX] = "", clean[MY_TEXT_MAX];

	if (a->socket == NULL && a->host != NULL && !is_loopback(a->host))
		return err_set(e, ERR_INVALID, "source_check_failed",
			       "a physical backup copies files, and the "
			       "source's address is not of this host: give its "
			       "socket or 127.0.0.1 if the server runs here, "
			       "or use the method \"logical\"");
	if (gethostname(own, sizeof(own) - 1) != 0 ||
	    strcasecmp(own, hostname) == 0)
		return true;
	return err_set(e, ERR_INVALID, "source_check_failed",
		       "the server says that it runs on host \"%s\", and this "
		       "is \"%s\": its files are not here (if the host was "
		       "renamed, start the server again), so use the method "
		       "\"logical\"",
		       my_clean(clean, sizeof(clean), hostname), own);
}

static bool has(const struct my_grants *g, unsigned right)
{
	return my_grants_have(g, right, NULL, NULL);
}

bool my_copy_rights(const struct my_grants *g, const struct my_server *s,
		    struct err *e)
{
	const char *missing = NULL;

	if (!has(g, MY_PRIV_RELOAD))
		missing = "RELOAD";
	else if (!has(g, MY_PRIV_PROCESS))
		missing = "PROCESS";
	else if (!has(g, MY_PRIV_BINLOG))
		missing = s->number >= MARIADB_BINLOG_MONITOR
				  ? "BINLOG MONITOR"
				  : "REPLICATION CLIENT";
	return missing == NULL ||
	       err_set(e, ERR_DENIED, "access_denied",
		       "the account lacks the privilege %s on *.*, which "
		       "mariadb-backup needs: grant it",
		       missing);
}
