/*
 * backup_end.c - how a backup ends: recorded as completed, or undone and
 * recorded as failed or canceled, or undone and tried once more (rule 9).
 *
 *   start -> idle (a due run of a plan, whose source is busy)
 *   any state -> undo -> record
 *                     -> pause -> share   (DDL or a lock was in the way, once)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_stream.h"
#include "loop/loop.h"
#include "model/packs.h"

static const char *const state_names[] = {
	"idle",	  "open", "share",   "start", "base",  "look",	 "claim",
	"stream", "send", "publish", "undo",  "pause", "record",
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
	source_look_fini(&b->look);
	backup_stream_drop(b);
	manifest_fini(&b->manifest);
	budget_release(&b->share);
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
	backup_take_share(b);
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
	/* A put that was dropped on its way may still arrive: a sweep looks
	 * again when it cannot any more. */
	b->r.has_leftovers = b->is_claimed;
	if (e != NULL)
		job_log(&b->base, LOG_WARN,
			"objects are left for a sweep to remove: %s", e->msg);
	if (e == NULL && is_worth_retrying(b) && begin_pause(b))
		return;
	backup_record_failure(b);
}

static void begin_undo(struct backup_job *b)
{
	struct exchange_env env;
	struct err e = {0};
	char packs[2 * ID_MAX];

	backup_set_state(b, BACKUP_UNDO);
	if (!b->is_claimed) {
		on_undone(b, NULL);
		return;
	}
	opening_exchange_env(&b->opening, &env);
	/* Nobody shares what was never in a manifest that counts. What it holds
	 * of its base is left to the sweep. */
	(void)snprintf(packs, sizeof(packs), "%s 1-%d", b->r.id,
		       PACK_NUMBER_MAX);
	env.packs = backup_has_packs(b) ? packs : NULL;
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

void backup_wait(struct backup_job *b)
{
	job_log(&b->base, LOG_INFO,
		"source \"%s\" is busy; the backup waits for its turn",
		b->r.source_name);
	drop_all(b);
	opening_fini(&b->opening);
	(void)evtimer_del(b->tick);
	backup_set_state(b, BACKUP_IDLE);
	job_put_back(&b->base);
}

static void stalled(struct backup_job *b)
{
	struct err e = {0};

	(void)err_set(&e, ERR_TIMEOUT, "store_stalled",
		      "the store of pool \"%s\" has not answered for %u s; "
		      "look at it and try again",
		      b->opening.pool.name, b->base.jobs->config.stall_seconds);
	if (b->state != BACKUP_UNDO) {
		backup_fail(b, &e);
		return;
	}
	exchange_cancel(b->exchange);
	on_undone(b, &e);
}

/* States in which only the store can let the backup go on. */
static bool is_with_store(const struct backup_job *b)
{
	return b->state == BACKUP_BASE || b->state == BACKUP_CLAIM ||
	       b->state == BACKUP_SEND || b->state == BACKUP_PUBLISH ||
	       b->state == BACKUP_UNDO;
}

void backup_watch_store(struct backup_job *b)
{
	int64_t limit_ms = (int64_t)b->base.jobs->config.stall_seconds * 1000;
	uint64_t stored = 0;

	if (b->writer != NULL)
		stored = part_writer_facts(b->writer)->stored_bytes;
	if (!is_with_store(b) || b->still.state != b->state ||
	    b->still.stored_bytes != stored) {
		b->still =
			(struct stillness){b->state, stored, clock_mono_ms()};
		return;
	}
	if (clock_mono_ms() - b->still.since_ms > limit_ms)
		stalled(b);
}

/* What happened before is kept as a cause. */
static void supersede(struct backup_job *b, const struct err *why)
{
	struct err earlier = b->err;

	b->err = *why;
	err_add_cause(&b->err, &earlier);
}

/*
 * Asked to end. Instead of a second try it ends as asked; one that is undone
 * because it failed for good keeps its reason. The objects go in any case.
 */
static void backup_cancel(struct job *job, const struct err *why)
{
	struct backup_job *b = backup_of(job);
	bool was_to_go_on = is_worth_retrying(b);

	if (b->state == BACKUP_RECORD)
		return;
	job->is_cancelable = false;
	b->is_second = true; /* no more tries */
	if (b->state == BACKUP_UNDO) {
		if (was_to_go_on)
			supersede(b, why);
		return;
	}
	if (b->state == BACKUP_PAUSE) {
		(void)evtimer_del(b->pause);
		supersede(b, why);
		backup_record_failure(b);
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
	p->items_done = b->r.table_count + b->r.key_count; /* one is 0 */
	p->items_total = p->items_done;
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
	retry_fini(&b->retry);
	opened_address_fini(&b->address);
	opening_fini(&b->opening);
	scope_fini(&b->scope);
	backup_record_fini(&b->r);
	backup_base_fini(&b->on);
	free(b->hook);
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
