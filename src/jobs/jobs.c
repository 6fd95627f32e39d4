/*
 * jobs.c - the queue: what was accepted waits in order of arrival for its turn
 * (turns.c), runs, and ends.
 */
#include "jobs/jobs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "catalog/jobs.h"
#include "jobs/plans/expire.h"
#include "jobs/instances/reaper.h"
#include "jobs/job_request.h"
#include "jobs/jobs_int.h"
#include "jobs/plans/plan_run.h"
#include "jobs/pools/unread.h"
#include "jobs/pools/claim.h"
#include "jobs/pools/upkeep.h"
#include "jobs/removal/sweep.h"
#include "loop/loop.h"
#include "programs/snapshot.h"
#include "sources/partings.h"

static void on_turn(evutil_socket_t fd, short what, void *arg);
static void on_released(void *arg);

static bool make_snapshots(struct jobs *j, struct err *e)
{
	const struct jobs_config *c = &j->config;

	if (c->helper == NULL)
		return true;
	j->source_env.snapshots = snapshots_new(
		c->loop, c->helper, catalog_identity(c->catalog)->server_id, e);
	return j->source_env.snapshots != NULL;
}

struct jobs *jobs_new(const struct jobs_config *c, struct err *e)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (j == NULL)
		goto nomem;
	j->config = *c;
	j->source_env.loop = c->loop;
	j->source_env.blocking = c->blocking;
	j->source_env.bulk = c->bulk;
	j->source_env.transfers = c->transfers;
	j->source_env.helper = c->helper;
	TAILQ_INIT(&j->list);
	TAILQ_INIT(&j->active);
	TAILQ_INIT(&j->adrift);
	j->source_env.partings = partings_new(e);
	if (j->source_env.partings == NULL || !make_snapshots(j, e)) {
		jobs_free(j);
		return NULL;
	}
	partings_watch(j->source_env.partings, on_released, j);
	j->turn = evtimer_new(loop_base(c->loop), on_turn, j);
	j->sweeper = sweeper_new(j);
	j->reaper = reaper_new(j);
	j->expirer = expirer_new(j);
	j->upkeep = upkeep_new(j);
	j->claims = claims_new();
	if (j->turn == NULL || j->sweeper == NULL || j->reaper == NULL ||
	    j->expirer == NULL || j->upkeep == NULL || j->claims == NULL)
		goto nomem;
	return j;
nomem:
	jobs_free(j);
	(void)err_nomem(e, "the jobs");
	return NULL;
}

void jobs_start(struct jobs *j)
{
	plan_runs_resume(j);
	unread_resume(j);
	sweeper_kick(j->sweeper);
	reaper_start(j->reaper);
	upkeep_start(j->upkeep);
	if (j->source_env.snapshots != NULL)
		snapshots_start(j->source_env.snapshots);
}

void jobs_sweep(struct jobs *j)
{
	sweeper_kick(j->sweeper);
}

static void report_stopped(struct jobs *j)
{
	void (*stopped)(void *arg) = j->stopped;

	if (!j->is_stopping || !TAILQ_EMPTY(&j->list) || stopped == NULL ||
	    !snapshots_is_idle(j->source_env.snapshots) ||
	    !partings_is_idle(j->source_env.partings))
		return;
	j->stopped = NULL;
	stopped(j->stopped_arg);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct jobs *j = arg;

	(void)fd;
	(void)what;
	turns_take(j);
	report_stopped(j);
}

/* One that has not begun must not be given its turn any more. */
static void cancel_job(struct job *job, const struct err *why)
{
	if (job->state == JOB_WAITS)
		job->state = JOB_ENDS;
	job->ops->cancel(job, why);
}

void job_enqueue(struct jobs *j, struct job *job, const char *id,
		 const struct job_ops *ops)
{
	static const struct err stopping = {
		.code = ERR_CANCELED,
		.api = "interrupted",
		.msg = "the server was stopped before the job began",
	};

	job->ops = ops;
	job->jobs = j;
	job->state = JOB_WAITS;
	job->is_cancelable = ops->cancel != NULL;
	(void)snprintf(job->id, sizeof(job->id), "%s", id);
	TAILQ_INIT(&job->watches);
	TAILQ_INSERT_TAIL(&j->list, job, entry);
	turns_schedule(j);
	if (j->is_stopping && job->is_cancelable)
		cancel_job(job, &stopping);
	else if (j->is_stopping)
		job_over(job); /* taken up again at the next start */
}

void job_over(struct job *job)
{
	struct jobs *j = job->jobs;

	TAILQ_REMOVE(&j->list, job, entry);
	turn_end(job);
	watches_tell(job);
	job->ops->destroy(job);
	upkeep_job_over(j->upkeep);
	turns_schedule(j);
}

void job_log(struct job *job, enum log_level level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_line(level, "jobs", "%s %s: %s", job->ops->name, job->id, line);
	catalog_job_log(job->jobs->config.catalog, job->id, clock_now_ms(),
			line);
}

struct job *job_find(const struct jobs *j, const char *id)
{
	struct job *job;

	TAILQ_FOREACH (job, &j->list, entry) {
		if (strcmp(job->id, id) == 0)
			return job;
	}
	return NULL;
}

bool jobs_cancel(struct jobs *j, const char *job_id, struct err *e)
{
	static const struct err why = {
		.code = ERR_CANCELED,
		.api = "canceled",
		.msg = "canceled on request",
	};
	struct job *job = job_find(j, job_id);

	if (job == NULL)
		return err_set(e, ERR_CONFLICT, "job_not_running",
			       "the job is over; there is nothing to cancel");
	if (!job->is_cancelable)
		return err_set(e, ERR_CONFLICT, "job_not_cancelable",
			       "the job is past the point where it can be "
			       "canceled; wait for its end");
	cancel_job(job, &why);
	return true;
}

bool jobs_progress(const struct jobs *j, const char *job_id,
		   struct job_progress *p)
{
	const struct job *job = job_find(j, job_id);

	if (job == NULL)
		return false;
	memset(p, 0, sizeof(*p));
	p->percent = -1;
	p->eta_seconds = -1;
	if (job->state != JOB_RUNS)
		(void)snprintf(p->phase, sizeof(p->phase), "queued");
	else
		job->ops->progress(job, p);
	return true;
}

void jobs_each(const struct jobs *j, jobs_each_cb *each, void *arg)
{
	const struct job *job;

	TAILQ_FOREACH (job, &j->list, entry)
		each(arg, job->id, job->ops->name);
}

void jobs_load(const struct jobs *j, unsigned *queued, unsigned *running)
{
	const struct job *job;

	*queued = 0;
	*running = 0;
	for (unsigned i = 0; i < TURNS_COUNT; i++)
		*running += j->running[i];
	TAILQ_FOREACH (job, &j->list, entry)
		*queued += job->state == JOB_WAITS;
}

/* What jobs that were canceled had is released by now. */
static void on_released(void *arg)
{
	turns_schedule(arg);
}

void jobs_stop(struct jobs *j, void (*done)(void *arg), void *arg)
{
	static const struct err why = {
		.code = ERR_CANCELED,
		.api = "interrupted",
		.msg = "the server was stopped; start it and try again",
	};
	struct job *job, *next;

	j->is_stopping = true;
	j->stopped = done;
	j->stopped_arg = arg;
	catalog_cancel(j->resume);
	j->resume = NULL;
	unread_stop(j);
	expirer_stop(j->expirer);
	upkeep_stop(j->upkeep);
	sweeper_stop(j->sweeper);
	reaper_stop(j->reaper);
	if (j->source_env.snapshots != NULL)
		snapshots_stop(j->source_env.snapshots, on_released, j);
	for (job = TAILQ_FIRST(&j->list); job != NULL; job = next) {
		next = TAILQ_NEXT(job, entry);
		if (job->is_cancelable)
			cancel_job(job, &why);
		else if (job->state == JOB_WAITS)
			job_over(job); /* taken up again at the next start */
	}
	turns_schedule(j);
}

void jobs_free(struct jobs *j)
{
	struct job *job;

	if (j == NULL)
		return;
	job_requests_drop(j);
	while ((job = TAILQ_FIRST(&j->list)) != NULL) {
		TAILQ_REMOVE(&j->list, job, entry);
		watches_drop(job);
		job->ops->destroy(job);
	}
	snapshots_free(j->source_env.snapshots);
	partings_free(j->source_env.partings);
	catalog_cancel(j->resume);
	unread_stop(j);
	expirer_free(j->expirer);
	upkeep_free(j->upkeep);
	claims_free(j->claims);
	sweeper_free(j->sweeper);
	reaper_free(j->reaper);
	if (j->turn != NULL)
		event_free(j->turn);
	free(j);
}

void jobs_op_cancel(struct jobs_op *op)
{
	if (op != NULL)
		op->cancel(op);
}
