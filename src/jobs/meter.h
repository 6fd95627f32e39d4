/*
 * meter.h - how a job gets on: its phases with time and bytes, and its rate,
 * from samples that a timer takes.
 */
#ifndef COFFER_JOBS_METER_H
#define COFFER_JOBS_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "jobs/jobs.h"

/* What runs for less time than LEFT_FROM says nothing of how long it takes. */
enum {
	METER_PHASES_MAX = 48,
	METER_PERIOD_MS = 250,
	METER_LEFT_FROM_MS = 1000,
};

struct meter_phase {
	char name[24];
	int64_t ms;
	uint64_t bytes;
	bool has_items;		      /* meter_items() was called */
	uint64_t items_before, items; /* done before it, and in it */
};

/* Zero it to begin with. */
struct meter {
	struct meter_phase phases[METER_PHASES_MAX];
	unsigned nphases;
	int64_t last_ms;
	uint64_t last_bytes;
	double rate; /* bytes a second, smoothed over some seconds */
};

/* One sample: the phase that runs and the bytes so far. What came since the
 * last one is this phase's: sample once more when a phase ends. */
void meter_sample(struct meter *m, const char *phase, uint64_t bytes);

/* Of the phase that was sampled last: so many items are done now, of this phase
 * and all before it. Only for a phase whose items are like those that are left:
 * they tell how long the rest takes. */
void meter_items(struct meter *m, uint64_t done);

/* Fills phase, rate, percent and time left of p, whose items and bytes are
 * filled in. The time left is that of the items, at the pace of the phase that
 * runs; -1 without one. */
void meter_progress(const struct meter *m, struct job_progress *p);

/* The time left of p is that until total bytes are read, at the pace of the
 * phase that runs; -1 while it has none, and where there are more already.
 * After meter_progress(). */
void meter_left(const struct meter *m, struct job_progress *p, uint64_t total);

/* [{"name","seconds","bytes"}]; caller frees, NULL: no memory. */
char *meter_phases_json(const struct meter *m);

/* The progress as the API shows it; caller frees, NULL: no memory. */
char *progress_json(const struct job_progress *p);

#endif
