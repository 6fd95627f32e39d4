/* extract.c - a throwaway instance, and what is read from it. */
#include "jobs/extract/extract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/throwaways.h"
#include "jobs/instances/reaper.h"
#include "jobs/jobs_int.h"

enum { MAKE_PERCENT = 45, DATA_PERCENT = 45 };

static const char *const state_names[] = {
	"queued", "start", "prepare", "check",	 "share",
	"data",	  "data",  "destroy", "destroy",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       EXTRACT_STATE_COUNT,
	       "one name per state");

const char *extract_phase(const struct extract *x)
{
	return x->state == EXTRACT_MAKE ? instance_phase(&x->instance)
					: state_names[x->state];
}

static void set_state(struct extract *x, enum extract_state next)
{
	log_debug("jobs", "extract %s: %s -> %s", x->instance_id,
		  state_names[x->state], state_names[next]);
	x->state = next;
}

bool extract_is_begun(const struct extract *x)
{
	return x->state != EXTRACT_IDLE;
}

bool extract_has_written(const struct extract *x)
{
	return x->state >= EXTRACT_DATA;
}

/* Ends what is under way beside the instance; what was found stays. */
static void stop(struct extract *x)
{
	catalog_cancel(x->op);
	x->op = NULL;
	x->bytes = transfer_bytes(&x->transfer);
	transfer_drop(&x->transfer);
	budget_release(&x->share);
	if (x->preflight != NULL)
		preflight_cancel(x->preflight);
}

/* The last thing that touches it; e may live in what is dropped here. */
static void fail(struct extract *x, const struct err *e)
{
	struct err mine = *e;

	stop(x);
	x->done(x->arg, &mine);
}

/* --- the data */

static void tell_warnings(struct extract *x)
{
	const struct dump_facts *f = transfer_facts(&x->transfer);

	for (size_t i = 0; f != NULL && i < f->nwarnings; i++)
		job_log(x->job, LOG_WARN, "%s: %s", f->warnings[i].code,
			f->warnings[i].detail);
}

static void on_transferred(void *arg, const struct err *e)
{
	struct extract *x = arg;

	tell_warnings(x);
	if (e != NULL) {
		fail(x, e);
		return;
	}
	stop(x);
	set_state(x, EXTRACT_READ);
	x->done(x->arg, NULL);
}

static void on_share(void *arg)
{
	struct extract *x = arg;
	struct err e = {0};

	set_state(x, EXTRACT_DATA);
	job_log(x->job, LOG_INFO,
		"reading %zu databases from the instance, in %u connections at "
		"most",
		x->preflight->ndatabases, x->transfer.max_lanes);
	if (!transfer_start(&x->transfer, &x->instance.preflight.address.a,
			    on_transferred, x, &e))
		fail(x, &e);
}

static void on_looked(void *arg, const struct err *e)
{
	struct extract *x = arg;

	if (failure(e) != NULL) {
		fail(x, e);
		return;
	}
	set_state(x, EXTRACT_SHARE);
	budget_reserve(x->job->jobs->config.budget, &x->share,
		       transfer_share(&x->transfer, x->preflight), on_share, x);
}

/* --- the instance */

static void on_made(void *arg, const struct err *e)
{
	struct extract *x = arg;

	if (e != NULL) {
		fail(x, e);
		return;
	}
	set_state(x, EXTRACT_LOOK);
	preflight_look_through(x->preflight, &x->instance.preflight.address.a,
			       on_looked, x);
}

static void on_noted(void *arg, const struct err *e)
{
	struct extract *x = arg;
	const struct instance_want want = {
		.id = x->instance_id,
		.name = x->name,
		.provider = x->preflight->choice.name,
		.backup = x->preflight->opening.backup.id,
		.request_json = x->request_json,
		.is_unproven = true,
	};
	struct err mine = {0};

	x->op = NULL;
	if (failure(e) != NULL) {
		fail(x, e);
		return;
	}
	set_state(x, EXTRACT_MAKE);
	if (!instance_make(&x->instance, x->job, &want, on_made, x, &mine))
		fail(x, &mine);
}

/* What the provisioner is told; as a new instance's request has it. */
static char *provision_request(const struct preflight *p)
{
	json_t *options = json_object_get(
		json_object_get(p->request, "through"), "options");
	json_t *o = json_pack("{s:{s:O?}}", "provision", "options", options);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

bool extract_start(struct extract *x, extract_cb *done, void *arg,
		   struct err *e)
{
	const struct preflight *p = x->preflight;
	struct job *job = x->job;
	const struct throwaway t = {
		.instance_id = x->instance_id,
		.job_id = job->id,
		.fence = x->fence,
		.provider = p->choice.name,
	};

	x->done = done;
	x->arg = arg;
	id_new(x->instance_id, "src");
	(void)snprintf(x->name, sizeof(x->name), "restore-%s", job->id);
	x->request_json = provision_request(p);
	if (x->request_json == NULL)
		return err_nomem(e, "a restore");
	job_log(job, LOG_INFO,
		"provisioner \"%s\" makes a throwaway instance to read from",
		p->choice.name);
	x->op = catalog_throwaway_begin(job->jobs->config.catalog, &t, on_noted,
					x, e);
	if (x->op == NULL)
		return false;
	set_state(x, EXTRACT_NOTE);
	return true;
}

/* --- taking it down */

static void left(struct extract *x, const struct err *e)
{
	reaper_kick(x->job->jobs->reaper);
	x->done(x->arg, e);
}

static void on_forgotten(void *arg, const struct err *e)
{
	struct extract *x = arg;

	x->op = NULL;
	if (failure(e) != NULL)
		left(x, e);
	else
		x->done(x->arg, NULL);
}

static void on_destroyed(void *arg, const struct err *e)
{
	struct extract *x = arg;
	struct err mine = {0};

	if (failure(e) != NULL) {
		left(x, e);
		return;
	}
	set_state(x, EXTRACT_FORGET);
	x->op = catalog_throwaway_gone(x->job->jobs->config.catalog,
				       x->instance_id, on_forgotten, x, &mine);
	if (x->op == NULL)
		left(x, &mine);
}

void extract_destroy(struct extract *x, extract_cb *done, void *arg)
{
	struct err e = {0};

	stop(x);
	x->done = done;
	x->arg = arg;
	/* Where it was only noted, whoever has it answers that it is gone. */
	x->instance.job = x->job;
	set_state(x, EXTRACT_DESTROY);
	if (!instance_destroy(&x->instance, on_destroyed, x, &e))
		left(x, &e);
}

void extract_drop(struct extract *x)
{
	stop(x);
	instance_fini(&x->instance);
}

void extract_fini(struct extract *x)
{
	extract_drop(x);
	free(x->request_json);
	x->request_json = NULL;
}

/* --- how far it is */

uint64_t extract_bytes(const struct extract *x)
{
	return instance_bytes(&x->instance) + x->bytes +
	       transfer_bytes(&x->transfer);
}

void extract_progress(const struct extract *x, struct job_progress *p)
{
	const struct dump_facts *f = transfer_facts(&x->transfer);

	if (x->state <= EXTRACT_MAKE) {
		instance_progress(&x->instance, p);
		if (p->percent > 0)
			p->percent = p->percent * MAKE_PERCENT / 100;
		return;
	}
	p->bytes_read = extract_bytes(x);
	p->percent = MAKE_PERCENT;
	if (f == NULL)
		return;
	p->items_done = f->items_done;
	p->items_total = f->items_total;
	if (f->items_total > 0 && f->items_done <= f->items_total)
		p->percent +=
			(int)(f->items_done * DATA_PERCENT / f->items_total);
}
