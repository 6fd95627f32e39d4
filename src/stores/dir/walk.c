/* walk.c - the files below a folder in the order of their keys. */
#include "config.h" /* for d_type */

#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum { NAMES_FIRST = 32, LEFTOVER_MS = 24 * 3600 * 1000 };

static bool is_temp(const char *name)
{
	return strncmp(name, DIR_TEMP_PREFIX, strlen(DIR_TEMP_PREFIX)) == 0;
}

/* Does a key of w's prefix begin with, or equal, the walk's key and name? */
static bool may_match(const struct dir_walk *w, const char *name)
{
	const char *prefix = w->prefix;
	size_t len = strlen(prefix);
	size_t own = w->key.len < len ? w->key.len : len;
	size_t more = strlen(name);

	if (w->key.data != NULL && strncmp(prefix, w->key.data, own) != 0)
		return false;
	if (more > len - own)
		more = len - own;
	return strncmp(prefix + own, name, more) == 0;
}

/* The name as it is sorted, or NULL when it is left out. */
static char *sortable(int fd, const struct dirent *d, bool *is_nomem)
{
	struct text t = {0};
	struct stat sb = {0};
	bool is_folder = d->d_type == DT_DIR;
	bool is_file = d->d_type == DT_REG;
	char *name;

	if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
	    !utf8_check(d->d_name, strlen(d->d_name), NULL))
		return NULL;
	if (d->d_type == DT_UNKNOWN &&
	    fstatat(fd, d->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		is_folder = S_ISDIR(sb.st_mode);
		is_file = S_ISREG(sb.st_mode);
	}
	if (!is_folder && !is_file)
		return NULL;
	text_str(&t, d->d_name);
	text_str(&t, is_folder ? "/" : "");
	name = text_take(&t);
	*is_nomem = name == NULL;
	return name;
}

static bool push_name(struct dir_frame *f, char *name, size_t *cap)
{
	size_t more = *cap > 0 ? 2 * *cap : NAMES_FIRST;
	char **names;

	if (f->n == *cap) {
		names = realloc(f->names, more * sizeof(*names));
		if (names == NULL) {
			free(name);
			return false;
		}
		f->names = names;
		*cap = more;
	}
	f->names[f->n++] = name;
	return true;
}

/* False with errno set. */
static bool read_names(struct dir_walk *w, struct dir_frame *f, DIR *dir)
{
	bool is_nomem = false;
	struct dirent *d;
	size_t cap = 0;

	while (!is_nomem && (errno = 0, d = readdir(dir)) != NULL) {
		char *name = sortable(f->fd, d, &is_nomem);

		if (name == NULL)
			continue;
		if (!may_match(w, name) && !is_temp(name))
			free(name);
		else if (!push_name(f, name, &cap))
			is_nomem = true;
	}
	if (is_nomem)
		errno = ENOMEM;
	return errno == 0;
}

static int name_compare(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

/* Takes fd, also on failure. */
static bool push_frame(struct dir_walk *w, int fd, struct err *e)
{
	struct dir_frame *f = &w->frames[w->depth++];
	DIR *dir;
	bool ok;
	int copy, saved;

	*f = (struct dir_frame){.fd = fd, .key_len = w->key.len};
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (dir == NULL) {
		dir_fail(e, errno, "list of", w->prefix);
		if (copy >= 0)
			close(copy);
		return false;
	}
	ok = read_names(w, f, dir);
	saved = errno;
	closedir(dir);
	if (!ok)
		return dir_fail(e, saved, "list of", w->prefix);
	if (f->n > 1)
		qsort(f->names, f->n, sizeof(*f->names), name_compare);
	return true;
}

static void pop_frame(struct dir_walk *w)
{
	struct dir_frame *f = &w->frames[--w->depth];

	for (size_t i = 0; i < f->n; i++)
		free(f->names[i]);
	free(f->names);
	close(f->fd);
}

bool dir_walk_begin(struct dir_walk *w, const char *root, bool may_miss,
		    const char *prefix, struct err *e)
{
	struct err why = {0};
	int fd;

	*w = (struct dir_walk){.prefix = prefix};
	fd = dir_open_root(root, may_miss, &why);
	if (fd >= 0)
		return push_frame(w, fd, e);
	if (why.code == ERR_NOT_FOUND)
		return true;
	*e = why;
	return false;
}

/* The key of an entry of the topmost folder. */
static bool set_key(struct dir_walk *w, const char *name, struct err *e)
{
	size_t base = w->frames[w->depth - 1].key_len;

	if (w->key.data != NULL) {
		w->key.len = base;
		w->key.data[base] = '\0';
	}
	text_str(&w->key, name);
	return !w->key.is_broken || err_nomem(e, "a listing");
}

/* A folder that vanished meanwhile holds nothing. */
static bool go_down(struct dir_walk *w, char *name, struct err *e)
{
	int fd;

	if (w->depth > DIR_DEPTH_MAX)
		return err_set(e, ERR_IO, "store_failed",
			       "list of %s: folders are too deep", w->prefix);
	if (!set_key(w, name, e))
		return false;
	name[strlen(name) - 1] = '\0';
	fd = openat(w->frames[w->depth - 1].fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return push_frame(w, fd, e);
	return errno == ENOENT || dir_fail(e, errno, "list of", w->key.data);
}

static int64_t ms_of(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * 1000 + ts->tv_nsec / 1000000;
}

/* 1: a file of the listing; 0: none; -1 with *e filled. */
static int look_at(struct dir_walk *w, const char *name, struct err *e)
{
	int fd = w->frames[w->depth - 1].fd;
	struct stat sb;

	if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return 0;
		dir_fail(e, errno, "list of", name);
		return -1;
	}
	if (is_temp(name)) {
		if (clock_now_ms() - ms_of(&sb.st_mtim) > LEFTOVER_MS)
			(void)unlinkat(fd, name, 0);
		return 0;
	}
	if (!S_ISREG(sb.st_mode))
		return 0;
	w->size_bytes = (uint64_t)sb.st_size;
	w->modified_ms = ms_of(&sb.st_mtim);
	if (!set_key(w, name, e))
		return -1;
	return strncmp(w->key.data, w->prefix, strlen(w->prefix)) == 0;
}

int dir_walk_next(struct dir_walk *w, struct err *e)
{
	while (w->depth > 0) {
		struct dir_frame *f = &w->frames[w->depth - 1];
		char *name;
		int found = 0;

		if (f->next == f->n) {
			pop_frame(w);
			continue;
		}
		name = f->names[f->next++];
		if (name[strlen(name) - 1] != '/')
			found = look_at(w, name, e);
		else if (!go_down(w, name, e))
			found = -1;
		if (found != 0)
			return found;
	}
	return 0;
}

void dir_walk_end(struct dir_walk *w)
{
	while (w->depth > 0)
		pop_frame(w);
	text_free(&w->key);
}
