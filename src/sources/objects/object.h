/*
 * object.h - one object on its way into the backup: the requests that it takes,
 * and the pieces of its content that are there.
 *
 * A small object comes in one answer, which is of one moment whatever happens
 * to it, so no condition is set: if it is another one than was listed, it is
 * the one that is backed up. A large one comes in pieces that all are of the
 * version of the first: by its version id where the bucket has versions, else
 * by its ETag (If-Match, and compared, since some stores ignore that).
 */
#ifndef COFFER_SOURCES_OBJECTS_OBJECT_H
#define COFFER_SOURCES_OBJECTS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "sources/object_facts.h"

struct s3_client;
struct s3_entry;
struct s3_page;
struct tidings;
struct waker;

/* OBJECT_PIECE_BYTES: of a request; an object of so many is small.
 * OBJECT_TRIES: versions of an object that are begun to be read, until it is
 * marked. */
enum { OBJECT_PIECE_BYTES = 1024 * 1024, OBJECT_TRIES = 3 };

/* What the source's key is known to be able to learn of tags. */
enum tags_mode {
	TAGS_ASK,    /* nothing said otherwise */
	TAGS_NONE,   /* the store does not know them */
	TAGS_DENIED, /* it may not read them */
};

/* What the objects of a bucket share. Zeroed, then filled by the supply. */
struct fetcher {
	struct s3_client *client;
	struct waker *waker; /* of whom waits for them */
	struct tidings *tidings;
	bool is_strict;
	enum tags_mode tags;
	bool has_asked_tags; /* at least once, and was answered */
	bool counts_tags;    /* the store tells how many an object has */
	bool has_past;	     /* a base is asked before an object is fetched */
	bool has_heirs;	     /* another backup may build upon this one */
	unsigned nrunning;   /* requests under way */
	uint64_t held_bytes; /* of all pieces */
	struct err err;	     /* what fails the backup */
};

enum object_state {
	OBJECT_LISTED,	 /* the base is to be asked of it */
	OBJECT_COMPARED, /* it is being asked */
	OBJECT_SAME,	 /* unchanged since: it is carried over */
	OBJECT_NEW,	 /* nothing was asked of the store */
	OBJECT_FIRST,	 /* its first piece is under way */
	OBJECT_TAGGING,	 /* its tags are */
	OBJECT_KNOWN,	 /* it can be written: facts are all there */
	OBJECT_STALE,	 /* it was changed: what it is now has to be asked */
	OBJECT_LOOKING,	 /* that is under way */
	OBJECT_BROKEN,	 /* while it was written: see breach */
	OBJECT_LOST,	 /* nothing of it can be written; it was told */
	OBJECT_STATES,
};

enum breach {
	BREACH_CHANGED,
	BREACH_VANISHED,
	BREACH_UNREADABLE,
};

struct piece {
	TAILQ_ENTRY(piece) entry;
	struct object *object;
	struct s3_request *request; /* NULL: it is there */
	char *bytes;
	size_t len; /* of bytes: asked for, then what came */
};

TAILQ_HEAD(piece_list, piece);

struct object {
	TAILQ_ENTRY(object) entry;
	struct fetcher *fetcher;
	char *key;
	struct object_facts facts;
	enum object_state state;
	enum breach breach; /* of OBJECT_BROKEN */
	char why[ERR_MSG_MAX];
	unsigned looks; /* at what it has become */
	char *line;	/* of OBJECT_SAME: as the index has it */
	bool is_begun;	/* the archive has its header: set by who writes */
	uint64_t asked; /* bytes, from the first on */
	struct piece_list pieces;
	struct s3_request *request; /* HEAD, or tags */
};

/* As it was listed. NULL: no memory. */
struct object *object_new(struct fetcher *f, const struct s3_page *page,
			  const struct s3_entry *entry) MUST_CHECK;

/* Ends its requests. NULL is fine. */
void object_free(struct object *o);

/* Of one that was OBJECT_COMPARED: what the base has. The line is taken; NULL:
 * it is to be fetched. */
void object_answer(struct object *o, char *line);

/*
 * Starts the next request that it takes, if there is one just now; has_room: it
 * may hold OBJECT_PIECE_BYTES more. False: it did not; a failure is in
 * fetcher.err. What comes of it changes the state and wakes.
 */
bool object_step(struct object *o, bool has_room);

/* Whether all its content was asked for: the next object may be, then. */
bool object_is_asked(const struct object *o);

/* The next piece of its content, in order; NULL: it is not there yet. */
struct piece *object_piece(const struct object *o);

/* That piece was written. */
void object_drop_piece(struct object *o);

/* It broke, and what was written of it does not count: it is read again as it
 * is now. */
void object_again(struct object *o);

/* Notes that it cannot be read, in words; false when that fails the backup
 * (strict): fetcher.err. */
bool object_tell_unreadable(struct object *o);

#endif
