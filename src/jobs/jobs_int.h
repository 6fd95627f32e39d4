/* jobs_int.h - what the files of this room share: the queue and its jobs. */
#ifndef COFFER_JOBS_JOBS_INT_H
#define COFFER_JOBS_JOBS_INT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/log.h"
#include "jobs/jobs.h"
#include "sources/address.h"

struct event;
struct claims;
struct expirer;
struct job_request;
struct reaper;
struct sweeper;
struct upkeep;

/* A call of somebody's, embedded by its kind. One with a job: job_request.h */
struct jobs_op {
	void (*cancel)(struct jobs_op *op); /* drops and frees */
	struct jobs *jobs;
};

/* Somebody who waits for a job's end. */
struct watch {
	struct jobs_op base;
	TAILQ_ENTRY(watch) entry; /* in its job, or in the deferred ones */
	struct job *job;	  /* NULL: told soon */
	struct event *soon;
	catalog_done_cb *done;
	void *arg;
};
TAILQ_HEAD(watch_list, watch);

struct job;

/* Which turns a kind of job takes; it waits behind no job of another's. */
enum job_turns {
	TURNS_MAIN,   /* the max_jobs: a backup, a restore */
	TURNS_LIGHT,  /* needs neither a source nor the buffers */
	TURNS_VERIFY, /* reads for hours, which must not cost a backup's turn */
	TURNS_DRILL,  /* the same */
	TURNS_COUNT,
};

struct job_ops {
	const char *name;
	enum job_turns turns;
	void (*start)(struct job *job); /* its turn has come */
	/* Asked to end, with the reason; job_over() follows, soon. NULL: it
	 * cannot be canceled; what it does not come to is swept. */
	void (*cancel)(struct job *job, const struct err *why);
	void (*progress)(const struct job *job, struct job_progress *p);
	void (*destroy)(struct job *job); /* drops all at once, frees */
};

enum job_state {
	JOB_WAITS,
	JOB_RUNS,
	JOB_ENDS, /* canceled before its turn */
};

/* One execution, queued or running here. Each kind embeds it. */
struct job {
	const struct job_ops *ops;
	struct jobs *jobs;
	char id[ID_MAX];
	enum job_state state;
	bool is_cancelable;
	/* Given before job_enqueue(): the source that it works with ("": none),
	 * and whether the catalog may find that busy with another's job when
	 * the turn has come: then it waits on. */
	char source_id[ID_MAX];
	bool is_patient;
	bool is_put_back; /* was found so; until any job ends */
	TAILQ_ENTRY(job) entry, active_entry;
	struct watch_list watches;
};
TAILQ_HEAD(job_list, job);
TAILQ_HEAD(job_request_list, job_request);

struct jobs {
	struct jobs_config config;
	struct source_env source_env;	/* for all that sources do */
	struct job_list list;		/* in order of arrival */
	struct job_list active;		/* those that run or are put back */
	struct job_request_list adrift; /* job_request.h */
	unsigned running[TURNS_COUNT];
	struct event *turn; /* starts what may start */
	struct sweeper *sweeper;
	struct reaper *reaper;
	struct upkeep *upkeep;
	struct claims *claims;
	struct expirer *expirer;
	struct catalog_op *resume; /* asks what was queued */
	struct catalog_op *unread; /* asks which pools are to be read */
	bool is_stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/* Some completions tell success with NULL, some with an error of code ERR_NONE.
 * NULL: it worked. */
static inline const struct err *failure(const struct err *e)
{
	return e != NULL && err_is(e) ? e : NULL;
}

/* Puts a new job in the queue; it belongs to the queue from here on, and may
 * be over when this returns. */
void job_enqueue(struct jobs *j, struct job *job, const char *id,
		 const struct job_ops *ops);

/* The catalog knows how it ended: tells those who wait, frees the job. The
 * last thing that touches it. */
void job_over(struct job *job);

/* It runs, is patient, and its source is busy: back to its place in the queue,
 * to be started anew later. It has let go of all that start made. */
void job_put_back(struct job *job);

/* turns.c: whose turn it is, soon or now; and a job that ran does not. */
void turns_schedule(struct jobs *j);
void turns_take(struct jobs *j);
void turn_end(struct job *job);

/* The one that is queued or running here, or NULL. */
struct job *job_find(const struct jobs *j, const char *id);

/* watch.c: tells those who wait; or forgets them without a word. */
void watches_tell(struct job *job);
void watches_drop(struct job *job);

/* What a job works on, for the log of events; "" where it is not known. */
struct job_subject {
	const char *id, *name;
};

/* tell.c: the log of events learns that the job has "started", or how it has
 * ended: "completed" "failed" "canceled". why: the reason, or NULL. */
void job_tell(const struct job *job, const char *verb,
	      const struct job_subject *what, const struct err *why);

/* One line to the job's log and to the server's. */
void job_log(struct job *job, enum log_level level, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
