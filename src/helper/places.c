#include "config.h" /* for O_PATH */

#include "places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "settings.h"
#include "trust.h"

enum { DEPTH_MAX = 64 };

#define SCRATCH_ABOVE "/tmp"

/* What of path lies beneath root: without a slash before it; or NULL. */
static const char *beneath(const char *root, const char *path)
{
	size_t n = strlen(root);

	if (strncmp(root, path, n) != 0 || path[n] != '/')
		return NULL;
	return path[n + 1] != '\0' ? path + n + 1 : NULL;
}

/* The root that path lies beneath, as written or as what it is a link to. */
static const char *root_of(const struct folder_list *roots, const char *path,
			   const char **rest)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < roots->n; i++) {
		*rest = beneath(roots->paths[i], path);
		if (*rest == NULL && realpath(roots->paths[i], real) != NULL)
			*rest = beneath(real, path);
		if (*rest != NULL)
			return roots->paths[i];
	}
	return NULL;
}

static int open_in(int root, const char *rest, uint64_t flags)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, rest, &how, sizeof(how));
}

static int refuse(const char *path, const char *why, struct err *e)
{
	(void)err_set(e, ERR_INVALID, "program_refused",
		      "coffer-helper cannot use %.200s: %s", path, why);
	return -1;
}

/* *rest: what of path lies beneath the root that is opened. */
static int open_root(const struct folder_list *roots, const char *path,
		     const char **rest, struct err *e)
{
	const char *root = root_of(roots, path, rest);
	int fd;

	if (root == NULL)
		return refuse(path,
			      "it is not beneath a folder that helper.conf "
			      "lists for that (instances, snapshots)",
			      e);
	fd = trust_open_folder(root, e);
	if (fd >= 0 || e->code != ERR_NOT_FOUND)
		return fd;
	err_clear(e);
	return refuse(root, strerror(ENOENT), e);
}

int place_open(const struct folder_list *roots, const char *path, struct err *e)
{
	const char *rest;
	int root = open_root(roots, path, &rest, e), fd;

	if (root < 0)
		return -1;
	fd = open_in(root, rest, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		(void)refuse(path, strerror(errno), e);
	(void)close(root);
	return fd;
}

/* Not what is mounted there, which is somebody else's. */
static int open_to_empty(int fd, const char *name)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve =
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, fd, name, &how, sizeof(how));
}

static bool empty_folder(int fd, unsigned depth);

static bool remove_entry(int fd, const char *name, unsigned depth)
{
	bool ok;
	int sub;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return false;
	if (depth == 0) {
		errno = ELOOP;
		return false;
	}
	sub = open_to_empty(fd, name);
	if (sub < 0)
		return false;
	ok = empty_folder(sub, depth - 1); /* closes sub */
	return ok && (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Takes fd. False with errno. */
static bool empty_folder(int fd, unsigned depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	bool ok = d != NULL;

	if (!ok) {
		(void)close(fd);
		return false;
	}
	errno = 0;
	while (ok && (entry = readdir(d)) != NULL) {
		if (!is_dots(entry->d_name))
			ok = remove_entry(fd, entry->d_name, depth);
		if (ok)
			errno = 0;
	}
	ok = ok && errno == 0;
	(void)closedir(d);
	return ok;
}

/* The folder that rest lies in, and its last name. */
static int open_above(int root, const char *rest, const char **name)
{
	char above[PATH_MAX];
	const char *slash = strrchr(rest, '/');
	size_t n = slash != NULL ? (size_t)(slash - rest) : 0;

	*name = slash != NULL ? slash + 1 : rest;
	if (slash == NULL)
		return fcntl(root, F_DUPFD_CLOEXEC, 0);
	if (n >= sizeof(above)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(above, rest, n);
	above[n] = '\0';
	return open_in(root, above, O_PATH | O_DIRECTORY);
}

bool place_make(const struct folder_list *roots, const char *path,
		struct err *e)
{
	const char *rest, *name;
	int root = open_root(roots, path, &rest, e), above;
	bool ok;

	if (root < 0)
		return false;
	above = open_above(root, rest, &name);
	ok = above >= 0 &&
	     (mkdirat(above, name, S_IRWXU) == 0 || errno == EEXIST);
	if (!ok)
		(void)refuse(path, strerror(errno), e);
	if (above >= 0)
		(void)close(above);
	(void)close(root);
	return ok;
}

bool place_remove(const struct folder_list *roots, const char *path,
		  struct err *e)
{
	const char *rest, *name;
	int root = open_root(roots, path, &rest, e), above;
	bool ok;

	if (root < 0)
		return false;
	above = open_above(root, rest, &name);
	ok = above >= 0 ? remove_entry(above, name, DEPTH_MAX)
			: errno == ENOENT;
	if (!ok)
		(void)refuse(path, strerror(errno), e);
	if (above >= 0)
		(void)close(above);
	(void)close(root);
	return ok;
}

int scratch_make(char path[SCRATCH_PATH_MAX], struct err *e)
{
	int fd;

	(void)snprintf(path, SCRATCH_PATH_MAX,
		       SCRATCH_ABOVE "/coffer-helper.XXXXXX");
	if (mkdtemp(path) == NULL) {
		(void)err_set(e, ERR_IO, "helper_failed",
			      "cannot make a folder in /tmp: %m");
		path[0] = '\0';
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		(void)err_set(e, ERR_IO, "helper_failed", "cannot open %s: %m",
			      path);
	return fd;
}

void scratch_remove(const char *path)
{
	int above;

	if (path[0] == '\0')
		return;
	above = open(SCRATCH_ABOVE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above < 0 ||
	    !remove_entry(above, path + sizeof(SCRATCH_ABOVE), DEPTH_MAX))
		log_warn("helper", "cannot remove %s: %m", path);
	if (above >= 0)
		(void)close(above);
}
