/*
 * backup.c - one backup from the queue to its end.
 *
 * The catalog knows that it runs before the first object is written, and knows
 * that it is completed only after the manifest was read back. Whatever goes
 * wrong between leaves a failed backup whose objects are removed here or, if
 * that fails too or the server dies, by a sweep.
 *
 *   idle -> open -> share -> start [-> base] [-> look] -> claim -> stream
 *     -> send -> publish -> record
 *
 * A manual one was looked at when it was asked for; one of a plan is when its
 * turn has come, so that what is wrong shows as a failed backup. There too it
 * may find its source busy: then it goes back into the queue (idle).
 *
 * What happens when that does not go well is in backup_end.c.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_stream.h"
#include "jobs/backup/backup_tree_base.h"
#include "jobs/pools/place.h"
#include "loop/loop.h"

static void begin_stream_phase(struct backup_job *b);

static void on_sent(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	if (e != NULL && err_is(e)) {
		backup_fail(b, e);
		return;
	}
	backup_publish(b);
}

static void begin_send(struct backup_job *b)
{
	struct err e = {0};

	backup_set_state(b, BACKUP_SEND);
	if (!backup_fill_hidden(b, &e) || !backup_keep_parts(b, &e)) {
		backup_fail(b, &e);
		return;
	}
	part_writer_finish(b->writer, &b->manifest, on_sent, b);
}

/* One pipeline of a phase is over; the last one begins the next phase, if that
 * has not begun yet. */
static void on_pipe(void *arg, const struct err *e)
{
	struct backup_phase *phase = arg;
	struct backup_job *b = phase->job;

	if (err_is(e)) {
		struct err copy = *e;

		backup_fail(b, &copy);
		return;
	}
	if (--phase->nrunning > 0)
		return;
	backup_phases_reap(b);
	if (!TAILQ_EMPTY(&b->phases))
		return;
	if (b->is_read)
		begin_send(b);
	else
		begin_stream_phase(b);
}

static void sample(struct backup_job *b)
{
	const struct dump_facts *f;

	if (b->dump == NULL) {
		meter_sample(&b->meter, backup_state_name(b->state), 0);
		return;
	}
	f = b->dump->ops->facts(b->dump);
	if (b->state != BACKUP_STREAM)
		meter_sample(&b->meter, "store", f->plain_bytes);
	else if (f->phase[0] != '\0')
		meter_sample(&b->meter, f->phase, f->plain_bytes);
	/* Definitions take no time beside what they define. */
	if (b->state == BACKUP_STREAM && strcmp(f->phase, "data") == 0)
		meter_items(&b->meter, f->items_done);
}

/* What was read until now belongs to the phase that is over. */
static void begin_stream_phase(struct backup_job *b)
{
	struct err e = {0};

	sample(b);
	if (!backup_stream_next(b, on_pipe, &e))
		backup_fail(b, &e);
	else if (TAILQ_EMPTY(&b->phases))
		begin_send(b);
}

static void on_claimed(void *arg, const struct err *e)
{
	struct backup_job *b = arg;
	struct err mine = {0};

	b->exchange = NULL;
	if (e != NULL) {
		backup_fail(b, e);
		return;
	}
	backup_set_state(b, BACKUP_STREAM);
	if (!backup_stream_open(b, &mine))
		backup_fail(b, &mine);
	else
		begin_stream_phase(b);
}

static void begin_claim(struct backup_job *b)
{
	const struct exchange_owner owner = {b->r.source_id, b->r.id,
					     b->r.server_id, b->base.id};
	struct exchange_env env;
	struct err e = {0};

	backup_set_state(b, BACKUP_CLAIM);
	opening_exchange_env(&b->opening, &env);
	b->is_claimed = true;
	b->exchange = exchange_claim(&env, &owner, on_claimed, b, &e);
	if (b->exchange == NULL)
		backup_fail(b, &e);
}

static void on_looked(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	if (e != NULL)
		backup_fail(b, e);
	else
		begin_claim(b);
}

static void begin_look(struct backup_job *b)
{
	struct err e = {0};

	backup_set_state(b, BACKUP_LOOK);
	if (!source_look_start(&b->look, &b->opening, &b->scope, on_looked, b,
			       &e))
		backup_fail(b, &e);
}

static void after_index(struct backup_job *b)
{
	if (b->r.plan_id[0] != '\0')
		begin_look(b);
	else
		begin_claim(b);
}

static void after_base(struct backup_job *b)
{
	if (b->on.is_there)
		backup_fetch_index(b, after_index);
	else
		after_index(b);
}

/* The catalog knows that it runs. */
static void go_on(struct backup_job *b)
{
	backup_announce(b, "started");
	backup_find_base(b, after_base);
}

static void on_started(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->op = NULL;
	if (e != NULL && b->base.is_patient &&
	    strcmp(e->api, "source_busy") == 0)
		backup_wait(b);
	else if (e != NULL)
		backup_fail(b, e);
	else
		go_on(b);
}

static void begin_start(struct backup_job *b)
{
	struct err e = {0};

	backup_set_state(b, BACKUP_START);
	b->r.started_at = clock_now_ms();
	b->r.has_leftovers = true;
	b->r.is_encrypted = b->opening.pool.recipients_json != NULL;
	free(b->r.save_path);
	b->r.save_path =
		place_of(&b->opening.pool, b->r.source_id, b->r.id, &e);
	if (b->r.save_path == NULL) {
		(void)err_nomem(&e, "a backup");
		backup_fail(b, &e);
		return;
	}
	b->op = catalog_backup_started(b->base.jobs->config.catalog, &b->r,
				       on_started, b, &e);
	if (b->op == NULL)
		backup_fail(b, &e);
}

/* The catalog knows already that a second try runs. */
static void on_share(void *arg)
{
	struct backup_job *b = arg;

	if (b->is_second)
		begin_claim(b);
	else
		begin_start(b);
}

void backup_take_share(struct backup_job *b)
{
	struct err e = {0};

	backup_set_state(b, BACKUP_SHARE);
	if (!backup_read_options(b, &e)) {
		backup_fail(b, &e);
		return;
	}
	budget_reserve(b->base.jobs->config.budget, &b->share,
		       backup_stream_share(b), on_share, b);
}

static void on_opened(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	if (e != NULL)
		backup_fail(b, e);
	else
		backup_take_share(b);
}

static void backup_open(struct backup_job *b)
{
	const struct opening_want want = {.pool = b->r.pool_id,
					  .source = b->r.source_id};
	struct err e = {0};

	backup_set_state(b, BACKUP_OPEN);
	if (!opening_start(&b->opening, b->base.jobs, &want, on_opened, b, &e))
		backup_fail(b, &e);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct backup_job *b = arg;

	(void)fd;
	(void)what;
	sample(b);
	if (b->state == BACKUP_STREAM && !b->is_read &&
	    backup_stream_is_ahead(b))
		begin_stream_phase(b);
	else
		backup_watch_store(b);
}

void backup_start(struct job *job)
{
	static const struct timeval period = {0, METER_PERIOD_MS * 1000L};
	struct backup_job *b = (struct backup_job *)(void *)job; /* base */
	struct event_base *base = loop_base(job->jobs->config.loop);
	struct err e = b->err; /* there may have been no memory for it */

	job_log(job, LOG_INFO, "backup \"%s\" of source \"%s\" begins",
		b->r.name, b->r.source_name);
	if (b->tick == NULL)
		b->tick = event_new(base, -1, EV_PERSIST, on_tick, b);
	if (b->tick == NULL || evtimer_add(b->tick, &period) != 0)
		(void)err_nomem(&e, "a backup");
	if (err_is(&e)) {
		backup_fail(b, &e);
		return;
	}
	backup_open(b);
}
