/* restore_request.c - somebody asks for a restore: look, decide, queue. */
#include "jobs/instances/create_request.h"
#include "jobs/job_request.h"
#include "jobs/restore/restore_int.h"

enum { REQUEST_STORE_ATTEMPTS = 2 };

struct restore_request {
	struct job_request base; /* first */
	struct restore_record r; /* as asked for */
	struct preflight preflight;
};

static void request_fini(struct job_request *base)
{
	struct restore_request *q = (struct restore_request *)(void *)base;

	preflight_fini(&q->preflight);
	restore_record_fini(&q->r);
}

static void on_begun(void *arg, const struct restore_record *r,
		     const struct err *e)
{
	struct restore_request *q = arg;

	if (e == NULL) {
		restore_job_fill((struct restore_job *)(void *)q->base.job, r);
		job_request_queue(&q->base, r->job_id, restore_job_ops());
	}
	job_request_end_restore(&q->base, r, e);
}

static void on_preflight(void *arg, const struct err *e)
{
	struct restore_request *q = arg;
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

static const struct job_request_kind restore_request = {
	.what = "a request for a restore",
	.size = sizeof(struct restore_request),
	.job_size = sizeof(struct restore_job),
	.fini = request_fini,
};

static bool request_start(struct restore_request *q,
			  const struct restore_record *r, struct err *e)
{
	if (!restore_record_copy(&q->r, r))
		return err_nomem(e, "a request for a restore");
	q->preflight.jobs = q->base.base.jobs;
	return preflight_start(&q->preflight, &q->r, REQUEST_STORE_ATTEMPTS,
			       on_preflight, q, e);
}

struct jobs_op *jobs_restore(struct jobs *j, const struct restore_record *r,
			     catalog_restore_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.restore = done};
	struct job_request *q;

	if (r->provider[0] != '\0')
		return create_request(j, r, done, arg, e);
	q = job_request_new(&restore_request, j, cb, arg, e);
	if (q == NULL)
		return NULL;
	if (request_start((struct restore_request *)(void *)q, r, e))
		return &q->base;
	job_request_free(q);
	return NULL;
}
