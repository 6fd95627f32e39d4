/* waiting.h - the end of a job, and what is told until then. */
#ifndef COFFER_CTL_WAITING_H
#define COFFER_CTL_WAITING_H

#include <stdbool.h>

#include <jansson.h>

#include "ctl/command.h"

struct session;

/* Whether the job has ended. */
bool job_has_ended(const json_t *job);

/* The job, at once or after so many seconds, when it ends earlier then. NULL
 * with *e filled; else json_decref() ends it. */
json_t *job_get(struct session *s, const char *id, unsigned wait_seconds,
		struct err *e) MUST_CHECK;

/*
 * Waits for the end of a job and tells how far it is on standard error: by a
 * bar on a terminal, else by a line now and then. Then says what became of it
 * ("backup nightly": what), or with --json shows the job. CTL_OK: completed.
 * Ctrl-C leaves the job alone, says so, and is CTL_INTERRUPTED.
 */
enum ctl_status wait_for_job(struct session *s, const char *id,
			     const char *what);

/* What the server has answered to a request for something that takes long:
 * with wait, as above, else what was begun and its job. */
enum ctl_status tell_begun(struct session *s, const json_t *doc,
			   const char *what, bool wait);

#endif
