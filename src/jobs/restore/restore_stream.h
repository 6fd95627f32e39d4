/*
 * restore_stream.h - the pipelines of a restore: section after section, each
 * by as many readers as the target takes; before that, if it shall, the same
 * into nothing, which proves what will be read.
 */
#ifndef COFFER_JOBS_RESTORE_STREAM_H
#define COFFER_JOBS_RESTORE_STREAM_H

#include "manifest/part_feed.h"
#include "pipeline/pipeline.h"

struct preflight;

enum { RESTORE_PIPES_MAX = 16 };

/* Runs once, when all is applied (e NULL) or at the first failure; the stream
 * is dropped in it or later, never read on. */
typedef void restore_streamed_cb(void *arg, const struct err *e);

/* Embedded in its owner; zero it to begin with. */
struct restore_stream {
	struct preflight *preflight; /* borrowed */
	unsigned max_pipes, gets_at_once;
	bool is_proof;	  /* nothing is written */
	unsigned section; /* the one at hand, see restore_stream.c */
	struct part_feed feed;
	struct pipeline *pipes[RESTORE_PIPES_MAX];
	unsigned npipes, nrunning;
	uint64_t bytes_before; /* read by pipelines that are gone */
	restore_streamed_cb *done;
	void *arg;
};

/* After the preflight: chooses how many readers there are, and tells the
 * memory that all of them take. */
size_t restore_stream_share(struct restore_stream *s, struct preflight *p);

/* Reads all that restore_stream_start() will read, checks it as that does, and
 * throws it away: damage, or a pool that gives out, is found before the target
 * is touched. After done, e NULL, the stream may be started. False with *e
 * filled. */
bool restore_stream_prove(struct restore_stream *s, restore_streamed_cb *done,
			  void *arg, struct err *e) MUST_CHECK;

/* Begins with the first section. False with *e filled. */
bool restore_stream_start(struct restore_stream *s, restore_streamed_cb *done,
			  void *arg, struct err *e) MUST_CHECK;

/* Stored bytes that were read until now, those of the proof too. */
uint64_t restore_stream_bytes(const struct restore_stream *s);

/* Ends all pipelines at once. */
void restore_stream_drop(struct restore_stream *s);

#endif
