#include "config.h" /* for O_PATH */

#include "fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What newer kernels have and older headers do not name. */
enum { REFER_ABI = 2, TRUNCATE_ABI = 3 };

#define ACCESS_REFER	(UINT64_C(1) << 13)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

#define ACCESS_FILES                                                           \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |       \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |        \
	 LANDLOCK_ACCESS_FS_MAKE_REG)
/* Nothing that is restored is one of these. A link would be read through later:
 * mariadb-backup copies what it leads to from an increment to what it makes. */
#define ACCESS_OTHERS                                                          \
	(LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_CHAR |          \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK |        \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO)

static uint64_t newer_access(long abi)
{
	return (abi >= REFER_ABI ? ACCESS_REFER : 0) |
	       (abi >= TRUNCATE_ABI ? ACCESS_TRUNCATE : 0);
}

static bool allow(int rules, int fd, uint64_t access)
{
	const struct landlock_path_beneath_attr a = {
		.allowed_access = access,
		.parent_fd = fd,
	};

	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		       &a, 0) == 0;
}

/* Programs open it to throw something away. */
static bool allow_null(int rules)
{
	int fd = open("/dev/null", O_PATH | O_CLOEXEC);
	bool ok = fd < 0 || allow(rules, fd, LANDLOCK_ACCESS_FS_WRITE_FILE);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static bool fence(int rules, const int *folders, size_t n, uint64_t access)
{
	if (!allow_null(rules))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!allow(rules, folders[i], access))
			return false;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

static long fence_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION);
}

bool fence_is_there(void)
{
	return fence_abi() >= 1;
}

bool fence_writes(const int *folders, size_t n, struct err *e)
{
	long abi = fence_abi();
	uint64_t files = ACCESS_FILES | newer_access(abi);
	const struct landlock_ruleset_attr a = {.handled_access_fs =
							files | ACCESS_OTHERS};
	bool ok;
	int rules;

	if (abi < 1)
		return true;
	rules = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);
	ok = rules >= 0 && fence(rules, folders, n, files);
	if (!ok)
		(void)err_set(e, ERR_IO, "helper_failed",
			      "coffer-helper cannot use Landlock: %m");
	if (rules >= 0)
		(void)close(rules);
	return ok;
}
