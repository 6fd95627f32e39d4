/* adopt_end.c - how the reading of a pool ends, and what is gone from it. */
#include <stdlib.h>
#include <string.h>

#include "catalog/adopted.h"
#include "jobs/meter.h"
#include "jobs/pools/adopt_int.h"
#include "jobs/report.h"

static struct catalog *catalog_of(const struct adopt_job *a)
{
	return a->base.jobs->config.catalog;
}

static void tell_catalog(struct adopt_job *a);

void adopt_announce(const struct adopt_job *a, const char *verb)
{
	const struct job_subject what = {a->pool_id, ""};

	job_tell(&a->base, verb, &what, &a->err);
}

/* The word for how it has ended. */
static const char *verb_of(const struct err *why)
{
	if (failure(why) == NULL)
		return "completed";
	return strcmp(why->api, "canceled") == 0 ? "canceled" : "failed";
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;

	a->op = NULL;
	if (e != NULL && retry_later(&a->retry, a->base.jobs, e, on_retry, a))
		return;
	if (e != NULL)
		log_error("jobs", "adopt %s: how it ended is not recorded: %s",
			  a->base.id, e->msg);
	else
		adopt_announce(a, verb_of(&a->err));
	job_over(&a->base);
}

static void tell_catalog(struct adopt_job *a)
{
	struct adopt_end end = {.job_id = a->base.id,
				.fence = a->fence,
				.why = failure(&a->err)};
	struct job_progress p = {0};
	struct err e = {0};
	char *progress;

	a->base.ops->progress(&a->base, &p);
	progress = progress_json(&p);
	end.progress_json = progress;
	a->op = catalog_adopt_finish(catalog_of(a), &end, on_recorded, a, &e);
	free(progress);
	if (a->op == NULL)
		on_recorded(a, &e);
}

void adopt_drop(struct adopt_job *a)
{
	adopt_read_drop(a);
	pool_list_cancel(&a->list);
	catalog_cancel(a->op);
	opening_cancel(&a->opening);
	a->op = NULL;
}

/* why may live in what is dropped here: it is copied first. */
void adopt_finish(struct adopt_job *a, const struct err *why)
{
	struct err copy = {0};

	if (why != NULL)
		copy = *why;
	adopt_drop(a);
	a->err = copy;
	a->base.is_cancelable = false;
	adopt_set_state(a, ADOPT_RECORD);
	if (why != NULL)
		job_log(&a->base, LOG_WARN, "%s", a->err.msg);
	else
		job_log(&a->base, a->damaged > 0 ? LOG_WARN : LOG_INFO,
			"%zu backups in the pool are known now, %zu are "
			"damaged and are not",
			a->adopted, a->damaged);
	tell_catalog(a);
}

/* --- what is gone */

static void on_forgotten(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;

	a->op = NULL;
	adopt_finish(a, e);
}

void adopt_forget(struct adopt_job *a)
{
	char(*ids)[ID_MAX] = calloc(a->list.n + 1, sizeof(*ids));
	struct err e = {0};

	adopt_set_state(a, ADOPT_FORGET);
	for (size_t i = 0; ids != NULL && i < a->list.n; i++)
		memcpy(ids[i], a->list.entries[i].backup_id, ID_MAX);
	if (ids != NULL)
		a->op = catalog_adopt_forget(
			catalog_of(a),
			&(struct pool_listing){a->pool_id,
					       (const char(*)[ID_MAX])ids,
					       a->list.n},
			on_forgotten, a, &e);
	else
		(void)err_nomem(&e, "a list of backups");
	free(ids);
	if (a->op == NULL)
		adopt_finish(a, &e);
}
