/*
 * reaper.h - destroys what is left of instances that were not made to their
 * end: after a start, when a restore says that it left something, and each
 * minute while something is left. It asks the catalog what there is, so it
 * never touches what is whole or being made.
 */
#ifndef COFFER_JOBS_INSTANCE_REAPER_H
#define COFFER_JOBS_INSTANCE_REAPER_H

struct jobs;
struct reaper;

/* NULL: no memory. */
struct reaper *reaper_new(struct jobs *j);

/* After a start: once programs that a crash has cut are over. */
void reaper_start(struct reaper *r);

/* A restore has left something: a minute later. */
void reaper_kick(struct reaper *r);

/* No more; one that is asked is dropped. */
void reaper_stop(struct reaper *r);

/* NULL is fine. */
void reaper_free(struct reaper *r);

#endif
