/*
 * archive.h - objects as members of a pax archive, in frames, each an item of
 * the index. Its members are named "objects/<number>", since a key need not be
 * the name of a file; of those that later backups may build upon
 * "objects/<backup>-<number>", so that no two of one archive ever have the same
 * name. What they are is in two records of each header:
 * COFFER.key, the key, and COFFER.object, what object_facts.h tells, as far as
 * it is known when the header is written.
 *
 * A member whose object breaks off in the middle is filled up with zeros, so
 * the archive stays whole whatever happens to the bucket.
 */
#ifndef COFFER_SOURCES_OBJECTS_ARCHIVE_H
#define COFFER_SOURCES_OBJECTS_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/text.h"

struct frame;
struct item;
struct object;

enum { ARCHIVE_FRONT_MAX = 40 };

/* What became of a step. */
enum archive_step {
	ARCHIVE_DONE,
	ARCHIVE_FULL, /* the frame has no room: the same again in the next */
	ARCHIVE_FAIL, /* *e is filled */
};

/* Zero it, then archive_init(). */
struct archive {
	struct frame *frame;  /* NULL: none is begun; whoever takes it away sets
			       * it so */
	uint64_t number;      /* of the next item */
	struct item *item;    /* of the member that is being written, or NULL */
	uint64_t at;	      /* bytes of its content that are written */
	uint64_t size;	      /* of its content */
	uint64_t plain_bytes; /* of all */
	size_t nlines, line_bytes; /* of what is carried over, in the frame */
	char front[ARCHIVE_FRONT_MAX]; /* "<backup>-", or "" */
	struct text header, json;
	struct digest_row *row;
};

/* backup: of names, see above; or NULL. False: no memory. */
bool archive_init(struct archive *a, const char *backup) MUST_CHECK;

/* Makes a frame if there is none. False: no memory, *e. */
bool archive_open_frame(struct archive *a, struct err *e) MUST_CHECK;

/* Gives the frame away, NULL if it is empty or none: is_open of it is set. One
 * that holds lines alone has little room. */
struct frame *archive_take_frame(struct archive *a);

/* Whether a member is begun. */
bool archive_is_within(const struct archive *a);

/* Writes the header of o. A member that fits into one frame is not begun in one
 * in which it does not. */
enum archive_step archive_begin(struct archive *a, const struct object *o,
				struct err *e);

/* Writes of len bytes as many as there is room for; *taken. */
enum archive_step archive_put(struct archive *a, const char *bytes, size_t len,
			      size_t *taken, struct err *e);

/* Writes zeros up to the size. */
enum archive_step archive_fill(struct archive *a, struct err *e);

/* Ends the member: padding, and what the index says of it, word ("object",
 * "superseded") and o's facts. rows: 1, or 0 of one that does not count. */
enum archive_step archive_end_member(struct archive *a, const struct object *o,
				     const char *word, struct err *e);

/* An object that is carried over, with its line of the index. No member is
 * begun. */
enum archive_step archive_carry(struct archive *a, const char *key,
				const char *line, struct err *e);

/* Ends the archive. */
enum archive_step archive_end(struct archive *a, struct err *e);

/* Frees what it holds. */
void archive_fini(struct archive *a);

#endif
