/* watch.c - those who wait for a job's end. */
#include <stdlib.h>

#include <event2/event.h>

#include "jobs/jobs_int.h"
#include "loop/loop.h"

void watches_tell(struct job *job)
{
	struct watch *w;

	/* The analyzer does not see that TAILQ_REMOVE changes the first. */
	while ((w = TAILQ_FIRST(&job->watches)) != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		catalog_done_cb *done = w->done;
		void *arg = w->arg;

		TAILQ_REMOVE(&job->watches, w, entry);
		free(w);
		done(arg, NULL);
	}
}

static void watch_drop(struct watch *w)
{
	if (w->job != NULL)
		TAILQ_REMOVE(&w->job->watches, w, entry);
	if (w->soon != NULL)
		event_free(w->soon);
	free(w);
}

void watches_drop(struct job *job)
{
	struct watch *w;

	while ((w = TAILQ_FIRST(&job->watches)) != NULL)
		watch_drop(w); /* NOLINT(clang-analyzer-unix.Malloc) */
}

static void watch_cancel(struct jobs_op *op)
{
	watch_drop((struct watch *)(void *)op); /* base comes first */
}

static void watch_soon(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	catalog_done_cb *done = w->done;
	void *done_arg = w->arg;

	(void)fd;
	(void)what;
	watch_drop(w);
	done(done_arg, NULL);
}

/* The job is over already: tell it from the loop, not from in here. */
static bool watch_defer(struct jobs *j, struct watch *w)
{
	static const struct timeval now = {0, 0};

	w->soon = evtimer_new(loop_base(j->config.loop), watch_soon, w);
	return w->soon != NULL && evtimer_add(w->soon, &now) == 0;
}

struct jobs_op *jobs_watch(struct jobs *j, const char *job_id,
			   catalog_done_cb *done, void *arg, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		goto nomem;
	w->base.cancel = watch_cancel;
	w->base.jobs = j;
	w->done = done;
	w->arg = arg;
	w->job = job_find(j, job_id);
	if (w->job != NULL)
		TAILQ_INSERT_TAIL(&w->job->watches, w, entry);
	else if (!watch_defer(j, w))
		goto nomem;
	return &w->base;
nomem:
	if (w != NULL)
		watch_drop(w);
	(void)err_nomem(e, "a wait for a job");
	return NULL;
}
