/* unread.h - pools whose reading (rule 17) was cut short are read again. */
#ifndef COFFER_JOBS_UNREAD_H
#define COFFER_JOBS_UNREAD_H

struct jobs;

/*
 * Asks the catalog which pools are unread, and begins to read each: at the
 * start, and when a pool answers again. Returns at once, several at a time are
 * one; a failure is logged, and the next start tries again.
 */
void unread_resume(struct jobs *j);

/* Asks no more; jobs that were begun go on. */
void unread_stop(struct jobs *j);

#endif
