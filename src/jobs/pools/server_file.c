/*
 * server_file.c - keeps servers/<id>.json current in every pool: gathers what
 * it says, then writes where something else stands.
 *
 *   rest -> gather -> write (one pool after the other) -> rest;
 *   changes meanwhile begin it anew.
 */
#include "jobs/pools/server_file.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "jobs/pools/server_gather.h"
#include "jobs/pools/server_hide.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "manifest/servers.h"

enum {
	WRITER_DELAY_S = 2,  /* so that a row of changes is one */
	WRITER_RETRY_S = 60, /* after a pool could not be written */
	WRITER_ATTEMPTS = 2,
};

struct composing;

struct server_writer {
	struct jobs *jobs;
	struct event *timer;
	bool is_busy, is_again, has_failed;
	struct server_gather gather;
	size_t next; /* pool to write */
	struct opening opening;
	struct composing *composing; /* what is to be written */
	struct exchange *exchange;
};

static void arm(struct server_writer *w, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (evtimer_add(w->timer, &tv) != 0)
		log_error("jobs",
			  "cannot arm the writing of servers/<id>.json");
}

/* The document as it may stand in a pool, made on a worker: with 1,000 plans
 * that takes more than 10 ms. Nobody changes doc meanwhile. */
struct composing {
	struct work work; /* first */
	struct server_writer *writer;
	json_t *doc; /* a reference of its own */
	char pool_id[ID_MAX];
	char *text; /* made */
	struct err err;
};

static struct composing *composing_of(struct work *w)
{
	return (struct composing *)(void *)w; /* work comes first */
}

static void composing_free(struct work *w)
{
	struct composing *c = composing_of(w);

	json_decref(c->doc);
	free(c->text);
	free(c);
}

static void drop(struct server_writer *w)
{
	if (w->composing != NULL)
		work_abandon(&w->composing->work, composing_free);
	w->composing = NULL;
	exchange_cancel(w->exchange);
	w->exchange = NULL;
	opening_fini(&w->opening);
	server_gather_fini(&w->gather);
	w->is_busy = false;
}

static void rest(struct server_writer *w)
{
	drop(w);
	if (w->is_again)
		arm(w, WRITER_DELAY_S);
	else if (w->has_failed)
		arm(w, WRITER_RETRY_S);
	w->is_again = false;
}

static void fail(struct server_writer *w, const struct err *e)
{
	log_warn("jobs", "servers/<id>.json cannot be made: %s", e->msg);
	w->has_failed = true;
	rest(w);
}

/* --- writing */

static void write_next(struct server_writer *w);

static void on_written(void *arg, const struct err *e)
{
	struct server_writer *w = arg;

	w->exchange = NULL;
	if (e != NULL)
		log_warn("jobs", "pool \"%s\": %s", w->opening.pool.name,
			 e->msg);
	/* One that was taken over is not tried again. */
	if (e != NULL && strcmp(e->api, "taken_over") != 0)
		w->has_failed = true;
	w->next++;
	write_next(w);
}

static void compose(struct work *w)
{
	struct composing *c = composing_of(w);
	json_t *doc = json_deep_copy(c->doc);

	if (doc != NULL && server_hide(doc, c->pool_id, &c->err))
		c->text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	if (c->text == NULL && !err_is(&c->err))
		(void)err_nomem(&c->err, "servers/<id>.json");
}

static bool put(struct server_writer *w, const char *json, struct err *e)
{
	const struct server_file f = {
		.server_id =
			catalog_identity(w->jobs->config.catalog)->server_id,
		.json = json,
	};
	struct exchange_env env;

	opening_exchange_env(&w->opening, &env);
	w->exchange = exchange_server_put(&env, &f, on_written, w, e);
	return w->exchange != NULL;
}

static void on_composed(struct work *work)
{
	struct composing *c = composing_of(work);
	struct server_writer *w = c->writer;
	struct err e = c->err;
	bool ok;

	w->composing = NULL;
	ok = c->text != NULL && put(w, c->text, &e);
	composing_free(work);
	if (!ok)
		on_written(w, &e);
}

static bool begin_composing(struct server_writer *w, struct err *e)
{
	struct composing *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_nomem(e, "servers/<id>.json");
	c->work.run = compose;
	c->work.done = on_composed;
	c->writer = w;
	c->doc = json_incref(w->gather.doc);
	memcpy(c->pool_id, w->opening.pool.id, ID_MAX);
	w->composing = c;
	workers_submit(w->jobs->config.cpu, &c->work);
	return true;
}

static void on_opened(void *arg, const struct err *e)
{
	struct server_writer *w = arg;
	struct err mine = {0};

	if (e == NULL && begin_composing(w, &mine))
		return;
	if (e == NULL)
		e = &mine;
	/* A pool that went meanwhile is none. */
	on_written(w, e->code == ERR_NOT_FOUND ? NULL : e);
}

static void write_next(struct server_writer *w)
{
	const json_t *pools = json_object_get(w->gather.doc, "pools");
	const json_t *pool = json_array_get(pools, w->next);
	struct opening_want want = {.store_attempts = WRITER_ATTEMPTS};
	struct err e = {0};

	opening_fini(&w->opening);
	if (pool == NULL) {
		rest(w);
		return;
	}
	want.pool = json_string_value(json_object_get(pool, "id"));
	if (!opening_start(&w->opening, w->jobs, &want, on_opened, w, &e))
		fail(w, &e);
}

/* --- begin and end */

static void on_gathered(void *arg, const struct err *e)
{
	struct server_writer *w = arg;

	w->next = 0;
	if (e == NULL)
		write_next(w);
	else
		fail(w, e);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct server_writer *w = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	w->is_busy = true;
	w->has_failed = false;
	if (!server_gather_start(&w->gather, w->jobs->config.catalog,
				 on_gathered, w, &e))
		fail(w, &e);
}

struct server_writer *server_writer_new(struct jobs *j)
{
	struct server_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->jobs = j;
	w->timer = evtimer_new(loop_base(j->config.loop), on_time, w);
	if (w->timer != NULL)
		return w;
	free(w);
	return NULL;
}

void server_writer_kick(struct server_writer *w)
{
	if (w->is_busy)
		w->is_again = true;
	else if (!w->jobs->is_stopping)
		arm(w, WRITER_DELAY_S);
}

void server_writer_stop(struct server_writer *w)
{
	(void)evtimer_del(w->timer);
	drop(w);
}

void server_writer_free(struct server_writer *w)
{
	if (w == NULL)
		return;
	server_writer_stop(w);
	event_free(w->timer);
	free(w);
}
