/*
 * drill.c - a backup is restored to be proven: an instance that nobody ever
 * sees is made of it, held against the manifest, timed and destroyed.
 *
 *   idle -> choose -> begin -> make -> destroy -> record
 *                               | -> judge ---^
 *
 * The catalog knows of the instance before it is begun and until nothing of it
 * is left (catalog/drills.h); one that a crash cuts is taken down by the reaper
 * (instances/reaper.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobs/drills/drill_int.h"
#include "loop/loop.h"

static const char *const state_names[] = {
	"queued", "check", "start", "make", "judge", "destroy", "record",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       DRILL_STATE_COUNT,
	       "one name per state");

static struct drill_job *drill_of(struct job *job)
{
	return (struct drill_job *)(void *)job; /* base comes first */
}

void drill_set_state(struct drill_job *t, enum drill_state next)
{
	log_debug("jobs", "drill %s: %s -> %s", t->base.id,
		  state_names[t->state], state_names[next]);
	t->state = next;
}

static void on_made(void *arg, const struct err *e)
{
	struct drill_job *t = arg;

	t->seconds = (clock_mono_ms() - t->begun_ms + 999) / 1000;
	drill_judge(t, e);
}

static void on_begun(void *arg, const struct err *e)
{
	struct drill_job *t = arg;
	const struct instance_want want = {
		.id = t->d.instance_id,
		.name = t->name,
		.provider = t->d.provider,
		.backup = t->d.job.resource,
		.request_json = t->request_json,
	};
	struct err mine = {0};

	t->op = NULL;
	if (e != NULL) {
		drill_fail(t, e);
		return;
	}
	drill_announce(t, "started");
	drill_set_state(t, DRILL_MAKE);
	t->begun_ms = clock_mono_ms();
	if (!instance_make(&t->instance, &t->base, &want, on_made, t, &mine))
		drill_fail(t, &mine);
}

static void begin(struct drill_job *t)
{
	struct err e = {0};

	drill_set_state(t, DRILL_BEGIN);
	job_log(&t->base, LOG_INFO,
		"drill of %s in an instance of provisioner \"%s\" begins",
		t->d.job.resource, t->d.provider);
	t->op = catalog_drill_started(t->base.jobs->config.catalog, &t->d,
				      on_begun, t, &e);
	if (t->op == NULL)
		drill_fail(t, &e);
}

static void on_chosen(void *arg, const struct err *e)
{
	struct drill_job *t = arg;

	if (e != NULL) {
		drill_fail(t, e);
		return;
	}
	(void)str_copy(t->d.provider, sizeof(t->d.provider), t->choice.name);
	begin(t);
}

static void choose(struct drill_job *t)
{
	struct err e = {0};

	drill_set_state(t, DRILL_CHOOSE);
	if (!choice_start(&t->choice, t->base.jobs, on_chosen, t, &e))
		drill_fail(t, &e);
}

/* --- as a job */

static const char *phase(const struct drill_job *t)
{
	return t->state == DRILL_MAKE ? instance_phase(&t->instance)
				      : state_names[t->state];
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct drill_job *t = arg;

	(void)fd;
	(void)what;
	meter_sample(&t->meter, phase(t), instance_bytes(&t->instance));
}

static void start(struct job *job)
{
	static const struct timeval period = {0, METER_PERIOD_MS * 1000L};
	struct drill_job *t = drill_of(job);
	struct err e = {0};

	t->tick = event_new(loop_base(job->jobs->config.loop), -1, EV_PERSIST,
			    on_tick, t);
	if (t->tick == NULL || evtimer_add(t->tick, &period) != 0) {
		(void)err_nomem(&e, "a drill");
		drill_fail(t, &e);
	} else if (t->d.provider[0] != '\0') {
		begin(t);
	} else {
		choose(t);
	}
}

/* One that is being destroyed is over soon. */
static void cancel(struct job *job, const struct err *why)
{
	struct drill_job *t = drill_of(job);

	if (t->state == DRILL_RECORD)
		return;
	if (job->jobs->is_stopping)
		drill_leave(t, why);
	else if (t->state != DRILL_DESTROY)
		drill_fail(t, why);
}

static void progress(const struct job *job, struct job_progress *p)
{
	const struct drill_job *t = (const struct drill_job *)(const void *)job;

	memset(p, 0, sizeof(*p));
	meter_progress(&t->meter, p);
	instance_progress(&t->instance, p);
	if (t->instance.state < INSTANCE_VERIFY)
		meter_left(&t->meter, p, t->instance.total_bytes);
	(void)str_copy(p->phase, sizeof(p->phase), phase(t));
}

static void destroy(struct job *job)
{
	struct drill_job *t = drill_of(job);

	drill_drop(t);
	instance_fini(&t->instance);
	retry_fini(&t->retry);
	if (t->tick != NULL)
		event_free(t->tick);
	free(t->request_json);
	free(t);
}

const struct job_ops *drill_job_ops(void)
{
	static const struct job_ops ops = {
		.name = "drill",
		.turns = TURNS_DRILL,
		.start = start,
		.cancel = cancel,
		.progress = progress,
		.destroy = destroy,
	};

	return &ops;
}

bool drill_job_means(struct drill_job *t, const char *provider,
		     const char *options_json)
{
	struct text request = {0};

	(void)str_copy(t->d.provider, sizeof(t->d.provider),
		       provider != NULL ? provider : "");
	text_printf(&request, "{\"provision\":{\"options\":%s}}",
		    options_json != NULL ? options_json : "{}");
	t->request_json = text_take(&request);
	return t->request_json != NULL;
}

void drill_job_fill(struct drill_job *t, const struct drill_record *d)
{
	char provider[NAME_BUF];

	memcpy(provider, t->d.provider, sizeof(provider));
	t->d = *d;
	memcpy(t->d.provider, provider, sizeof(provider));
	(void)snprintf(t->name, sizeof(t->name), "drill-%s", d->job.id);
}
