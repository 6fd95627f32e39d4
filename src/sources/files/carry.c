/*
 * carry.c - what the base has of the place at hand, and whether it goes into
 * this backup as it is: as an item with a line, without a byte.
 */
#include <stdlib.h>
#include <string.h>

#include "sources/files/carry.h"
#include "sources/files/content.h"

static int64_t trusted_before(const struct pack *p, const struct member *m)
{
	if (m->mount != NULL)
		return merge_trust(&p->merge, true, m->mount, m->fd);
	return walk_note(p->walk, walk_depth(p->walk) - 1)->trusted_before;
}

enum merge_verdict carry_judge(struct pack *p, const struct member *m)
{
	p->is_found = p->merge.base != NULL && merge_find(&p->merge, m->path);
	if (!p->is_found)
		return MERGE_OTHER;
	member_take_facts(p, m);
	return merge_judge(&p->merge, member_word(m->type), &p->facts,
			   trusted_before(p, m));
}

enum step carry_line(struct pack *p, const char *word, const char *path,
		     const char *line, struct err *e)
{
	if (p->ncarried >= FRAME_LINES_MAX ||
	    p->carried_bytes >= FRAME_LINES_BYTES)
		return STEP_FULL;
	if (!frame_add_line(p->frame, p->number, word, path, line)) {
		(void)err_nomem(e, "an item of the index");
		return STEP_FAIL;
	}
	p->number++;
	p->ncarried++;
	p->carried_bytes += strlen(line);
	return STEP_DONE;
}

/* What was found last, with these facts, or NULL: with its own. */
static enum step carry_item(struct pack *p, const char *path, const char *facts,
			    struct err *e)
{
	char *line = p->merge.base->ops->carry(p->merge.base, facts, e);
	enum step s;

	if (line == NULL)
		return STEP_FAIL;
	s = carry_line(p, p->merge.item.type, path, line, e);
	free(line);
	return s;
}

enum step carry_member(struct pack *p, const struct member *m, bool *is_carried,
		       struct err *e)
{
	enum step s;

	*is_carried = carry_judge(p, m) == MERGE_SAME;
	if (!*is_carried)
		return STEP_DONE;
	s = carry_item(p, m->path, NULL, e);
	if (s == STEP_DONE)
		member_count(p, m->type);
	return s;
}

bool carry_note(struct pack *p, const struct member *m, char **line,
		struct err *e)
{
	*line = NULL;
	if (carry_judge(p, m) != MERGE_SAME)
		return true;
	*line = p->merge.base->ops->carry(p->merge.base, NULL, e);
	return *line != NULL;
}

/* --- files */

static enum step carry_content(struct pack *p, const char *path,
			       const struct stat *st, const char *facts,
			       struct err *e)
{
	enum step s = carry_item(p, path, facts, e);

	if (s == STEP_DONE)
		s = content_count(p, path, st, e);
	if (s == STEP_DONE)
		links_carry(&p->links, st->st_dev, st->st_ino);
	return s;
}

/* One more name of a file, the first of which lies in an earlier backup, too:
 * what it is a name of must not come behind it. */
static bool is_same_link(const struct pack *p, const struct stat *st,
			 const char *first)
{
	const char *then = p->merge.facts.target;

	return links_is_carried(&p->links, st->st_dev, st->st_ino) &&
	       then != NULL && strcmp(then, first) == 0;
}

static enum step carry_link(struct pack *p, const struct stat *st,
			    struct err *e)
{
	enum step s = carry_item(p, p->place.path, NULL, e);

	if (s != STEP_DONE)
		return s;
	member_count(p, PAX_HARDLINK);
	links_count(&p->links, st->st_dev, st->st_ino);
	return s;
}

enum step carry_file(struct pack *p, const struct stat *st, bool *is_carried,
		     struct err *e)
{
	const char *first =
		st->st_nlink > 1 ? links_find(&p->links, st->st_dev, st->st_ino)
				 : NULL;
	const struct member m = {
		.type = first != NULL ? PAX_HARDLINK : PAX_FILE,
		.path = p->place.path,
		.st = st,
		.fd = -1,
	};
	enum merge_verdict v = carry_judge(p, &m);
	enum step s;

	p->is_touched = v == MERGE_TOUCHED;
	*is_carried = v == MERGE_SAME &&
		      (first == NULL || is_same_link(p, st, first));
	if (!*is_carried)
		return STEP_DONE;
	s = member_write_folders(p, e);
	if (s != STEP_DONE)
		return s;
	return first != NULL ? carry_link(p, st, e)
			     : carry_content(p, m.path, st, NULL, e);
}

bool carry_fits(const struct pack *p, const struct digest *digest)
{
	return p->is_touched && merge_has_content(&p->merge, &p->facts, digest);
}

enum step carry_touched(struct pack *p, const char *path, const struct stat *st,
			struct err *e)
{
	if (merge_is_alike(&p->merge, &p->facts))
		return carry_content(p, path, st, NULL, e);
	p->facts.is_amended = merge_is_amended(&p->merge, &p->facts);
	if (!member_describe(p, PAX_FILE, e))
		return STEP_FAIL;
	return carry_content(p, path, st, p->json.data, e);
}

/* --- file systems */

void carry_find_mount(struct pack *p, int fd, const struct stat *st)
{
	const struct walk_note *above =
		p->walk != NULL ? walk_note(p->walk, walk_depth(p->walk) - 1)
				: NULL;

	p->mount[0] = '\0';
	if (above == NULL || above->device != st->st_dev)
		merge_mount(fd, st, p->mount);
}

void carry_enter(struct pack *p, int fd, const struct stat *st)
{
	size_t depth = walk_depth(p->walk);
	struct walk_note *note = walk_note(p->walk, depth - 1);
	const struct walk_note *above =
		depth > 1 ? walk_note(p->walk, depth - 2) : NULL;

	note->device = st->st_dev;
	if (above != NULL && above->device == st->st_dev)
		note->trusted_before = above->trusted_before;
	else
		note->trusted_before =
			merge_trust(&p->merge, p->is_found, p->mount, fd);
}
