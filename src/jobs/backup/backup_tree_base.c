/*
 * backup_tree_base.c - lines of an index in a file, gone through twice: to
 * weigh the parts, and then item by item beside the dump's own walk.
 */
#include "jobs/backup/backup_tree_base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "jobs/backup/backup_int.h"
#include "manifest/index.h"
#include "manifest/parts.h"

enum { PIECE_BYTES = 256 * 1024 };

struct part_use {
	uint32_t number;
	uint64_t length;    /* of its frames, as stored */
	double plain, live; /* bytes: all, and those of items */
	bool is_sparse, is_needed;
};

struct index_base {
	struct tree_base base; /* comes first */
	int fd;
	struct text bytes; /* read, from at on not taken yet */
	size_t at;
	uint64_t offset; /* in the file, behind those bytes */
	struct index_line line;
	struct part_use *parts; /* by number, as in the manifest */
	size_t nparts;
	bool is_weighed;
};

static struct index_base *base_of(struct tree_base *b)
{
	return (struct index_base *)(void *)b; /* comes first */
}

/* --- lines */

/* More bytes behind those that are there; *is_end: there are none. */
static bool read_more(struct index_base *x, bool *is_end, struct err *e)
{
	ssize_t n;

	if (x->at > 0)
		memmove(x->bytes.data, x->bytes.data + x->at,
			x->bytes.len - x->at);
	x->bytes.len -= x->at;
	x->at = 0;
	if (!text_reserve(&x->bytes, PIECE_BYTES))
		return err_nomem(e, "a line of the index");
	do
		n = pread(x->fd, x->bytes.data + x->bytes.len, PIECE_BYTES - 1,
			  (off_t)x->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_IO, "internal",
			       "the index of the backup before cannot be read "
			       "again: %m");
	*is_end = n == 0;
	x->bytes.len += (size_t)n;
	x->offset += (uint64_t)n;
	return true;
}

/* 1: *line has len bytes; 0: there are no more; -1: *e is filled. */
static int next_text(struct index_base *x, const char **line, size_t *len,
		     struct err *e)
{
	size_t seen = 0;
	bool is_end = false;

	for (;;) {
		size_t left = x->bytes.len - x->at;
		const char *from = left > 0 ? x->bytes.data + x->at : "";
		const char *nl = memchr(from + seen, '\n', left - seen);

		if (nl != NULL) {
			*line = from;
			*len = (size_t)(nl - from);
			x->at += *len + 1;
			return 1;
		}
		seen = left;
		if (is_end)
			return left == 0 ? 0
					 : (err_set(e, ERR_DAMAGED,
						    "damaged_backup",
						    "the last line of an index "
						    "is cut"),
					    -1);
		if (!read_more(x, &is_end, e))
			return -1;
	}
}

static int next_line(struct index_base *x, struct err *e)
{
	const char *line;
	size_t len;
	int got = next_text(x, &line, &len, e);

	index_line_fini(&x->line);
	if (got > 0 && !index_line_parse(&x->line, line, len, e))
		return -1;
	return got;
}

/* --- parts */

static int by_number(const void *key, const void *member)
{
	const uint64_t *number = key;
	const struct part_use *p = member;

	return (*number > p->number) - (*number < p->number);
}

static struct part_use *find_part(const struct index_base *x, uint64_t number)
{
	return x->nparts > 0 ? bsearch(&number, x->parts, x->nparts,
				       sizeof(*x->parts), by_number)
			     : NULL;
}

/* What lies in several parts counts in each by what it takes of it. */
static void weigh_line(struct index_base *x)
{
	double stored = 0;

	for (size_t i = 0; i < x->line.nextents; i++)
		stored += (double)x->line.extents[i].length;
	for (size_t i = 0; i < x->line.nextents; i++) {
		const struct index_extent *at = &x->line.extents[i];
		struct part_use *p = find_part(x, at->part);

		if (p != NULL)
			p->live += (double)x->line.plain_bytes *
				   ((double)at->length / stored);
	}
}

static bool weigh(struct index_base *x, struct err *e)
{
	int got;

	while ((got = next_line(x, e)) > 0)
		if (strcmp(x->line.type, "superseded") != 0)
			weigh_line(x);
	for (size_t i = 0; i < x->nparts; i++)
		x->parts[i].is_sparse =
			2 * x->parts[i].live < x->parts[i].plain;
	x->is_weighed = true;
	x->offset = 0;
	x->bytes.len = x->at = 0;
	return got == 0;
}

/* What does not lie where it can be is better stored again. */
static bool is_sparse(const struct index_base *x)
{
	for (size_t i = 0; i < x->line.nextents; i++) {
		const struct index_extent *at = &x->line.extents[i];
		const struct part_use *p = find_part(x, at->part);

		if (p == NULL || p->is_sparse ||
		    at->offset + at->length > p->length)
			return true;
	}
	return x->line.nextents == 0;
}

/* --- as sources read it */

static bool is_item(const struct index_line *l)
{
	return l->kind == ITEM_DATA && l->facts != NULL &&
	       strcmp(l->type, "superseded") != 0;
}

static int index_next(struct tree_base *b, struct tree_base_item *item,
		      struct err *e)
{
	struct index_base *x = base_of(b);
	int got;

	if (!x->is_weighed && !weigh(x, e))
		return -1;
	do
		got = next_line(x, e);
	while (got > 0 && !is_item(&x->line));
	if (got > 0)
		*item = (struct tree_base_item){
			.type = x->line.type,
			.path = x->line.name,
			.facts = x->line.facts,
			.digest = x->line.digest,
			.rows = x->line.rows,
			.plain_bytes = x->line.plain_bytes,
			.is_sparse = is_sparse(x),
		};
	return got;
}

static char *index_carry(struct tree_base *b, const char *facts, struct err *e)
{
	struct index_base *x = base_of(b);
	struct index_line l = x->line; /* borrows all but other facts */
	struct text out = {0};
	char *line = NULL;

	if (facts != NULL)
		l.facts = (char *)(uintptr_t)facts;
	if (index_line_format(&l, &out))
		line = text_take(&out);
	text_free(&out);
	if (line == NULL) {
		(void)err_nomem(e, "a line of the index");
		return NULL;
	}
	for (size_t i = 0; i < l.nextents; i++) {
		struct part_use *p = find_part(x, l.extents[i].part);

		if (p != NULL)
			p->is_needed = true;
	}
	return line;
}

static void index_destroy(struct tree_base *b)
{
	struct index_base *x = base_of(b);

	if (x->fd >= 0)
		(void)close(x->fd);
	index_line_fini(&x->line);
	text_free(&x->bytes);
	free(x->parts);
	free(x);
}

static bool fill_parts(struct index_base *x, const struct manifest *m)
{
	x->parts = calloc(m->parts.n + 1, sizeof(*x->parts));
	if (x->parts == NULL)
		return false;
	for (size_t i = 0; i < m->parts.n; i++) {
		const struct manifest_object *o = &m->parts.list[i];

		x->parts[x->nparts++] = (struct part_use){
			.number = o->number,
			.length = manifest_part_length(m, o),
			.plain = (double)o->plain_bytes,
		};
	}
	return true;
}

struct tree_base *backup_tree_base_new(const struct manifest *m, int fd,
				       struct err *e)
{
	static const struct tree_base_ops ops = {
		.next = index_next,
		.carry = index_carry,
		.destroy = index_destroy,
	};
	struct index_base *x = calloc(1, sizeof(*x));

	if (x == NULL) {
		(void)err_nomem(e, "the index of a backup");
		return NULL;
	}
	x->base.ops = &ops;
	x->base.refs = 1;
	x->base.read_at = m->started_at;
	x->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (x->fd < 0)
		(void)err_set(e, ERR_IO, "internal",
			      "a file cannot be opened: %m");
	else if (fill_parts(x, m))
		return &x->base;
	else
		(void)err_nomem(e, "the index of a backup");
	index_destroy(&x->base);
	return NULL;
}

bool backup_tree_base_needs(const struct tree_base *b, size_t at)
{
	return ((const struct index_base *)(const void *)b)
		->parts[at]
		.is_needed;
}

/* --- for a job */

static void on_fetched(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->exchange = NULL;
	if (e != NULL)
		backup_drop_base(b, e);
	b->on.done(b);
}

void backup_fetch_index(struct backup_job *b,
			void (*done)(struct backup_job *b))
{
	const char *folder = b->base.jobs->config.scratch_dir;
	struct exchange_env env;
	struct err e = {0};

	b->on.done = done;
	b->on.index = file_open_nameless(folder, "index.");
	b->on.has_index = b->on.index >= 0;
	if (!b->on.has_index)
		(void)err_set(&e, ERR_IO, "internal",
			      "no file can be made in %s: %m", folder);
	opening_exchange_env(&b->opening, &env);
	if (b->on.has_index)
		b->exchange = exchange_index_copy(
			&env, &b->on.manifest, b->on.index, on_fetched, b, &e);
	if (b->exchange != NULL)
		return;
	backup_drop_base(b, &e);
	done(b);
}

bool backup_keep_parts(struct backup_job *b, struct err *e)
{
	const struct manifest_objects *parts = &b->on.manifest.parts;
	size_t kept = 0;

	if (b->on.tree == NULL)
		return true;
	for (size_t i = 0; i < parts->n; i++) {
		if (!backup_tree_base_needs(b->on.tree, i))
			continue;
		if (!part_writer_keep(b->writer, parts->list[i].number, e))
			return false;
		kept++;
	}
	job_log(&b->base, LOG_INFO,
		"%zu of the %zu parts of the backup before are needed again",
		kept, parts->n);
	return true;
}
