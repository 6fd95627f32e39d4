/*
 * retry.c - waits between attempts to tell the catalog. Without them a disk
 * that is full for a minute would leave a source busy until the next start.
 */
#include "jobs/retry.h"

#include "jobs/jobs_int.h"
#include "loop/loop.h"

enum { RETRY_FIRST_S = 1, RETRY_MOST_S = 60 };

static bool is_passing(const struct err *e)
{
	switch (e->code) {
	case ERR_NOMEM:
	case ERR_IO:
	case ERR_REMOTE:
	case ERR_TIMEOUT:
	case ERR_CONNECT:
		return true;
	case ERR_NONE:
	case ERR_INVALID:
	case ERR_CONFLICT:
	case ERR_NOT_FOUND:
	case ERR_DENIED:
	case ERR_CANCELED:
	case ERR_DAMAGED:
	case ERR_BUG:
	case ERR_COUNT:
		break;
	}
	return false;
}

bool retry_later(struct retry *r, struct jobs *j, const struct err *e,
		 event_callback_fn cb, void *arg)
{
	struct timeval tv = {0, 0};

	if (!is_passing(e) || j->is_stopping)
		return false;
	r->seconds = r->seconds == 0 ? RETRY_FIRST_S : 2 * r->seconds;
	if (r->seconds > RETRY_MOST_S)
		r->seconds = RETRY_MOST_S;
	if (!r->is_made &&
	    evtimer_assign(&r->timer, loop_base(j->config.loop), cb, arg) != 0)
		return false;
	r->is_made = true;
	tv.tv_sec = (time_t)r->seconds;
	if (evtimer_add(&r->timer, &tv) != 0)
		return false;
	log_warn("jobs", "the catalog could not be told: %s; again in %u s",
		 e->msg, r->seconds);
	return true;
}

void retry_fini(struct retry *r)
{
	if (r->is_made)
		(void)evtimer_del(&r->timer);
	r->is_made = false;
}
