/* leftovers.c - looks at all of it first, and removes then. */
#include "leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "path.h"

/* Shorter than sweeps go on after the end of a backup, and far longer than the
 * writer of a part is silent. */
enum { SILENT_MS = 50 * 1000, LEFTOVERS_DEPTH = 3 };

static DIR *open_folder(int parent, const char *name)
{
	int fd = openat(parent, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL && fd >= 0)
		close(fd);
	return dir;
}

static const char *next_name(DIR *dir)
{
	const struct dirent *d;

	do {
		d = readdir(dir);
	} while (d != NULL &&
		 (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0));
	return d != NULL ? d->d_name : NULL;
}

static bool is_silent(const struct stat *sb)
{
	return clock_now_ms() - (int64_t)sb->st_mtim.tv_sec * 1000 > SILENT_MS;
}

static bool is_unfinished(const char *name, const struct stat *sb)
{
	return S_ISREG(sb->st_mode) && is_silent(sb) &&
	       strncmp(name, DIR_TEMP_PREFIX, strlen(DIR_TEMP_PREFIX)) == 0;
}

/* Everything in the folder, at most so many folders deep, is to go. */
static bool has_only_leftovers(int parent, const char *folder, int depth)
{
	DIR *dir = depth > 0 ? open_folder(parent, folder) : NULL;
	const char *name;
	struct stat sb;
	bool ok = dir != NULL;

	while (ok && (name = next_name(dir)) != NULL) {
		ok = fstatat(dirfd(dir), name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		     (S_ISDIR(sb.st_mode)
			      ? has_only_leftovers(dirfd(dir), name, depth - 1)
			      : is_unfinished(name, &sb));
	}
	if (dir != NULL)
		(void)closedir(dir);
	return ok;
}

static bool clear_folder(int parent, const char *folder)
{
	DIR *dir = open_folder(parent, folder);
	const char *name;
	bool ok = dir != NULL;

	while (ok && (name = next_name(dir)) != NULL)
		ok = unlinkat(dirfd(dir), name, 0) == 0 ||
		     (clear_folder(dirfd(dir), name) &&
		      unlinkat(dirfd(dir), name, AT_REMOVEDIR) == 0);
	if (dir != NULL)
		(void)closedir(dir);
	return ok;
}

bool dir_clear_leftovers(int parent, const char *name)
{
	return has_only_leftovers(parent, name, LEFTOVERS_DEPTH) &&
	       clear_folder(parent, name);
}
