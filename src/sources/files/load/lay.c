/* lay.c - members below a folder. */
#include "config.h" /* for syncfs(), O_PATH */

#include "sources/files/load/lay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/clean_int.h"
#include "sources/file_facts.h"
#include "sources/files/load/dress.h"
#include "sources/files/load/member.h"
#include "sources/files/load/place.h"

enum { PATH_SHOWN = 160 };

/* A folder that is dressed last. */
struct folder {
	char *path;
	struct dress dress;
};

struct lay {
	struct lay_config config;
	struct place place, other; /* other: of a hard link's target */
	struct lay_facts facts;
	struct notes notes;
	char *path;	    /* of the member at hand, or of the last one */
	struct dress dress; /* of a file at hand */
	int fd;		    /* of it, or -1 */
	uint64_t size;
	struct folder *folders;
	size_t nfolders, cap;
	bool is_sorted;	   /* what holds others comes before them */
	bool was_file;	   /* the last member */
	bool is_again;	   /* a file that was changed while it was read comes at
			    * once again: the second one stays */
	bool is_orphan;	   /* what a hard link is another name of is missing */
	const char *newer; /* facts of the member at hand, or NULL */
};

static bool failed(struct lay *l, const char *doing, struct err *e)
{
	char shown[PATH_SHOWN];
	const char *why = strerror(errno);

	(void)source_clean(shown, sizeof(shown), l->path);
	if (l->is_orphan)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "the archive's hard link \"%s\" is another "
			       "name of what is not there; verify the backup",
			       shown);
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(e, ERR_IO, "target_failed",
			       "%s \"%s\": %s: make room there, then restore "
			       "again with \"overwrite\"",
			       doing, shown, why);
	if (errno == EACCES || errno == EPERM)
		return err_set(e, ERR_DENIED, "target_failed",
			       "%s \"%s\": %s: give the server's user the "
			       "right to, then restore again with "
			       "\"overwrite\"",
			       doing, shown, why);
	if (errno == EXDEV || errno == ELOOP || errno == ENOTDIR)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "%s \"%s\": what it lies in is no folder in "
			       "the target, or leads out of it",
			       doing, shown);
	return err_set(e, ERR_IO, "target_failed", "%s \"%s\": %s", doing,
		       shown, why);
}

struct lay *lay_new(const struct lay_config *c, struct err *e)
{
	struct lay *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	l->config = *c;
	l->place.root = l->other.root = c->root;
	l->fd = -1;
	return l;
}

/* --- where a member goes */

static int by_from(const void *key, const void *item)
{
	return strcmp(key, ((const struct lay_rename *)item)->from);
}

static const char *renamed(const struct lay *l, const char *path)
{
	const struct lay_rename *r = NULL;

	if (l->config.nrenames > 0)
		r = bsearch(path, l->config.renames, l->config.nrenames,
			    sizeof(*r), by_from);
	return r != NULL ? r->to : path;
}

/* Whether something on the way to the folder, or its mode, keeps us out. */
static bool is_blocked(int dir)
{
	if (dir >= 0 && faccessat(dir, ".", W_OK | X_OK, 0) == 0)
		return false;
	return errno == EACCES || errno == ENOTDIR || errno == ELOOP;
}

/*
 * The folder of the member at hand, and its name there. What is laid over
 * others may come before the folders that it lies in (increments: what is
 * stored again comes last), so that what is there as yet may be a file, a link,
 * or closed to us. Folders get what is theirs at the end.
 */
static int folder_of(struct lay *l, const char **leaf)
{
	int dir = place_parent(&l->place, l->path, true, leaf);

	if (!l->config.is_overwrite || !is_blocked(dir))
		return dir;
	place_fini(&l->other);
	if (!place_make_way(&l->place, l->path))
		return -1;
	return place_parent(&l->place, l->path, true, leaf);
}

static bool remove_old(struct lay *l, int dir, const char *leaf, struct err *e)
{
	if (!l->config.is_overwrite && !l->is_again) {
		errno = EEXIST;
		return failed(l, "make", e);
	}
	if (unlinkat(dir, leaf, 0) == 0 || errno == ENOENT)
		return true;
	if (errno == EISDIR || errno == EPERM) {
		char shown[PATH_SHOWN];

		return err_set(e, ERR_CONFLICT, "target_failed",
			       "\"%s\" in the target is a folder, in the "
			       "backup it is none: remove it, or restore into "
			       "an empty folder",
			       source_clean(shown, sizeof(shown), l->path));
	}
	return failed(l, "replace", e);
}

/* --- each type. False and errno: it could not be made. */

static bool make_file(struct lay *l, const struct member *m, int dir,
		      const char *leaf)
{
	(void)m;
	l->fd = place_openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL, 0600);
	return l->fd >= 0;
}

static bool make_symlink(struct lay *l, const struct member *m, int dir,
			 const char *leaf)
{
	(void)l;
	return symlinkat(m->target, dir, leaf) == 0;
}

static bool make_fifo(struct lay *l, const struct member *m, int dir,
		      const char *leaf)
{
	(void)l;
	(void)m;
	return mkfifoat(dir, leaf, 0600) == 0;
}

static bool make_hardlink(struct lay *l, const struct member *m, int dir,
			  const char *leaf)
{
	const char *from;
	int there =
		place_parent(&l->other, renamed(l, m->target), false, &from);

	if (there >= 0 && linkat(there, from, dir, leaf, 0) == 0)
		return true;
	l->is_orphan = errno == ENOENT;
	return false;
}

typedef bool make_call(struct lay *l, const struct member *m, int dir,
		       const char *leaf);

static bool make_new(struct lay *l, const struct member *m, make_call *make,
		     struct err *e)
{
	const char *leaf;
	int dir = folder_of(l, &leaf);

	if (dir < 0)
		return failed(l, "make", e);
	if (make(l, m, dir, leaf))
		return true;
	if (errno != EEXIST)
		return failed(l, "make", e);
	if (!remove_old(l, dir, leaf, e))
		return false;
	return make(l, m, dir, leaf) || failed(l, "make", e);
}

/* As a file: opened so, nobody has to be at its other end. */
static bool dress_fifo(struct lay *l, const struct member *m, int dir,
		       const char *leaf, struct err *e)
{
	int fd = place_openat(dir, leaf, O_RDONLY | O_NONBLOCK, 0);
	struct dress d = {0};
	bool ok;

	if (fd < 0)
		return failed(l, "open", e);
	ok = dress_fill(&d, m) || err_nomem(e, "a file's attributes");
	d.with_owner = l->config.with_owners;
	ok = ok && (dress_file(&d, fd, &l->notes, l->path) ||
		    failed(l, "give its owner, mode and times to", e));
	dress_fini(&d);
	(void)close(fd);
	return ok;
}

static bool dress_symlink(struct lay *l, const struct member *m, int dir,
			  const char *leaf, struct err *e)
{
	const struct dress d = {
		.uid = m->uid,
		.gid = m->gid,
		.mtime_s = m->mtime_s,
		.mtime_ns = m->mtime_ns,
		.with_owner = l->config.with_owners,
	};

	if (m->nattrs > 0)
		notes_add(&l->notes, l->path,
			  "extended attributes of a symbolic link are left "
			  "out");
	return dress_link(&d, dir, leaf, &l->notes, l->path) ||
	       failed(l, "give its owner and times to", e);
}

static bool keep_folder(struct lay *l, const struct member *m, struct err *e)
{
	struct folder *f;

	if (l->nfolders == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 64;

		f = reallocarray(l->folders, cap, sizeof(*f));
		if (f == NULL)
			return err_nomem(e, "a list of folders");
		l->folders = f;
		l->cap = cap;
	}
	f = &l->folders[l->nfolders];
	memset(f, 0, sizeof(*f));
	f->path = strdup(l->path);
	if (f->path == NULL || !dress_fill(&f->dress, m)) {
		free(f->path);
		return err_nomem(e, "a list of folders");
	}
	f->dress.with_owner = l->config.with_owners;
	l->nfolders++;
	return true;
}

/* One that cannot be entered yet will be, until it is dressed. */
static bool open_up(struct lay *l, int dir, const char *leaf, struct err *e)
{
	int fd = place_openat(dir, leaf, O_PATH | O_DIRECTORY, 0);
	bool ok = fd >= 0 && place_open_up(fd);

	if (!ok)
		(void)failed(l, "open", e);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static bool begin_folder(struct lay *l, const struct member *m, struct err *e)
{
	const char *leaf;
	struct stat st;
	int dir;

	if (l->path[0] == '\0')
		return keep_folder(l, m, e);
	dir = folder_of(l, &leaf);
	if (dir < 0)
		return failed(l, "make", e);
	if (mkdirat(dir, leaf, 0700) == 0)
		return keep_folder(l, m, e);
	if (errno != EEXIST ||
	    fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return failed(l, "make", e);
	if (S_ISDIR(st.st_mode))
		return open_up(l, dir, leaf, e) && keep_folder(l, m, e);
	if (!remove_old(l, dir, leaf, e))
		return false;
	return (mkdirat(dir, leaf, 0700) == 0 || failed(l, "make", e)) &&
	       keep_folder(l, m, e);
}

static bool begin_hardlink(struct lay *l, const struct member *m, struct err *e)
{
	/* Perhaps it was laid under this name. */
	return strcmp(renamed(l, m->target), l->path) == 0 ||
	       make_new(l, m, make_hardlink, e);
}

static bool begin_special(struct lay *l, const struct member *m, struct err *e)
{
	bool is_fifo = m->type == MEMBER_FIFO;
	const char *leaf;
	int dir;

	if (!make_new(l, m, is_fifo ? make_fifo : make_symlink, e))
		return false;
	dir = place_parent(&l->place, l->path, false, &leaf);
	if (dir < 0)
		return failed(l, "open", e);
	return is_fifo ? dress_fifo(l, m, dir, leaf, e)
		       : dress_symlink(l, m, dir, leaf, e);
}

static bool begin_file(struct lay *l, const struct member *m, struct err *e)
{
	l->size = m->size;
	dress_fini(&l->dress);
	if (!make_new(l, m, make_file, e))
		return false;
	if (!dress_fill(&l->dress, m))
		return err_nomem(e, "a file's attributes");
	l->dress.with_owner = l->config.with_owners;
	return true;
}

static bool begin_any(struct lay *l, const struct member *m, struct err *e)
{
	switch (m->type) {
	case MEMBER_FILE:
		return begin_file(l, m, e);
	case MEMBER_FOLDER:
		return begin_folder(l, m, e);
	case MEMBER_HARDLINK:
		return begin_hardlink(l, m, e);
	case MEMBER_SYMLINK:
	case MEMBER_FIFO:
		return begin_special(l, m, e);
	case MEMBER_DEVICE:
		notes_add(&l->notes, l->path, "a device, which is left out");
		return true;
	}
	return err_bug(e, "an archive's member is of no type");
}

void lay_amend(struct lay *l, const char *facts)
{
	l->newer = facts;
}

/* As the index tells it, where the archive is older. */
static bool amend(const struct lay *l, struct member *m, struct err *e)
{
	struct file_facts f;

	if (l->newer == NULL)
		return true;
	if (!file_facts_parse(&f, l->newer, e))
		return false;
	m->mode = f.mode;
	m->uid = f.uid;
	m->gid = f.gid;
	m->mtime_s = f.mtime.seconds;
	m->mtime_ns = f.mtime.nanoseconds;
	file_facts_fini(&f);
	return true;
}

static bool lay_begin(void *arg, const struct member *told, struct err *e)
{
	struct lay *l = arg;
	struct member copy = *told; /* borrows */
	const struct member *m = &copy;
	char *last = l->path;
	bool ok;

	if (!amend(l, &copy, e))
		return false;
	l->is_orphan = false;
	l->path = strdup(renamed(l, m->path));
	l->is_again = l->path != NULL && l->was_file &&
		      m->type == MEMBER_FILE && strcmp(last, l->path) == 0;
	l->was_file = m->type == MEMBER_FILE;
	free(last);
	ok = l->path != NULL ? begin_any(l, m, e) : err_nomem(e, "a path");
	l->facts.members += ok && !l->is_again;
	return ok;
}

static bool lay_data(void *arg, uint64_t offset, const unsigned char *bytes,
		     size_t len, struct err *e)
{
	struct lay *l = arg;

	while (len > 0) {
		ssize_t n = pwrite(l->fd, bytes, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(l, "write", e);
		bytes += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
		l->facts.bytes += (uint64_t)n;
	}
	return true;
}

/* A file ends with a hole, or is one. */
static bool end_file(struct lay *l, struct err *e)
{
	return (ftruncate(l->fd, (off_t)l->size) == 0 ||
		failed(l, "write", e)) &&
	       (dress_file(&l->dress, l->fd, &l->notes, l->path) ||
		failed(l, "give its owner, mode and times to", e));
}

static bool lay_end(void *arg, struct err *e)
{
	struct lay *l = arg;
	bool ok;

	if (l->fd < 0)
		return true;
	ok = end_file(l, e);
	if (close(l->fd) != 0 && ok)
		ok = failed(l, "write", e);
	l->fd = -1;
	return ok;
}

const struct untar_ops *lay_ops(void)
{
	static const struct untar_ops ops = {
		.begin = lay_begin,
		.data = lay_data,
		.end = lay_end,
	};

	return &ops;
}

/* --- the end */

/* What holds another has the shorter path. The order of those of the same
 * length is that in which they came. */
static int by_depth(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;
	size_t m = strlen(x->path), n = strlen(y->path);

	return m < n ? -1 : m > n;
}

static bool dress_folder(struct lay *l, struct folder *f, struct err *e)
{
	int fd = place_open(&l->place, f->path, O_RDONLY | O_DIRECTORY);
	bool ok;

	free(l->path);
	l->path = f->path;
	f->path = NULL;
	if (fd < 0) {
		ok = failed(l, "open", e);
	} else {
		ok = dress_file(&f->dress, fd, &l->notes, l->path) ||
		     failed(l, "give its owner, mode and times to", e);
		(void)close(fd);
	}
	dress_fini(&f->dress);
	return ok;
}

bool lay_finish(struct lay *l, unsigned max, bool *is_over, struct err *e)
{
	*is_over = false;
	if (!l->is_sorted && l->nfolders > 1)
		qsort(l->folders, l->nfolders, sizeof(*l->folders), by_depth);
	l->is_sorted = true;
	for (; max > 0 && l->nfolders > 0; max--) {
		if (!dress_folder(l, &l->folders[--l->nfolders], e))
			return false;
	}
	if (l->nfolders > 0)
		return true;
	*is_over = true;
	return syncfs(l->config.root) == 0 ||
	       err_set(e, ERR_IO, "target_failed",
		       "the restored files cannot be brought to disk: %s",
		       strerror(errno));
}

const struct lay_facts *lay_facts(const struct lay *l)
{
	return &l->facts;
}

const struct notes *lay_notes(const struct lay *l)
{
	return &l->notes;
}

void lay_free(struct lay *l)
{
	if (l == NULL)
		return;
	if (l->fd >= 0)
		(void)close(l->fd);
	for (size_t i = 0; i < l->nfolders; i++) {
		free(l->folders[i].path);
		dress_fini(&l->folders[i].dress);
	}
	free(l->folders);
	dress_fini(&l->dress);
	place_fini(&l->place);
	place_fini(&l->other);
	free(l->path);
	free(l);
}
