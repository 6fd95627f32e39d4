/* verify_request.c - somebody asks for a verification: decide, queue. */
#include "base/text.h"
#include "jobs/checks.h"
#include "jobs/job_request.h"
#include "jobs/verify/verify_int.h"

static struct verify_job *verify_of(struct job_request *q)
{
	return (struct verify_job *)(void *)q->job; /* base comes first */
}

static void on_begun(void *arg, const struct job_record *r, const struct err *e)
{
	struct job_request *q = arg;

	if (e == NULL) {
		verify_job_fill(verify_of(q), r);
		job_request_queue(q, r->id, verify_job_ops());
	}
	job_request_end_job(q, r, e);
}

static const struct job_request_kind verification = {
	.what = "a verification",
	.size = sizeof(struct job_request),
	.job_size = sizeof(struct verify_job),
};

struct jobs_op *jobs_verify(struct jobs *j, const char *backup,
			    const char *scope, catalog_job_cb *done, void *arg,
			    struct err *e)
{
	const union job_request_cb cb = {.job = done};
	struct job_request *q = job_request_new(&verification, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	(void)str_copy(verify_of(q)->scope, sizeof(verify_of(q)->scope), scope);
	q->op = catalog_verify_begin(j->config.catalog, backup, scope, on_begun,
				     q, e);
	return job_request_asked(q);
}
