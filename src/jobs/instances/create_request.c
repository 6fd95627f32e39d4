/* create_request.c - somebody asks for a new instance: look, decide, queue. */
#include "jobs/instances/create_request.h"

#include "jobs/instances/create.h"
#include "jobs/instances/create_look.h"
#include "jobs/job_request.h"

struct request {
	struct job_request base; /* first */
	struct restore_record r; /* as asked for */
	struct create_look look;
};

static void request_fini(struct job_request *base)
{
	struct request *q = (struct request *)(void *)base;

	create_look_fini(&q->look);
	restore_record_fini(&q->r);
}

static void on_begun(void *arg, const struct restore_record *r,
		     const struct err *e)
{
	struct request *q = arg;

	if (e == NULL) {
		create_job_fill((struct create_job *)(void *)q->base.job, r);
		job_request_queue(&q->base, r->job_id, create_job_ops());
	}
	job_request_end_restore(&q->base, r, e);
}

static void on_looked(void *arg, const struct err *e)
{
	struct request *q = arg;
	struct catalog *catalog = q->base.base.jobs->config.catalog;
	struct err mine = {0};

	if (e == NULL) {
		q->base.op = catalog_restore_begin(catalog, &q->r, on_begun, q,
						   &mine);
		e = &mine;
	}
	if (q->base.op == NULL)
		job_request_end_restore(&q->base, NULL, e);
}

static const struct job_request_kind kind = {
	.what = "a request for an instance",
	.size = sizeof(struct request),
	.job_size = sizeof(struct create_job),
	.fini = request_fini,
};

static bool request_start(struct request *q, const struct restore_record *r,
			  struct err *e)
{
	if (!restore_record_copy(&q->r, r))
		return err_nomem(e, "a request for an instance");
	return create_look_start(&q->look, q->base.base.jobs, &q->r, on_looked,
				 q, e);
}

struct jobs_op *create_request(struct jobs *j, const struct restore_record *r,
			       catalog_restore_cb *done, void *arg,
			       struct err *e)
{
	const union job_request_cb cb = {.restore = done};
	struct job_request *q = job_request_new(&kind, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	if (request_start((struct request *)(void *)q, r, e))
		return &q->base;
	job_request_free(q);
	return NULL;
}
