/* nothing.h - a target that keeps nothing of what comes. */
#ifndef COFFER_JOBS_NOTHING_H
#define COFFER_JOBS_NOTHING_H

#include "pipeline/pipeline.h"

/* A sink that frees every frame; it never fails. NULL with *e filled. */
struct sink *nothing_sink_new(struct err *e) MUST_CHECK;

#endif
