/*
 * test_spool_rig.h - a pipeline of a source that gives numbered frames, a
 * spool, and a sink that takes them when it is told to; and a disk that fails
 * when it is told to (--wrap).
 */
#ifndef COFFER_TESTS_UNIT_TEST_SPOOL_RIG_H
#define COFFER_TESTS_UNIT_TEST_SPOOL_RIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pipeline/pipeline.h"
#include "stages/spool.h"

enum {
	RIG_MIB = 1024 * 1024,
	RIG_LINK_BYTES = 200000,
	RIG_FRAME_MAX = 60000,
	RIG_NEVER = -1, /* sink_takes: as many as come */
};

/* What happens to the calls that come after so many; 0: nothing. Worker
 * threads read it, so set it while none runs. */
struct rig_disk {
	atomic_uint writes, reads, opens; /* calls until now */
	unsigned full_after;   /* pwrite() says ENOSPC after so many */
	bool is_full;	       /* fallocate() says ENOSPC */
	bool has_no_fallocate; /* it says EOPNOTSUPP */
	bool has_no_tmpfile;   /* open(O_TMPFILE) says EOPNOTSUPP */
	bool is_shut;	       /* open() says EACCES */
	unsigned piece_bytes;  /* reads and writes so many at most, and is
				* interrupted in between */
	unsigned fail_write, fail_read; /* the n-th says EIO */
	unsigned flip_read;		/* the n-th gives one wrong bit */
	unsigned cut_read;		/* the n-th finds the end of the file */
	atomic_bool has_shown_plain;	/* bytes of a frame came to pwrite() */
};

struct rig_disk *rig_disk(void);

/* One folder, loop, workers and spool for all streams of a test. */
struct rig_house {
	char folder[64];
	struct loop *loop;
	struct workers *workers;
	struct spool *spool;
};

/* Made with max_bytes of room, in a new empty folder; rig_disk() is zeroed. */
void rig_open(struct rig_house *h, uint64_t max_bytes);

/* Asserts that nothing is left on disk, and in the folder, and frees all. */
void rig_close(struct rig_house *h);

/* All but the spool, which is gone already, perhaps with work under way. */
void rig_close_rest(struct rig_house *h);

/* Names in the folder. */
unsigned rig_names(const struct rig_house *h);

struct rig_stream {
	struct source source; /* first */
	struct sink sink;
	struct rig_house *house;
	struct pipeline *p;
	struct item *item;
	unsigned total;	   /* frames the source gives */
	unsigned nlines;   /* each has so many lines and no bytes; 0: bytes */
	unsigned pause_at; /* it waits with so many given; 0: nowhere */
	unsigned given, taken;
	uint64_t given_bytes, taken_bytes;
	int sink_takes; /* so many more frames; RIG_NEVER: all */
	bool is_over;
	struct err err;
	struct spool_stage_config c; /* set it before rig_start() */
	unsigned idle_seconds;
};

/* One that cannot wait, with a sink that takes all. */
void rig_stream(struct rig_stream *st, struct rig_house *h, unsigned total);

void rig_start(struct rig_stream *st);

/* The same, but what fails is told. The item is there already. */
bool rig_try_start(struct rig_stream *st, struct err *e) MUST_CHECK;

/* The sink takes n more. */
void rig_let(struct rig_stream *st, int n);

/* One turn of the loop, without waiting for anything. */
void rig_turn(const struct rig_house *h);

/* Turns the loop until the stream is over. */
void rig_run(struct rig_stream *st);

/* Turns the loop until all is given and nothing moves any more: no job is at
 * the workers. */
void rig_settle(struct rig_stream *st);

/* Frees the pipeline and turns the loop until it holds no room. */
void rig_stop(struct rig_stream *st);

/* rig_run(), asserts that all came, and rig_stop(). */
void rig_expect_all(struct rig_stream *st);

/* rig_run(), asserts that it failed so, and rig_stop(). */
void rig_expect(struct rig_stream *st, enum err_code code, const char *api);

#endif
