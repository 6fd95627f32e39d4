#include "config.h" /* for O_PATH */

#include "sources/files/load/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/files/load/place.h"
#include "sources/load.h"

static bool copy_renames(struct tree *t, const struct load_config *c)
{
	t->renames = calloc(c->nrenames + 1, sizeof(*t->renames));
	if (t->renames == NULL)
		return false;
	for (; t->nrenames < c->nrenames; t->nrenames++) {
		struct lay_rename *r = &t->renames[t->nrenames];

		r->from = strdup(c->renames[t->nrenames].from);
		r->to = strdup(c->renames[t->nrenames].to);
		if (r->from == NULL || r->to == NULL) {
			t->nrenames++;
			return false;
		}
	}
	return true;
}

struct tree *tree_new(const struct load_config *c, struct err *e)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	t->refs = 1;
	t->root = -1;
	t->is_overwrite = c->is_overwrite;
	for (size_t i = 0; i < c->nconfirm && c->address.path != NULL; i++)
		t->is_confirmed |= strcmp(c->confirm[i], c->address.path) == 0;
	t->path = c->address.path != NULL ? strdup(c->address.path) : NULL;
	t->beneath = c->beneath != NULL ? strdup(c->beneath) : NULL;
	if (copy_renames(t, c) && t->path != NULL &&
	    (c->beneath == NULL || t->beneath != NULL))
		return t;
	(void)err_nomem(e, "a restore");
	tree_unref(t);
	return NULL;
}

bool tree_has_tasks(const struct tree *t)
{
	return t->refs > 1;
}

void tree_unref(struct tree *t)
{
	if (t == NULL || --t->refs > 0)
		return;
	untar_free(t->untar);
	lay_free(t->lay);
	if (t->root >= 0)
		(void)close(t->root);
	for (size_t i = 0; i < t->nrenames; i++) {
		free(t->renames[i].from);
		free(t->renames[i].to);
	}
	free(t->renames);
	free(t->beneath);
	free(t->path);
	free(t);
}

static int by_from(const void *key, const void *item)
{
	return strcmp(key, ((const struct lay_rename *)item)->from);
}

const char *tree_renamed(const struct tree *t, const char *path)
{
	const struct lay_rename *r = NULL;

	if (t->nrenames > 0)
		r = bsearch(path, t->renames, t->nrenames, sizeof(*r), by_from);
	return r != NULL ? r->to : path;
}

/* --- the folder */

bool tree_is_scarce(const char *path, struct err *e)
{
	if (errno == ENOMEM)
		return !err_nomem(e, "what is restored");
	if (errno != EMFILE && errno != ENFILE)
		return false;
	(void)err_set(e, ERR_IO, "internal",
		      "\"%.200s\" cannot be opened: %s; give the "
		      "server more descriptors (LimitNOFILE)",
		      path, strerror(errno));
	return true;
}

static int no_folder(const struct tree *t, struct err *e)
{
	if (tree_is_scarce(t->path, e))
		return -1;
	if (errno == ENOENT)
		(void)err_set(e, ERR_NOT_FOUND, "target_incompatible",
			      "the folder \"%.200s\" is not there", t->path);
	else if (errno == ENOTDIR || errno == ELOOP || errno == EXDEV)
		(void)err_set(e, ERR_CONFLICT, "target_incompatible",
			      "\"%.200s\" is no folder, or leads out of "
			      "restore_dirs: name one without symbolic links "
			      "in its path",
			      t->path);
	else if (errno == ENOSYS)
		(void)err_set(e, ERR_CONFLICT, "target_incompatible",
			      "this system has no openat2(): a restore of "
			      "files needs Linux 5.6 or later");
	else
		(void)err_set(e, ERR_CONFLICT, "target_incompatible",
			      "the folder \"%.200s\" cannot be opened: %s%s",
			      t->path, strerror(errno),
			      errno == EACCES || errno == EPERM
				      ? ": give the server's user the right to "
					"write there"
				      : "");
	return -1;
}

/* "x/y" below restore_dirs: as the parent of what is in it. */
static int open_below(int above, const char *rest, bool make)
{
	struct place p = {.root = above};
	const char *leaf;
	char *inside = malloc(strlen(rest) + 3);
	int fd, dir;

	if (inside == NULL)
		return -1; /* ENOMEM */
	(void)stpcpy(stpcpy(inside, rest), "/.");
	dir = place_parent(&p, inside, make, &leaf);
	fd = dir < 0 ? -1 : place_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);
	free(inside);
	if (dir >= 0) {
		int why = errno;

		place_fini(&p);
		errno = why;
	}
	return fd;
}

int tree_open(const struct tree *t, bool make, struct err *e)
{
	int above, fd;

	if (t->beneath == NULL) {
		fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? no_folder(t, e) : fd;
	}
	above = open(t->beneath, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above < 0) {
		if (!tree_is_scarce(t->beneath, e))
			(void)err_set(e, ERR_CONFLICT, "target_incompatible",
				      "the folder \"%.200s\" of the setting "
				      "restore_dirs cannot be opened: %s",
				      t->beneath, strerror(errno));
		return -1;
	}
	fd = open_below(above, t->path + strlen(t->beneath) + 1, make);
	if (fd < 0)
		(void)no_folder(t, e);
	(void)close(above);
	return fd;
}

bool tree_is_empty(int fd, struct err *e)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *d;
	bool is_empty = true;

	if (dir == NULL) {
		int why = errno;

		if (copy >= 0)
			(void)close(copy);
		errno = why;
		return !tree_is_scarce("the target", e) &&
		       err_set(e, ERR_CONFLICT, "target_incompatible",
			       "the target's folder cannot be read: %s",
			       strerror(errno));
	}
	/* The stream is this function's own. */
	while (is_empty && (d = readdir(dir)) != NULL)
		is_empty = strcmp(d->d_name, ".") == 0 ||
			   strcmp(d->d_name, "..") == 0;
	(void)closedir(dir);
	return is_empty;
}

/* What came into a folder that was empty when it was looked at was not named.
 */
static bool may_replace(const struct tree *t)
{
	return t->is_overwrite && t->is_confirmed;
}

static bool begin_laying(struct tree *t, struct err *e)
{
	const struct lay_config c = {
		.root = t->root,
		.is_overwrite = may_replace(t),
		.with_owners = geteuid() == 0,
		.renames = t->renames,
		.nrenames = t->nrenames,
	};

	t->lay = lay_new(&c, e);
	if (t->lay == NULL)
		return false;
	t->untar = untar_new(lay_ops(), t->lay, e);
	return t->untar != NULL;
}

bool tree_prepare(struct tree *t, struct err *e)
{
	if (t->root >= 0)
		return true;
	t->root = tree_open(t, t->beneath != NULL, e);
	if (t->root < 0)
		return false;
	if (!may_replace(t) && !tree_is_empty(t->root, e))
		return err_set(e, ERR_CONFLICT, "target_not_empty",
			       "the folder \"%.200s\" is not empty any more",
			       t->path);
	return begin_laying(t, e);
}

/* --- tasks */

static void task_free(struct work *w)
{
	struct tree_task *k = (struct tree_task *)(void *)w; /* first */

	if (k->ops->fini != NULL)
		k->ops->fini(k);
	tree_unref(k->tree);
	free(k);
}

static void task_run(struct work *w)
{
	struct tree_task *k = (struct tree_task *)(void *)w;

	k->ops->run(k);
}

static void task_done(struct work *w)
{
	struct tree_task *k = (struct tree_task *)(void *)w;

	k->is_out = false;
	k->ops->done(k);
}

void tree_task_init(struct tree_task *k, const struct tree_task_ops *ops,
		    struct tree *t)
{
	k->work.run = task_run;
	k->work.done = task_done;
	k->ops = ops;
	k->tree = t;
	t->refs++;
}

void tree_task_submit(struct tree_task *k, struct workers *ws)
{
	k->is_out = true;
	workers_submit(ws, &k->work);
}

void tree_task_drop(struct tree_task *k)
{
	if (k == NULL)
		return;
	if (k->is_out)
		work_abandon(&k->work, task_free);
	else
		task_free(&k->work);
}
