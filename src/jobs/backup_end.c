/*
 * backup_end.c - how a backup ends: recorded as completed, or undone and
 * recorded as failed or canceled, or undone and tried once more (rule 9).
 *
 *   any state -> undo -> record
 *                     -> pause -> claim   (DDL or a lock was in the way, once)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "jobs/backup_int.h"
#include "jobs/sweep.h"
#include "loop/loop.h"

static const char *const state_names[] = {
	"idle", "open",	   "share", "start", "claim",  "stream",
	"send", "publish", "undo",  "pause", "record",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       BACKUP_STATE_COUNT,
	       "one name per state");

const char *backup_state_name(enum backup_state s)
{
	return state_names[s];
}

void backup_set_state(struct backup_job *b, enum backup_state next)
{
	log_debug("jobs", "backup %s: %s -> %s", b->r.id, state_names[b->state],
		  state_names[next]);
	b->state = next;
}

static struct backup_job *backup_of(struct job *job)
{
	return (struct backup_job *)(void *)job; /* base comes first */
}

static void drop_all(struct backup_job *b)
{
	exchange_cancel(b->exchange);
	catalog_cancel(b->op);
	b->exchange = NULL;
	b->op = NULL;
	backup_stream_drop(b);
	manifest_fini(&b->manifest);
}

/* Rule 9: what a second try, a little later, may get past. */
static bool is_worth_retrying(const struct backup_job *b)
{
	static const char *const codes[] = {
		"ddl_in_progress", "lock_not_obtained", "source_changed"};

	for (size_t i = 0; !b->is_second && i < 3; i++) {
		if (strcmp(b->err.api, codes[i]) == 0)
			return true;
	}
	return false;
}

static void on_recorded(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->op = NULL;
	if (e != NULL)
		log_error("jobs", "backup %s: how it ended is not recorded: %s",
			  b->r.id, e->msg);
	if (b->r.has_leftovers)
		sweeper_kick(b->base.jobs->sweeper);
	job_over(&b->base);
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
	struct job_progress p;
	struct err e = {0};
	char *progress;

	backup_set_state(b, BACKUP_RECORD);
	b->base.is_cancelable = false;
	log_end(b);
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

/* Failed or canceled, its objects gone or left to a sweep. */
static void record_failure(struct backup_job *b)
{
	b->r.finished_at = clock_now_ms();
	b->r.status = strcmp(b->err.api, "canceled") == 0 ? BACKUP_CANCELED
							  : BACKUP_FAILED;
	free(b->r.error_json);
	b->r.error_json = error_json(&b->err);
	free(b->r.phases_json);
	b->r.phases_json = meter_phases_json(&b->meter);
	backup_record(b);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct backup_job *b = arg;
	struct err first = b->err;

	(void)fd;
	(void)what;
	b->is_second = true;
	err_clear(&b->err);
	err_add_cause(&b->err, &first);
	job_log(&b->base, LOG_INFO, "trying once more");
	backup_claim(b);
}

static bool begin_pause(struct backup_job *b)
{
	const struct jobs_config *c = &b->base.jobs->config;
	const struct timeval tv = {(time_t)c->retry_seconds, 0};

	if (b->pause == NULL)
		b->pause = evtimer_new(loop_base(c->loop), on_pause_over, b);
	if (b->pause == NULL || evtimer_add(b->pause, &tv) != 0)
		return false;
	backup_set_state(b, BACKUP_PAUSE);
	job_log(&b->base, LOG_WARN, "%s; one more try in %u s", b->err.msg,
		c->retry_seconds);
	return true;
}

static void on_undone(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->exchange = NULL;
	b->r.has_leftovers = e != NULL;
	if (e != NULL)
		job_log(&b->base, LOG_WARN,
			"objects are left for a sweep to remove: %s", e->msg);
	if (e == NULL && is_worth_retrying(b) && begin_pause(b))
		return;
	record_failure(b);
}

static void begin_undo(struct backup_job *b)
{
	struct exchange_env env;
	struct err e = {0};

	backup_set_state(b, BACKUP_UNDO);
	if (!b->is_claimed) {
		on_undone(b, NULL);
		return;
	}
	opening_exchange_env(&b->opening, &env);
	b->exchange = exchange_remove(&env, b->r.source_id, b->r.id, on_undone,
				      b, &e);
	if (b->exchange == NULL)
		on_undone(b, &e);
}

/* e may live in what is dropped here: it is copied first. */
void backup_fail(struct backup_job *b, const struct err *e)
{
	struct err why = *e;
	unsigned earlier = b->err.ncauses;

	for (unsigned i = 0; i < earlier; i++)
		why.causes[i] = b->err.causes[i];
	if (earlier > why.ncauses)
		why.ncauses = earlier;
	if (!err_is(&why))
		(void)err_bug(&why, "a backup failed without a reason");
	b->err = why;
	drop_all(b);
	begin_undo(b);
}

/*
 * Asked to end. While it undoes or pauses, the wish replaces what it would
 * have done next; the objects go in any case.
 */
static void backup_cancel(struct job *job, const struct err *why)
{
	struct backup_job *b = backup_of(job);

	if (b->state == BACKUP_RECORD)
		return;
	job->is_cancelable = false;
	b->is_second = true; /* no more tries */
	if (b->state == BACKUP_UNDO) {
		b->err = *why;
		return;
	}
	if (b->state == BACKUP_PAUSE) {
		(void)evtimer_del(b->pause);
		b->err = *why;
		record_failure(b);
		return;
	}
	opening_cancel(&b->opening);
	backup_fail(b, why);
}

static void backup_progress(const struct job *job, struct job_progress *p)
{
	const struct backup_job *b =
		(const struct backup_job *)(const void *)job;

	memset(p, 0, sizeof(*p));
	p->bytes_read = b->r.source_bytes;
	p->bytes_stored = b->r.stored_bytes;
	p->items_done = p->items_total = b->r.table_count;
	if (b->dump != NULL) {
		const struct dump_facts *f = b->dump->ops->facts(b->dump);

		p->bytes_read = f->plain_bytes;
		p->items_done = f->items_done;
		p->items_total = f->items_total;
	}
	if (b->writer != NULL)
		p->bytes_stored = part_writer_facts(b->writer)->stored_bytes;
	meter_progress(&b->meter, p);
}

static void backup_destroy(struct job *job)
{
	struct backup_job *b = backup_of(job);

	drop_all(b);
	budget_release(&b->share);
	opened_address_fini(&b->address);
	opening_fini(&b->opening);
	scope_fini(&b->scope);
	backup_record_fini(&b->r);
	if (b->pause != NULL)
		event_free(b->pause);
	if (b->tick != NULL)
		event_free(b->tick);
	free(b);
}

const struct job_ops *backup_job_ops(void)
{
	static const struct job_ops ops = {
		.name = "backup",
		.start = backup_start,
		.cancel = backup_cancel,
		.progress = backup_progress,
		.destroy = backup_destroy,
	};

	return &ops;
}

struct backup_job *backup_job_new(const struct backup_record *r)
{
	struct backup_job *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	if (!backup_record_copy(&b->r, r)) {
		free(b);
		return NULL;
	}
	return b;
}
