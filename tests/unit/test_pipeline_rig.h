/*
 * test_pipeline_rig.h - a pipeline of scripted parts.
 *
 * A script is a string; each poll plays one letter, then the last rule stays:
 * a source that has played its script gives numbered frames until all are
 * given, a stage passes one frame per poll on, a sink takes one.
 *
 *	.  what it does after the script, once
 *	m  MORE, without doing anything
 *	W  WAIT, and nobody will wake it
 *	w  WAIT until a zero timer
 *	d  WAIT until a timer of 20 ms
 *	r  wakes itself during the poll, then WAIT
 *	e  END
 *	p  source: gives a frame, then END
 *	b  source: gives three frames at once
 *	0  source: gives a frame without bytes
 *	h  stage, sink: takes a frame, says WAIT for more input
 *	x  FAIL with an error
 *	z  FAIL without one
 *	s  fills in an error, but says MORE
 *	*  plays the letter before it for ever
 */
#ifndef COFFER_TESTS_UNIT_TEST_PIPELINE_RIG_H
#define COFFER_TESTS_UNIT_TEST_PIPELINE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pipeline/pipeline.h"

struct event;
struct loop;
struct rig;

enum { RIG_TRACE_MAX = 16, RIG_FRAME_BYTES = 10 };

struct rig_part {
	struct rig *rig;
	const char *script;
	char mark; /* 's', '1' to '4', 'k' in rig.destroyed */
	unsigned polls;
	bool is_destroyed;
	struct event *ev;
	struct waker *waker;
};

struct rig_source {
	struct source base;
	struct rig_part part;
};

struct rig_stage {
	struct stage base;
	struct rig_part part;
	struct frame *held;	/* letter h */
	struct frame_list kept; /* of a buffer: what the next part did not take
				 * yet */
	unsigned nkept;
};

struct rig_sink {
	struct sink base;
	struct rig_part part;
};

struct rig {
	struct loop *loop;
	struct pipeline *p;
	struct rig_source source;
	struct rig_stage stages[PIPELINE_STAGES_MAX];
	struct rig_sink sink;
	size_t nstages;
	size_t link_bytes;
	unsigned idle_seconds;
	unsigned total; /* frames the source gives in all */
	unsigned given;
	unsigned taken;
	size_t most_bytes; /* seen in the source's link */
	size_t most_frames;
	bool read_above_half; /* the source was polled after full, above half */
	bool was_full;
	bool frees_at_done;
	bool stops_at_done;
	int done;
	struct err err;
	struct pipeline_facts facts; /* at done */
	char destroyed[RIG_TRACE_MAX];
	void (*on_poll)(struct rig *r); /* may be NULL */
	struct rig *free_at_done;	/* another one */
};

/* Zeroes it and sets scripts to "", ten frames, links of four. */
void rig_init(struct rig *r, struct loop *l, size_t nstages);

/* Makes stage i one that is_buffer: it takes all and keeps it. */
void rig_make_buffer(struct rig *r, size_t i);

/* Makes the pipeline from the parts. */
void rig_start(struct rig *r);

/* Runs the loop until done(). */
void rig_run(struct rig *r);

/* One turn of the loop, without waiting. */
void rig_turn(struct rig *r);

/* Asserts that each part was destroyed once, in order, and frees all. */
void rig_fini(struct rig *r);

/* rig_start(), rig_run(), and asserts the outcome. */
void rig_expect(struct rig *r, enum err_code code);

/* cmocka's set up and tear down: *state is the loop. */
int rig_loop_new(void **state);
int rig_loop_free(void **state);

#endif
