/*
 * adopt.c - rule 17: POST /v1/pools/{id}/adopt reads a pool's manifests again.
 * And binding, which begins an adoption and waits for it a little, so that the
 * reply for a store that holds nothing says that it is available.
 */
#include "http/adopt.h"

#include <string.h>

#include <event2/event.h>

#include "catalog/pools.h"
#include "http/handlers.h"
#include "http/server_int.h"
#include "http/show.h"
#include "jobs/jobs.h"
#include "jobs/pools.h"
#include "loop/loop.h"

enum { BIND_WAIT_SECONDS = 2 };

/* --- after a bind */

static const char *pool_of(const struct request *r)
{
	const struct bind_state *b = r->state;

	return b->pool.id;
}

static void on_bound(void *arg, const struct pool_record *rec,
		     const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_created(r, show_pool(rec), rec->id,
				      rec->revision);
}

static void reply_bound(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_pool_get(r->server->config.catalog,
					       pool_of(r), false, on_bound, r,
					       &e),
			      &e);
}

static void on_read(void *arg, const struct err *e)
{
	struct request *r = arg;

	(void)e;
	request_forget(r);
	(void)evtimer_del(r->timer);
	reply_bound(r);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct request *r = arg;

	(void)fd;
	(void)what;
	jobs_op_cancel(r->jobs_op);
	request_forget(r);
	reply_bound(r);
}

/* That the pool is bound stands, also when nothing can be read of it now. */
static void on_adopting(void *arg, const struct job_record *rec,
			const struct err *e)
{
	static const struct timeval wait = {BIND_WAIT_SECONDS, 0};
	struct request *r = arg;
	struct err mine = {0};

	request_forget(r);
	if (e == NULL)
		r->timer = evtimer_new(loop_base(r->server->config.loop),
				       on_time, r);
	if (r->timer == NULL || evtimer_add(r->timer, &wait) != 0) {
		reply_bound(r);
		return;
	}
	request_await_jobs(
		r,
		jobs_watch(r->server->config.jobs, rec->id, on_read, r, &mine),
		&mine);
}

void pool_adopt_bound(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_adopt(r->server->config.jobs, pool_of(r),
				      on_adopting, r, &e),
			   &e);
}

/* --- on request */

static void on_begun(void *arg, const struct job_record *rec,
		     const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, show_job(rec, NULL), rec->id);
}

void pools_adopt(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_adopt(r->server->config.jobs, r->params[0],
				      on_begun, r, &e),
			   &e);
}
