/* member.c - members of the archive that are written at once. */
#include "config.h" /* for major() */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sources/files/attrs.h"
#include "sources/files/carry.h"
#include "sources/files/pack_int.h"

size_t pack_room(const struct pack *p)
{
	return p->frame->len < FRAME_BYTES - FRAME_SPARE_BYTES
		       ? FRAME_BYTES - FRAME_SPARE_BYTES - p->frame->len
		       : 0;
}

const char *member_word(enum pax_type type)
{
	switch (type) {
	case PAX_FILE:
		return "file";
	case PAX_HARDLINK:
		return "hardlink";
	case PAX_SYMLINK:
		return "symlink";
	case PAX_FOLDER:
		return "directory";
	case PAX_FIFO:
		return "fifo";
	case PAX_CHARACTER:
	case PAX_BLOCK_DEVICE:
		break;
	}
	return "device";
}

static struct file_time time_of(const struct timespec *ts)
{
	return (struct file_time){ts->tv_sec, (uint32_t)ts->tv_nsec};
}

static bool is_device(enum pax_type type)
{
	return type == PAX_CHARACTER || type == PAX_BLOCK_DEVICE;
}

void member_take_facts(struct pack *p, const struct member *m)
{
	const struct stat *st = m->st;

	p->facts = (struct file_facts){
		.size = m->type == PAX_FILE ? (uint64_t)st->st_size : 0,
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = time_of(&st->st_mtim),
		.ctime = time_of(&st->st_ctim),
		.inode = st->st_ino,
		.major = is_device(m->type) ? major(st->st_rdev) : 0,
		.minor = is_device(m->type) ? minor(st->st_rdev) : 0,
		.target = m->target,
		.has_attributes = p->has_attributes,
		.is_incomplete = p->is_incomplete,
		.file_system = (char *)(uintptr_t)m->mount,
	};
}

/* A hard link has those of the file. */
static bool read_attrs(struct pack *p, const struct member *m, struct err *e)
{
	int failed;

	text_reset(&p->records);
	p->has_attributes = p->is_incomplete = false;
	if (m->type == PAX_HARDLINK)
		return true;
	failed = attrs_read(m->fd, m->folder, m->name, &p->records);
	if (failed == ENOMEM || p->records.is_broken)
		return err_nomem(e, "a file's attributes");
	p->has_attributes = p->records.len > 0;
	p->is_incomplete = failed != 0 && failed != ENOENT;
	if (p->is_incomplete)
		tidings_add(&p->tidings, TIDING_ATTRS, m->path,
			    failed == E2BIG ? "they are too long"
					    : strerror(failed));
	return true;
}

bool member_has_attrs(struct pack *p, const struct member *m)
{
	int failed;

	text_reset(&p->records);
	failed = attrs_read(m->fd, m->folder, m->name, &p->records);
	p->has_attributes = failed != 0 || p->records.len > 0;
	p->is_incomplete = false;
	return p->has_attributes;
}

bool member_prepare(struct pack *p, const struct member *m, struct err *e)
{
	struct pax_member pax = {
		.type = m->type,
		.path = m->path,
		.facts = &p->facts,
		.records = &p->records,
		.extents = m->extents,
		.nextents = m->nextents,
	};
	struct text map = {0};

	if (!read_attrs(p, m, e))
		return false;
	member_take_facts(p, m);
	if (m->nextents > 0)
		pax_sparse_map(&map, m->extents, m->nextents);
	pax.map_bytes = map.len;
	text_reset(&p->header);
	pax_header(&p->header, &pax);
	text_add(&p->header, map.data, map.len);
	p->header.is_broken = p->header.is_broken || map.is_broken;
	text_free(&map);
	return !p->header.is_broken || err_nomem(e, "a header");
}

bool member_describe(struct pack *p, enum pax_type type, struct err *e)
{
	text_reset(&p->json);
	file_facts_format(&p->facts, is_device(type), &p->json);
	return !p->json.is_broken || err_nomem(e, "a file's facts");
}

bool member_must_wait(const struct pack *p, size_t bytes)
{
	return p->frame->len > 0 && bytes > pack_room(p);
}

bool member_put(struct pack *p, const void *bytes, size_t len, struct err *e)
{
	if (!frame_reserve(p->frame, len))
		return err_nomem(e, "a frame");
	memcpy(p->frame->data + p->frame->len, bytes, len);
	p->frame->len += len;
	return true;
}

bool member_note(struct pack *p, const char *word, const char *path,
		 size_t begin, const struct digest *digest, struct err *e)
{
	struct item *item = item_new(p->number, ITEM_DATA, word, "", path);
	struct span *span = NULL;

	if (item != NULL && item_set_facts(item, p->json.data))
		span = frame_add_span(p->frame, item);
	item_unref(item);
	if (span == NULL)
		return err_nomem(e, "an item of the index");
	p->number++;
	span->plain_offset = begin;
	span->plain_len = p->frame->len - begin;
	span->rows = 1;
	span->digest = *digest;
	span->ends_run = true;
	return true;
}

void member_count(struct pack *p, enum pax_type type)
{
	p->counts.directories += type == PAX_FOLDER;
	p->counts.symlinks += type == PAX_SYMLINK;
	p->counts.hardlinks += type == PAX_HARDLINK;
	p->counts.others += type == PAX_FIFO || is_device(type);
}

static enum step put_prepared(struct pack *p, const char *path,
			      enum pax_type type, const struct text *header,
			      struct err *e)
{
	static const struct digest nothing;
	size_t begin = p->frame->len;

	if (member_must_wait(p, header->len))
		return STEP_FULL;
	if (!member_put(p, header->data, header->len, e) ||
	    !member_note(p, member_word(type), path, begin, &nothing, e))
		return STEP_FAIL;
	member_count(p, type);
	return STEP_DONE;
}

enum step member_write(struct pack *p, const struct member *m, struct err *e)
{
	if (!member_prepare(p, m, e) || !member_describe(p, m->type, e))
		return STEP_FAIL;
	return put_prepared(p, m->path, m->type, &p->header, e);
}

static enum step put_folder(struct pack *p, const char *path,
			    const struct walk_note *note, struct err *e)
{
	enum step s;

	if (note->line != NULL) {
		s = carry_line(p, member_word(PAX_FOLDER), path, note->line, e);
		if (s == STEP_DONE)
			member_count(p, PAX_FOLDER);
		return s;
	}
	text_reset(&p->json);
	text_str(&p->json, note->facts);
	if (!p->json.is_broken)
		return put_prepared(p, path, PAX_FOLDER, &note->header, e);
	(void)err_nomem(e, "a folder");
	return STEP_FAIL;
}

static enum step write_folder(struct pack *p, size_t level, struct err *e)
{
	struct walk_note *note = walk_note(p->walk, level);
	struct text path = {0};
	enum step s = STEP_FAIL;

	if (note->is_written)
		return STEP_DONE;
	walk_folder_path(p->walk, level, &path);
	if (path.is_broken)
		(void)err_nomem(e, "a folder");
	else
		s = put_folder(p, level == 0 ? "." : path.data, note, e);
	text_free(&path);
	if (s != STEP_DONE)
		return s;
	note->is_written = true;
	text_free(&note->header);
	free(note->facts);
	free(note->line);
	note->facts = note->line = NULL;
	return s;
}

enum step member_write_folders(struct pack *p, struct err *e)
{
	enum step s = STEP_DONE;

	/* Mostly all are: the last one tells. */
	if (walk_note(p->walk, walk_depth(p->walk) - 1)->is_written)
		return s;
	for (size_t i = 0; s == STEP_DONE && i < walk_depth(p->walk); i++)
		s = write_folder(p, i, e);
	return s;
}
