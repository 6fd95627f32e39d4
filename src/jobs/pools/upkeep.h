/*
 * upkeep.h - what goes on beside the jobs: pools and sources are looked at
 * (monitor.c), servers/<id>.json is kept current (server_file.c), and what
 * nobody's catalog knows is taken out of pools (leftovers.c).
 */
#ifndef COFFER_JOBS_UPKEEP_H
#define COFFER_JOBS_UPKEEP_H

#include "base/err.h"

struct jobs;
struct upkeep;

/* NULL: no memory. */
struct upkeep *upkeep_new(struct jobs *j);

/* Begins. */
void upkeep_start(struct upkeep *u);

/* No more of it. */
void upkeep_stop(struct upkeep *u);

/* NULL is fine. */
void upkeep_free(struct upkeep *u);

/* A job failed with e: if that may be because a source or a pool is away, they
 * are looked at now. */
void upkeep_suspect(struct upkeep *u, const struct err *e);

/* A job has ended. */
void upkeep_job_over(struct upkeep *u);

/* Sources, pools or plans have changed. */
void upkeep_publish(struct upkeep *u);

/* Backups have changed hands: looks for leftovers now. */
void upkeep_sweep(struct upkeep *u);

#endif
