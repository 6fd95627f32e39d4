/* create.h - rule 24: restores that make their target. */
#ifndef COFFER_JOBS_INSTANCE_CREATE_H
#define COFFER_JOBS_INSTANCE_CREATE_H

#include "jobs/instances/instance.h"
#include "jobs/meter.h"
#include "jobs/retry.h"

enum create_state {
	CREATE_IDLE,	/* in the queue */
	CREATE_BEGIN,	/* the catalog notes that it runs */
	CREATE_MAKE,	/* instance.h */
	CREATE_DESTROY, /* it failed: what was made goes */
	CREATE_RECORD,	/* the catalog notes how it ended */
	CREATE_STATE_COUNT,
};

struct create_job {
	struct job base;
	enum create_state state;
	struct restore_record r; /* what the catalog is told */
	struct instance instance;
	bool was_begun; /* the provisioner was asked for it */
	struct catalog_op *op;
	struct event *tick;
	struct retry retry; /* of telling the catalog how it ended */
	struct meter meter;
	struct err err; /* why it does not end well */
};

/* Into a zeroed job: what the catalog has accepted. Without memory for a copy
 * the job fails, when its turn has come. */
void create_job_fill(struct create_job *t, const struct restore_record *r);

/* Its vtable, for job_enqueue(). */
const struct job_ops *create_job_ops(void);

#endif
