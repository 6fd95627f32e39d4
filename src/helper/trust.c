#include "config.h" /* for O_PATH */

#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { LINKS_MAX = 40 };

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static bool check(const struct stat *st, const char *path, struct err *e)
{
	if (!is_ours(st))
		return err_set(e, ERR_DENIED, "helper_failed",
			       "%s belongs to user %u: give it to root", path,
			       (unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
		return err_set(e, ERR_DENIED, "helper_failed",
			       "others may write to %s: chmod go-w %s", path,
			       path);
	return true;
}

/* What is still to be walked, and where that begins: without links. */
struct walk {
	char rest[PATH_MAX], real[PATH_MAX];
	unsigned links;
};

static bool too_long(void)
{
	errno = ENAMETOOLONG;
	return false;
}

static bool begin_walk(struct walk *w, const char *path)
{
	size_t n = 0;

	w->links = 0;
	w->real[0] = w->rest[0] = '\0';
	if (path[0] != '/') {
		if (getcwd(w->rest, sizeof(w->rest)) == NULL)
			return false;
		n = strlen(w->rest);
		if (n + 1 == sizeof(w->rest))
			return too_long();
		w->rest[n++] = '/';
	}
	return str_copy(w->rest + n, sizeof(w->rest) - n, path) || too_long();
}

static void step_up(struct walk *w)
{
	char *slash = strrchr(w->real, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Puts what the link leads to in place of its name. */
static bool follow(struct walk *w)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlink(w->real, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return false;
	}
	step_up(w);
	if (target[0] == '/')
		w->real[0] = '\0';
	if ((size_t)n + 1 + strlen(w->rest) >= sizeof(rest))
		return too_long();
	(void)str_copy(rest, sizeof(rest), w->rest);
	(void)str_copy(w->rest, sizeof(w->rest), target);
	(void)str_copy(w->rest + n, sizeof(w->rest) - (size_t)n, "/");
	(void)str_copy(w->rest + n + 1, sizeof(w->rest) - (size_t)n - 1, rest);
	return true;
}

/* Takes the next name of rest to the end of real. False: too long. */
static bool step_down(struct walk *w, size_t n)
{
	size_t len = strlen(w->real);

	if (len + 1 + n >= sizeof(w->real))
		return too_long();
	w->real[len] = '/';
	memcpy(w->real + len + 1, w->rest, n);
	w->real[len + 1 + n] = '\0';
	memmove(w->rest, w->rest + n, strlen(w->rest + n) + 1);
	return true;
}

/* False with errno, or with *e: it can be changed by others. */
static bool look(struct walk *w, struct err *e)
{
	const char *at = w->real[0] != '\0' ? w->real : "/";
	struct stat st;

	if (lstat(at, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return check(&st, at, e);
	if (!S_ISLNK(st.st_mode))
		return true; /* its end, which is looked at when it is open */
	return is_ours(&st) ? follow(w) : check(&st, at, e);
}

/* Every folder on the way is looked at, also those that only hold a link: who
 * can change such a one chooses what is found. */
static bool walk(struct walk *w, const char *path, struct err *e)
{
	if (!begin_walk(w, path) || !look(w, e))
		return false;
	for (;;) {
		size_t slashes = strspn(w->rest, "/"), n;

		memmove(w->rest, w->rest + slashes,
			strlen(w->rest + slashes) + 1);
		n = strcspn(w->rest, "/");
		if (n == 0)
			return true;
		if (n == 2 && memcmp(w->rest, "..", n) == 0)
			step_up(w);
		if (w->rest[0] == '.' &&
		    (n == 1 || (n == 2 && w->rest[1] == '.')))
			memmove(w->rest, w->rest + n, strlen(w->rest + n) + 1);
		else if (!step_down(w, n) || !look(w, e))
			return false;
	}
}

static bool check_file(int fd, const char *path, bool is_program, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(e, ERR_IO, "helper_failed",
			       "cannot look at %s: %m", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DENIED, "helper_failed",
			       "%s is not a file", path);
	if (is_program && (st.st_mode & S_IXUSR) == 0)
		return err_set(e, ERR_DENIED, "helper_failed",
			       "%s is not executable: chmod +x %s", path, path);
	return check(&st, path, e);
}

static int open_trusted(const char *path, int flags, char real[PATH_MAX],
			struct err *e)
{
	struct walk w;
	int fd = -1;

	if (walk(&w, path, e))
		fd = open(w.real[0] != '\0' ? w.real : "/",
			  flags | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		/* The first one stays. */
		(void)err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
			      "helper_failed", "cannot open %s: %m", path);
		return -1;
	}
	if (real != NULL)
		memcpy(real, w.real, sizeof(w.real));
	return fd;
}

int trust_open(const char *path, bool is_program, char real[PATH_MAX],
	       struct err *e)
{
	int fd = open_trusted(path, O_RDONLY | O_NONBLOCK, real, e);

	if (fd < 0 || check_file(fd, path, is_program, e))
		return fd;
	(void)close(fd);
	return -1;
}

int trust_open_folder(const char *path, struct err *e)
{
	return open_trusted(path, O_PATH | O_DIRECTORY, NULL, e);
}
