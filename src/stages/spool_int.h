/*
 * spool_int.h - the files of a spool, and the work on them.
 *
 * A stream has a file, which is a chain of segments: frames are written to the
 * last one and read from the first, and a segment whose frames were all read is
 * closed, which frees its room. So the room that is taken on disk is known, and
 * at most one segment more than what waits in it.
 *
 * All of it belongs to the loop's thread, but for what a job under way works
 * on. A file has at most one job that writes and one that reads.
 */
#ifndef COFFER_STAGES_SPOOL_INT_H
#define COFFER_STAGES_SPOOL_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "loop/workers.h"
#include "pipeline/frame.h"
#include "stages/spool.h"
#include "stages/spool_seal_int.h"

/* Of files that have a name for a moment; mkostemp() makes up the rest. */
#define SPOOL_FILE_PREFIX "coffer-spool-"
enum { SPOOL_FILE_RANDOM = 6 };

struct spool_segment {
	TAILQ_ENTRY(spool_segment) entry;
	int fd;		  /* -1: the first write opens it */
	uint64_t bytes;	  /* laid out in it */
	unsigned nblocks; /* of these, not read yet */
	bool is_ending;	  /* the job that reads closes it: no more in it */
};

/* A frame's place on disk. While it is there the frame has no data. */
struct spool_block {
	TAILQ_ENTRY(spool_block) entry;
	struct frame *frame;
	struct spool_segment *segment;
	uint64_t offset, number;
	size_t memory; /* that it takes while it is on disk */
	unsigned char tag[SPOOL_TAG_LEN];
};

TAILQ_HEAD(spool_blocks, spool_block);
TAILQ_HEAD(spool_segments, spool_segment);

struct spool_file {
	struct work work;	       /* closes what is left */
	TAILQ_ENTRY(spool_file) entry; /* of the spool's */
	struct spool *spool;	       /* NULL: it is gone */
	unsigned refs;		       /* the stage and its jobs */
	bool is_closing;	       /* work is under way */
	char *folder;
	struct spool_cipher *ciphers[2]; /* of who writes, of who reads */
	struct spool_segments segments;
	uint64_t next_number;
	uint64_t disk_bytes, memory_bytes; /* taken from the spool's */
};

/* Also struct spool_stage knows of its room. */
struct spool {
	struct spool_config c;
	char *folder;
	uint64_t segment_bytes;
	uint64_t disk_bytes, memory_bytes; /* taken by all files */
	TAILQ_HEAD(, spool_file) files;
};

/* A new file without a segment; the caller has the one reference. NULL with
 * *e filled. */
struct spool_file *spool_file_new(struct spool *s, struct err *e) MUST_CHECK;

/* One reference less; the last one closes all, on a worker. */
void spool_file_unref(struct spool_file *file);

/* Its spool goes before it does. */
void spool_file_orphan(struct spool_file *file);

/* What laying a frame out came to. */
enum spool_laid {
	SPOOL_LAID,
	SPOOL_FULL, /* there is no room; nothing is changed */
	SPOOL_NOMEM,
};

/*
 * Gives a frame a place in the last segment, or in a new one, and adds it to
 * blocks, which holds what was laid since the last job that wrote: all in one
 * segment. What can_wait leaves half of the room to others.
 */
enum spool_laid spool_file_lay(struct spool_file *file, struct frame *f,
			       bool can_wait,
			       struct spool_blocks *blocks) MUST_CHECK;

/* Undoes the last lay: its frame is the caller's. NULL: blocks is empty. */
struct frame *spool_file_unlay(struct spool_file *file,
			       struct spool_blocks *blocks);

/* The first block leaves its segment: its frame is the caller's. NULL: blocks
 * is empty. */
struct frame *spool_file_take(struct spool_file *file,
			      struct spool_blocks *blocks);

/* Closed and without blocks: gives its room back and frees it. */
void spool_segment_free(struct spool_file *file, struct spool_segment *g);

enum spool_verdict {
	SPOOL_GOOD,
	SPOOL_NO_ROOM, /* the disk is full; the frames are as they were */
	SPOOL_FAILED,  /* err tells */
};

/* Blocks of one segment that are written or read. */
struct spool_job {
	struct work work;
	struct spool_file *file; /* a reference, while it is under way */
	struct spool_blocks blocks;
	bool is_under_way;
	enum spool_verdict verdict;
	struct err err;
	void (*done)(struct spool_job *job); /* from the loop */
	void *arg;			     /* of the owner's */
};

/* Starts the work on blocks, which are not empty and of one segment. A job
 * that reads the last blocks of a segment ends it. */
void spool_job_write(struct spool_job *job);
void spool_job_read(struct spool_job *job);

/* One without blocks. NULL: no memory. */
struct spool_job *spool_job_new(struct spool_file *file,
				void (*done)(struct spool_job *job),
				void *arg) MUST_CHECK;

/* Frees the job and its blocks, at once or when the worker is
 * through with them; done() does not run any more. NULL is fine. */
void spool_job_leave(struct spool_job *job);

#endif
