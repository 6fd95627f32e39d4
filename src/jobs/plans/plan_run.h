/* plan_run.h - runs of plans that the server before this one had queued. */
#ifndef COFFER_JOBS_PLAN_RUN_H
#define COFFER_JOBS_PLAN_RUN_H

struct jobs;

/* Asks the catalog for backups that are queued without a job here, and
 * enqueues them, in order. A failure is logged: a start goes on. */
void plan_runs_resume(struct jobs *j);

#endif
