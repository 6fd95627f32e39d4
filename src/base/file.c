#include "config.h" /* for mkostemp(), O_TMPFILE */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static bool io_failed(struct err *e, const char *doing, const char *path)
{
	return err_set(e, ERR_IO, "internal", "cannot %s %s: %m", doing, path);
}

/* Reads until the end or until len bytes are there; -1 with errno set. */
static ssize_t read_up_to(int fd, char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Reads the open file into a string of its own size. */
static char *read_whole(int fd, const char *path, size_t max, size_t *len,
			struct err *e)
{
	/* One byte more than allowed tells a file that is too long. */
	char *buf = malloc(max + 1), *fitted;
	ssize_t n;

	if (!buf) {
		err_nomem(e, path);
		return NULL;
	}
	n = read_up_to(fd, buf, max + 1);
	if (n < 0)
		io_failed(e, "read", path);
	else if ((size_t)n > max)
		err_set(e, ERR_IO, "internal", "%s is longer than %zu bytes",
			path, max);
	if (n < 0 || (size_t)n > max) {
		free(buf);
		return NULL;
	}
	buf[n] = '\0';
	*len = (size_t)n;
	fitted = realloc(buf, (size_t)n + 1);
	return fitted ? fitted : buf;
}

char *file_read(const char *path, size_t max, size_t *len, struct err *e)
{
	char *content;
	int fd;

	if (max >= SSIZE_MAX) {
		err_bug(e, "no sane limit for reading %s", path);
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		err_set(e, ERR_NOT_FOUND, "not_found", "there is no %s", path);
		return NULL;
	}
	if (fd < 0) {
		io_failed(e, "open", path);
		return NULL;
	}
	content = read_whole(fd, path, max, len, e);
	close(fd);
	return content;
}

/* The folder that path is in; caller frees. */
static char *folder_of(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (!slash)
		folder = strdup(".");
	else if (slash == path)
		folder = strdup("/");
	else
		folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		err_nomem(e, path);
	return folder;
}

/* Syncs the folder that holds the name. */
static bool sync_name(const char *path, struct err *e)
{
	char *folder = folder_of(path, e);
	bool ok = folder && file_sync_dir(folder, e);

	free(folder);
	return ok;
}

bool file_sync_dir(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return io_failed(e, "open", path);
	/* EINVAL: this file system keeps no folders that could be synced. */
	ok = fsync(fd) == 0 || errno == EINVAL || io_failed(e, "sync", path);
	close(fd);
	return ok;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Fills the temporary file and brings it to disk; closes fd in any case. */
static bool fill_temporary(int fd, mode_t mode, const void *bytes, size_t len)
{
	bool ok = fchmod(fd, mode) == 0 && write_all(fd, bytes, len) &&
		  fsync(fd) == 0;
	int saved_errno = errno;

	if (close(fd) != 0 && ok)
		return false;
	errno = saved_errno;
	return ok;
}

static bool write_and_rename(const char *path, char *temporary, mode_t mode,
			     const void *bytes, size_t len)
{
	int fd = mkostemp(temporary, O_CLOEXEC), saved_errno;

	if (fd < 0)
		return false;
	if (fill_temporary(fd, mode, bytes, len) &&
	    rename(temporary, path) == 0)
		return true;
	saved_errno = errno;
	unlink(temporary);
	errno = saved_errno;
	return false;
}

bool file_write(const char *path, mode_t mode, const void *bytes, size_t len,
		struct err *e)
{
	struct text name = {0};
	bool ok;

	text_printf(&name, "%s.tmp-XXXXXX", path);
	if (name.is_broken) {
		text_free(&name);
		return err_nomem(e, path);
	}
	ok = write_and_rename(path, name.data, mode, bytes, len) ||
	     io_failed(e, "write", path);
	text_free(&name);
	return ok && sync_name(path, e);
}

/* Makes one folder whose parent is there. */
static bool make_dir(const char *path, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return sync_name(path, e);
	if (errno != EEXIST && stat(path, &st) != 0)
		return io_failed(e, "make folder", path);
	if (stat(path, &st) != 0)
		return io_failed(e, "look at", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, "internal", "%s is not a folder",
			       path);
	return true;
}

bool file_make_dirs(const char *path, struct err *e)
{
	char *copy = strdup(path), *end;
	bool ok = true;

	if (!copy)
		return err_nomem(e, path);
	end = copy + strspn(copy, "/");
	while (ok && *end) {
		char kept;

		end += strcspn(end, "/");
		kept = *end;
		*end = '\0';
		ok = make_dir(copy, e);
		*end = kept;
		end += strspn(end, "/");
	}
	free(copy);
	return ok;
}

/* For file systems without O_TMPFILE. */
static int open_named(const char *folder, const char *prefix)
{
	struct text name = {0};
	int fd = -1;

	text_printf(&name, "%s/%sXXXXXX", folder, prefix);
	errno = ENOMEM;
	if (!name.is_broken)
		fd = mkostemp(name.data, O_CLOEXEC);
	if (fd >= 0 && unlink(name.data) != 0) {
		(void)close(fd);
		fd = -1;
	}
	text_free(&name);
	return fd;
}

int file_open_nameless(const char *folder, const char *prefix)
{
	int fd = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		return open_named(folder, prefix);
	return fd;
}
