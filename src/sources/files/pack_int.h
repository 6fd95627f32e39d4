/*
 * pack_int.h - what the files of a pack share: pack.c walks and decides,
 * member.c writes members, content.c those of large files, piece by piece.
 */
#ifndef COFFER_SOURCES_FILES_PACK_INT_H
#define COFFER_SOURCES_FILES_PACK_INT_H

#include <sys/stat.h>

#include "base/digest.h"
#include "pipeline/frame.h"
#include "sources/file_facts.h"
#include "sources/files/links.h"
#include "sources/files/merge.h"
#include "sources/files/pack.h"
#include "sources/patterns.h"
#include "sources/pax.h"
#include "sources/files/walk.h"

/* What became of a step. */
enum step {
	STEP_DONE,
	STEP_FULL, /* the frame has no room: the same again in the next one */
	STEP_FAIL, /* *e is filled */
};

/* A large file while it is read. */
struct content {
	int fd; /* -1: there is none */
	char *path;
	struct stat st; /* when this reading of it began */
	unsigned tries; /* readings that began */
	bool is_begun;	/* this one: its header is written */
	bool is_short;	/* it ended early */
	bool is_unreadable;
	struct item *item;
	struct pax_extent *extents; /* of a sparse one */
	size_t nextents, extent;    /* the one that is read */
	uint64_t at;		    /* up to here it is read, holes too */
	size_t padding;
	bool is_compared; /* it is only read for its digest, so far ... */
	bool is_judged;	  /* ... which is found */
	struct digest found;
};

struct pack {
	char *path;
	char *avoid;
	struct patterns excludes, wanted, unwanted;
	bool is_strict, is_one_file_system;
	bool is_over;
	struct walk *walk; /* NULL: not begun */
	struct walk_place place;
	bool has_place; /* which did not fit into the last frame */
	unsigned looks; /* at it, because it was none of the type told */
	struct stat top, avoided;
	bool has_avoided, has_noatime;
	struct links links;
	uint64_t number; /* of the next item */
	struct frame *frame;
	struct digest_row *row;
	struct file_facts facts; /* of the member that is being written */
	struct text header, records, json;
	struct content content;
	uint64_t hole_bytes; /* passed, or only read, since the frame was begun
			      */
	struct merge merge;
	bool is_found;	 /* the base has an item of the place at hand ... */
	bool is_touched; /* ... a file, whose content may be the same */
	char *line;	 /* of the folder at hand, if it is unchanged */
	bool has_attributes, is_incomplete; /* what was read last of them */
	char mount[MERGE_MOUNT_MAX]; /* of the folder at hand; "": none begins
				      * there */
	size_t ncarried, carried_bytes; /* in the frame */
	struct pack_counts counts;
	struct tidings tidings;
};

/* What is to be written. */
struct member {
	enum pax_type type;
	const char *path;
	const struct stat *st;
	int fd;	    /* open on it, or -1 ... */
	int folder; /* ... then in here it has this name */
	const char *name;
	char *target;	   /* of a link; or NULL */
	const char *mount; /* of a folder: file_facts.file_system, or NULL */
	const struct pax_extent *extents;
	size_t nextents;
};

/* Bytes that the frame still takes. */
size_t pack_room(const struct pack *p);

/* Makes p->facts and p->header of it, map included. False with *e. */
bool member_prepare(struct pack *p, const struct member *m,
		    struct err *e) MUST_CHECK;

/* Makes p->facts of it alone. */
void member_take_facts(struct pack *p, const struct member *m);

/* p->facts as text into p->json. False with *e filled. */
bool member_describe(struct pack *p, enum pax_type type,
		     struct err *e) MUST_CHECK;

/* The word of the index for it. */
const char *member_word(enum pax_type type);

/* Whether a member of so many bytes has to wait for the next frame. */
bool member_must_wait(const struct pack *p, size_t bytes);

/* Copies bytes into the frame, which is grown if they do not fit. */
bool member_put(struct pack *p, const void *bytes, size_t len,
		struct err *e) MUST_CHECK;

/* Whether it has attributes or ACLs, or that cannot be told. */
bool member_has_attrs(struct pack *p, const struct member *m);

/* One more member that has no content. */
void member_count(struct pack *p, enum pax_type type);

/* Notes what was put from begin on as a whole member: an item with p->json as
 * its facts. */
bool member_note(struct pack *p, const char *word, const char *path,
		 size_t begin, const struct digest *digest,
		 struct err *e) MUST_CHECK;

/* Writes one that has no content: prepares, puts, notes, counts. */
enum step member_write(struct pack *p, const struct member *m, struct err *e);

/* The folders above that are not written yet. */
enum step member_write_folders(struct pack *p, struct err *e);

/* Tells that path could not be read; STEP_FAIL when strict. */
enum step pack_unreadable(struct pack *p, const char *path, int number,
			  struct err *e);

#endif
