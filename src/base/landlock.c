/* landlock.c - see landlock.h. glibc 2.36 has no wrapper for these calls. */
#include "config.h" /* for O_PATH and syscall(), which are not POSIX */

#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ABI_WITH_REFER = 2 };

/* Denied where no rule allows them. */
#define GIVEN_UP                                                               \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |           \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK)

/* To rename from folder to folder is denied by any ruleset that does not allow
 * it expressly. */
static int keep_renames(int ruleset)
{
	struct landlock_path_beneath_attr all = {
		.allowed_access = LANDLOCK_ACCESS_FS_REFER,
		.parent_fd = open("/", O_PATH | O_CLOEXEC),
	};
	int failed = 0;

	if (all.parent_fd < 0)
		return errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &all, 0) != 0)
		failed = errno;
	(void)close(all.parent_fd);
	return failed;
}

int landlock_start_nothing(void)
{
	const struct landlock_ruleset_attr handled = {
		.handled_access_fs = GIVEN_UP | LANDLOCK_ACCESS_FS_REFER};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset, failed;

	if (abi < 0)
		return errno;
	if (abi < ABI_WITH_REFER)
		return EOPNOTSUPP;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled,
			       sizeof(handled), 0);
	if (ruleset < 0)
		return errno;
	failed = keep_renames(ruleset);
	if (failed == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		failed = errno;
	(void)close(ruleset);
	return failed;
}
