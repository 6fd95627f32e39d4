/*
 * server_confine.c - what the process gives up before it does anything else.
 * systemd's unit says the same; this holds where there is no systemd.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/landlock.h"
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

/* A coffer-helper that the server starts itself inherits what it gave up. */
static bool has_own_helper(const struct config *c)
{
	return c->helper_socket[0] == '\0';
}

/*
 * No program that is started from here gets rights by a set-uid bit. The helper
 * of a server of root is spared: its hooks may use sudo, and root has all
 * rights as it is.
 */
static void forbid_privileges(const struct config *c)
{
	if (geteuid() == 0 && has_own_helper(c))
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_warn("server", "cannot give up new privileges: %s",
			 strerror(errno));
}

/* But for its own helper the server starts no program. */
static void forbid_programs(const struct config *c)
{
	int failed = has_own_helper(c) ? 0 : landlock_start_nothing();

	if (failed == ENOSYS || failed == EOPNOTSUPP)
		log_debug("server", "the kernel has no Landlock of Linux 5.19");
	else if (failed != 0)
		log_warn("server", "cannot give up starting programs: %s",
			 strerror(failed));
}

void server_confine(const struct config *c)
{
	forbid_cores();
	forbid_privileges(c);
	forbid_programs(c);
}
