#include "config.h" /* for O_PATH */

#include "sources/files/load/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of a path that is opened at once; longer ones are walked in pieces. */
enum { PIECE_MAX = 4000 };

enum { FOLDER_FLAGS = O_PATH | O_DIRECTORY };

int place_openat(int dir, const char *path, uint64_t flags, uint64_t mode)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Of the first len bytes, as many whole names as one call takes. */
static size_t piece_of(const char *path, size_t len, size_t max)
{
	size_t n = len;

	if (len <= max)
		return len;
	for (n = max; n > 0 && path[n] != '/';)
		n--;
	return n;
}

static size_t name_of(const char *path, size_t len)
{
	const char *slash = memchr(path, '/', len);

	return slash != NULL ? (size_t)(slash - path) : len;
}

/* The folder that the first len bytes name, below dir; with make, made if it is
 * not there. */
static int step(int dir, const char *path, size_t len, bool make)
{
	char piece[PIECE_MAX + 1];

	memcpy(piece, path, len);
	piece[len] = '\0';
	if (make && mkdirat(dir, piece, 0700) != 0 && errno != EEXIST)
		return -1;
	return place_openat(dir, piece, FOLDER_FLAGS, 0);
}

/* One descriptor goes, the other comes. */
static int walk(int dir, const char *path, size_t len, bool make)
{
	int fd = dir;

	while (len > 0) {
		size_t n = make ? name_of(path, len)
				: piece_of(path, len, PIECE_MAX);
		int next;

		if (n == 0 || n > PIECE_MAX) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			next = step(fd, path, n, make);
		}
		if (fd != dir) {
			int why = errno;

			(void)close(fd);
			errno = why;
		}
		if (next < 0)
			return -1;
		fd = next;
		n += n < len; /* the slash */
		path += n;
		len -= n;
	}
	return fd;
}

/* --- making way */

/* Of what may not even be read: by the name that the system has for what is
 * open, since fchmod(2) takes no O_PATH. */
bool place_open_up(int fd)
{
	char name[32];

	if (faccessat(fd, ".", R_OK | W_OK | X_OK, 0) == 0)
		return true;
	if (errno != EACCES)
		return false;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return chmod(name, 0700) == 0;
}

/* One name below dir; the descriptor of the folder that is there then. */
static int step_with_way(int dir, const char *name)
{
	int fd = place_openat(dir, name, FOLDER_FLAGS, 0);

	if (fd < 0 && errno != ENOTDIR && errno != ELOOP && errno != ENOENT)
		return -1;
	if (fd < 0) {
		if (errno != ENOENT && unlinkat(dir, name, 0) != 0)
			return -1;
		if (mkdirat(dir, name, 0700) != 0)
			return -1;
		fd = place_openat(dir, name, FOLDER_FLAGS, 0);
	}
	if (fd >= 0 && !place_open_up(fd)) {
		int why = errno;

		(void)close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

/* The slashes of folders, which is the caller's own, are overwritten. */
static int way_along(int root, char *folders)
{
	int fd = dup(root);
	char *rest = folders, *name;

	while (fd >= 0 && (name = strsep(&rest, "/")) != NULL) {
		int next = step_with_way(fd, name), why = errno;

		(void)close(fd);
		errno = why;
		fd = next;
	}
	return fd;
}

bool place_make_way(struct place *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folders;
	int fd, why;

	place_fini(p);
	if (slash == NULL) {
		errno = EACCES;
		return false;
	}
	folders = strndup(path, (size_t)(slash - path));
	if (folders == NULL) {
		errno = ENOMEM;
		return false;
	}
	fd = way_along(p->root, folders);
	why = errno;
	free(folders);
	if (fd >= 0)
		(void)close(fd);
	errno = why;
	return fd >= 0;
}

/* --- */

static bool is_open(const struct place *p, const char *path, size_t len)
{
	return p->folder != NULL && strlen(p->folder) == len &&
	       memcmp(p->folder, path, len) == 0;
}

int place_parent(struct place *p, const char *path, bool make,
		 const char **leaf)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	int fd;

	*leaf = slash != NULL ? slash + 1 : path;
	if (**leaf == '\0')
		*leaf = ".";
	if (len == 0)
		return p->root;
	if (is_open(p, path, len))
		return p->fd;
	fd = walk(p->root, path, len, false);
	if (fd < 0 && errno == ENOENT && make)
		fd = walk(p->root, path, len, true);
	if (fd < 0)
		return -1;
	place_fini(p);
	p->fd = fd;
	p->folder = strndup(path, len);
	if (p->folder != NULL)
		return fd;
	(void)close(fd);
	errno = ENOMEM;
	return -1;
}

int place_open(struct place *p, const char *path, uint64_t flags)
{
	const char *leaf;
	int dir = place_parent(p, path, false, &leaf);

	return dir < 0 ? -1 : place_openat(dir, leaf, flags, 0);
}

void place_fini(struct place *p)
{
	if (p->folder != NULL)
		(void)close(p->fd);
	free(p->folder);
	p->folder = NULL;
}
