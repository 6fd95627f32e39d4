/*
 * content.c - what is in a snapshot, while it passes.
 *
 * A part: a database is selected when the first wanted key of it comes. When a
 * key's name is known it is decided whether its record is wanted. Until then
 * its bytes are held, at most so many as precede a value; from then on they are
 * copied or dropped as they come.
 */
#include "sources/redis/dump/content.h"

#include <stdio.h>
#include <string.h>

#include "sources/redis/rdb/keys.h"
#include "sources/redis/rdb/payload.h"

enum {
	OPCODE_SELECT = 0xfe,
	OPCODE_END = 0xff,
	SELECT_MAX = 6,
	CRC_BYTES = 8,
	NUMBER_MAX = 16,
};

static bool is_part(const struct redis_content *c)
{
	return c->scope != NULL;
}

/* A place in the stream as one in the frame. */
static size_t place_of(const struct redis_content *c, uint64_t offset)
{
	if (is_part(c))
		return c->frames->frame != NULL ? c->frames->frame->len : 0;
	if (offset + c->at < c->fed)
		return 0; /* it begins in the frame before */
	return (size_t)(offset + c->at - c->fed);
}

static bool begin_item(struct redis_content *c, const char *type,
		       const char *group, uint64_t offset, struct err *e)
{
	return redis_frames_room(c->frames, e) &&
	       redis_frames_item(c->frames, type, group, place_of(c, offset),
				 e);
}

static bool begin_stream_item(struct redis_content *c, const char *type,
			      uint64_t offset, struct err *e)
{
	return begin_item(c, type, "", offset, e);
}

static bool begin_database(struct redis_content *c, const struct rdb_record *r,
			   struct err *e)
{
	char group[NUMBER_MAX];

	c->tally = rdb_tally_of(&c->tallies, r->database, e);
	if (c->tally == NULL)
		return false;
	(void)snprintf(group, sizeof(group), "%u", r->database);
	return begin_item(c, "database", group, r->begin, e);
}

static bool count_key(struct redis_content *c, const struct rdb_record *r,
		      const struct digest *digest, struct err *e)
{
	/* Old snapshots need not select database 0. */
	if ((c->tally == NULL || c->tally->database != r->database) &&
	    !begin_database(c, r, e))
		return false;
	if (r->end - r->value_begin > c->longest)
		c->longest = r->end - r->value_begin;
	rdb_tally_add(c->tally, r, digest);
	redis_frames_key(c->frames, digest);
	return true;
}

/* Of keys it is decided by what they are called. */
static bool is_wanted(const struct redis_content *c, const struct rdb_record *r)
{
	switch (r->kind) {
	case RDB_RECORD_HEADER:
	case RDB_RECORD_AUX:
	case RDB_RECORD_FUNCTION:
		return true;
	case RDB_RECORD_KEY:
		return redis_scope_has_key(c->scope, r->database, r->name,
					   r->name_len);
	case RDB_RECORD_DATABASE:
	case RDB_RECORD_HINT:
	case RDB_RECORD_END:
		break;
	}
	return false;
}

static bool keep(struct redis_content *c, const void *bytes, size_t len,
		 struct err *e)
{
	c->crc = rdb_crc64(c->crc, bytes, len);
	return redis_frames_add(c->frames, bytes, len, e);
}

/* All up to that place of the stream is decided: copied, or dropped. */
static bool decide(struct redis_content *c, uint64_t to, struct err *e)
{
	bool ok = true;

	if (c->is_kept && c->held.len > 0)
		ok = keep(c, c->held.data, c->held.len, e);
	text_reset(&c->held);
	if (c->from < c->fed)
		c->from = c->fed;
	if (ok && c->is_kept && to > c->from)
		ok = keep(c, c->bytes + (c->from - c->fed),
			  (size_t)(to - c->from), e);
	if (to > c->from)
		c->from = to;
	return ok;
}

static size_t put_number(unsigned char *out, uint32_t n)
{
	if (n < 64) {
		out[0] = (unsigned char)n;
		return 1;
	}
	out[0] = 0x80; /* four bytes follow, the high one first */
	for (int i = 0; i < 4; i++)
		out[1 + i] = (unsigned char)(n >> (24 - 8 * i));
	return 5;
}

static bool select_database(struct redis_content *c, const struct rdb_record *r,
			    struct err *e)
{
	unsigned char select[SELECT_MAX] = {OPCODE_SELECT};
	size_t len = 1 + put_number(select + 1, r->database);

	c->is_selected = true;
	return begin_database(c, r, e) && keep(c, select, len, e);
}

static bool begin_part(struct redis_content *c, const struct rdb_record *r,
		       struct err *e)
{
	c->is_decided = true;
	c->is_kept = is_wanted(c, r);
	if (r->kind == RDB_RECORD_DATABASE)
		c->is_selected = false;
	return r->kind != RDB_RECORD_KEY || !c->is_kept || c->is_selected ||
	       select_database(c, r, e);
}

static bool on_begin(void *arg, const struct rdb_record *r, struct err *e)
{
	struct redis_content *c = arg;

	if (r->kind == RDB_RECORD_HEADER &&
	    !begin_stream_item(c, "header", r->begin, e))
		return false;
	if (r->kind == RDB_RECORD_END &&
	    !begin_stream_item(c, "end", r->begin, e))
		return false;
	return !is_part(c) || begin_part(c, r, e);
}

static bool put_end(struct redis_content *c, struct err *e)
{
	unsigned char end[1 + CRC_BYTES] = {OPCODE_END};

	c->crc = rdb_crc64(c->crc, end, 1);
	for (int i = 0; i < CRC_BYTES; i++)
		end[1 + i] = (unsigned char)(c->crc >> (8 * i));
	return redis_frames_add(c->frames, end, sizeof(end), e);
}

static bool end_record(struct redis_content *c, const struct rdb_record *r,
		       struct err *e)
{
	c->is_decided = false;
	return decide(c, r->end, e) &&
	       (r->kind != RDB_RECORD_END || put_end(c, e));
}

static bool on_end(void *arg, const struct rdb_record *r,
		   const struct digest *digest, struct err *e)
{
	struct redis_content *c = arg;

	if (is_part(c) && !end_record(c, r, e))
		return false;
	if (!is_part(c) && r->kind == RDB_RECORD_DATABASE &&
	    !begin_database(c, r, e))
		return false;
	c->functions += r->kind == RDB_RECORD_FUNCTION;
	c->seen += r->kind == RDB_RECORD_KEY &&
		   redis_scope_has_database(c->scope, r->database);
	if (r->kind != RDB_RECORD_KEY || (is_part(c) && !c->is_kept))
		return true;
	return count_key(c, r, digest, e);
}

bool redis_content_begin(struct redis_content *c, struct redis_frames *frames,
			 const struct source_scope *scope, struct err *e)
{
	static const struct rdb_events events = {on_begin, on_end, NULL};

	c->frames = frames;
	if (!redis_scope_is_whole(scope))
		c->scope = scope;
	c->reader = rdb_new(&events, c, e);
	return c->reader != NULL;
}

/* What was not decided is needed when it is. */
static bool hold(struct redis_content *c, size_t len, struct err *e)
{
	uint64_t end = c->fed + len;

	if (c->is_decided)
		return decide(c, end, e);
	if (c->from < c->fed)
		text_add(&c->held, c->bytes, len);
	else
		text_add(&c->held, c->bytes + (c->from - c->fed),
			 (size_t)(end - c->from));
	return !c->held.is_broken || err_nomem(e, "a key's name");
}

static bool go_opaque(struct redis_content *c, struct err *e)
{
	if (is_part(c))
		return err_set(e, ERR_INVALID, "source_failed",
			       "the server holds what this version does not "
			       "know (%s), so keys cannot be picked: back up "
			       "the whole instance",
			       rdb_is_opaque(c->reader));
	c->is_opaque = true;
	return begin_stream_item(c, "opaque", c->fed, e);
}

bool redis_content_feed(struct redis_content *c, const unsigned char *bytes,
			size_t len, size_t at, struct err *e)
{
	c->bytes = bytes;
	c->at = at;
	if (!rdb_feed(c->reader, bytes, len, e))
		return false;
	if (!c->is_opaque && rdb_is_opaque(c->reader) != NULL &&
	    !go_opaque(c, e))
		return false;
	if (is_part(c) && !hold(c, len, e))
		return false;
	c->fed += len;
	return true;
}

bool redis_content_check(const struct redis_content *c, struct err *e)
{
	if (c->is_opaque ? rdb_ends_well(c->reader) : rdb_is_over(c->reader))
		return true;
	return err_set(e, ERR_DAMAGED, "damaged_stream",
		       "the server says that its snapshot is whole, but after "
		       "%llu bytes it does not end as one: look into the "
		       "server's log, and try again",
		       (unsigned long long)c->fed);
}

void redis_content_fini(struct redis_content *c)
{
	rdb_free(c->reader);
	rdb_tallies_fini(&c->tallies);
	text_free(&c->held);
}
