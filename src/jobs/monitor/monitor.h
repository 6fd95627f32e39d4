/*
 * monitor.h - looks at pools and sources every probe_seconds, so that one that
 * stops answering is shown as unreachable within a minute, and as available
 * when it is back.
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

/* No more. */
void monitor_stop(struct monitor *m);

/* NULL is fine. */
void monitor_free(struct monitor *m);

#endif
