/* restore_end.c - the end of a restore, for its record and for the catalog. */
#include "jobs/restore/restore_end.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "jobs/meter.h"
#include "jobs/pools/upkeep.h"
#include "jobs/report.h"

static enum job_status status_of(const struct err *why)
{
	if (!err_is(why))
		return JOB_COMPLETED;
	return strcmp(why->api, "canceled") == 0 ? JOB_CANCELED : JOB_FAILED;
}

void restore_end_fill(struct job *job, struct restore_record *r,
		      const struct err *why)
{
	job->is_cancelable = false;
	r->finished_at = clock_now_ms();
	r->status = status_of(why);
	if (err_is(why)) {
		r->error_json = error_json(why);
		upkeep_suspect(job->jobs->upkeep, why);
	}
	job_log(job, err_is(why) ? LOG_WARN : LOG_INFO, "%s%s%s",
		job_status_name(r->status), err_is(why) ? ": " : "", why->msg);
}

struct catalog_op *restore_end_tell(struct job *job,
				    const struct restore_record *r,
				    catalog_done_cb *done, void *arg,
				    struct err *e)
{
	struct job_progress p;
	struct catalog_op *op;
	char *progress;

	job->ops->progress(job, &p);
	if (r->status == JOB_COMPLETED)
		p.percent = 100;
	progress = progress_json(&p);
	op = catalog_restore_finish(job->jobs->config.catalog, r, progress,
				    done, arg, e);
	free(progress);
	return op;
}
