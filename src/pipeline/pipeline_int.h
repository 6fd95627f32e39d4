/* pipeline_int.h - what the pump and its pipeline know of each other. */
#ifndef COFFER_PIPELINE_PIPELINE_INT_H
#define COFFER_PIPELINE_PIPELINE_INT_H

#include "pipeline/pipeline.h"

struct event;

/* Frames of few bytes count too: each has more memory than its length. */
enum { LINK_FRAMES_MAX = 1024 };

struct pipeline {
	struct event *turn; /* the only way into the pump */
	struct event *idle;
	struct pipeline_parts parts;
	struct source gone; /* in place of a source that was dropped */
	struct link links[PIPELINE_STAGES_MAX + 1];
	bool is_blocked; /* the source's link was full, and is not half empty */
	bool was_woken;	 /* since the last pass */
	bool is_over;
	int64_t active_at_ms; /* when somebody last did something */
	int64_t passed_at_ms; /* when the last pass was, and how it ended: */
	bool sink_starves;    /* waits, and there is nothing for it */
	bool source_stands;   /* before a full link, as does the last stage: */
	bool stage_stands;
	struct pipeline_facts facts;
	struct err err;
	pipeline_done_cb *done;
	void *arg;
};

/*
 * Polls every part that is ready, once. Returns true when one of them did
 * something. When is_over is set after it, err says how it ended.
 */
bool pump_pass(struct pipeline *p);

/* True when a further pass would poll somebody. */
bool pump_is_ready(const struct pipeline *p);

/*
 * Who keeps the others waiting: its name, and in *api the code for a pipeline
 * that gave up on it. Only while nobody is ready.
 */
const char *pump_culprit(const struct pipeline *p, const char **api);

/* Frees the frames that are left. */
void link_drain(struct link *l);

#endif
