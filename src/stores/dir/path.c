/* path.c - keys as files below one folder. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "../store_int.h"

enum {
	KEY_MAX_BYTES = 1024,
	FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
	SHOWN_MAX = 160,
};

static bool invalid(struct err *e, const char *why)
{
	return err_set(e, ERR_INVALID, "store_failed",
		       "a key that cannot be a file: %s", why);
}

static bool segment_check(const char *s, size_t len, struct err *e)
{
	if (len == 0)
		return invalid(e, "empty between two slashes or at an end");
	if (len > NAME_MAX)
		return invalid(e, "longer than 255 bytes between slashes");
	if (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.')))
		return invalid(e, "\".\" or \"..\" between slashes");
	if (strncmp(s, DIR_TEMP_PREFIX, strlen(DIR_TEMP_PREFIX)) == 0)
		return invalid(e, "named like an unfinished file");
	return true;
}

bool dir_key_check(const char *key, struct err *e)
{
	unsigned depth = 0;

	if (strlen(key) > KEY_MAX_BYTES || !utf8_check(key, strlen(key), NULL))
		return invalid(e, "not UTF-8 of at most 1024 bytes");
	for (const char *s = key;; s++) {
		size_t len = strcspn(s, "/");

		if (!segment_check(s, len, e))
			return false;
		if (++depth > DIR_DEPTH_MAX)
			return invalid(e, "more than 32 folders deep");
		s += len;
		if (*s == '\0')
			return true;
	}
}

const char *dir_leaf(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash != NULL ? slash + 1 : key;
}

static enum err_code code_of(int number)
{
	switch (number) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_CONFLICT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

static const char *advice_of(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return "; free space or delete backups";
	case EACCES:
	case EPERM:
		return "; let the server's user write there";
	case EROFS:
		return "; mount it for writing";
	case ELOOP:
	case ENOTDIR:
		return "; a symbolic link or a file stands where a folder "
		       "must be";
	default:
		return "";
	}
}

bool dir_fail(struct err *e, int number, const char *what, const char *key)
{
	char shown[SHOWN_MAX];

	return err_set(e, code_of(number), "store_failed", "%s %s: %s%s", what,
		       str_printable(shown, sizeof(shown), key),
		       strerror(number), advice_of(number));
}

bool dir_make_root(const char *root, struct err *e)
{
	struct err why = {0};

	return file_make_dirs(root, &why) ||
	       err_set(e, why.code, "store_failed",
		       "the folder of the pool: %s", why.msg);
}

int dir_open_root(const char *root, bool may_miss, struct err *e)
{
	int fd = open(root, FOLDER_FLAGS);

	if (fd < 0 && errno == ENOENT)
		err_set(e, may_miss ? ERR_NOT_FOUND : ERR_DENIED,
			"store_failed",
			"the folder of the pool is not there: mount the disk "
			"of %s, or make it again",
			root);
	else if (fd < 0)
		dir_fail(e, errno, "the folder of the pool", root);
	return fd;
}

/*
 * A folder just made is synced into its parent at once. Who finds it there
 * relies on that: the maker may still be at it, but then the maker's own call
 * is not done either.
 */
static bool make_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) == 0)
		return fsync(parent) == 0;
	return errno == EEXIST;
}

/* Consumes parent. Returns -1 with errno set. */
static int enter(int parent, const char *name, bool is_made)
{
	int fd = openat(parent, name, FOLDER_FLAGS | O_NOFOLLOW);
	int saved;

	if (fd < 0 && errno == ENOENT && is_made && make_folder(parent, name))
		fd = openat(parent, name, FOLDER_FLAGS | O_NOFOLLOW);
	saved = errno;
	close(parent);
	errno = saved;
	return fd;
}

int dir_open_folder(const struct dir_place *at, bool is_made, struct err *e)
{
	const char *key = at->key;
	const char *leaf = dir_leaf(key);
	int fd = dir_open_root(at->root, at->may_miss, e);

	while (fd >= 0 && key != leaf) {
		size_t len = strcspn(key, "/");
		char name[NAME_MAX + 1];

		memcpy(name, key, len);
		name[len] = '\0';
		fd = enter(fd, name, is_made);
		if (fd < 0)
			dir_fail(e, errno, "the folder of", at->key);
		key += len + 1;
	}
	return fd;
}
