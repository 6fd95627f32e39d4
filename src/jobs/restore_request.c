/* restore_request.c - somebody asks for a restore: look, decide, queue. */
#include <stdlib.h>

#include "jobs/restore_int.h"

enum { REQUEST_STORE_ATTEMPTS = 2 };

struct restore_request {
	struct jobs_op base;
	struct restore_record r;
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
	free(q);
}

static void request_end(struct restore_request *q,
			const struct restore_record *r, const struct err *e)
{
	q->done(q->arg, r, e);
	request_free(q);
}

static void on_begun(void *arg, const struct restore_record *r,
		     const struct err *e)
{
	struct restore_request *q = arg;
	struct restore_job *t;

	q->op = NULL;
	if (e == NULL) {
		t = restore_job_new(r);
		if (t != NULL)
			job_enqueue(q->base.jobs, &t->base, r->job_id,
				    restore_job_ops());
		else
			log_error("jobs", "no memory to begin %s", r->id);
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
	request_free((struct restore_request *)(void *)op); /* base is first */
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
	if (!restore_record_copy(&q->r, r)) {
		free(q);
		(void)err_nomem(e, "a request for a restore");
		return NULL;
	}
	if (!preflight_start(&q->preflight, j, &q->r, REQUEST_STORE_ATTEMPTS,
			     on_preflight, q, e)) {
		request_free(q);
		return NULL;
	}
	return &q->base;
}
