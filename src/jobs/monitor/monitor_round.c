/*
 * monitor_round.c - one round through all pools or all sources: page after
 * page, some looks at once, each with a limit, so that a store that takes
 * connections and says nothing is told, too. A round begins probe_seconds after
 * the one before began, but not before that one is over.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "jobs/monitor/monitor_int.h"
#include "jobs/pools/claim.h"
#include "loop/loop.h"

enum { ROUND_PAGE = 50, ROUND_FIRST_MS = 1000, ROUND_PAUSE_MS = 1000 };

static void arm(struct monitor_round *r, int64_t ms)
{
	const struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	if (evtimer_add(r->timer, &tv) != 0)
		log_error("jobs", "cannot arm the look at pools and sources");
}

static void rest(struct monitor_round *r)
{
	int64_t period_ms = (int64_t)r->jobs->config.probe_seconds * 1000;
	int64_t left_ms = r->began_ms + period_ms - clock_mono_ms();

	r->is_busy = false;
	if (r->is_again || left_ms < ROUND_PAUSE_MS)
		left_ms = ROUND_PAUSE_MS;
	r->is_again = false;
	arm(r, left_ms);
}

static void read_page(struct monitor_round *r);

static void look_on(struct monitor_round *r);

/* --- looks */

static void look_clear(struct look *k)
{
	look_cancel(k);
	opening_fini(&k->opening);
	source_record_fini(&k->source);
	k->id[0] = '\0';
}

void look_cancel(struct look *k)
{
	(void)evtimer_del(k->limit);
	catalog_cancel(k->op);
	k->op = NULL;
	jobs_op_cancel(k->check);
	k->check = NULL;
	opening_cancel(&k->opening);
	folder_look_cancel(k->folder);
	k->folder = NULL;
	if (k->store_op != NULL)
		store_cancel(k->opening.store, k->store_op);
	k->store_op = NULL;
	claim_cancel(k->claim);
	k->claim = NULL;
}

void look_end(struct look *k)
{
	struct monitor_round *r = k->round;

	look_clear(k);
	r->nlooking--;
	look_on(r);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	struct look *k = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	look_cancel(k);
	(void)err_set(&e, ERR_TIMEOUT, "connection_failed",
		      "no answer within %d s", LOOK_LIMIT_MS / 1000);
	k->round->ops->verdict(k, &e);
}

static bool look_begin(struct look *k, const char *id)
{
	static const struct timeval limit = {LOOK_LIMIT_MS / 1000, 0};
	struct err e = {0};

	memcpy(k->id, id, ID_MAX);
	if (evtimer_add(k->limit, &limit) == 0 && k->round->ops->look(k, &e)) {
		k->round->nlooking++;
		return true;
	}
	look_clear(k);
	return false;
}

/* What cannot even be begun now is looked at in the next round. */
static void look_on(struct monitor_round *r)
{
	for (unsigned i = 0; i < LOOKS_AT_ONCE; i++) {
		struct look *k = &r->looks[i];

		while (k->id[0] == '\0' && r->next < r->ids.len) {
			const char *id = r->ids.data + r->next;

			r->next += ID_MAX;
			if (look_begin(k, id))
				break;
		}
	}
	if (r->nlooking > 0)
		return;
	if (r->cursor != NULL)
		read_page(r);
	else
		rest(r);
}

/* --- pages */

void round_add(struct monitor_round *r, const char *id)
{
	text_add(&r->ids, id, ID_MAX);
}

void round_page_end(struct monitor_round *r, const struct catalog_page *page)
{
	r->op = NULL;
	free(r->cursor);
	r->cursor =
		page != NULL && page->next != NULL ? strdup(page->next) : NULL;
	look_on(r);
}

static void read_page(struct monitor_round *r)
{
	const struct catalog_query q = {
		.sort = "created_at", .after = r->cursor, .limit = ROUND_PAGE};
	struct err e = {0};

	text_reset(&r->ids);
	r->next = 0;
	r->op = r->ops->page(r, &q, &e);
	if (r->op == NULL)
		rest(r);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct monitor_round *r = arg;

	(void)fd;
	(void)what;
	r->is_busy = true;
	r->began_ms = clock_mono_ms();
	read_page(r);
}

/* --- its life */

bool round_init(struct monitor_round *r, struct jobs *j,
		const struct round_ops *ops)
{
	struct event_base *base = loop_base(j->config.loop);
	bool ok;

	r->jobs = j;
	r->ops = ops;
	r->timer = evtimer_new(base, on_time, r);
	ok = r->timer != NULL;
	for (unsigned i = 0; i < LOOKS_AT_ONCE; i++) {
		r->looks[i].round = r;
		r->looks[i].limit = evtimer_new(base, on_limit, &r->looks[i]);
		ok = ok && r->looks[i].limit != NULL;
	}
	return ok;
}

void round_start(struct monitor_round *r)
{
	r->is_on = r->jobs->config.probe_seconds > 0;
	if (r->is_on)
		arm(r, ROUND_FIRST_MS);
}

void round_kick(struct monitor_round *r)
{
	if (!r->is_on)
		return;
	if (r->is_busy)
		r->is_again = true;
	else
		arm(r, 0);
}

void round_stop(struct monitor_round *r)
{
	r->is_on = false;
	if (r->timer == NULL)
		return;
	(void)evtimer_del(r->timer);
	catalog_cancel(r->op);
	r->op = NULL;
	for (unsigned i = 0; i < LOOKS_AT_ONCE; i++) {
		if (r->looks[i].limit != NULL)
			look_clear(&r->looks[i]);
	}
	r->nlooking = 0;
}

void round_fini(struct monitor_round *r)
{
	round_stop(r);
	for (unsigned i = 0; i < LOOKS_AT_ONCE; i++) {
		if (r->looks[i].limit != NULL)
			event_free(r->looks[i].limit);
	}
	if (r->timer != NULL)
		event_free(r->timer);
	text_free(&r->ids);
	free(r->cursor);
}
