/*
 * server_confine.c - what the process gives up before it does anything else.
 * systemd's unit says the same; this holds where there is no systemd.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "server_int.h"

/* No core dump may hold what is secret (rule 29): none is written, and nobody
 * but root may look into the process's memory (prctl(2), PR_SET_DUMPABLE). */
static void forbid_cores(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		log_warn("server", "cannot forbid core dumps: %s",
			 strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warn("server", "cannot keep memory from other programs: %s",
			 strerror(errno));
}

/*
 * No program that is started from here gets rights by a set-uid bit. Children
 * inherit it for good, so a coffer-helper that is started by a server of root
 * is spared: its hooks may use sudo, and root has all rights as it is.
 */
static void forbid_privileges(const struct config *c)
{
	bool has_own_helper = c->helper_socket[0] == '\0';

	if (geteuid() == 0 && has_own_helper)
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_warn("server", "cannot give up new privileges: %s",
			 strerror(errno));
}

void server_confine(const struct config *c)
{
	forbid_cores();
	forbid_privileges(c);
}
