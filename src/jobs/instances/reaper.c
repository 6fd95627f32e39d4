/* reaper.c - one instance after the other: destroy, then its source goes. */
#include "jobs/instances/reaper.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/text.h"
#include "catalog/events.h"
#include "catalog/instances.h"
#include "jobs/instances/provision.h"
#include "jobs/jobs_int.h"
#include "loop/loop.h"

enum { AGAIN_SECONDS = 60 };

struct reaper_item {
	char id[ID_MAX];
	char name[NAME_BUF];
	char provider[NAME_BUF];
};

struct reaper {
	struct jobs *jobs;
	struct event *timer;
	struct catalog_op *op;
	struct provision provision;
	struct reaper_item *items; /* still to do: the last nitems */
	size_t nitems;
	bool is_again;	/* something is left */
	struct err err; /* of the one at hand */
};

static void arm(struct reaper *r, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (!r->jobs->is_stopping && evtimer_add(r->timer, &tv) != 0)
		log_error("jobs", "cannot arm the search for what is left of "
				  "instances");
}

static void rest(struct reaper *r)
{
	free(r->items);
	r->items = NULL;
	r->nitems = 0;
	if (r->is_again)
		arm(r, AGAIN_SECONDS);
}

static void reap_next(struct reaper *r);

static const struct reaper_item *current(const struct reaper *r)
{
	return &r->items[r->nitems];
}

static void tell_event(const struct reaper *r)
{
	const struct event_record news = {
		.kind = "source",
		.act = "source.destroyed",
		.resource = current(r)->id,
		.name = current(r)->name,
		.result = "ok",
		.who = "server",
		.detail = "what was left of a restore that did not end well",
	};

	catalog_event_add(r->jobs->config.catalog, &news);
}

static void on_told(void *arg, const struct err *e)
{
	struct reaper *r = arg;

	r->op = NULL;
	if (e != NULL || err_is(&r->err))
		r->is_again = true;
	if (e != NULL)
		log_warn("jobs", "cannot keep what became of instance %s: %s",
			 current(r)->id, e->msg);
	else if (!err_is(&r->err))
		tell_event(r);
	reap_next(r);
}

static void tell(struct reaper *r)
{
	const struct reaper_item *it = current(r);
	struct err e = {0};

	if (err_is(&r->err))
		log_warn("jobs",
			 "cannot destroy what is left of instance %s: "
			 "%s",
			 it->id, r->err.msg);
	else
		log_info("jobs", "destroyed what was left of instance %s",
			 it->id);
	r->op = catalog_instance_swept(r->jobs->config.catalog, it->id,
				       failure(&r->err), on_told, r, &e);
	if (r->op == NULL)
		on_told(r, &e);
}

static void on_destroyed(void *arg, json_t *reply, const struct err *e)
{
	struct reaper *r = arg;

	if (failure(e) != NULL)
		r->err = *e;
	else
		(void)provision_destroyed(current(r)->provider, reply, &r->err);
	tell(r);
}

static void reap_next(struct reaper *r)
{
	struct provision_ask ask = {
		.jobs = r->jobs,
		.operation = "destroy",
		.done = on_destroyed,
		.arg = r,
	};

	if (r->nitems == 0) {
		rest(r);
		return;
	}
	r->nitems--;
	err_clear(&r->err);
	ask.provider = current(r)->provider;
	ask.request = provision_id(current(r)->id);
	if (!provision_start(&r->provision, &ask, &r->err))
		tell(r);
}

static void on_leftovers(void *arg, const struct source_record *list,
			 const struct catalog_page *page, const struct err *e)
{
	struct reaper *r = arg;

	r->op = NULL;
	if (e == NULL && page->n > 0)
		r->items = calloc(page->n, sizeof(*r->items));
	if (e != NULL || (page->n > 0 && r->items == NULL))
		r->is_again = true;
	for (size_t i = 0; r->items != NULL && i < page->n; i++) {
		struct reaper_item *it = &r->items[r->nitems++];

		(void)str_copy(it->id, sizeof(it->id), list[i].id);
		(void)str_copy(it->name, sizeof(it->name), list[i].name);
		(void)str_copy(it->provider, sizeof(it->provider),
			       list[i].provisioned_by);
	}
	reap_next(r);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct reaper *r = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (r->op != NULL || r->nitems > 0 || r->provision.call != NULL) {
		r->is_again = true;
		return;
	}
	r->is_again = false;
	r->op = catalog_instance_leftovers(r->jobs->config.catalog,
					   on_leftovers, r, &e);
	if (r->op == NULL) {
		r->is_again = true;
		rest(r);
	}
}

struct reaper *reaper_new(struct jobs *j)
{
	struct reaper *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->jobs = j;
	r->timer = evtimer_new(loop_base(j->config.loop), on_time, r);
	if (r->timer != NULL)
		return r;
	free(r);
	return NULL;
}

void reaper_start(struct reaper *r)
{
	arm(r, PROVISION_LINGER_MS / 1000);
}

void reaper_kick(struct reaper *r)
{
	arm(r, AGAIN_SECONDS);
}

void reaper_stop(struct reaper *r)
{
	(void)provision_cancel(&r->provision);
	catalog_cancel(r->op);
	r->op = NULL;
	(void)evtimer_del(r->timer);
}

void reaper_free(struct reaper *r)
{
	if (r == NULL)
		return;
	reaper_stop(r);
	free(r->items);
	event_free(r->timer);
	free(r);
}
