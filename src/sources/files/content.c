/*
 * content.c - regular files: small ones in one piece, read again in place if
 * they were changed meanwhile; large ones piece by piece, and then once more.
 */
#include "config.h" /* for SEEK_DATA */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/files/carry.h"
#include "sources/files/content.h"
#include "sources/files/pack_int.h"

enum {
	TRIES = 2,
	ZEROS = 64 * 1024,
	/* Of holes, in one call: they are digested, and nothing leaves. */
	HOLE_BYTES_MAX = 64 * 1024 * 1024,
	STAT_BLOCK = 512,
	HEADER_MIN = 2 * PAX_BLOCK,
};

static const unsigned char zeros[ZEROS];

void content_end(struct content *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	item_unref(c->item);
	free(c->path);
	free(c->extents);
	*c = (struct content){.fd = -1};
}

bool content_is_open(const struct content *c)
{
	return c->fd >= 0 && (c->is_begun || c->tries > 1);
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       is_same_time(&a->st_mtim, &b->st_mtim) &&
	       is_same_time(&a->st_ctim, &b->st_ctim);
}

/* Reads len bytes, less only at the end. -1: errno is set. */
static ssize_t read_at(int fd, unsigned char *out, size_t len, uint64_t at)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < len && n > 0) {
		n = pread(fd, out + done, len - done, (off_t)(at + done));
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	return n < 0 ? -1 : (ssize_t)done;
}

enum step content_count(struct pack *p, const char *path, const struct stat *st,
			struct err *e)
{
	p->counts.files++;
	p->counts.content_bytes += (uint64_t)st->st_size;
	return links_add(&p->links, st->st_dev, st->st_ino, st->st_nlink, path)
		       ? STEP_DONE
		       : (err_nomem(e, "a list of links"), STEP_FAIL);
}

/* --- small files */

static struct member member_of(const struct pack *p, int fd,
			       const struct stat *st)
{
	return (struct member){
		.type = PAX_FILE, .path = p->place.path, .st = st, .fd = fd};
}

/* Takes back what was put of it. */
static void take_back(struct pack *p, size_t begin)
{
	p->frame->len = begin;
}

enum verdict { GOOD, CHANGED, UNREADABLE, NO_ROOM, FAILED };

/* Header, content and padding; st is what it was like before. */
static enum verdict put_small(struct pack *p, int fd, const struct stat *st,
			      struct err *e)
{
	const struct member m = member_of(p, fd, st);
	size_t size = (size_t)st->st_size, padding = pax_padding(size);
	struct stat after;
	ssize_t got;

	/* Mostly a header has more: rather no second look at it. */
	if (member_must_wait(p, HEADER_MIN + size + padding))
		return NO_ROOM;
	if (!member_prepare(p, &m, e))
		return FAILED;
	if (member_must_wait(p, p->header.len + size + padding))
		return NO_ROOM;
	if (!member_put(p, p->header.data, p->header.len, e))
		return FAILED;
	if (!frame_reserve(p->frame, size + padding)) {
		(void)err_nomem(e, "a frame");
		return FAILED;
	}
	got = read_at(fd, p->frame->data + p->frame->len, size, 0);
	if (got < 0 || fstat(fd, &after) != 0)
		return UNREADABLE;
	/* What is not there any more. */
	memset(p->frame->data + p->frame->len + got, 0,
	       size - (size_t)got + padding);
	p->frame->len += size + padding;
	return (size_t)got == size && is_same(st, &after) ? GOOD : CHANGED;
}

static enum step note_small(struct pack *p, const struct stat *st, size_t begin,
			    bool is_changed, struct err *e)
{
	size_t size = (size_t)st->st_size;
	struct digest digest = {0};

	digest_row_begin(p->row);
	digest_row_value(p->row,
			 p->frame->data + p->frame->len - size -
				 pax_padding(size),
			 size);
	digest_row_end(p->row, &digest);
	if (!is_changed && carry_fits(p, &digest)) {
		take_back(p, begin);
		return carry_touched(p, p->place.path, st, e);
	}
	p->facts.is_changed = is_changed;
	if (is_changed)
		tidings_add(&p->tidings, TIDING_CHANGED, p->place.path, NULL);
	if (!member_describe(p, PAX_FILE, e) ||
	    !member_note(p, "file", p->place.path, begin, &digest, e))
		return STEP_FAIL;
	return content_count(p, p->place.path, st, e);
}

static enum step begin_large(struct pack *p, int fd, const struct stat *st,
			     unsigned tries, struct err *e);

static enum step read_small(struct pack *p, int fd, struct stat *st,
			    struct err *e)
{
	size_t begin = p->frame->len;
	enum verdict v = CHANGED;
	unsigned tries = 0;

	while (v == CHANGED && tries++ < TRIES) {
		take_back(p, begin);
		if (tries > 1 && fstat(fd, st) != 0)
			return pack_unreadable(p, p->place.path, errno, e);
		if (st->st_size > PACK_SMALL_BYTES)
			return begin_large(p, fd, st, tries - 1, e);
		v = put_small(p, fd, st, e);
	}
	if (v == GOOD || v == CHANGED)
		return note_small(p, st, begin, v == CHANGED, e);
	take_back(p, begin);
	if (v == UNREADABLE)
		return pack_unreadable(p, p->place.path, errno, e);
	return v == NO_ROOM ? STEP_FULL : STEP_FAIL;
}

/* --- large files */

/* The runs of a file with holes. False: no memory. */
static bool find_extents(struct content *c)
{
	off_t size = c->st.st_size, data = 0, hole;
	struct pax_extent *list;

	free(c->extents);
	c->extents = NULL;
	c->nextents = c->extent = 0;
	if (c->st.st_blocks >= (size + STAT_BLOCK - 1) / STAT_BLOCK)
		return true;
	list = calloc(PACK_EXTENTS_MAX + 1, sizeof(*list));
	if (list == NULL)
		return false;
	while (c->nextents < PACK_EXTENTS_MAX && data < size) {
		data = lseek(c->fd, data, SEEK_DATA);
		/* Nothing but holes from here on; or the file system does not
		 * tell, and all is read. */
		if (data < 0 && errno != ENXIO) {
			free(list);
			c->nextents = 0;
			return true;
		}
		if (data < 0 || data >= size)
			break;
		hole = lseek(c->fd, data, SEEK_HOLE);
		if (hole < data || hole > size)
			hole = size;
		list[c->nextents].offset = (uint64_t)data;
		list[c->nextents++].length = (uint64_t)(hole - data);
		data = hole;
	}
	/* More holes than that are read as what they are, zeros. */
	if (c->nextents == PACK_EXTENTS_MAX)
		list[PACK_EXTENTS_MAX - 1].length =
			(uint64_t)size - list[PACK_EXTENTS_MAX - 1].offset;
	else if (c->nextents == 0 ||
		 list[c->nextents - 1].offset + list[c->nextents - 1].length <
			 (uint64_t)size)
		list[c->nextents++].offset = (uint64_t)size;
	c->extents = list;
	return true;
}

static enum step begin_large(struct pack *p, int fd, const struct stat *st,
			     unsigned tries, struct err *e)
{
	struct content *c = &p->content;

	content_end(c);
	c->fd = dup(fd);
	if (c->fd < 0) {
		(void)err_set(e, ERR_IO, "internal",
			      "no file can be opened any more: %s",
			      strerror(errno));
		return STEP_FAIL;
	}
	c->path = strdup(p->place.path);
	c->st = *st;
	c->tries = tries;
	c->is_compared =
		p->is_touched && tries == 0 && !p->merge.facts.has_attributes;
	if (c->path != NULL)
		return STEP_DONE;
	(void)err_nomem(e, "a path");
	return STEP_FAIL;
}

/* The span of the file in this frame, made when it is asked for first. */
static struct span *span_of(struct pack *p, struct err *e)
{
	struct frame *f = p->frame;
	struct span *span = f->nspans > 0 ? &f->spans[f->nspans - 1] : NULL;

	if (span != NULL && span->item == p->content.item)
		return span;
	span = frame_add_span(f, p->content.item);
	if (span == NULL)
		(void)err_nomem(e, "a frame");
	else
		span->plain_offset = f->len;
	return span;
}

/* Bytes that were put behind what the span has. */
static bool count_bytes(struct pack *p, size_t len, struct err *e)
{
	struct span *span = span_of(p, e);

	if (span == NULL)
		return false;
	span->plain_len += len;
	p->frame->len += len;
	return true;
}

static bool put_header(struct pack *p, struct err *e)
{
	if (!frame_reserve(p->frame, p->header.len))
		return err_nomem(e, "a frame");
	memcpy(p->frame->data + p->frame->len, p->header.data, p->header.len);
	return count_bytes(p, p->header.len, e);
}

static uint64_t stored_bytes(const struct content *c)
{
	uint64_t bytes = c->nextents > 0 ? 0 : (uint64_t)c->st.st_size;

	for (size_t i = 0; i < c->nextents; i++)
		bytes += c->extents[i].length;
	return bytes;
}

/* This reading of it begins. */
static enum step begin_reading(struct pack *p, struct err *e)
{
	struct content *c = &p->content;
	struct member m = member_of(p, c->fd, &c->st);

	if (!find_extents(c)) {
		(void)err_nomem(e, "the holes of a file");
		return STEP_FAIL;
	}
	m.path = c->path;
	m.extents = c->extents;
	m.nextents = c->nextents;
	if (!member_prepare(p, &m, e))
		return STEP_FAIL;
	if (member_must_wait(p, p->header.len))
		return STEP_FULL;
	c->item = item_new(p->number, ITEM_DATA, "file", "", c->path);
	if (c->item == NULL) {
		(void)err_nomem(e, "an item of the index");
		return STEP_FAIL;
	}
	p->number++;
	c->tries++;
	c->is_begun = true;
	c->is_short = false;
	c->at = 0;
	c->padding = pax_padding(stored_bytes(c));
	digest_row_begin(p->row);
	digest_row_open(p->row, (uint64_t)c->st.st_size);
	return put_header(p, e) ? STEP_DONE : STEP_FAIL;
}

/* Up to where the hole goes that it is in, or the run. */
static uint64_t end_of_run(struct content *c, bool *is_hole)
{
	const struct pax_extent *x;

	*is_hole = false;
	if (c->nextents == 0)
		return (uint64_t)c->st.st_size;
	while (c->extent < c->nextents &&
	       c->at == c->extents[c->extent].offset +
				c->extents[c->extent].length)
		c->extent++;
	if (c->extent == c->nextents)
		return c->at;
	x = &c->extents[c->extent];
	*is_hole = c->at < x->offset;
	return *is_hole ? x->offset : x->offset + x->length;
}

static enum step pass_hole(struct pack *p, uint64_t end)
{
	struct content *c = &p->content;

	while (c->at < end && p->hole_bytes < HOLE_BYTES_MAX) {
		size_t n = end - c->at < ZEROS ? (size_t)(end - c->at) : ZEROS;

		digest_row_bytes(p->row, zeros, n);
		c->at += n;
		p->hole_bytes += n;
	}
	return c->at == end ? STEP_DONE : STEP_FULL;
}

/* What cannot be read any more is zeros from there on. */
static enum step put_content(struct pack *p, uint64_t end, struct err *e)
{
	struct content *c = &p->content;
	unsigned char *to = p->frame->data + p->frame->len;
	size_t n = pack_room(p);
	ssize_t got = 0;

	if (n == 0)
		return STEP_FULL;
	if (n > end - c->at)
		n = (size_t)(end - c->at);
	if (!c->is_unreadable)
		got = read_at(c->fd, to, n, c->at);
	if (got < 0) {
		c->is_unreadable = true;
		got = 0;
		if (pack_unreadable(p, c->path, errno, e) == STEP_FAIL)
			return STEP_FAIL;
	}
	c->is_short = c->is_short || (size_t)got < n;
	memset(to + got, 0, n - (size_t)got);
	digest_row_bytes(p->row, to, n);
	c->at += n;
	return count_bytes(p, n, e) ? STEP_DONE : STEP_FAIL;
}

static bool is_to_read_again(const struct content *c, bool is_changed)
{
	return is_changed && !c->is_unreadable && c->tries < TRIES;
}

static bool rename_item(struct item *item, const char *word)
{
	char *type = strdup(word);

	if (type == NULL)
		return false;
	free(item->type);
	item->type = type;
	return true;
}

/* The item's last span; what it is, is known by now. */
static bool end_item(struct pack *p, bool is_again, bool is_changed,
		     struct err *e)
{
	struct content *c = &p->content;
	const struct member m = {
		.type = PAX_FILE, .path = c->path, .st = &c->st, .fd = c->fd};
	struct span *span = span_of(p, e);

	if (span == NULL)
		return false;
	member_take_facts(p, &m);
	p->facts.is_changed = is_changed;
	p->facts.is_unreadable = c->is_unreadable;
	if (!member_describe(p, PAX_FILE, e))
		return false;
	if (!item_set_facts(c->item, p->json.data) ||
	    (is_again && !rename_item(c->item, "superseded")))
		return err_nomem(e, "an item of the index");
	digest_row_end(p->row, &span->digest);
	span->rows = is_again ? 0 : 1;
	span->ends_run = true;
	item_unref(c->item);
	c->item = NULL;
	return true;
}

static enum step end_reading(struct pack *p, struct err *e)
{
	struct content *c = &p->content;
	struct stat after = c->st;
	bool is_changed, is_again;
	enum step s;

	(void)fstat(c->fd, &after);
	is_changed = c->is_short || !is_same(&c->st, &after);
	is_again = is_to_read_again(c, is_changed);
	if (!end_item(p, is_again, is_changed, e))
		return STEP_FAIL;
	if (is_again) {
		c->st = after;
		c->is_begun = false;
		return STEP_DONE;
	}
	if (is_changed && !c->is_unreadable)
		tidings_add(&p->tidings, TIDING_CHANGED, c->path, NULL);
	s = content_count(p, c->path, &c->st, e);
	content_end(c);
	return s;
}

static enum step put_padding(struct pack *p, struct err *e)
{
	struct content *c = &p->content;

	if (member_must_wait(p, c->padding))
		return STEP_FULL;
	memcpy(p->frame->data + p->frame->len, zeros, c->padding);
	if (!count_bytes(p, c->padding, e))
		return STEP_FAIL;
	return end_reading(p, e);
}

/* --- touched ones: read for their digest alone, by the room that is left in
 * the frame */

/* It is another one: from its beginning, as what it is now. */
static enum step end_compare(struct pack *p)
{
	struct content *c = &p->content;

	c->is_compared = c->is_judged = p->is_touched = false;
	c->at = 0;
	(void)fstat(c->fd, &c->st);
	return STEP_DONE;
}

static enum step judge(struct pack *p, struct err *e)
{
	struct content *c = &p->content;
	struct member m = member_of(p, c->fd, &c->st);
	struct stat after;
	enum step s;

	if (fstat(c->fd, &after) != 0 || !is_same(&c->st, &after) ||
	    member_has_attrs(p, &m))
		return end_compare(p);
	m.path = c->path;
	member_take_facts(p, &m);
	if (!carry_fits(p, &c->found))
		return end_compare(p);
	s = carry_touched(p, c->path, &c->st, e);
	if (s == STEP_DONE)
		content_end(c);
	return s;
}

static enum step compare(struct pack *p, struct err *e)
{
	struct content *c = &p->content;
	uint64_t left = (uint64_t)c->st.st_size - c->at;
	size_t n = pack_room(p);

	if (c->is_judged)
		return judge(p, e);
	if (n == 0 || p->hole_bytes >= HOLE_BYTES_MAX)
		return STEP_FULL;
	if (c->at == 0) {
		digest_row_begin(p->row);
		digest_row_open(p->row, left);
	}
	if (n > left)
		n = (size_t)left;
	if (read_at(c->fd, p->frame->data + p->frame->len, n, c->at) !=
	    (ssize_t)n)
		return end_compare(p);
	digest_row_bytes(p->row, p->frame->data + p->frame->len, n);
	c->at += n;
	p->hole_bytes += n;
	if (n < left)
		return STEP_DONE;
	c->found = (struct digest){0};
	digest_row_end(p->row, &c->found);
	c->is_judged = true;
	return STEP_DONE;
}

enum step content_step(struct pack *p, struct err *e)
{
	struct content *c = &p->content;
	bool is_hole;
	uint64_t end;

	if (c->is_compared)
		return compare(p, e);
	if (!c->is_begun)
		return begin_reading(p, e);
	end = end_of_run(c, &is_hole);
	if (c->at == end)
		return put_padding(p, e);
	return is_hole ? pass_hole(p, end) : put_content(p, end, e);
}

enum step content_read(struct pack *p, int fd, struct stat *st, struct err *e)
{
	enum step s = st->st_size > PACK_SMALL_BYTES
			      ? begin_large(p, fd, st, 0, e)
			      : read_small(p, fd, st, e);

	(void)close(fd);
	return s;
}
