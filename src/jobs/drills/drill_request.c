/* drill_request.c - somebody asks for a drill, or one is due: look whether
 * there is such a backup, choose, decide, queue. */
#include <stdlib.h>

#include "base/text.h"
#include "jobs/drills.h"
#include "jobs/drills/drill_int.h"
#include "jobs/job_request.h"

struct drill_request {
	struct job_request base; /* first */
	struct catalog_op *look;
	struct choice choice;
	char backup[ID_MAX];
};

static struct drill_job *drill_of(struct job_request *q)
{
	return (struct drill_job *)(void *)q->job; /* base comes first */
}

static void request_fini(struct job_request *base)
{
	struct drill_request *q = (struct drill_request *)(void *)base;

	catalog_cancel(q->look);
	choice_cancel(&q->choice);
	if (base->job != NULL)
		free(drill_of(base)->request_json);
}

static const struct job_request_kind drill_request = {
	.what = "a drill",
	.size = sizeof(struct drill_request),
	.job_size = sizeof(struct drill_job),
	.fini = request_fini,
};

static void on_queued(void *arg, const struct drill_record *r,
		      const struct err *e)
{
	struct job_request *q = arg;

	if (e == NULL && r != NULL) {
		drill_job_fill(drill_of(q), r);
		job_request_queue(q, r->job.id, drill_job_ops());
	}
	job_request_end_job(q, r != NULL ? &r->job : NULL, e);
}

/* NULL with *e filled. */
static struct drill_request *request_new(struct jobs *j, const char *provider,
					 const char *options_json,
					 catalog_job_cb *done, void *arg,
					 struct err *e)
{
	const union job_request_cb cb = {.job = done};
	struct job_request *q = job_request_new(&drill_request, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	if (drill_job_means(drill_of(q), provider, options_json))
		return (struct drill_request *)(void *)q;
	job_request_free(q);
	(void)err_nomem(e, "a drill");
	return NULL;
}

static void on_chosen(void *arg, const struct err *e)
{
	struct drill_request *q = arg;
	struct drill_job *job = drill_of(&q->base);
	struct err mine = {0};

	if (e == NULL) {
		(void)str_copy(job->d.provider, sizeof(job->d.provider),
			       q->choice.name);
		q->base.op =
			catalog_drill_begin(q->base.base.jobs->config.catalog,
					    q->backup, on_queued, q, &mine);
		if (q->base.op != NULL)
			return;
		e = &mine;
	}
	job_request_end_job(&q->base, NULL, e);
}

static void on_backup(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct drill_request *q = arg;
	struct err mine = {0};

	q->look = NULL;
	if (e == NULL) {
		(void)str_copy(q->backup, sizeof(q->backup), r->id);
		if (choice_start(&q->choice, q->base.base.jobs, on_chosen, q,
				 &mine))
			return;
		e = &mine;
	}
	job_request_end_job(&q->base, NULL, e);
}

struct jobs_op *jobs_drill(struct jobs *j, const char *backup,
			   const struct jobs_drill_means *means,
			   catalog_job_cb *done, void *arg, struct err *e)
{
	struct drill_request *q = request_new(
		j, means->provider, means->options_json, done, arg, e);

	if (q == NULL)
		return NULL;
	(void)str_copy(q->choice.name, sizeof(q->choice.name),
		       means->provider != NULL ? means->provider : "");
	q->look =
		catalog_backup_get(j->config.catalog, backup, on_backup, q, e);
	if (q->look != NULL)
		return &q->base.base;
	job_request_free(&q->base);
	return NULL;
}

struct jobs_op *jobs_drill_due(struct jobs *j, const struct plan_decision *d,
			       const struct jobs_drill_means *means,
			       catalog_job_cb *done, void *arg, struct err *e)
{
	struct drill_request *q = request_new(
		j, means->provider, means->options_json, done, arg, e);

	if (q == NULL)
		return NULL;
	q->base.op =
		catalog_drill_decide(j->config.catalog, d, on_queued, q, e);
	return job_request_asked(&q->base);
}
