/* restore_request.c - somebody asks for a restore: look, decide, queue. */
#include <stdlib.h>

#include "jobs/restore/restore_int.h"

enum { REQUEST_STORE_ATTEMPTS = 2 };

struct restore_request {
	struct jobs_op base;
	struct restore_record r;
	struct restore_job *job; /* to be, until it is accepted */
	struct preflight preflight;
	struct catalog_op *op;
	catalog_restore_cb *done;
	void *arg;
};

static void request_free(struct restore_request *q)
{
	catalog_cancel(q->op);
	preflight_fini(&q->preflight);
	restore_record_fini(&q->r);
	op_fini(&q->base);
	free(q->job);
	free(q);
}

/* e is copied: it may live in what is freed here. */
static void request_end(struct restore_request *q,
			const struct restore_record *r, const struct err *e)
{
	catalog_restore_cb *done = q->base.is_adrift ? NULL : q->done;
	struct err copy = {0};
	void *arg = q->arg;

	if (failure(e) != NULL)
		copy = *e;
	request_free(q);
	if (done != NULL)
		done(arg, r, failure(&copy));
}

static void on_begun(void *arg, const struct restore_record *r,
		     const struct err *e)
{
	struct restore_request *q = arg;
	struct restore_job *t = q->job;

	q->op = NULL;
	if (e == NULL) {
		q->job = NULL;
		restore_job_fill(t, r);
		job_enqueue(q->base.jobs, &t->base, r->job_id,
			    restore_job_ops());
	}
	request_end(q, r, e);
}

static void on_preflight(void *arg, const struct err *e)
{
	struct restore_request *q = arg;
	struct err mine = {0};

	if (e != NULL) {
		request_end(q, NULL, e);
		return;
	}
	q->op = catalog_restore_begin(q->base.jobs->config.catalog, &q->r,
				      on_begun, q, &mine);
	if (q->op == NULL)
		request_end(q, NULL, &mine);
}

static void request_cancel(struct jobs_op *op)
{
	struct restore_request *q = (struct restore_request *)(void *)op;

	if (q->op == NULL || !op_cast_off(op))
		request_free(q);
}

struct jobs_op *jobs_restore(struct jobs *j, const struct restore_record *r,
			     catalog_restore_cb *done, void *arg, struct err *e)
{
	struct restore_request *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		(void)err_nomem(e, "a request for a restore");
		return NULL;
	}
	q->base.cancel = request_cancel;
	q->base.jobs = j;
	q->done = done;
	q->arg = arg;
	q->job = restore_job_new();
	if (q->job == NULL || !restore_record_copy(&q->r, r)) {
		request_free(q);
		(void)err_nomem(e, "a request for a restore");
		return NULL;
	}
	q->preflight.jobs = j;
	if (!preflight_start(&q->preflight, &q->r, REQUEST_STORE_ATTEMPTS,
			     on_preflight, q, e)) {
		request_free(q);
		return NULL;
	}
	return &q->base;
}
