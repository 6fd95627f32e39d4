/*
 * pipeline.h - moves one stream of frames: source -> stages -> sink, with
 * back-pressure.
 *
 * All parts are polled by the pipeline and by nobody else. A part never calls
 * its neighbour and never calls the pipeline, except for wake(). Frames are
 * pulled: a full link stops the source by itself.
 */
#ifndef COFFER_PIPELINE_PIPELINE_H
#define COFFER_PIPELINE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pipeline/frame.h"
#include "pipeline/link.h"

struct loop;
struct pipeline;

enum { PIPELINE_STAGES_MAX = 4 };

/* What a part answers to one poll. */
enum flow {
	FLOW_MORE, /* did some work and can go on: poll it again soon */
	FLOW_WAIT, /* cannot go on; it armed something that will wake() it.
		    * A stage or sink may also answer it to say that it needs
		    * input: new input wakes it too. */
	FLOW_END,  /* source, stage: last frame is out; sink: all is taken */
	FLOW_FAIL, /* *e is filled; destroy() follows */
};

/* A part's only handle on the loop. The pipeline fills it in. */
struct waker {
	struct pipeline *owner;
	bool waiting; /* answered FLOW_WAIT and not woken since */
};

/* Schedules a poll. Never runs code of the pipeline before it returns. */
void wake(struct waker *w);

struct source {
	const struct source_ops *ops;
	struct waker waker;
};

struct source_ops {
	const char *name;
	/*
	 * Does a bounded piece of work (a few ms) and pushes the frames that
	 * became full. FLOW_MORE without a frame is fine while work was done.
	 */
	enum flow (*read)(struct source *s, struct link *out, struct err *e);
	/* Frees it all, at once, also in the middle. No wake() after it. */
	void (*destroy)(struct source *s);
};

struct stage {
	const struct stage_ops *ops;
	struct waker waker;
};

struct stage_ops {
	const char *name;
	/* It keeps frames that the next part does not take yet: it is polled
	 * also while the link behind it is full, and then pushes nothing. It
	 * is woken when the next part has taken a frame. */
	bool is_buffer;
	/*
	 * Takes frames from in, pushes them to out in the same order. With
	 * in->eof, in holds all that is left: flush, then answer FLOW_END.
	 */
	enum flow (*step)(struct stage *st, struct link *in, struct link *out,
			  struct err *e);
	void (*destroy)(struct stage *st);
};

struct sink {
	const struct sink_ops *ops;
	struct waker waker;
};

struct sink_ops {
	const char *name;
	/* Takes frames from in. With in->eof and in empty: finish, FLOW_END. */
	enum flow (*write)(struct sink *sk, struct link *in, struct err *e);
	void (*destroy)(struct sink *sk);
};

struct pipeline_parts {
	struct source *source;
	struct stage *stages[PIPELINE_STAGES_MAX]; /* in stream order */
	size_t nstages;
	struct sink *sink;
	size_t link_bytes;     /* each link is full at this many bytes; the two
				* of a buffer at half as many */
	unsigned idle_seconds; /* give up when no part does work for so long */

	/* What it is called when that happens and the source, or the sink, is
	 * what all wait for. NULL: "connection_failed", "store_stalled". */
	const char *source_stall_api, *sink_stall_api;
};

/*
 * Runs once, from the loop, as the last thing the pipeline does: it may call
 * pipeline_free(). e is valid only during the call; e->code is ERR_NONE on
 * success.
 */
typedef void pipeline_done_cb(void *arg, const struct err *e);

/* Takes the parts over, also on failure. Returns NULL with *e filled. */
struct pipeline *pipeline_new(struct loop *l,
			      const struct pipeline_parts *parts,
			      pipeline_done_cb *done, void *arg,
			      struct err *e) MUST_CHECK;

/* Destroys the parts and ends it; done() does not run any more. This is the
 * way to cancel. NULL is fine. */
void pipeline_free(struct pipeline *p);

/*
 * When its source has given its last frame: destroys it, so that what it holds
 * is free before all frames are taken. False: it has not. Not from a part.
 */
bool pipeline_drop_source(struct pipeline *p);

/* Where a pipeline spends its life: polls that found each kind of part ready
 * to go on while the others waited; for the backup's "bottleneck". */
struct pipeline_facts {
	uint64_t source_bytes;	    /* left the source */
	uint64_t sink_bytes;	    /* taken by the sink */
	uint64_t source_starved_ms; /* the sink waited for input */
	uint64_t source_blocked_ms; /* the source stood before a full link */
	uint64_t stage_blocked_ms; /* the last stage stood before a full link */
};

/* Progress so far; never look into the parts, they are not yours any more. */
void pipeline_facts(const struct pipeline *p, struct pipeline_facts *f);

#endif
