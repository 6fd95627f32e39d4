/*
 * turns.c - whose turn it is: the first in the queue whose source no other job
 * here works with, at most max_jobs at once. Light jobs have turns of their
 * own, so that a deletion does not wait for the end of a long backup; and so
 * have verifications and drills, one of each at a time, so that no backup waits
 * for theirs.
 *
 * The catalog locks the source of a manual backup or a restore when it accepts
 * it, that of a due run of a plan only when its turn has come. Such a run may
 * find the source busy with a job behind it in the queue; then it is put back,
 * is no hindrance to that job, and has its turn again when any job has ended.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "jobs/jobs_int.h"

enum { LIGHT_JOBS = 4, VERIFY_JOBS = 1, DRILL_JOBS = 1 };

void turns_schedule(struct jobs *j)
{
	static const struct timeval now = {0, 0};

	if (evtimer_add(j->turn, &now) != 0)
		abort(); /* the loop is unusable */
}

/* Of two patient ones the first stays the first. */
static bool is_in_the_way(const struct job *other, const struct job *job)
{
	if (strcmp(other->source_id, job->source_id) != 0)
		return false;
	return other->state == JOB_RUNS ||
	       (other->is_put_back && job->is_patient);
}

static bool is_source_free(const struct jobs *j, const struct job *job)
{
	const struct job *other;

	if (job->source_id[0] == '\0')
		return true;
	TAILQ_FOREACH (other, &j->active, active_entry) {
		if (is_in_the_way(other, job))
			return false;
	}
	return true;
}

static bool has_room(const struct jobs *j, const struct job *job)
{
	const unsigned most[TURNS_COUNT] = {
		[TURNS_MAIN] = j->config.max_jobs,
		[TURNS_LIGHT] = LIGHT_JOBS,
		[TURNS_VERIFY] = VERIFY_JOBS,
		[TURNS_DRILL] = DRILL_JOBS,
	};

	return j->running[job->ops->turns] < most[job->ops->turns];
}

static struct job *next_in_turn(struct jobs *j)
{
	struct job *job;

	TAILQ_FOREACH (job, &j->list, entry) {
		if (job->state == JOB_WAITS && !job->is_put_back &&
		    has_room(j, job) && is_source_free(j, job))
			return job;
	}
	return NULL;
}

static unsigned *count_of(const struct job *job)
{
	return &job->jobs->running[job->ops->turns];
}

/* A job may be over when its start returns, so the search begins anew. */
void turns_take(struct jobs *j)
{
	struct job *job;

	while (!j->is_stopping && (job = next_in_turn(j)) != NULL) {
		job->state = JOB_RUNS;
		(*count_of(job))++;
		TAILQ_INSERT_TAIL(&j->active, job, active_entry);
		job->ops->start(job);
	}
}

static void leave(struct job *job)
{
	if (job->state == JOB_RUNS)
		(*count_of(job))--;
	if (job->state == JOB_RUNS || job->is_put_back)
		TAILQ_REMOVE(&job->jobs->active, job, active_entry);
	job->is_put_back = false;
}

void turn_end(struct job *job)
{
	struct job_list *active = &job->jobs->active;
	struct job *other, *next;

	leave(job);
	for (other = TAILQ_FIRST(active); other != NULL; other = next) {
		next = TAILQ_NEXT(other, active_entry);
		if (other->is_put_back)
			leave(other);
	}
}

void job_put_back(struct job *job)
{
	(*count_of(job))--;
	job->state = JOB_WAITS;
	job->is_put_back = true;
	turns_schedule(job->jobs);
}
