/*
 * drills.h - restore drills: throwaway instances that are made from backups to
 * prove them, and the second clock of plans. Rules of calls: catalog.h.
 *
 * An instance has the id of a source that no list shows. It is noted before
 * anything of it is made and forgotten when nothing of it is left; what a crash
 * leaves is found among catalog_instance_leftovers() (instances.h). Until its
 * end a drill counts as a restore of its backup (rules 13, 23).
 *
 * What comes of one is kept on the backup and on its plan, as last_drill_json:
 * {"at","seconds","rows","keys","verdict","error","backup_id","job_id"}. The
 * verdict is "passed" or "failed"; of a plan also "none": the newest due drill
 * could not be carried out, and error {"code","detail"} tells why.
 */
#ifndef COFFER_CATALOG_DRILLS_H
#define COFFER_CATALOG_DRILLS_H

#include "catalog/backups.h"
#include "catalog/due.h"
#include "catalog/jobs.h"

struct drill_record {
	struct job_record job; /* resource: the backup; without texts */
	char instance_id[ID_MAX];
	char plan_id[ID_MAX]; /* whose timer began it; "": somebody asked */
	char provider[NAME_BUF];
};

/* r is NULL, too, when a due time was decided and nothing runs. */
typedef void catalog_drill_cb(void *arg, const struct drill_record *r,
			      const struct err *e);

/* Queues a drill of a backup, by id or name: "backup_not_completed",
 * "identity_missing" (it is encrypted, and the pool has none), "backup_in_use"
 * while it is drilled already. */
struct catalog_op *catalog_drill_begin(struct catalog *c, const char *key,
				       catalog_drill_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* queued -> running, under r->job.fence; from now on r->provider may have
 * something of r->instance_id. */
struct catalog_op *catalog_drill_started(struct catalog *c,
					 const struct drill_record *r,
					 catalog_done_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* How it ended. */
struct drill_end {
	const struct drill_record *drill;
	enum job_status status;	 /* completed failed canceled */
	bool has_verdict;	 /* else it could not be carried out: the
				  * backup's own verdict stays as it was */
	bool is_sound;		 /* has_verdict: passed, else failed */
	int64_t seconds;	 /* from the beginning to the proof */
	uint64_t rows, keys;	 /* that were compared */
	bool is_destroyed;	 /* nothing is left of the instance */
	const struct err *error; /* why not; or NULL */
	const char *progress_json;
};

/* Under the drill's fence. One of a plan's timer that does not pass becomes an
 * event of the plan, too. */
struct catalog_op *catalog_drill_finish(struct catalog *c,
					const struct drill_end *end,
					catalog_done_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* As catalog_plan_due(), of enabled plans of both strategies by next_drill_at;
 * page->total: the earliest next_drill_at after those. */
struct catalog_op *catalog_drill_due(struct catalog *c,
				     const struct plan_due_query *q,
				     catalog_plans_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/*
 * Decides a due drill, exactly once (due.h): the plan's next_drill_at is moved
 * on from d->expected_next_due_at to d->next_due_at ("conflict"), and if
 * d->run_due_at is not 0 a drill of its newest completed backup is queued,
 * which the caller has to enqueue. Without such a backup that is told, once,
 * and while a drill of it is queued or running nothing is: r is NULL then. What
 * d says of missed ones does not matter.
 */
struct catalog_op *catalog_drill_decide(struct catalog *c,
					const struct plan_decision *d,
					catalog_drill_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
