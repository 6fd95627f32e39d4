/*
 * create.c - a restore into an instance that is made for it, from the queue to
 * its end. The source stands in the catalog since the restore was accepted, and
 * is whole in the same transaction in which the restore is completed; a restore
 * that fails destroys what there is before its source goes. Cut between, what
 * is left is destroyed by the reaper, which asks the catalog.
 *
 *   idle -> begin -> make -> record
 *                     | -> destroy -> record
 */
#include "jobs/instances/create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/events.h"
#include "jobs/instances/reaper.h"
#include "jobs/restore/restore_end.h"
#include "loop/loop.h"

static const char *const state_names[] = {
	"queued", "begin", "make", "destroy", "record",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       CREATE_STATE_COUNT,
	       "one name per state");

static struct create_job *create_of(struct job *job)
{
	return (struct create_job *)(void *)job; /* base comes first */
}

static void set_state(struct create_job *t, enum create_state next)
{
	log_debug("jobs", "restore %s: %s -> %s", t->r.id,
		  state_names[t->state], state_names[next]);
	t->state = next;
}

static const char *phase(const struct create_job *t)
{
	return t->state == CREATE_MAKE ? instance_phase(&t->instance)
				       : state_names[t->state];
}

static void tell_catalog(struct create_job *t);

static void tell_events(const struct create_job *t, const char *verb)
{
	const struct job_subject what = {t->r.id, t->r.target_name};

	job_tell(&t->base, verb, &what, &t->err);
}

/* What became of the instance is news of its own. */
static void tell_source(const struct create_job *t)
{
	const bool is_made = !err_is(&t->err);
	const struct event_record news = {
		.kind = "source",
		.act = is_made ? "source.made" : "source.destroyed",
		.resource = t->r.target_id,
		.name = t->r.target_name,
		.result = is_made || t->r.is_destroyed ? "ok" : "failed",
		.who = "server",
		.detail = t->r.leftover,
	};

	if (is_made || t->was_begun)
		catalog_event_add(t->base.jobs->config.catalog, &news);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct create_job *t = arg;

	t->op = NULL;
	if (e != NULL && retry_later(&t->retry, t->base.jobs, e, on_retry, t))
		return;
	if (e != NULL) {
		log_error("jobs",
			  "restore %s: how it ended is not recorded: %s",
			  t->r.id, e->msg);
	} else {
		tell_events(t, job_status_name(t->r.status));
		tell_source(t);
	}
	if (e != NULL || (err_is(&t->err) && !t->r.is_destroyed))
		reaper_kick(t->base.jobs->reaper);
	job_over(&t->base);
}

static void tell_catalog(struct create_job *t)
{
	struct err e = {0};

	t->op = restore_end_tell(&t->base, &t->r, on_recorded, t, &e);
	if (t->op == NULL)
		on_recorded(t, &e);
}

/* err tells how it went. */
static void record(struct create_job *t)
{
	set_state(t, CREATE_RECORD);
	restore_end_fill(&t->base, &t->r, &t->err);
	tell_catalog(t);
}

/* Adds to the error, which must not lose its own words for it. */
static void add_words(struct err *e, const char *words)
{
	size_t len = strlen(e->msg), more = strlen(words);

	if (len + more >= sizeof(e->msg))
		len = sizeof(e->msg) - 1 - more;
	(void)snprintf(e->msg + len, sizeof(e->msg) - len, "%s", words);
}

static void keep_leftover(struct create_job *t, const char *why)
{
	struct text words = {0};

	text_printf(&words,
		    "its restore has failed and what was made of it is left: "
		    "%s; it is tried again each minute, or at once with DELETE "
		    "/v1/sources/%s?destroy=true",
		    why, t->r.target_id);
	t->r.leftover = text_take(&words);
	add_words(&t->err, "; the instance could not be destroyed yet");
}

static void on_destroyed(void *arg, const struct err *e)
{
	struct create_job *t = arg;

	t->r.is_destroyed = e == NULL;
	if (e != NULL)
		keep_leftover(t, e->msg);
	else if (t->instance.is_begun)
		add_words(&t->err, "; the instance was destroyed");
	record(t);
}

/* e may live in what is dropped here: it is copied first. */
static void fail(struct create_job *t, const struct err *e)
{
	struct err mine = {0};

	t->err = *e;
	if (!err_is(e))
		(void)err_bug(&t->err, "a restore failed without a reason");
	catalog_cancel(t->op);
	t->op = NULL;
	t->was_begun = t->instance.is_begun;
	if (t->state < CREATE_MAKE) {
		t->r.is_destroyed = true; /* nothing was begun */
		record(t);
		return;
	}
	job_log(&t->base, LOG_WARN, "%s; what was made is destroyed",
		t->err.msg);
	set_state(t, CREATE_DESTROY);
	t->base.is_cancelable = false;
	if (!instance_destroy(&t->instance, on_destroyed, t, &mine))
		on_destroyed(t, &mine);
}

static void on_made(void *arg, const struct err *e)
{
	struct create_job *t = arg;
	struct provision_place *place = &t->instance.place;

	if (e != NULL) {
		fail(t, e);
		return;
	}
	t->r.verified = true;
	t->r.row_count = t->instance.rows;
	t->r.key_count = t->instance.keys;
	(void)str_copy(t->r.version, sizeof(t->r.version), place->version);
	t->r.connection_json = place->connection_json;
	t->r.secret = place->secret;
	place->connection_json = NULL;
	place->secret = NULL;
	record(t);
}

static void on_begun(void *arg, const struct err *e)
{
	struct create_job *t = arg;
	const struct instance_want want = {
		.id = t->r.target_id,
		.name = t->r.target_name,
		.provider = t->r.provider,
		.backup = t->r.backup_id,
		.request_json = t->r.request_json,
	};
	struct err mine = {0};

	t->op = NULL;
	if (e != NULL) {
		fail(t, e);
		return;
	}
	tell_events(t, "started");
	set_state(t, CREATE_MAKE);
	if (!instance_make(&t->instance, &t->base, &want, on_made, t, &mine))
		fail(t, &mine);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct create_job *t = arg;

	(void)fd;
	(void)what;
	meter_sample(&t->meter, phase(t), instance_bytes(&t->instance));
}

static void create_start(struct job *job)
{
	static const struct timeval period = {0, METER_PERIOD_MS * 1000L};
	struct create_job *t = create_of(job);
	struct err e = t->err; /* there may have been no memory for it */

	set_state(t, CREATE_BEGIN);
	job_log(job, LOG_INFO,
		"restore of %s into a new instance \"%s\" of provisioner "
		"\"%s\" begins",
		t->r.backup_id, t->r.target_name, t->r.provider);
	t->tick = event_new(loop_base(job->jobs->config.loop), -1, EV_PERSIST,
			    on_tick, t);
	if (t->tick == NULL || evtimer_add(t->tick, &period) != 0)
		(void)err_nomem(&e, "a restore");
	t->r.started_at = clock_now_ms();
	if (!err_is(&e))
		t->op = catalog_restore_started(job->jobs->config.catalog,
						&t->r, on_begun, t, &e);
	if (t->op == NULL)
		fail(t, &e);
}

/* A server that stops has no time for a provisioner: its next start has. */
static void leave(struct create_job *t, const struct err *why)
{
	t->err = *why;
	catalog_cancel(t->op);
	t->op = NULL;
	t->was_begun = t->instance.is_begun;
	t->r.is_destroyed = !t->was_begun;
	instance_fini(&t->instance);
	if (!t->r.is_destroyed) {
		t->r.leftover = strdup("the server stopped while it was being "
				       "made; what there is of it is "
				       "destroyed when the server runs again");
		add_words(&t->err, "; the instance is destroyed when the "
				   "server runs again");
	}
	record(t);
}

static void create_cancel(struct job *job, const struct err *why)
{
	struct create_job *t = create_of(job);

	if (t->state >= CREATE_DESTROY)
		return;
	if (job->jobs->is_stopping)
		leave(t, why);
	else
		fail(t, why);
}

static void create_progress(const struct job *job, struct job_progress *p)
{
	const struct create_job *t =
		(const struct create_job *)(const void *)job;

	memset(p, 0, sizeof(*p));
	meter_progress(&t->meter, p);
	instance_progress(&t->instance, p);
	if (t->instance.state < INSTANCE_VERIFY)
		meter_left(&t->meter, p, t->instance.total_bytes);
	(void)str_copy(p->phase, sizeof(p->phase), phase(t));
}

static void create_destroy(struct job *job)
{
	struct create_job *t = create_of(job);

	instance_fini(&t->instance);
	retry_fini(&t->retry);
	catalog_cancel(t->op);
	restore_record_fini(&t->r);
	if (t->tick != NULL)
		event_free(t->tick);
	free(t);
}

const struct job_ops *create_job_ops(void)
{
	static const struct job_ops ops = {
		.name = "restore",
		.start = create_start,
		.cancel = create_cancel,
		.progress = create_progress,
		.destroy = create_destroy,
	};

	return &ops;
}

/* What needs no memory is enough to tell the catalog that it failed. */
static void fill_bare(struct create_job *t, const struct restore_record *r)
{
	t->r = *r;
	t->r.request_json = NULL;
	t->r.error_json = NULL;
	t->r.connection_json = NULL;
	t->r.secret = NULL;
	t->r.leftover = NULL;
	(void)err_nomem(&t->err, "a restore");
}

void create_job_fill(struct create_job *t, const struct restore_record *r)
{
	memcpy(t->base.source_id, r->target_id, ID_MAX);
	if (!restore_record_copy(&t->r, r))
		fill_bare(t, r);
}
