/*
 * job_request.h - somebody asks for something that becomes a job: a backup, a
 * restore, a deletion ...
 *
 *   job_request_new() -> what the kind looks at first, if anything
 *     -> the catalog decides; its completion: job_request_queue(), if it has
 *        accepted, then job_request_end_...()
 *
 * What the catalog has accepted must never lack a job, so the job is made
 * before the catalog is asked. For the same reason a request that is canceled
 * while the catalog decides goes on, with nobody to tell.
 */
#ifndef COFFER_JOBS_JOB_REQUEST_H
#define COFFER_JOBS_JOB_REQUEST_H

#include <stddef.h>

#include "catalog/backups.h"
#include "catalog/restores.h"
#include "catalog/jobs.h"
#include "jobs/jobs_int.h"

/* Who waits for it; the member fits the job_request_end_...() of the kind. */
union job_request_cb {
	catalog_backup_cb *backup;
	catalog_restore_cb *restore;
	catalog_job_cb *job;
};

/* A kind with something to look at first embeds it, as its first member. */
struct job_request {
	struct jobs_op base; /* first */
	const struct job_request_kind *kind;
	struct job *job;       /* to be, zeroed until it is accepted */
	struct catalog_op *op; /* while the catalog decides */
	bool is_adrift;	       /* nobody waits for it any more */
	TAILQ_ENTRY(job_request) entry;
	union job_request_cb done;
	void *arg;
};

struct job_request_kind {
	const char *what; /* for errors: "a deletion" */
	size_t size;	  /* of the struct that begins with a job_request */
	size_t job_size;  /* of the one that begins with a job */
	/* Ends what the kind has beside the job_request. NULL: nothing. */
	void (*fini)(struct job_request *q);
};

/* A request, zeroed beyond its job_request, with its job. NULL with *e filled:
 * no memory. */
struct job_request *job_request_new(const struct job_request_kind *kind,
				    struct jobs *j, union job_request_cb done,
				    void *arg, struct err *e) MUST_CHECK;

/* For a kind that asks the catalog at once, after q->op was set: what its
 * caller returns. NULL: the catalog was not asked, the request is freed. */
struct jobs_op *job_request_asked(struct job_request *q) MUST_CHECK;

/* The catalog has accepted it as job id: the job, which the kind has filled,
 * belongs to the queue from here on (job_enqueue). */
void job_request_queue(struct job_request *q, const char *id,
		       const struct job_ops *ops);

/* Frees it, then tells who waits; q->op is over or was never set. e is copied:
 * it may live in what is freed. The last thing that touches it. */
void job_request_end_backup(struct job_request *q,
			    const struct backup_record *r, const struct err *e);
void job_request_end_restore(struct job_request *q,
			     const struct restore_record *r,
			     const struct err *e);
void job_request_end_job(struct job_request *q, const struct job_record *r,
			 const struct err *e);

/* Nobody was told and nobody will be: one that could not begin. */
void job_request_free(struct job_request *q);

/* Frees those that go on with nobody to tell. */
void job_requests_drop(struct jobs *j);

#endif
