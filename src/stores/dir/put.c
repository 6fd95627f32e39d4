/*
 * put.c - writes a file so that a power cut leaves all of it or nothing:
 * temporary name, fsync, rename, fsync of the folder.
 *
 * A failed fsync is the end of the file: the kernel has dropped the pages and
 * a second fsync would say "ok" with the data gone.
 */
#include "config.h" /* for renameat2() */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "dir_int.h"
#include "path.h"

enum {
	TEMP_MAX = ID_MAX + 16,
	/* A folder may be removed as empty between its making and its use. */
	TRIES_MAX = 8,
};

struct put_op {
	struct dir_op base; /* first: put_of() */
	char *root;
	char *key;
	const char *bytes; /* lent */
	size_t len;
	bool is_new;
	bool is_root_made;
	char *chunk; /* the thread's own */
	store_done_cb *done;
	void *arg;
};

static struct put_op *put_of(struct dir_op *op)
{
	return (struct put_op *)op;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* Copies a turn's worth and writes the copy. */
static bool write_turn(struct put_op *p, int fd, size_t at)
{
	size_t len = p->len - at;

	if (len > LENT_TURN_BYTES)
		len = LENT_TURN_BYTES;
	if (!lent_begin(&p->base.lent))
		return err_set(&p->base.e, ERR_CANCELED, "canceled",
			       "canceled");
	memcpy(p->chunk, p->bytes + at, len);
	lent_end(&p->base.lent);
	return write_all(fd, p->chunk, len) ||
	       dir_fail(&p->base.e, errno, "write of", p->key);
}

static bool fill(struct put_op *p, int fd)
{
	for (size_t at = 0; at < p->len; at += LENT_TURN_BYTES) {
		if (!write_turn(p, fd, at))
			return false;
	}
	if (fsync(fd) != 0)
		return dir_fail(&p->base.e, errno, "sync of", p->key);
	/* Nobody reads a part soon: the memory is of more use to others. */
	if (p->len >= LENT_TURN_BYTES)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return true;
}

/*
 * Gives the file its name, unless there is one of that name; file systems
 * that cannot (NFS) do it by a hard link, which is exclusive too.
 */
static bool rename_new(int folder, const char *temp, const char *leaf)
{
	if (renameat2(folder, temp, folder, leaf, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
		return false;
	if (linkat(folder, temp, folder, leaf, 0) != 0)
		return false;
	(void)unlinkat(folder, temp, 0); /* a leftover is swept by lists */
	return true;
}

static bool name_it(struct put_op *p, int folder, const char *temp)
{
	const char *leaf = dir_leaf(p->key);
	bool ok = p->is_new ? rename_new(folder, temp, leaf)
			    : renameat(folder, temp, folder, leaf) == 0;

	if (ok)
		return fsync(folder) == 0 ||
		       dir_fail(&p->base.e, errno, "sync of the folder of",
				p->key);
	dir_fail(&p->base.e, errno, p->is_new ? "new file" : "rename of",
		 p->key);
	(void)unlinkat(folder, temp, 0);
	return false;
}

static void write_temp(struct put_op *p, int folder, int fd, const char *temp)
{
	bool ok = fill(p, fd);

	if (close(fd) != 0 && ok)
		ok = dir_fail(&p->base.e, errno, "close of", p->key);
	if (ok)
		(void)name_it(p, folder, temp);
	else
		(void)unlinkat(folder, temp, 0);
}

/* False: the folder has vanished, or is new; try again. */
static bool try_put(struct put_op *p, bool is_last)
{
	const struct dir_place at = {p->root, p->key, p->is_root_made};
	char id[ID_MAX], temp[TEMP_MAX];
	int folder, fd;

	folder = dir_open_folder(&at, true, &p->base.e);
	if (folder < 0 && p->base.e.code == ERR_NOT_FOUND && !is_last) {
		err_clear(&p->base.e);
		return p->is_root_made && !dir_make_root(p->root, &p->base.e);
	}
	if (folder < 0)
		return true;
	id_new(id, "tmp");
	(void)snprintf(temp, sizeof(temp), ".coffer-%s", id);
	fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	if (fd < 0 && errno == ENOENT && !is_last) {
		close(folder);
		return false;
	}
	if (fd < 0)
		dir_fail(&p->base.e, errno, "write of", p->key);
	else
		write_temp(p, folder, fd, temp);
	close(folder);
	return true;
}

static void put_run(struct dir_op *op)
{
	struct put_op *p = put_of(op);

	for (unsigned n = 1; !try_put(p, n == TRIES_MAX); n++)
		;
}

static void put_free(struct dir_op *op)
{
	struct put_op *p = put_of(op);

	dir_op_fini(op);
	free(p->root);
	free(p->key);
	free(p->chunk);
	free(p);
}

static void put_done(struct dir_op *op)
{
	struct put_op *p = put_of(op);
	store_done_cb *done = p->done;
	void *arg = p->arg;
	struct err e = op->e;

	put_free(op);
	done(arg, err_is(&e) ? &e : NULL);
}

static const struct dir_op_ops put_ops = {
	.run = put_run,
	.done = put_done,
	.free = put_free,
};

static bool put_copy(struct put_op *p, const struct dir_store *st,
		     const struct store_put *in, struct err *e)
{
	p->bytes = in->bytes;
	p->len = in->len;
	p->is_new = in->is_new;
	p->is_root_made = st->is_made;
	p->root = strdup(st->path);
	p->key = strdup(in->key);
	p->chunk = malloc(LENT_TURN_BYTES);
	if (p->root == NULL || p->key == NULL || p->chunk == NULL)
		return err_nomem(e, "a put");
	return dir_key_check(in->key, e);
}

struct store_op *dir_put(struct store *st, const struct store_put *in,
			 store_done_cb *done, void *arg, struct err *e)
{
	struct dir_store *dir = dir_store_of(st);
	struct put_op *p = calloc(1, sizeof(*p));

	if (p == NULL || !dir_op_init(&p->base, dir, &put_ops, e)) {
		free(p);
		err_nomem(e, "a put");
		return NULL;
	}
	p->done = done;
	p->arg = arg;
	if (!put_copy(p, dir, in, e)) {
		put_free(&p->base);
		return NULL;
	}
	dir_op_submit(&p->base);
	return &p->base.op;
}
