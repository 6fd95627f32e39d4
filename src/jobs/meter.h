/*
 * meter.h - how a job gets on: its phases with time and bytes, and its rate,
 * from samples that a timer takes.
 */
#ifndef COFFER_JOBS_METER_H
#define COFFER_JOBS_METER_H

#include <stdint.h>

#include "jobs/jobs.h"

enum { METER_PHASES_MAX = 48, METER_PERIOD_MS = 250 };

struct meter_phase {
	char name[24];
	int64_t ms;
	uint64_t bytes;
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

/* Fills phase, rate, percent and time left of p, whose items and bytes are
 * filled in. */
void meter_progress(const struct meter *m, struct job_progress *p);

/* [{"name","seconds","bytes"}]; caller frees, NULL: no memory. */
char *meter_phases_json(const struct meter *m);

/* The progress as the API shows it; caller frees, NULL: no memory. */
char *progress_json(const struct job_progress *p);

#endif
