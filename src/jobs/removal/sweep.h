/*
 * sweep.h - takes away what failed, canceled and interrupted backups and
 * unfinished deletions left in the pools: at the start, every hour, and when a
 * job says that it left something. It asks the catalog what there is, so it
 * never touches what a live backup, a running job or another server owns.
 */
#ifndef COFFER_JOBS_SWEEP_H
#define COFFER_JOBS_SWEEP_H

struct jobs;
struct sweeper;

/* NULL: no memory. */
struct sweeper *sweeper_new(struct jobs *j);

/* Sweeps soon, and an hour after each sweep. */
void sweeper_kick(struct sweeper *s);

/* No more; one that runs is dropped. */
void sweeper_stop(struct sweeper *s);

/* NULL is fine. */
void sweeper_free(struct sweeper *s);

#endif
