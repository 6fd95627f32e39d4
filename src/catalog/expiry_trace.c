/*
 * expiry_trace.c - what an expiry leaves behind, in the transaction that
 * decides it: a job of kind expire, which is over at once and whose log names
 * each backup and why, and an event of each backup. A pass that marks nothing
 * leaves nothing. The objects go with the next sweep.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "catalog/events_int.h"
#include "catalog/expiry_int.h"
#include "catalog/jobs_int.h"
#include "catalog/lines_int.h"

enum { REASON_MAX = 256, PROGRESS_MAX = 256 };

/* One line for people. */
static void reason(const struct backup_record *b, char text[REASON_MAX])
{
	char until[CLOCK_TEXT_MAX];
	int n = snprintf(text, REASON_MAX,
			 "its retention of %" PRId64 " days was over "
			 "at %s",
			 b->retention_days, clock_format(b->expires_at, until));

	if (b->plan_name[0] != '\0')
		(void)snprintf(text + n, REASON_MAX - (size_t)n,
			       " (plan \"%s\")", b->plan_name);
}

static bool log_one(struct db *db, const struct job_record *job,
		    const struct backup_record *b, const char *why,
		    struct err *e)
{
	char line[NAME_BUF + ID_MAX + REASON_MAX + 16];

	(void)snprintf(line, sizeof(line), "backup \"%s\" (%s): %s", b->name,
		       b->id, why);
	return job_add_line(db, job->id, job->created_at, line, e);
}

static bool note_one(struct catalog *c, struct catalog_op *op,
		     const struct job_record *job,
		     const struct backup_record *b, const char *why)
{
	char detail[ID_MAX + REASON_MAX + 8];
	const struct event_record r = {
		.at_ms = job->created_at,
		.kind = "backup",
		.act = "backup.expired",
		.resource = b->id,
		.name = b->name,
		.result = "ok",
		.who = "server",
		.detail = detail,
	};

	(void)snprintf(detail, sizeof(detail), "job %s: %s", job->id, why);
	return events_note(c, op, &r);
}

static bool end(struct db *db, const struct job_record *job, size_t n,
		struct err *e)
{
	char progress[PROGRESS_MAX];
	const struct job_end how = {
		.resource = job->resource,
		.fence = job->fence,
		.status = JOB_COMPLETED,
		.progress_json = progress,
		.at_ms = job->created_at,
	};

	(void)snprintf(progress, sizeof(progress),
		       "{\"phase\":\"decide\",\"bytes_read\":0,"
		       "\"bytes_stored\":0,\"items_done\":%zu,"
		       "\"items_total\":%zu,\"percent\":100,"
		       "\"bytes_per_second\":0,\"eta_seconds\":null}",
		       n, n);
	return job_finish(db, &how, e);
}

bool expiry_trace(struct catalog *c, struct catalog_op *op)
{
	struct job_record job = {.kind = JOB_EXPIRE, .status = JOB_RUNNING};
	struct err *e = &op->err;
	bool ok = op->out.n == 0 || job_add(&c->db, &job, NULL, e);

	for (size_t i = 0; ok && i < op->out.n; i++) {
		const struct backup_record *b = &op->out.backups[i];
		char why[REASON_MAX];

		reason(b, why);
		ok = log_one(&c->db, &job, b, why, e) &&
		     note_one(c, op, &job, b, why);
	}
	return ok && (op->out.n == 0 || end(&c->db, &job, op->out.n, e));
}
