/* pack.c - walks the tree and decides what becomes of each place in it. */
#include "config.h" /* for O_NOATIME */

#include "sources/files/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/files/carry.h"
#include "sources/files/content.h"
#include "sources/files/pack_int.h"

enum { LINK_MAX_BYTES = 65536, SHOWN = 300, LOOKS = 3 };

/* --- its life */

static bool fill(struct pack *p, const struct pack_config *c)
{
	p->content.fd = -1;
	p->is_strict = c->is_strict;
	p->is_one_file_system = c->is_one_file_system;
	p->has_noatime = true;
	p->path = strdup(c->path);
	p->avoid = c->avoid != NULL ? strdup(c->avoid) : NULL;
	p->row = digest_row_new();
	merge_begin(&p->merge, c->base);
	return p->path != NULL && (c->avoid == NULL || p->avoid != NULL) &&
	       p->row != NULL && patterns_copy(&p->excludes, &c->excludes) &&
	       patterns_copy(&p->wanted, &c->wanted) &&
	       patterns_copy(&p->unwanted, &c->unwanted);
}

struct pack *pack_new(const struct pack_config *c, struct err *e)
{
	struct pack *p = calloc(1, sizeof(*p));

	if (p != NULL && fill(p, c))
		return p;
	pack_free(p);
	(void)err_nomem(e, "the reading of a tree");
	return NULL;
}

void pack_free(struct pack *p)
{
	if (p == NULL)
		return;
	content_end(&p->content);
	walk_free(p->walk);
	merge_fini(&p->merge);
	free(p->line);
	links_fini(&p->links);
	frame_free(p->frame);
	digest_row_free(p->row);
	patterns_fini(&p->excludes);
	patterns_fini(&p->wanted);
	patterns_fini(&p->unwanted);
	text_free(&p->header);
	text_free(&p->records);
	text_free(&p->json);
	tidings_fini(&p->tidings);
	free(p->path);
	free(p->avoid);
	free(p);
}

bool pack_read_from(struct pack *p, const char *path, struct err *e)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return err_nomem(e, "a path");
	free(p->path);
	p->path = copy;
	return true;
}

bool pack_is_over(const struct pack *p)
{
	return p->is_over;
}

const struct pack_counts *pack_counts(const struct pack *p)
{
	return &p->counts;
}

struct tidings *pack_tidings(struct pack *p)
{
	return &p->tidings;
}

/* --- what cannot be read */

/* The server's own trouble is none of the file's. */
static bool is_own(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOMEM;
}

enum step pack_unreadable(struct pack *p, const char *path, int number,
			  struct err *e)
{
	char shown[SHOWN];

	if (number == ENOENT) {
		tidings_add(&p->tidings, TIDING_VANISHED, path, NULL);
		return STEP_DONE;
	}
	tidings_add(&p->tidings, TIDING_UNREADABLE, path, strerror(number));
	if (is_own(number))
		(void)err_set(e, ERR_IO, "internal",
			      "\"%s\" could not be opened: %s",
			      tidings_path(shown, sizeof(shown), path),
			      strerror(number));
	else if (p->is_strict)
		(void)err_set(e, ERR_DENIED, "file_unreadable",
			      "\"%s\" could not be read: %s; give the server's "
			      "user the right to, exclude it, or leave out "
			      "\"strict\"",
			      tidings_path(shown, sizeof(shown), path),
			      strerror(number));
	return err_is(e) ? STEP_FAIL : STEP_DONE;
}

/* --- opening */

/* Without leaving a mark at it, where that is allowed: to its owner. */
static int open_in(struct pack *p, int folder, const char *name, int flags)
{
	int fd = -1;

	flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
	if (p->has_noatime)
		fd = openat(folder, name, flags | O_NOATIME);
	if (fd < 0 && (!p->has_noatime || errno == EPERM)) {
		p->has_noatime = false;
		fd = openat(folder, name, flags);
	}
	return fd;
}

static bool fail_top(const struct pack *p, int number, struct err *e)
{
	char shown[SHOWN];

	(void)tidings_path(shown, sizeof(shown), p->path);
	if (number == EACCES || number == EPERM)
		return err_set(e, ERR_DENIED, "access_denied",
			       "the server's user may not read the folder "
			       "\"%s\": give it the right to",
			       shown);
	return err_set(e, ERR_IO, "source_check_failed",
		       "the folder \"%s\" cannot be read: %s", shown,
		       strerror(number));
}

/* Saves the header of the folder that was entered last. */
static bool keep_header(struct pack *p, struct err *e)
{
	struct walk_note *note = walk_note(p->walk, walk_depth(p->walk) - 1);

	note->header = p->header;
	p->header = (struct text){0};
	note->line = p->line;
	p->line = NULL;
	note->facts = text_take(&p->json);
	return note->facts != NULL || err_nomem(e, "a folder");
}

static struct member folder_of(const struct pack *p, const char *path, int fd,
			       const struct stat *st)
{
	return (struct member){
		.type = PAX_FOLDER,
		.path = path,
		.st = st,
		.fd = fd,
		.mount = p->mount[0] != '\0' ? p->mount : NULL,
	};
}

static bool prepare_folder(struct pack *p, const char *path, int fd,
			   const struct stat *st, struct err *e)
{
	const struct member m = folder_of(p, path, fd, st);

	free(p->line);
	p->line = NULL;
	return carry_note(p, &m, &p->line, e) && member_prepare(p, &m, e) &&
	       member_describe(p, PAX_FOLDER, e);
}

static void on_lost(void *arg, const char *path)
{
	struct pack *p = arg;

	tidings_add(&p->tidings, TIDING_VANISHED, path,
		    "it was moved while it was read, and what was still to "
		    "come in it is not in the backup");
}

/* The folder itself may be a link to one: whoever named it meant that. */
static bool begin(struct pack *p, struct err *e)
{
	int top = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (top < 0 || fstat(top, &p->top) != 0) {
		int number = errno;

		if (top >= 0)
			(void)close(top);
		return fail_top(p, number, e);
	}
	p->has_avoided = p->avoid != NULL && stat(p->avoid, &p->avoided) == 0;
	carry_find_mount(p, top, &p->top);
	if (!prepare_folder(p, ".", top, &p->top, e)) {
		(void)close(top);
		return false;
	}
	p->walk = walk_new(top, e);
	if (p->walk == NULL)
		return false;
	walk_on_lost(p->walk, on_lost, p);
	carry_enter(p, top, &p->top);
	return keep_header(p, e);
}

/* --- places */

static bool is_out(const struct pack *p, bool is_folder)
{
	const struct globs excludes = patterns_globs(&p->excludes);
	const struct globs unwanted = patterns_globs(&p->unwanted);

	return globs_fit(&excludes, p->place.path, is_folder) ||
	       globs_fit(&unwanted, p->place.path, is_folder);
}

static bool is_wanted(const struct pack *p, bool is_folder)
{
	const struct globs wanted = patterns_globs(&p->wanted);

	return wanted.n == 0 || globs_fit(&wanted, p->place.path, is_folder);
}

static bool may_hold_wanted(const struct pack *p)
{
	const struct globs wanted = patterns_globs(&p->wanted);

	return globs_may_fit_in(&wanted, p->place.path);
}

static bool is_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether what is in the folder is none of the backup's. */
static bool is_closed(struct pack *p, const struct stat *st)
{
	if (p->has_avoided && is_file(st, &p->avoided)) {
		tidings_add(&p->tidings, TIDING_AVOIDED, p->place.path, NULL);
		return true;
	}
	return p->is_one_file_system && st->st_dev != p->top.st_dev;
}

/* Takes fd. */
static enum step enter(struct pack *p, int fd, const struct stat *st,
		       bool is_written, struct err *e)
{
	int failed;

	if (is_closed(p, st)) {
		(void)close(fd);
		return STEP_DONE;
	}
	failed = walk_enter(p->walk, fd, st);
	if (failed != 0)
		return pack_unreadable(p, p->place.path, failed, e);
	walk_note(p->walk, walk_depth(p->walk) - 1)->is_written = is_written;
	carry_enter(p, fd, st);
	return is_written || keep_header(p, e) ? STEP_DONE : STEP_FAIL;
}

static enum step take_wanted_folder(struct pack *p, int fd,
				    const struct stat *st, struct err *e)
{
	const struct member m = folder_of(p, p->place.path, fd, st);
	bool is_carried;
	enum step s = carry_member(p, &m, &is_carried, e);

	return s == STEP_DONE && !is_carried ? member_write(p, &m, e) : s;
}

/* Written at once if it is wanted, else with the first that is in it. */
static enum step take_folder(struct pack *p, int fd, const struct stat *st,
			     struct err *e)
{
	bool wanted = is_wanted(p, true);
	enum step s = STEP_DONE;

	carry_find_mount(p, fd, st);
	if (wanted)
		s = member_write_folders(p, e);
	if (s == STEP_DONE && wanted)
		s = take_wanted_folder(p, fd, st, e);
	else if (s == STEP_DONE && !prepare_folder(p, p->place.path, fd, st, e))
		s = STEP_FAIL;
	if (s == STEP_DONE)
		return enter(p, fd, st, wanted, e);
	(void)close(fd);
	return s;
}

/* What is known of one that cannot be opened. */
static enum step take_closed_folder(struct pack *p, int number, struct err *e)
{
	struct stat st;
	struct member m = {.type = PAX_FOLDER,
			   .path = p->place.path,
			   .st = &st,
			   .fd = -1,
			   .folder = p->place.folder,
			   .name = p->place.name};
	enum step s = STEP_DONE;

	if (number != ENOENT && is_wanted(p, true) &&
	    fstatat(p->place.folder, p->place.name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0 &&
	    S_ISDIR(st.st_mode)) {
		s = member_write_folders(p, e);
		if (s == STEP_DONE)
			s = member_write(p, &m, e);
	}
	return s == STEP_DONE ? pack_unreadable(p, p->place.path, number, e)
			      : s;
}

/* Its own type, when the folder does not tell it or told another. */
static enum step look_step(struct pack *p, struct err *e);

static enum step folder_step(struct pack *p, struct err *e)
{
	struct stat st;
	int fd, number;

	if (is_out(p, true) || (!is_wanted(p, true) && !may_hold_wanted(p)))
		return STEP_DONE;
	fd = open_in(p, p->place.folder, p->place.name, O_DIRECTORY);
	if (fd >= 0 && fstat(fd, &st) == 0)
		return take_folder(p, fd, &st, e);
	number = errno;
	if (fd >= 0)
		(void)close(fd);
	if (number == ENOTDIR || number == ELOOP)
		return look_step(p, e);
	return take_closed_folder(p, number, e);
}

static enum step link_step(struct pack *p, const struct stat *st,
			   const char *first, struct err *e)
{
	const struct member m = {.type = PAX_HARDLINK,
				 .path = p->place.path,
				 .st = st,
				 .target = (char *)(uintptr_t)first};
	enum step s = member_write(p, &m, e);

	p->facts.target = NULL;
	if (s == STEP_DONE)
		links_count(&p->links, st->st_dev, st->st_ino);
	return s;
}

/* Takes fd. */
static enum step take_file(struct pack *p, int fd, struct stat *st,
			   struct err *e)
{
	const char *first =
		st->st_nlink > 1 ? links_find(&p->links, st->st_dev, st->st_ino)
				 : NULL;
	enum step s = member_write_folders(p, e);

	if (s == STEP_DONE && first == NULL)
		return content_read(p, fd, st, e);
	(void)close(fd);
	return s == STEP_DONE ? link_step(p, st, first, e) : s;
}

static char *read_link(const struct walk_place *place)
{
	char *target = malloc(LINK_MAX_BYTES);
	ssize_t n = -1;

	if (target == NULL)
		return NULL;
	n = readlinkat(place->folder, place->name, target, LINK_MAX_BYTES - 1);
	if (n >= 0) {
		target[n] = '\0';
		return target;
	}
	n = errno;
	free(target);
	errno = (int)n;
	return NULL;
}

static enum step symlink_step(struct pack *p, struct member *m, struct err *e)
{
	enum step s;

	m->target = read_link(&p->place);
	if (m->target == NULL)
		return pack_unreadable(p, p->place.path, errno, e);
	s = member_write(p, m, e);
	p->facts.target = NULL;
	free(m->target);
	return s;
}

static enum pax_type other_type(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return PAX_SYMLINK;
	if (S_ISFIFO(st->st_mode))
		return PAX_FIFO;
	return S_ISCHR(st->st_mode) ? PAX_CHARACTER : PAX_BLOCK_DEVICE;
}

/* What is not opened: only its name and what is known of it are kept. */
static enum step other_step(struct pack *p, const struct stat *st,
			    struct err *e)
{
	struct member m = {.path = p->place.path,
			   .st = st,
			   .fd = -1,
			   .folder = p->place.folder,
			   .name = p->place.name};
	bool is_carried = false;
	enum step s;

	if (S_ISSOCK(st->st_mode)) {
		tidings_add(&p->tidings, TIDING_SOCKET, p->place.path, NULL);
		return STEP_DONE;
	}
	m.type = other_type(st);
	s = member_write_folders(p, e);
	if (s == STEP_DONE)
		s = carry_member(p, &m, &is_carried, e);
	if (s != STEP_DONE || is_carried)
		return s;
	return m.type == PAX_SYMLINK ? symlink_step(p, &m, e)
				     : member_write(p, &m, e);
}

static enum step open_step(struct pack *p, struct err *e)
{
	struct stat st;
	int fd = open_in(p, p->place.folder, p->place.name, O_NONBLOCK);
	int number;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return take_file(p, fd, &st, e);
	number = errno;
	if (fd >= 0)
		(void)close(fd);
	/* Something else stands there by now. */
	if (fd >= 0 || number == ELOOP || number == ENXIO)
		return look_step(p, e);
	return pack_unreadable(p, p->place.path, number, e);
}

/* Before it is opened. */
static enum step carry_step(struct pack *p, bool *is_carried, struct err *e)
{
	struct stat st;

	*is_carried = false;
	if (p->merge.base == NULL ||
	    fstatat(p->place.folder, p->place.name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0 ||
	    !S_ISREG(st.st_mode))
		return STEP_DONE;
	return carry_file(p, &st, is_carried, e);
}

static enum step file_step(struct pack *p, struct err *e)
{
	bool is_carried;
	enum step s = carry_step(p, &is_carried, e);

	return s != STEP_DONE || is_carried ? s : open_step(p, e);
}

static enum step look_step(struct pack *p, struct err *e)
{
	struct stat st;

	if (fstatat(p->place.folder, p->place.name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
		return pack_unreadable(p, p->place.path, errno, e);
	/* A name that is something else at each look. */
	if (++p->looks > LOOKS)
		return pack_unreadable(p, p->place.path, EAGAIN, e);
	if (S_ISDIR(st.st_mode))
		return folder_step(p, e);
	if (is_out(p, false) || !is_wanted(p, false))
		return STEP_DONE;
	return S_ISREG(st.st_mode) ? file_step(p, e) : other_step(p, &st, e);
}

static enum step place_step(struct pack *p, struct err *e)
{
	p->is_touched = false;
	if (p->place.type == DT_DIR)
		return folder_step(p, e);
	if (p->place.type != DT_REG)
		return look_step(p, e);
	if (is_out(p, false) || !is_wanted(p, false))
		return STEP_DONE;
	return file_step(p, e);
}

/* --- the end */

static enum step end(struct pack *p, struct err *e)
{
	static const unsigned char zeros[PAX_END_BYTES];
	struct stat now;

	/* A share that was taken away leaves its mount point behind. */
	if (stat(p->path, &now) != 0 || !is_file(&now, &p->top)) {
		(void)err_set(
			e, ERR_IO, "source_changed",
			"another folder stands in the place of \"%.200s\" "
			"since it was read, or none: look whether it is "
			"mounted, and back up again",
			p->path);
		return STEP_FAIL;
	}
	if (member_must_wait(p, sizeof(zeros)))
		return STEP_FULL;
	p->is_over = true;
	if (err_is(&p->merge.err))
		tidings_say(&p->tidings,
			    "the index of the backup before could not be read "
			    "to its end: what was not found in it is stored "
			    "again");
	return member_put(p, zeros, sizeof(zeros), e) ? STEP_DONE : STEP_FAIL;
}

static enum step step(struct pack *p, struct err *e)
{
	enum step s;
	int more;

	if (p->content.fd >= 0)
		return content_step(p, e);
	if (walk_depth(p->walk) > 0 && !walk_note(p->walk, 0)->is_written)
		return member_write_folders(p, e);
	if (!p->has_place) {
		more = walk_next(p->walk, &p->place, e);
		if (more <= 0)
			return more == 0 ? end(p, e) : STEP_FAIL;
		p->has_place = true;
	}
	p->looks = 0;
	s = place_step(p, e);
	p->has_place = s == STEP_FULL;
	return s;
}

bool pack_fill(struct pack *p, struct frame **out, struct err *e)
{
	enum step s = STEP_DONE;

	*out = NULL;
	if (p->walk == NULL && !begin(p, e))
		return false;
	p->frame = frame_new(FRAME_BYTES);
	if (p->frame == NULL)
		return err_nomem(e, "a frame");
	p->hole_bytes = 0;
	p->ncarried = p->carried_bytes = 0;
	while (s == STEP_DONE && !p->is_over)
		s = step(p, e);
	if (s == STEP_FAIL)
		return false;
	p->frame->is_open = content_is_open(&p->content);
	p->counts.plain_bytes += p->frame->len;
	frame_slim(p->frame);
	if (p->frame->len > 0 || p->frame->nspans > 0)
		*out = p->frame;
	else
		frame_free(p->frame);
	p->frame = NULL;
	return true;
}
