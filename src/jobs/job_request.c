/* job_request.c - somebody asks for something that becomes a job. */
#include "jobs/job_request.h"

#include <stdlib.h>

static void request_cancel(struct jobs_op *op)
{
	struct job_request *q = (struct job_request *)(void *)op;

	if (q->op == NULL || q->is_adrift) {
		job_request_free(q);
		return;
	}
	q->is_adrift = true;
	TAILQ_INSERT_TAIL(&op->jobs->adrift, q, entry);
}

struct job_request *job_request_new(const struct job_request_kind *kind,
				    struct jobs *j, union job_request_cb done,
				    void *arg, struct err *e)
{
	struct job_request *q = calloc(1, kind->size);

	if (q != NULL)
		q->job = calloc(1, kind->job_size);
	if (q == NULL || q->job == NULL) {
		free(q);
		(void)err_nomem(e, kind->what);
		return NULL;
	}
	q->base.cancel = request_cancel;
	q->base.jobs = j;
	q->kind = kind;
	q->done = done;
	q->arg = arg;
	return q;
}

struct jobs_op *job_request_asked(struct job_request *q)
{
	if (q->op != NULL)
		return &q->base;
	job_request_free(q);
	return NULL;
}

void job_request_queue(struct job_request *q, const char *id,
		       const struct job_ops *ops)
{
	struct job *job = q->job;

	q->job = NULL;
	job_enqueue(q->base.jobs, job, id, ops);
}

/* Whom to tell, and what failed, once the request is gone. */
struct last_word {
	union job_request_cb done;
	void *arg;
	struct err e;
};

/* False: nobody waits. */
static bool take_leave(struct job_request *q, const struct err *e,
		       struct last_word *w)
{
	const bool is_awaited = !q->is_adrift;

	*w = (struct last_word){.done = q->done, .arg = q->arg};
	if (failure(e) != NULL)
		w->e = *e;
	q->op = NULL;
	job_request_free(q);
	return is_awaited;
}

void job_request_end_backup(struct job_request *q,
			    const struct backup_record *r, const struct err *e)
{
	struct last_word w;

	if (take_leave(q, e, &w))
		w.done.backup(w.arg, r, failure(&w.e));
}

void job_request_end_restore(struct job_request *q,
			     const struct restore_record *r,
			     const struct err *e)
{
	struct last_word w;

	if (take_leave(q, e, &w))
		w.done.restore(w.arg, r, failure(&w.e));
}

void job_request_end_job(struct job_request *q, const struct job_record *r,
			 const struct err *e)
{
	struct last_word w;

	if (take_leave(q, e, &w))
		w.done.job(w.arg, r, failure(&w.e));
}

void job_request_free(struct job_request *q)
{
	catalog_cancel(q->op);
	if (q->kind->fini != NULL)
		q->kind->fini(q);
	if (q->is_adrift)
		TAILQ_REMOVE(&q->base.jobs->adrift, q, entry);
	free(q->job);
	free(q);
}

void job_requests_drop(struct jobs *j)
{
	struct job_request *q;

	/* The analyzer thinks that the queue keeps what was removed. */
	while ((q = TAILQ_FIRST(&j->adrift)) != NULL)
		job_request_free(q); /* NOLINT(clang-analyzer-unix.Malloc) */
}
