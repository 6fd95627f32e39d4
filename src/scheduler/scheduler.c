/*
 * scheduler.c - a pass asks the catalog which plans are due, decides on one
 * after the other, and sets the alarm to the next due time.
 *
 *   rest -> ask -> decide, each in turn -> ask again | rest
 *
 * What the catalog gives at once is a page; a pass goes from page to page until
 * nothing more is due, each in a turn of the loop of its own. All pages count
 * with the time at which the first began: a plan is not late because there are
 * many. One that cannot be decided (its zone is missing) stays due, is left
 * behind, and is tried again later; it is in nobody's way. What changes during
 * a pass is looked at by the next one, which follows at once.
 *
 * Plans have two clocks, runs and drills; a pass looks at the pages of the one
 * and then at those of the other.
 */
#include "jobs/drills.h"
#include "jobs/plans.h"
#include "scheduler/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/zone.h"
#include "catalog/drills.h"
#include "catalog/due.h"
#include "catalog/plans.h"
#include "jobs/jobs.h"
#include "loop/loop.h"
#include "scheduler/alarm.h"
#include "scheduler/decide.h"
#include "scheduler/zones.h"

enum {
	RETRY_SECONDS = 20, /* after what could not be asked or decided */
	HOUR_SECONDS = 3600,
	HOUR_MS = HOUR_SECONDS * 1000,
};

/* Which of a plan's clocks. */
enum clock {
	CLOCK_RUNS,
	CLOCK_DRILLS,
	CLOCK_COUNT,
};

/* A plan that is due. */
struct due {
	char id[ID_MAX], name[NAME_BUF];
	char *json; /* its timer; of drills, all its options */
	int64_t next_due_at;
	bool is_in_trouble; /* that it cannot be decided was told */
};

struct scheduler {
	struct scheduler_config config;
	struct zones zones;
	struct alarm *alarm;
	struct event *turn; /* begins a page */
	struct event *hour;
	struct catalog_op *asking;
	struct jobs_op *deciding;
	bool is_running; /* between start and stop */

	/* of the pass */
	int64_t pass_ms;
	enum clock clock;
	bool is_going_on;	     /* its next page follows */
	bool is_again;		     /* something has changed meanwhile */
	struct plan_due_query place; /* behind which the next page begins */
	struct due *due;
	size_t ndue, next;
	int64_t page_next_at; /* the first due time after the page */
	int64_t next_at;      /* the first of all that is to come */
	int64_t then_due_at;  /* of the one that is being decided */
	unsigned nfailed;
	struct err failure; /* of the first that failed */

	/* of what was logged last about failures */
	unsigned nlogged;
	int64_t logged_ms; /* monotonic */
};

static int64_t now_ms(const struct scheduler *s)
{
	return s->config.now_ms ? s->config.now_ms(s->config.clock)
				: clock_now_ms();
}

static void pass_in(struct scheduler *s, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (seconds == 0)
		loop_next_turn(s->turn);
	else if (evtimer_add(s->turn, &tv) != 0)
		log_error("scheduler", "no memory for a timer; plans wait for "
				       "the next due time");
}

static void drop_due(struct scheduler *s)
{
	for (size_t i = 0; i < s->ndue; i++)
		free(s->due[i].json);
	free(s->due);
	s->due = NULL;
	s->ndue = s->next = 0;
}

static void note_failure(struct scheduler *s, const struct due *p,
			 const struct err *e)
{
	if (!p->is_in_trouble && s->clock == CLOCK_RUNS)
		catalog_plan_trouble(s->config.catalog, p->id, e->msg);
	if (s->nfailed++ == 0)
		(void)err_set(&s->failure, e->code, e->api,
			      "plan \"%s\" cannot be decided: %s", p->name,
			      e->msg);
}

/* Once, and then hourly: it is tried far more often. */
static void log_failures(struct scheduler *s)
{
	int64_t mono_ms = clock_mono_ms();

	if (s->nfailed > 0 &&
	    (s->nfailed != s->nlogged || mono_ms - s->logged_ms >= HOUR_MS)) {
		s->logged_ms = mono_ms;
		log_error("scheduler", "%s (%u such plans are due and wait)",
			  s->failure.msg, s->nfailed);
	}
	s->nlogged = s->nfailed;
}

static void end_pass(struct scheduler *s)
{
	log_failures(s);
	if (s->is_again)
		pass_in(s, 0);
	else if (s->nfailed > 0)
		pass_in(s, RETRY_SECONDS);
	alarm_set(s->alarm, s->next_at);
}

/* A pass ends with the alarm set to the first of all that is to come. */
static void be_there(struct scheduler *s, int64_t due_at)
{
	if (due_at != 0 && (s->next_at == 0 || due_at < s->next_at))
		s->next_at = due_at;
}

/* False: that was the last one. */
static bool next_clock(struct scheduler *s)
{
	be_there(s, s->page_next_at);
	if (++s->clock == CLOCK_COUNT)
		return false;
	s->place = (struct plan_due_query){.until_ms = s->pass_ms};
	return true;
}

/* What is decided moves behind all that is due, what cannot be decided stays
 * before the place: so a pass comes to its end. */
static void end_page(struct scheduler *s)
{
	if (s->ndue > 0) {
		const struct due *last = &s->due[s->ndue - 1];

		s->place.after_due_at = last->next_due_at;
		memcpy(s->place.after_id, last->id, ID_MAX);
	}
	s->is_going_on = s->ndue > 0 && s->page_next_at != 0 &&
			 s->page_next_at <= s->pass_ms;
	drop_due(s);
	if (!s->is_going_on)
		s->is_going_on = next_clock(s);
	if (s->is_going_on)
		pass_in(s, 0);
	else
		end_pass(s);
}

static void decide_next(struct scheduler *s);

static void log_decision(const struct due *p, const struct backup_record *r)
{
	char due_at[CLOCK_TEXT_MAX];

	(void)clock_format(p->next_due_at, due_at);
	if (r != NULL)
		log_info("scheduler",
			 "plan \"%s\", due at %s: backup \"%s\" is queued (%s)",
			 p->name, due_at, r->name, r->trigger);
	else
		log_info("scheduler", "plan \"%s\", due at %s: nothing to run",
			 p->name, due_at);
}

/* Somebody has changed or deleted the plan meanwhile: it is looked at anew. */
static bool is_outdated(const struct err *e)
{
	return e->code == ERR_NOT_FOUND || strcmp(e->api, "conflict") == 0;
}

/* The one at hand is over; then the next. */
static void end_one(struct scheduler *s, const struct err *e)
{
	const struct due *p = &s->due[s->next++];

	if (e == NULL)
		be_there(s, s->then_due_at);
	else if (is_outdated(e))
		s->is_again = true;
	else
		note_failure(s, p, e);
	decide_next(s);
}

static void on_decided(void *arg, const struct backup_record *r,
		       const struct err *e)
{
	struct scheduler *s = arg;

	s->deciding = NULL;
	if (e == NULL)
		log_decision(&s->due[s->next], r);
	end_one(s, e);
}

static void on_drill(void *arg, const struct job_record *r, const struct err *e)
{
	struct scheduler *s = arg;

	s->deciding = NULL;
	if (e == NULL)
		log_info("scheduler", "plan \"%s\", a drill is due: %s",
			 s->due[s->next].name,
			 r != NULL ? "queued" : "nothing to run");
	end_one(s, e);
}

/* What becomes of its due times. A zone that is missing leaves it due. */
static bool work_out(struct scheduler *s, const struct due *p,
		     const struct timer *t, struct plan_decision *d,
		     struct err *e)
{
	const struct zone *zone = zones_get(&s->zones, t->zone, e);

	if (zone == NULL)
		return false;
	memcpy(d->plan_id, p->id, sizeof(d->plan_id));
	decide_due(t, zone, p->next_due_at, s->pass_ms, d);
	s->then_due_at = d->next_due_at;
	return true;
}

/* False with *e filled, and so below. */
static bool decide_run(struct scheduler *s, const struct due *p, struct err *e)
{
	struct plan_decision d = {0};
	const char *pointer;
	struct timer t;

	if (p->json == NULL)
		return err_bug(e, "a plan without a timer is due");
	if (!timer_parse(&t, p->json, &pointer, e) ||
	    !work_out(s, p, &t, &d, e))
		return false;
	s->deciding = jobs_plan_due(s->config.jobs, &d, on_decided, s, e);
	return s->deciding != NULL;
}

static bool decide_drill(struct scheduler *s, const struct due *p,
			 struct err *e)
{
	struct plan_decision d = {0};
	struct plan_drill drill;

	if (plan_drill_parse(&drill, p->json, e) &&
	    work_out(s, p, &drill.timer, &d, e)) {
		const struct jobs_drill_means means = {
			.provider = drill.provider,
			.options_json = drill.options_json};

		s->deciding = jobs_drill_due(s->config.jobs, &d, &means,
					     on_drill, s, e);
	}
	plan_drill_fini(&drill);
	return s->deciding != NULL;
}

static bool decide(struct scheduler *s, const struct due *p, struct err *e)
{
	return s->clock == CLOCK_RUNS ? decide_run(s, p, e)
				      : decide_drill(s, p, e);
}

static void decide_next(struct scheduler *s)
{
	while (s->deciding == NULL && s->next < s->ndue) {
		const struct due *p = &s->due[s->next];
		struct err e = {0};

		if (decide(s, p, &e))
			return;
		note_failure(s, p, &e);
		s->next++;
	}
	end_page(s);
}

static bool copy_due(struct scheduler *s, const struct plan_record *list,
		     size_t n)
{
	s->due = calloc(n + 1, sizeof(*s->due));
	for (; s->due != NULL && s->ndue < n; s->ndue++) {
		const struct plan_record *r = &list[s->ndue];
		struct due *to = &s->due[s->ndue];

		const char *json = s->clock == CLOCK_RUNS ? r->timer_json
							  : r->options_json;

		memcpy(to->id, r->id, sizeof(to->id));
		memcpy(to->name, r->name, sizeof(to->name));
		to->next_due_at = s->clock == CLOCK_RUNS ? r->next_due_at
							 : r->next_drill_at;
		to->is_in_trouble = r->trouble != NULL;
		if (json == NULL)
			continue;
		to->json = strdup(json);
		if (to->json == NULL)
			return false;
	}
	return s->due != NULL;
}

static void try_later(struct scheduler *s, const char *why)
{
	log_error("scheduler",
		  "cannot look which plans are due: %s; once "
		  "more in %d s",
		  why, RETRY_SECONDS);
	drop_due(s);
	s->is_going_on = false;
	pass_in(s, RETRY_SECONDS);
}

static void on_due(void *arg, const struct plan_record *list,
		   const struct catalog_page *page, const struct err *e)
{
	struct scheduler *s = arg;

	s->asking = NULL;
	if (e != NULL) {
		try_later(s, e->msg);
		return;
	}
	s->page_next_at = (int64_t)page->total;
	if (copy_due(s, list, page->n))
		decide_next(s);
	else
		try_later(s, "out of memory");
}

/* What was decided while the clock was ahead stays decided: no due time is run
 * twice, but plans wait until the clock is there again. */
static void look_at_clock(struct scheduler *s)
{
	int64_t before_ms = s->pass_ms;

	s->pass_ms = now_ms(s);
	if (s->pass_ms < before_ms - HOUR_MS)
		log_warn("scheduler",
			 "the system's clock was set back by %lld s; plans "
			 "that were due meanwhile run again when it has caught "
			 "up; make them anew if that is too late",
			 (long long)((before_ms - s->pass_ms) / 1000));
}

static void start_pass(struct scheduler *s)
{
	look_at_clock(s);
	s->is_again = false;
	s->nfailed = 0;
	s->next_at = 0;
	s->clock = CLOCK_RUNS;
	err_clear(&s->failure);
	s->place = (struct plan_due_query){.until_ms = s->pass_ms};
}

static void begin_page(evutil_socket_t fd, short what, void *arg)
{
	struct scheduler *s = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (s->asking != NULL || s->deciding != NULL) {
		s->is_again = true;
		return;
	}
	if (!s->is_going_on)
		start_pass(s);
	s->is_going_on = false;
	s->asking = s->clock == CLOCK_RUNS
			    ? catalog_plan_due(s->config.catalog, &s->place,
					       on_due, s, &e)
			    : catalog_drill_due(s->config.catalog, &s->place,
						on_due, s, &e);
	if (s->asking == NULL)
		try_later(s, e.msg);
}

void scheduler_wake(struct scheduler *s)
{
	if (!s->is_running)
		return;
	if (s->asking != NULL || s->deciding != NULL || s->is_going_on)
		s->is_again = true;
	else
		pass_in(s, 0);
}

static void on_alarm(void *arg)
{
	scheduler_wake(arg);
}

/* Zone files are read anew now and then: an update may have replaced them. */
static void on_hour(evutil_socket_t fd, short what, void *arg)
{
	struct scheduler *s = arg;

	(void)fd;
	(void)what;
	zones_clear(&s->zones);
	jobs_expire(s->config.jobs);
	scheduler_wake(s);
}

static bool make(struct scheduler *s, struct err *e)
{
	struct event_base *base = loop_base(s->config.loop);
	const struct alarm_config a = {
		.loop = s->config.loop,
		.now_ms = s->config.now_ms,
		.clock = s->config.clock,
		.wake = on_alarm,
		.arg = s,
	};

	s->turn = evtimer_new(base, begin_page, s);
	s->hour = event_new(base, -1, EV_PERSIST, on_hour, s);
	if (s->turn == NULL || s->hour == NULL)
		return err_nomem(e, "the scheduler");
	s->alarm = alarm_new(&a, e);
	return s->alarm != NULL;
}

struct scheduler *scheduler_new(const struct scheduler_config *c, struct err *e)
{
	struct scheduler *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "the scheduler");
		return NULL;
	}
	s->config = *c;
	s->zones.folder = c->zone_folder;
	if (!make(s, e)) {
		scheduler_free(s);
		return NULL;
	}
	return s;
}

void scheduler_start(struct scheduler *s)
{
	static const struct timeval hour = {HOUR_SECONDS, 0};

	s->is_running = true;
	if (evtimer_add(s->hour, &hour) != 0)
		log_error("scheduler", "no memory for the hourly expiry");
	jobs_expire(s->config.jobs);
	pass_in(s, 0);
}

void scheduler_stop(struct scheduler *s)
{
	s->is_running = false;
	catalog_cancel(s->asking);
	jobs_op_cancel(s->deciding);
	s->asking = NULL;
	s->deciding = NULL;
	s->is_going_on = false;
	drop_due(s);
	(void)evtimer_del(s->turn);
	(void)evtimer_del(s->hour);
	alarm_stop(s->alarm);
}

void scheduler_free(struct scheduler *s)
{
	if (s == NULL)
		return;
	if (s->is_running)
		scheduler_stop(s);
	if (s->turn != NULL)
		event_free(s->turn);
	if (s->hour != NULL)
		event_free(s->hour);
	alarm_free(s->alarm);
	zones_clear(&s->zones);
	free(s);
}
