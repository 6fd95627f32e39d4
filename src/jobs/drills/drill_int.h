/* drill_int.h - one restore drill under way. */
#ifndef COFFER_JOBS_DRILLS_DRILL_INT_H
#define COFFER_JOBS_DRILLS_DRILL_INT_H

#include "catalog/drills.h"
#include "jobs/instances/choice.h"
#include "jobs/drills/culprit.h"
#include "jobs/instances/instance.h"
#include "jobs/meter.h"
#include "jobs/retry.h"

enum drill_state {
	DRILL_IDLE,    /* in the queue */
	DRILL_CHOOSE,  /* a provisioner, if none was named */
	DRILL_BEGIN,   /* the catalog notes that it runs, and of whose */
	DRILL_MAKE,    /* made and compared: instance.h */
	DRILL_JUDGE,   /* it failed: is that the backup's fault? */
	DRILL_DESTROY, /* the instance is taken down */
	DRILL_RECORD,  /* the catalog notes how it ended */
	DRILL_STATE_COUNT,
};

struct drill_job {
	struct job base; /* first */
	enum drill_state state;
	struct drill_record d;
	char name[NAME_BUF]; /* of the instance, for people */
	char *request_json;
	struct choice choice;
	struct instance instance;
	struct culprit culprit;
	struct catalog_op *op;
	struct event *tick;
	struct retry retry; /* of telling the catalog how it ended */
	struct meter meter;
	int64_t begun_ms; /* by the monotonic clock */
	int64_t seconds;
	bool has_verdict; /* else err tells why there is none */
	bool is_destroyed;
	struct err err;
};

/* Into a zeroed job, before the catalog is asked: false without memory. Then
 * what it has accepted. */
bool drill_job_means(struct drill_job *t, const char *provider,
		     const char *options_json) MUST_CHECK;
void drill_job_fill(struct drill_job *t, const struct drill_record *d);

/* Its vtable, for job_enqueue(). */
const struct job_ops *drill_job_ops(void);

/* Logs the change. */
void drill_set_state(struct drill_job *t, enum drill_state next);

/* drill_end.c: the instance was made and compared; e: or not. */
void drill_judge(struct drill_job *t, const struct err *e);

/* It ends without a verdict; what was made is destroyed first. */
void drill_fail(struct drill_job *t, const struct err *e);

/* The same at once, with a verdict if there is one already: a server that stops
 * has no time for a provisioner, its next start has. */
void drill_leave(struct drill_job *t, const struct err *e);

/* Ends all that is under way but telling the catalog. */
void drill_drop(struct drill_job *t);

/* One more event: "started", or how it has ended. */
void drill_announce(const struct drill_job *t, const char *verb);

#endif
