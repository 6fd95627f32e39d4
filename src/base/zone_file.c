/*
 * zone_file.c - reads TZif files (RFC 8536), foreign bytes: every count and
 * every length is checked before a byte is read.
 *
 * A file of version 1 is one block with times of 32 bits. Later ones have the
 * same block, which is skipped, a second one with 64 bits, and a footer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/zone_int.h"

enum {
	HEADER_BYTES = 44,
	COUNTS_AT = 20,
	TYPE_BYTES = 6,
	COUNT_MAX = 100000, /* keeps sums of lengths small */
};

/* The counts of a header, in their order. */
struct counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

struct file {
	const uint8_t *at;
	size_t left;
	unsigned version;
	const char *name;
	struct err *e;
};

static bool damaged(struct file *f, const char *what)
{
	return err_set(f->e, ERR_DAMAGED, "zone_missing",
		       "the file of time zone \"%s\" is damaged (%s): install "
		       "tzdata again",
		       f->name, what);
}

static bool skip(struct file *f, size_t n)
{
	if (f->left < n)
		return damaged(f, "it is cut off");
	f->at += n;
	f->left -= n;
	return true;
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int32_t get_i32(const uint8_t *p)
{
	return (int32_t)get_u32(p);
}

static int64_t get_i64(const uint8_t *p)
{
	return (int64_t)((uint64_t)get_u32(p) << 32 | get_u32(p + 4));
}

static bool read_header(struct file *f, struct counts *c)
{
	uint32_t n[6];
	const uint8_t *p = f->at;

	if (!skip(f, HEADER_BYTES))
		return false;
	if (memcmp(p, "TZif", 4) != 0)
		return damaged(f, "its header is none");
	f->version = p[4] == 0 ? 1 : p[4];
	for (size_t i = 0; i < 6; i++) {
		n[i] = get_u32(p + COUNTS_AT + 4 * i);
		if (n[i] > COUNT_MAX)
			return damaged(f, "a count is too large");
	}
	*c = (struct counts){n[0], n[1], n[2], n[3], n[4], n[5]};
	return true;
}

static size_t block_bytes(const struct counts *c, size_t time_bytes)
{
	return c->time * (time_bytes + 1) + (size_t)c->type * TYPE_BYTES +
	       c->chars + c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

static bool check_counts(struct file *f, const struct counts *c)
{
	if (c->type == 0 || c->type > ZONE_TYPES_MAX || c->chars == 0)
		return damaged(f, "it has no types");
	if ((c->isut != 0 && c->isut != c->type) ||
	    (c->isstd != 0 && c->isstd != c->type))
		return damaged(f, "its counts differ");
	if (c->leap == 0)
		return true;
	return err_set(f->e, ERR_INVALID, "invalid_timer",
		       "time zone \"%s\" counts leap seconds, which clocks do "
		       "not: name it without \"right/\"",
		       f->name);
}

static bool read_types(struct file *f, const uint8_t *p, const struct counts *c,
		       int32_t offsets[ZONE_TYPES_MAX])
{
	for (size_t i = 0; i < c->type; i++, p += TYPE_BYTES) {
		offsets[i] = get_i32(p);
		if (offsets[i] < ZONE_OFFSET_MIN ||
		    offsets[i] > ZONE_OFFSET_MAX || p[4] > 1 ||
		    p[5] >= c->chars)
			return damaged(f, "a type is odd");
	}
	return true;
}

static bool read_changes(struct file *f, struct zone *z, const struct counts *c,
			 size_t time_bytes)
{
	const uint8_t *times = f->at, *kinds = times + c->time * time_bytes;
	int32_t offsets[ZONE_TYPES_MAX] = {0};

	if (!read_types(f, kinds + c->time, c, offsets))
		return false;
	z->first = offsets[0];
	for (z->n = 0; z->n < c->time; z->n++) {
		size_t i = z->n;

		z->at_s[i] = time_bytes == 8 ? get_i64(times + 8 * i)
					     : get_i32(times + 4 * i);
		if (kinds[i] >= c->type)
			return damaged(f, "a type is missing");
		if (i > 0 && z->at_s[i] <= z->at_s[i - 1])
			return damaged(f, "its times do not rise");
		z->offsets[i] = offsets[kinds[i]];
	}
	return true;
}

static bool read_block(struct file *f, struct zone *z, const struct counts *c,
		       size_t time_bytes)
{
	size_t bytes = block_bytes(c, time_bytes);

	if (!check_counts(f, c))
		return false;
	if (f->left < bytes)
		return damaged(f, "it is cut off");
	z->at_s = calloc(c->time + 1, sizeof(*z->at_s));
	z->offsets = calloc(c->time + 1, sizeof(*z->offsets));
	if (z->at_s == NULL || z->offsets == NULL)
		return err_nomem(f->e, "a time zone");
	return read_changes(f, z, c, time_bytes) && skip(f, bytes);
}

/* A newline, a TZ string, which may be empty, a newline. */
static bool read_footer(struct file *f, struct zone *z)
{
	const uint8_t *text = f->at + 1, *end;

	if (f->left < 2 || *f->at != '\n')
		return damaged(f, "it has no footer");
	end = memchr(text, '\n', f->left - 1);
	if (end == NULL)
		return damaged(f, "its footer is cut off");
	z->has_rule = end > text;
	if (!z->has_rule ||
	    zone_rule_parse(&z->rule, (const char *)text, (size_t)(end - text)))
		return true;
	return damaged(f, "its footer is odd");
}

static bool read_file(struct file *f, struct zone *z)
{
	struct counts c = {0};

	if (f->left < 4 || memcmp(f->at, "TZif", 4) != 0)
		return err_set(f->e, ERR_INVALID, "invalid_timer",
			       "\"%s\" is not a time zone: send an IANA name "
			       "like \"Europe/Berlin\"",
			       f->name);
	if (!read_header(f, &c))
		return false;
	if (f->version == 1)
		return read_block(f, z, &c, 4);
	return skip(f, block_bytes(&c, 4)) && read_header(f, &c) &&
	       read_block(f, z, &c, 8) && read_footer(f, z);
}

struct zone *zone_parse(const void *bytes, size_t len, const char *name,
			struct err *e)
{
	struct file f = {.at = bytes, .left = len, .name = name, .e = e};
	struct zone *z = calloc(1, sizeof(*z));

	if (z == NULL) {
		(void)err_nomem(e, "a time zone");
		return NULL;
	}
	if (read_file(&f, z))
		return z;
	zone_free(z);
	return NULL;
}
