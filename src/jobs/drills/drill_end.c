/*
 * drill_end.c - how a drill ends. The verdict is about the backup: what the
 * provisioner, the pool or somebody who cancels is to blame for leaves the
 * backup's own as it was.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "jobs/drills/drill_int.h"
#include "jobs/instances/reaper.h"
#include "jobs/pools/upkeep.h"

static void tell_catalog(struct drill_job *t);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

void drill_announce(const struct drill_job *t, const char *verb)
{
	const struct job_subject what = {
		t->d.job.resource, t->instance.preflight.opening.backup.name};

	job_tell(&t->base, verb, &what, &t->err);
}

static enum job_status status_of(const struct drill_job *t)
{
	if (!err_is(&t->err))
		return JOB_COMPLETED;
	return strcmp(t->err.api, "canceled") == 0 ? JOB_CANCELED : JOB_FAILED;
}

static const char *word_of(const struct drill_job *t)
{
	if (t->has_verdict)
		return err_is(&t->err) ? "failed" : "passed";
	return job_status_name(status_of(t));
}

static void on_recorded(void *arg, const struct err *e)
{
	struct drill_job *t = arg;

	t->op = NULL;
	if (e != NULL && retry_later(&t->retry, t->base.jobs, e, on_retry, t))
		return;
	if (e != NULL)
		log_error("jobs", "drill %s: how it ended is not recorded: %s",
			  t->base.id, e->msg);
	else
		drill_announce(t, word_of(t));
	if (e != NULL || !t->is_destroyed)
		reaper_kick(t->base.jobs->reaper);
	job_over(&t->base);
}

static void tell_catalog(struct drill_job *t)
{
	struct drill_end end = {
		.drill = &t->d,
		.status = status_of(t),
		.has_verdict = t->has_verdict,
		.is_sound = t->has_verdict && !err_is(&t->err),
		.seconds = t->seconds,
		.rows = t->instance.rows,
		.keys = t->instance.keys,
		.is_destroyed = t->is_destroyed,
		.error = failure(&t->err),
	};
	struct job_progress p;
	struct err e = {0};
	char *progress;

	t->base.ops->progress(&t->base, &p);
	if (end.is_sound)
		p.percent = 100;
	progress = progress_json(&p);
	end.progress_json = progress;
	t->op = catalog_drill_finish(t->base.jobs->config.catalog, &end,
				     on_recorded, t, &e);
	free(progress);
	if (t->op == NULL)
		on_recorded(t, &e);
}

void drill_drop(struct drill_job *t)
{
	choice_cancel(&t->choice);
	culprit_cancel(&t->culprit);
	catalog_cancel(t->op);
	t->op = NULL;
}

/* err tells how it went. */
static void record(struct drill_job *t)
{
	bool is_bad = err_is(&t->err);

	drill_set_state(t, DRILL_RECORD);
	t->base.is_cancelable = false;
	if (is_bad)
		upkeep_suspect(t->base.jobs->upkeep, &t->err);
	job_log(&t->base, is_bad ? LOG_WARN : LOG_INFO, "%s%s%s", word_of(t),
		is_bad ? ": " : "", t->err.msg);
	tell_catalog(t);
}

static void on_destroyed(void *arg, const struct err *e)
{
	struct drill_job *t = arg;

	t->is_destroyed = e == NULL;
	record(t);
}

/* What there is of the instance goes, whatever was found. */
static void take_down(struct drill_job *t)
{
	struct err e = {0};

	if (t->state < DRILL_MAKE) {
		t->is_destroyed = true; /* nothing was begun */
		record(t);
		return;
	}
	drill_set_state(t, DRILL_DESTROY);
	if (!instance_destroy(&t->instance, on_destroyed, t, &e))
		on_destroyed(t, &e);
}

static void on_culprit(void *arg, bool is_backup, const struct err *e)
{
	struct drill_job *t = arg;

	t->err = *e;
	t->has_verdict = is_backup;
	take_down(t);
}

void drill_judge(struct drill_job *t, const struct err *e)
{
	if (e == NULL) {
		job_log(&t->base, LOG_INFO, "proven after %lld s",
			(long long)t->seconds);
		t->has_verdict = true;
		take_down(t);
		return;
	}
	drill_set_state(t, DRILL_JUDGE);
	job_log(&t->base, LOG_WARN, "%s", e->msg);
	t->culprit.instance = &t->instance;
	t->culprit.done = on_culprit;
	t->culprit.arg = t;
	culprit_find(&t->culprit, e);
}

/* e may live in what is dropped here: it is copied first. */
void drill_fail(struct drill_job *t, const struct err *e)
{
	t->err = *e;
	if (!err_is(e))
		(void)err_bug(&t->err, "a drill failed without a reason");
	drill_drop(t);
	take_down(t);
}

void drill_leave(struct drill_job *t, const struct err *e)
{
	const bool is_begun = t->state >= DRILL_MAKE;

	if (t->state != DRILL_DESTROY)
		t->err = *e;
	drill_drop(t);
	t->is_destroyed = !is_begun;
	if (is_begun) {
		uint64_t rows = t->instance.rows, keys = t->instance.keys;

		instance_fini(&t->instance);
		t->instance.rows = rows;
		t->instance.keys = keys;
	}
	record(t);
}
