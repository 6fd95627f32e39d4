/*
 * walk.c - a row of folders from the top to where the walk is, each with its
 * names. Of those far above where it is the descriptors are closed; on the way
 * back "..", if it is still the same folder, opens them again.
 */
#include "sources/files/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/files/names.h"

struct level {
	int fd; /* or -1 */
	dev_t dev;
	ino_t ino;
	struct names names;
	size_t next;	 /* of the names */
	size_t path_len; /* of its path, without a slash */
	struct walk_note note;
};

struct walk {
	struct level *levels;
	size_t depth, room;
	struct text path; /* of the place told last */
	void (*lost)(void *arg, const char *path);
	void *lost_arg;
};

static struct level *top_of(const struct walk *w)
{
	return &w->levels[w->depth - 1];
}

static void close_level(struct level *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

static void level_fini(struct level *l)
{
	close_level(l);
	names_fini(&l->names);
	text_free(&l->note.header);
	free(l->note.facts);
	free(l->note.line);
}

static bool make_room(struct walk *w)
{
	size_t room = w->room > 0 ? 2 * w->room : 16;
	struct level *levels;

	if (w->depth < w->room)
		return true;
	levels = reallocarray(w->levels, room, sizeof(*levels));
	if (levels == NULL)
		return false;
	w->levels = levels;
	w->room = room;
	return true;
}

/* Takes fd. Returns 0 or an errno. */
static int push(struct walk *w, int fd, const struct stat *st)
{
	struct level l = {.fd = fd, .dev = st->st_dev, .ino = st->st_ino};
	int failed = names_read(&l.names, fd);

	if (failed == 0 && !make_room(w))
		failed = ENOMEM;
	if (failed != 0) {
		level_fini(&l);
		return failed;
	}
	l.path_len = w->path.len;
	w->levels[w->depth++] = l;
	if (w->depth > WALK_OPEN_MAX + 1)
		close_level(&w->levels[w->depth - 1 - WALK_OPEN_MAX]);
	return 0;
}

struct walk *walk_new(int top, struct err *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct stat st;
	int failed = ENOMEM;

	if (w == NULL) {
		(void)close(top);
	} else if (fstat(top, &st) != 0) {
		failed = errno;
		(void)close(top);
	} else {
		failed = push(w, top, &st);
	}
	if (failed == 0)
		return w;
	(void)err_set(e, ERR_IO, "source_check_failed",
		      "the folder cannot be read: %s", strerror(failed));
	walk_free(w);
	return NULL;
}

void walk_free(struct walk *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->depth; i++)
		level_fini(&w->levels[i]);
	free(w->levels);
	text_free(&w->path);
	free(w);
}

void walk_on_lost(struct walk *w, void (*lost)(void *arg, const char *path),
		  void *arg)
{
	w->lost = lost;
	w->lost_arg = arg;
}

static void cut_path(struct walk *w, size_t len)
{
	w->path.len = len;
	if (w->path.data != NULL)
		w->path.data[len] = '\0';
}

/* What ".." of the folder that is left is, if it is the one above. */
static void reopen(struct level *above, int fd)
{
	struct stat st;
	int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (up >= 0 && fstat(up, &st) == 0 && st.st_dev == above->dev &&
	    st.st_ino == above->ino)
		above->fd = up;
	else if (up >= 0)
		(void)close(up);
}

/* A folder that cannot be had back has nothing more to give. */
static void lose(struct walk *w, struct level *l)
{
	cut_path(w, l->path_len);
	if (w->lost != NULL && l->next < l->names.n)
		w->lost(w->lost_arg, w->path.data);
	l->next = l->names.n;
}

static void leave(struct walk *w)
{
	struct level *l = top_of(w);
	int fd = l->fd;

	l->fd = -1;
	w->depth--;
	if (w->depth > 0 && top_of(w)->fd < 0 && fd >= 0)
		reopen(top_of(w), fd);
	if (fd >= 0)
		(void)close(fd);
	level_fini(&w->levels[w->depth]);
	if (w->depth > 0 && top_of(w)->fd < 0)
		lose(w, top_of(w));
}

static void tell(struct walk *w, struct walk_place *place)
{
	struct level *l = top_of(w);
	const char *name = names_at(&l->names, l->next++, &place->type);

	cut_path(w, l->path_len);
	if (l->path_len > 0)
		text_char(&w->path, '/');
	text_str(&w->path, name);
	place->path = w->path.data;
	place->name = name;
	place->folder = l->fd;
}

int walk_next(struct walk *w, struct walk_place *place, struct err *e)
{
	while (w->depth > 0 && top_of(w)->next == top_of(w)->names.n)
		leave(w);
	if (w->depth == 0)
		return 0;
	tell(w, place);
	if (!w->path.is_broken)
		return 1;
	(void)err_nomem(e, "a path");
	return -1;
}

int walk_enter(struct walk *w, int folder, const struct stat *st)
{
	if (w->path.len <= WALK_PATH_MAX)
		return push(w, folder, st);
	(void)close(folder);
	return ENAMETOOLONG;
}

size_t walk_depth(const struct walk *w)
{
	return w->depth;
}

void walk_folder_path(const struct walk *w, size_t level, struct text *out)
{
	text_add(out, w->path.data != NULL ? w->path.data : "",
		 w->levels[level].path_len);
}

struct walk_note *walk_note(struct walk *w, size_t level)
{
	return &w->levels[level].note;
}
