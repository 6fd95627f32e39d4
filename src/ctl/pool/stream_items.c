/*
 * stream_items.c - items in the order of the index, in batches: as long as they
 * lie one behind the other they are one selection, which is read as the parts
 * lie. Items of an increment jump between packs, so its batches are short.
 */
#include "ctl/pool/stream_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ctl/pool/wanted.h"
#include "manifest/selection.h"

enum { BATCH_ITEMS = 4096, ARCHIVE_END_BYTES = 1024 };

struct batch {
	struct stream *stream;
	struct selection *selection; /* NULL: empty */
	size_t n;
	enum item_kind kind;
	struct index_extent last; /* where the last item begins */
	bool is_sql, has_begun;
	enum item_kind told; /* the kind whose settings were written */
};

/* What the script of a whole backup sets at its beginning, in short. */
static const char sql_begin[] =
	"SET foreign_key_checks = 0, unique_checks = 0,"
	" sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';\n";

static bool begin_kind(struct batch *b, struct err *e)
{
	const char *names = b->kind == ITEM_DATA ? "SET NAMES binary;\n"
						 : "SET NAMES utf8mb4;\n";

	if (!b->is_sql || (b->has_begun && b->told == b->kind))
		return true;
	if (!b->has_begun &&
	    !stream_put(b->stream, sql_begin, sizeof(sql_begin) - 1, e))
		return false;
	b->has_begun = true;
	b->told = b->kind;
	return stream_put(b->stream, names, strlen(names), e);
}

/* Writes what was gathered. */
static bool flush(struct batch *b, struct err *e)
{
	struct part_feed feed = {0};
	bool ok;

	if (b->selection == NULL)
		return true;
	ok = begin_kind(b, e) &&
	     selection_feed(b->selection, b->kind, &feed, e) &&
	     stream_feed(b->stream, &feed, true, e) &&
	     selection_is_through(b->selection, e);
	part_feed_fini(&feed);
	selection_free(b->selection);
	b->selection = NULL;
	b->n = 0;
	return ok;
}

static bool lies_behind(const struct index_extent *last,
			const struct index_extent *x)
{
	return x->part > last->part ||
	       (x->part == last->part && x->offset >= last->offset);
}

static bool add(struct batch *b, const struct index_line *l, struct err *e)
{
	if (b->selection != NULL &&
	    (b->kind != l->kind || b->n == BATCH_ITEMS ||
	     !lies_behind(&b->last, &l->extents[0])) &&
	    !flush(b, e))
		return false;
	if (b->selection == NULL) {
		b->selection = selection_new(b->stream->manifest, e);
		if (b->selection == NULL)
			return false;
		selection_read_in_order(b->selection);
		b->kind = l->kind;
	}
	b->last = l->extents[0];
	b->n++;
	return selection_add(b->selection, l, e);
}

static bool is_wanted(const struct stream *s, const struct index_line *l)
{
	return strcmp(l->type, "superseded") != 0 &&
	       wanted_fits(s->patterns, s->npatterns, l);
}

static bool take_line(struct batch *b, const char *line, size_t len,
		      struct err *e)
{
	struct stream *s = b->stream;
	struct index_line l = {0};
	bool ok = index_line_parse(&l, line, len, e);

	if (ok && is_wanted(s, &l)) {
		s->nitems++;
		s->namended += l.facts != NULL &&
			       strstr(l.facts, "\"amended\":true") != NULL;
		if (l.nextents > 0 && l.plain_bytes > 0)
			ok = add(b, &l, e);
	}
	index_line_fini(&l);
	return ok;
}

static bool read_lines(struct batch *b, FILE *lines, struct err *e)
{
	char *line = NULL;
	size_t cap = 0;
	bool ok = true;
	ssize_t n;

	while (ok && (n = getline(&line, &cap, lines)) > 0)
		ok = take_line(b, line, (size_t)(n - (line[n - 1] == '\n')), e);
	free(line);
	if (ok && ferror(lines) != 0)
		ok = err_set(e, ERR_IO, "cannot_read",
			     "the index cannot be read again");
	return ok && flush(b, e);
}

/* Of an archive two blocks of zeros tell that it is whole. */
static bool end_archive(struct stream *s, struct err *e)
{
	static const char zeros[ARCHIVE_END_BYTES];

	return stream_put(s, zeros, sizeof(zeros), e);
}

static bool write_items(struct stream *s, bool is_sql, FILE *lines,
			struct err *e)
{
	struct batch b = {.stream = s, .is_sql = is_sql};
	bool ok;

	rewind(lines);
	ok = read_lines(&b, lines, e);
	selection_free(b.selection);
	if (ok && s->nitems == 0)
		return err_set(e, ERR_NOT_FOUND, "not_found",
			       "the backup holds nothing of that name: "
			       "cofferctl ls URL BACKUP lists its items");
	return ok && (is_sql || end_archive(s, e));
}

bool stream_items(struct stream *s, bool is_sql, struct err *e)
{
	int fd = file_open_nameless("/tmp", "cofferctl-");
	FILE *lines = fd >= 0 ? fdopen(fd, "r+") : NULL;
	bool ok;

	if (lines == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return err_set(e, ERR_IO, "cannot_write",
			       "no temporary file can be made in /tmp");
	}
	ok = reach_index(s->reach, s->manifest, fd, e) &&
	     write_items(s, is_sql, lines, e);
	(void)fclose(lines);
	return ok;
}
