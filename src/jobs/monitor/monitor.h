/*
 * monitor.h - looks at pools and sources every probe_seconds, so that one that
 * stops answering is shown as unreachable within a minute, and as available
 * when it is back; and at plans, which become overdue as time goes by. What
 * changes becomes an event.
 */
#ifndef COFFER_JOBS_MONITOR_H
#define COFFER_JOBS_MONITOR_H

struct jobs;
struct monitor;

/* NULL: no memory. */
struct monitor *monitor_new(struct jobs *j);

/* Begins; does nothing when probe_seconds is 0. */
void monitor_start(struct monitor *m);

/* Looks now: something failed. */
void monitor_kick(struct monitor *m);

/* A job has ended: what that means for its plan is told soon. */
void monitor_job_over(struct monitor *m);

/* No more. */
void monitor_stop(struct monitor *m);

/* NULL is fine. */
void monitor_free(struct monitor *m);

#endif
