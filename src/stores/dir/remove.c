/* remove.c - deletes files, and the folders that become empty by it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dir_int.h"
#include "leftovers.h"
#include "path.h"

struct remove_op {
	struct dir_op base; /* first: remove_of() */
	char *root;
	bool may_miss; /* root, and so all of them */
	char **keys;
	size_t nkeys;
	store_done_cb *done;
	void *arg;
};

static struct remove_op *remove_of(struct dir_op *op)
{
	return (struct remove_op *)op;
}

static size_t folder_len(const char *key)
{
	return (size_t)(dir_leaf(key) - key);
}

static bool is_same_folder(const char *a, const char *b)
{
	size_t len = folder_len(a);

	return len == folder_len(b) && memcmp(a, b, len) == 0;
}

static bool remove_folder(int parent, const char *name, bool with_leftovers)
{
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return true;
	return with_leftovers && dir_clear_leftovers(parent, name) &&
	       unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

/*
 * Removes the folder of key if it is empty or holds only what a writer that
 * was killed has left; then its parent, if that is empty, up to the root,
 * which stays. A folder that somebody is about to fill may go: puts make it
 * again. Nothing here can fail in a way that matters.
 */
static void remove_empty_folders(const char *root, const char *key)
{
	char path[PATH_MAX];
	size_t len = folder_len(key);
	bool is_own = true; /* the folder that key itself lies in */
	struct err ignored = {0};

	while (len > 1 && len < sizeof(path)) {
		int fd;

		memcpy(path, key, len - 1);
		path[len - 1] = '\0';
		err_clear(&ignored);
		fd = dir_open_folder(&(struct dir_place){root, path, true},
				     false, &ignored);
		if (fd < 0)
			return;
		if (!remove_folder(fd, dir_leaf(path), is_own)) {
			close(fd);
			return;
		}
		close(fd);
		is_own = false;
		len = folder_len(path);
	}
}

/* Removes the keys from at on that lie in one folder, and syncs it once.
 * Returns how many; *e is filled when one failed. */
static size_t remove_from_folder(struct remove_op *rm, int folder, size_t at)
{
	size_t n = 0;
	struct err *e = &rm->base.e;

	while (at + n < rm->nkeys && !err_is(e) &&
	       is_same_folder(rm->keys[at], rm->keys[at + n])) {
		const char *key = rm->keys[at + n++];

		if (unlinkat(folder, dir_leaf(key), 0) != 0 && errno != ENOENT)
			dir_fail(e, errno, "removal of", key);
	}
	if (fsync(folder) != 0 && !err_is(e))
		dir_fail(e, errno, "sync of the folder of", rm->keys[at]);
	return n;
}

static size_t remove_some(struct remove_op *rm, size_t at)
{
	const struct dir_place place = {rm->root, rm->keys[at], rm->may_miss};
	struct err why = {0};
	int folder = dir_open_folder(&place, false, &why);
	size_t n;

	if (folder < 0) {
		if (why.code != ERR_NOT_FOUND)
			rm->base.e = why;
		return 1;
	}
	n = remove_from_folder(rm, folder, at);
	close(folder);
	remove_empty_folders(rm->root, rm->keys[at]);
	return n;
}

static void remove_run(struct dir_op *op)
{
	struct remove_op *rm = remove_of(op);
	size_t at = 0;

	while (at < rm->nkeys && !err_is(&op->e) && !lent_is_back(&op->lent))
		at += remove_some(rm, at);
}

static void remove_free(struct dir_op *op)
{
	struct remove_op *rm = remove_of(op);

	dir_op_fini(op);
	for (size_t i = 0; rm->keys != NULL && i < rm->nkeys; i++)
		free(rm->keys[i]);
	free(rm->keys);
	free(rm->root);
	free(rm);
}

static void remove_done(struct dir_op *op)
{
	struct remove_op *rm = remove_of(op);
	store_done_cb *done = rm->done;
	void *arg = rm->arg;
	struct err e = op->e;

	remove_free(op);
	done(arg, err_is(&e) ? &e : NULL);
}

static const struct dir_op_ops remove_ops = {
	.run = remove_run,
	.done = remove_done,
	.free = remove_free,
};

static bool copy_keys(struct remove_op *rm, const char *const *keys, size_t n,
		      struct err *e)
{
	rm->keys = calloc(n > 0 ? n : 1, sizeof(*rm->keys));
	if (rm->keys == NULL)
		return err_nomem(e, "a removal");
	rm->nkeys = n;
	for (size_t i = 0; i < n; i++) {
		if (!dir_key_check(keys[i], e))
			return false;
		rm->keys[i] = strdup(keys[i]);
		if (rm->keys[i] == NULL)
			return err_nomem(e, "a removal");
	}
	return true;
}

struct store_op *dir_remove(struct store *st, const char *const *keys,
			    size_t nkeys, store_done_cb *done, void *arg,
			    struct err *e)
{
	struct dir_store *dir = dir_store_of(st);
	struct remove_op *rm = calloc(1, sizeof(*rm));

	if (rm == NULL || !dir_op_init(&rm->base, dir, &remove_ops, e)) {
		free(rm);
		err_nomem(e, "a removal");
		return NULL;
	}
	rm->done = done;
	rm->arg = arg;
	rm->may_miss = dir->is_made;
	rm->root = strdup(dir->path);
	if (rm->root == NULL || !copy_keys(rm, keys, nkeys, e)) {
		remove_free(&rm->base);
		err_nomem(e, "a removal");
		return NULL;
	}
	dir_op_submit(&rm->base);
	return &rm->base.op;
}
