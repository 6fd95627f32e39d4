/* get.c - reads a file or a range of it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir_int.h"
#include "path.h"

struct get_op {
	struct dir_op base; /* first: get_of() */
	char *root;
	bool may_miss; /* root */
	char *key;
	uint64_t offset;
	size_t length; /* 0: all of it */
	char *buf;     /* lent */
	size_t cap;
	size_t got;
	char *chunk; /* the thread's own */
	store_get_cb *done;
	void *arg;
};

static struct get_op *get_of(struct dir_op *op)
{
	return (struct get_op *)op;
}

/* As pread(), but short only at the end of the file. */
static ssize_t read_at(int fd, char *to, size_t len, off_t at)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, to + got, len - got, at + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Reads a turn's worth into the thread's own memory and copies it. */
static bool read_turn(struct get_op *g, int fd, size_t want)
{
	size_t len = want - g->got;
	ssize_t n;

	if (len > LENT_TURN_BYTES)
		len = LENT_TURN_BYTES;
	n = read_at(fd, g->chunk, len, (off_t)(g->offset + g->got));
	if (n < 0)
		return dir_fail(&g->base.e, errno, "read of", g->key);
	if ((size_t)n < len)
		return err_set(&g->base.e, ERR_DAMAGED, "store_failed",
			       "read of %s: it became shorter meanwhile",
			       g->key);
	if (!lent_begin(&g->base.lent))
		return err_set(&g->base.e, ERR_CANCELED, "canceled",
			       "canceled");
	memcpy(g->buf + g->got, g->chunk, len);
	lent_end(&g->base.lent);
	g->got += len;
	return true;
}

/* How many bytes must come; false when the file cannot give them. */
static bool check_size(struct get_op *g, int fd, size_t *want)
{
	struct stat sb;
	uint64_t size;

	if (fstat(fd, &sb) != 0)
		return dir_fail(&g->base.e, errno, "read of", g->key);
	if (!S_ISREG(sb.st_mode))
		return err_set(&g->base.e, ERR_IO, "store_failed",
			       "read of %s: not a file", g->key);
	size = (uint64_t)sb.st_size;
	if (g->length == 0 && size > g->cap)
		return err_set(&g->base.e, ERR_DAMAGED, "store_failed",
			       "read of %s: it is longer than the %zu bytes "
			       "that it must have",
			       g->key, g->cap);
	if (g->length > 0 && (size < g->offset || size - g->offset < g->length))
		return err_set(&g->base.e, ERR_DAMAGED, "store_failed",
			       "read of %s: it is shorter (%" PRIu64
			       " bytes) than it must be",
			       g->key, size);
	*want = g->length > 0 ? g->length : (size_t)size;
	return true;
}

static void read_file(struct get_op *g, int fd)
{
	size_t want = 0;

	if (!check_size(g, fd, &want))
		return;
	while (g->got < want) {
		if (!read_turn(g, fd, want))
			return;
	}
}

static void get_run(struct dir_op *op)
{
	struct get_op *g = get_of(op);
	const struct dir_place at = {g->root, g->key, g->may_miss};
	int folder = dir_open_folder(&at, false, &op->e);
	int fd;

	if (folder < 0)
		return;
	/* O_NONBLOCK: what is there might be a pipe that nobody writes to. */
	fd = openat(folder, dir_leaf(g->key),
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		dir_fail(&op->e, errno, "read of", g->key);
	} else {
		read_file(g, fd);
		close(fd);
	}
	close(folder);
}

static void get_free(struct dir_op *op)
{
	struct get_op *g = get_of(op);

	dir_op_fini(op);
	free(g->root);
	free(g->key);
	free(g->chunk);
	free(g);
}

static void get_done(struct dir_op *op)
{
	struct get_op *g = get_of(op);
	store_get_cb *done = g->done;
	void *arg = g->arg;
	size_t got = g->got;
	struct err e = op->e;

	get_free(op);
	done(arg, err_is(&e) ? 0 : got, err_is(&e) ? &e : NULL);
}

static const struct dir_op_ops get_ops = {
	.run = get_run,
	.done = get_done,
	.free = get_free,
};

static bool get_copy(struct get_op *g, const struct dir_store *st,
		     const struct store_get *in, struct err *e)
{
	g->offset = in->offset;
	g->length = in->length;
	g->buf = in->buf;
	g->cap = in->cap;
	g->may_miss = st->is_made;
	g->root = strdup(st->path);
	g->key = strdup(in->key);
	g->chunk = malloc(LENT_TURN_BYTES);
	if (g->root == NULL || g->key == NULL || g->chunk == NULL)
		return err_nomem(e, "a get");
	return dir_key_check(in->key, e);
}

struct store_op *dir_get(struct store *st, const struct store_get *in,
			 store_get_cb *done, void *arg, struct err *e)
{
	struct dir_store *dir = dir_store_of(st);
	struct get_op *g;

	if (in->length > in->cap || (in->length == 0 && in->offset != 0)) {
		err_bug(e, "a get of a range that cannot be");
		return NULL;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL || !dir_op_init(&g->base, dir, &get_ops, e)) {
		free(g);
		err_nomem(e, "a get");
		return NULL;
	}
	g->done = done;
	g->arg = arg;
	if (!get_copy(g, dir, in, e)) {
		get_free(&g->base);
		return NULL;
	}
	dir_op_submit(&g->base);
	return &g->base.op;
}
