/*
 * backup_record.c - the two ends of a backup's way that belong to the catalog:
 * the job made of what it accepted, and telling it how the job ended. That is
 * tried until the catalog takes it, because the source is locked until then.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "jobs/backup/backup_int.h"
#include "jobs/plans.h"
#include "jobs/removal/sweep.h"
#include "jobs/pools/upkeep.h"

static void tell_catalog(struct backup_job *b);

void backup_announce(const struct backup_job *b, const char *verb)
{
	const struct job_subject what = {b->r.id, b->r.name};

	job_tell(&b->base, verb, &what, &b->err);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->op = NULL;
	if (e != NULL && retry_later(&b->retry, b->base.jobs, e, on_retry, b))
		return;
	if (e != NULL)
		log_error("jobs", "backup %s: how it ended is not recorded: %s",
			  b->r.id, e->msg);
	else
		backup_announce(b, backup_status_name(b->r.status));
	if (b->r.has_leftovers)
		sweeper_kick(b->base.jobs->sweeper);
	if (b->r.status == BACKUP_COMPLETED && b->r.plan_id[0] != '\0')
		jobs_expire(b->base.jobs);
	job_over(&b->base);
}

static void tell_catalog(struct backup_job *b)
{
	struct job_progress p;
	struct err e = {0};
	char *progress;

	b->base.ops->progress(&b->base, &p);
	if (b->r.status == BACKUP_COMPLETED)
		p.percent = 100;
	progress = progress_json(&p);
	b->op = catalog_backup_finish(b->base.jobs->config.catalog, &b->r,
				      progress, on_recorded, b, &e);
	free(progress);
	if (b->op == NULL)
		on_recorded(b, &e);
}

static void log_end(struct backup_job *b)
{
	if (b->r.status == BACKUP_COMPLETED)
		job_log(&b->base, LOG_INFO, "completed: %llu bytes stored",
			(unsigned long long)b->r.stored_bytes);
	else
		job_log(&b->base, LOG_WARN, "%s: %s: %s",
			backup_status_name(b->r.status), b->err.api,
			b->err.msg);
}

void backup_record(struct backup_job *b)
{
	backup_set_state(b, BACKUP_RECORD);
	b->base.is_cancelable = false;
	log_end(b);
	tell_catalog(b);
}

/* A due run that the server's end cuts short is left to the next start, which
 * begins it again, as after a crash (rule 21). */
static bool is_left_to_next_start(const struct backup_job *b)
{
	return b->base.jobs->is_stopping && b->r.due_at != 0 &&
	       strcmp(b->err.api, "interrupted") == 0;
}

void backup_record_failure(struct backup_job *b)
{
	if (is_left_to_next_start(b)) {
		job_log(&b->base, LOG_INFO,
			"the server stops; the next start begins it again");
		b->base.is_cancelable = false;
		job_over(&b->base);
		return;
	}
	b->r.finished_at = clock_now_ms();
	b->r.status = strcmp(b->err.api, "canceled") == 0 ? BACKUP_CANCELED
							  : BACKUP_FAILED;
	upkeep_suspect(b->base.jobs->upkeep, &b->err);
	free(b->r.error_json);
	b->r.error_json = error_json(&b->err);
	free(b->r.phases_json);
	b->r.phases_json = meter_phases_json(&b->meter);
	backup_record(b);
}

/* What needs no memory is enough to tell the catalog that it failed. */
static void fill_bare(struct backup_job *b, const struct backup_record *r)
{
	memcpy(b->r.id, r->id, ID_MAX);
	memcpy(b->r.name, r->name, NAME_BUF);
	memcpy(b->r.source_id, r->source_id, ID_MAX);
	memcpy(b->r.pool_id, r->pool_id, ID_MAX);
	memcpy(b->r.job_id, r->job_id, ID_MAX);
	b->r.fence = r->fence;
	(void)err_nomem(&b->err, "a backup");
}

void backup_job_fill(struct backup_job *b, const struct backup_record *r)
{
	TAILQ_INIT(&b->phases);
	memcpy(b->base.source_id, r->source_id, ID_MAX);
	b->base.is_patient = r->plan_id[0] != '\0';
	if (!backup_record_copy(&b->r, r))
		fill_bare(b, r);
}
