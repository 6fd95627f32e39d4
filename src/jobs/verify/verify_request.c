/* verify_request.c - somebody asks for a verification: decide, queue. */
#include <stdlib.h>

#include "base/text.h"
#include "jobs/checks.h"
#include "jobs/verify/verify_int.h"

struct verify_request {
	struct jobs_op base;	/* first */
	struct verify_job *job; /* to be, until it is accepted */
	char scope[8];
	struct catalog_op *op;
	catalog_job_cb *done;
	void *arg;
};

static void request_free(struct verify_request *q)
{
	catalog_cancel(q->op);
	op_fini(&q->base);
	free(q->job);
	free(q);
}

static void on_begun(void *arg, const struct job_record *r, const struct err *e)
{
	struct verify_request *q = arg;
	struct verify_job *v = q->job;
	catalog_job_cb *done = q->base.is_adrift ? NULL : q->done;
	void *done_arg = q->arg;

	q->op = NULL;
	if (e == NULL) {
		q->job = NULL;
		verify_job_fill(v, r, q->scope);
		job_enqueue(q->base.jobs, &v->base, r->id, verify_job_ops());
	}
	request_free(q);
	if (done != NULL)
		done(done_arg, r, e);
}

static void request_cancel(struct jobs_op *op)
{
	struct verify_request *q = (struct verify_request *)(void *)op;

	if (!op_cast_off(op))
		request_free(q);
}

struct jobs_op *jobs_verify(struct jobs *j, const char *backup,
			    const char *scope, catalog_job_cb *done, void *arg,
			    struct err *e)
{
	struct verify_request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		goto nomem;
	q->base.cancel = request_cancel;
	q->base.jobs = j;
	q->done = done;
	q->arg = arg;
	(void)str_copy(q->scope, sizeof(q->scope), scope);
	q->job = verify_job_new();
	if (q->job == NULL)
		goto nomem;
	q->op = catalog_verify_begin(j->config.catalog, backup, scope, on_begun,
				     q, e);
	if (q->op != NULL)
		return &q->base;
nomem:
	if (q != NULL)
		request_free(q);
	(void)err_nomem(e, "a verification");
	return NULL;
}
