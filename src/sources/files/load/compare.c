#include "config.h"

#include "sources/files/load/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/clean_int.h"
#include "sources/files/load/place.h"
#include "sources/files/load/tree.h"

enum { PATH_SHOWN = 160, READ_BYTES = 256 * 1024 };

struct compare {
	const struct tree *tree;
	struct place place, other; /* other: of a hard link's target */
	int fd;			   /* of the file that is read, or -1 */
	uint64_t left;
	struct digest_row *row;
	unsigned char *bytes; /* READ_BYTES */
};

struct compare *compare_new(const struct tree *t, int root, struct err *e)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (c != NULL) {
		c->tree = t;
		c->place.root = c->other.root = root;
		c->fd = -1;
		c->row = digest_row_new();
		c->bytes = malloc(READ_BYTES);
		if (c->row != NULL && c->bytes != NULL)
			return c;
	}
	compare_free(c);
	(void)err_nomem(e, "a comparison");
	return NULL;
}

static bool wrong(const struct compare_item *it, const char *what,
		  struct err *e)
{
	char shown[PATH_SHOWN];

	return err_set(e, ERR_DAMAGED, "verification_failed",
		       "\"%s\" %s; what was restored is still there",
		       source_clean(shown, sizeof(shown), it->path), what);
}

static bool unreadable(const struct compare_item *it, struct err *e)
{
	char what[120], shown[PATH_SHOWN];

	if (tree_is_scarce(source_clean(shown, sizeof(shown), it->path), e))
		return false;
	(void)snprintf(what, sizeof(what), "cannot be read again: %s",
		       strerror(errno));
	return wrong(it, errno == ENOENT ? "is not there" : what, e);
}

/* Its folder and its name there. */
static int find(struct compare *c, struct place *p, const char *path,
		const char **leaf)
{
	return place_parent(p, tree_renamed(c->tree, path), false, leaf);
}

static bool look(struct compare *c, const struct compare_item *it,
		 struct stat *st, struct err *e)
{
	const char *leaf;
	int dir = find(c, &c->place, it->path, &leaf);

	if (dir >= 0 && fstatat(dir, leaf, st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	(void)unreadable(it, e);
	return false;
}

static bool compare_type(struct compare *c, const struct compare_item *it,
			 mode_t type, struct err *e)
{
	struct stat st = {0};

	return look(c, it, &st, e) &&
	       ((st.st_mode & S_IFMT) == type ||
		wrong(it, "is not of the type that it was", e));
}

static bool compare_symlink(struct compare *c, const struct compare_item *it,
			    struct err *e)
{
	char found[PATH_MAX];
	const char *leaf;
	int dir = find(c, &c->place, it->path, &leaf);
	ssize_t n;

	n = dir >= 0 ? readlinkat(dir, leaf, found, sizeof(found)) : -1;
	if (n < 0)
		return unreadable(it, e);
	return (it->target != NULL && strlen(it->target) == (size_t)n &&
		memcmp(found, it->target, (size_t)n) == 0) ||
	       wrong(it, "does not link to what it did", e);
}

static bool compare_hardlink(struct compare *c, const struct compare_item *it,
			     struct err *e)
{
	struct stat st = {0}, of;
	const char *leaf;
	int dir = -1;

	if (!look(c, it, &st, e))
		return false;
	if (it->target != NULL)
		dir = find(c, &c->other, it->target, &leaf);
	if (dir < 0 || fstatat(dir, leaf, &of, AT_SYMLINK_NOFOLLOW) != 0)
		return unreadable(it, e);
	return (st.st_dev == of.st_dev && st.st_ino == of.st_ino) ||
	       wrong(it, "is no other name of the file that it was", e);
}

static bool open_file(struct compare *c, const struct compare_item *it,
		      struct err *e)
{
	struct stat st;
	char what[120];

	c->fd = place_open(&c->place, tree_renamed(c->tree, it->path),
			   O_RDONLY | O_NONBLOCK);
	if (c->fd < 0 || fstat(c->fd, &st) != 0)
		return unreadable(it, e);
	if (!S_ISREG(st.st_mode))
		return wrong(it, "is no file any more", e);
	(void)snprintf(what, sizeof(what),
		       "has %" PRIu64 " bytes, in the backup it has %" PRIu64,
		       (uint64_t)st.st_size, it->size);
	if ((uint64_t)st.st_size != it->size)
		return wrong(it, what, e);
	c->left = it->size;
	digest_row_begin(c->row);
	digest_row_open(c->row, it->size);
	return true;
}

static bool end_file(struct compare *c, const struct compare_item *it,
		     struct err *e)
{
	struct digest found = {0};

	digest_row_end(c->row, &found);
	(void)close(c->fd);
	c->fd = -1;
	return digest_equal(&found, &it->digest) ||
	       wrong(it, "does not hold what it did: its digest differs", e);
}

static bool compare_file(struct compare *c, const struct compare_item *it,
			 uint64_t *budget, bool *is_over, struct err *e)
{
	if (c->fd < 0 && !open_file(c, it, e))
		return false;
	while (c->left > 0 && *budget > 0) {
		ssize_t n = read(c->fd, c->bytes,
				 c->left < READ_BYTES ? (size_t)c->left
						      : READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreadable(it, e);
		if (n == 0)
			return wrong(it, "became shorter", e);
		digest_row_bytes(c->row, c->bytes, (size_t)n);
		c->left -= (uint64_t)n;
		*budget -= (uint64_t)n < *budget ? (uint64_t)n : *budget;
	}
	*is_over = c->left == 0;
	return !*is_over || end_file(c, it, e);
}

bool compare_item(struct compare *c, const struct compare_item *it,
		  uint64_t *budget, bool *is_over, struct err *e)
{
	static const struct {
		const char *word;
		mode_t type;
	} types[] = {
		{"directory", S_IFDIR},
		{"fifo", S_IFIFO},
	};

	*is_over = true;
	if (strcmp(it->type, "file") == 0)
		return compare_file(c, it, budget, is_over, e);
	if (strcmp(it->type, "symlink") == 0)
		return compare_symlink(c, it, e);
	if (strcmp(it->type, "hardlink") == 0)
		return compare_hardlink(c, it, e);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(it->type, types[i].word) == 0)
			return compare_type(c, it, types[i].type, e);
	}
	return true; /* left out, with a note */
}

void compare_free(struct compare *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		(void)close(c->fd);
	place_fini(&c->place);
	place_fini(&c->other);
	digest_row_free(c->row);
	free(c->bytes);
	free(c);
}
