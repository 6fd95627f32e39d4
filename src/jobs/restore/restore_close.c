/*
 * restore_close.c - the end of a restore, however it came: nothing of it writes
 * into the target any more, what was made for it is gone, the catalog knows.
 */
#include "base/clock.h"
#include "jobs/restore/restore_end.h"
#include "jobs/restore/restore_int.h"

/* A file system that hangs is not waited for longer. */
enum { SETTLE_MS = 10000 };

void restore_tell_events(const struct restore_job *t, const char *verb)
{
	const struct job_subject what = {t->r.id, t->r.target_path != NULL
							  ? t->r.target_path
							  : t->r.target_name};

	job_tell(&t->base, verb, &what, &t->err);
}

static void tell_catalog(struct restore_job *t);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	t->op = NULL;
	if (e != NULL && retry_later(&t->retry, t->base.jobs, e, on_retry, t))
		return;
	if (e != NULL)
		log_error("jobs",
			  "restore %s: how it ended is not recorded: %s",
			  t->r.id, e->msg);
	else
		restore_tell_events(t, job_status_name(t->r.status));
	job_over(&t->base);
}

static void tell_catalog(struct restore_job *t)
{
	struct err e = {0};

	t->op = restore_end_tell(&t->base, &t->r, on_recorded, t, &e);
	if (t->op == NULL)
		on_recorded(t, &e);
}

/* err tells how it went. */
static void record(struct restore_job *t)
{
	restore_set_state(t, RESTORE_RECORD);
	restore_end_fill(&t->base, &t->r, &t->err);
	tell_catalog(t);
}

static void on_gone(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	if (e != NULL)
		job_log(&t->base, LOG_WARN,
			"the throwaway instance is left; it is destroyed as "
			"soon as its provisioner can: %s",
			e->msg);
	record(t);
}

static bool is_writing(const struct restore_job *t)
{
	const struct load *load = t->preflight.load;

	return load != NULL && load->ops->is_writing != NULL &&
	       load->ops->is_writing(load);
}

bool restore_has_written(const struct restore_job *t)
{
	return t->state == RESTORE_EXTRACT ? extract_has_written(&t->extract)
					   : t->state >= RESTORE_STREAM;
}

/* Nothing goes into the target once it is said to be over. What only looks at
 * it is not waited for. */
static void settle(struct restore_job *t)
{
	if (!restore_has_written(t) || !is_writing(t) ||
	    t->base.jobs->is_stopping) {
		record(t);
		return;
	}
	restore_set_state(t, RESTORE_SETTLE);
	t->settled_by = clock_mono_ms() + SETTLE_MS;
}

void restore_look_settled(struct restore_job *t)
{
	if (is_writing(t) && clock_mono_ms() < t->settled_by)
		return;
	if (is_writing(t))
		job_log(&t->base, LOG_WARN,
			"the target's file system does not answer; what was "
			"being written when this restore ended may still come "
			"into the target");
	record(t);
}

void restore_close(struct restore_job *t)
{
	if (!extract_is_begun(&t->extract)) {
		settle(t);
	} else if (t->base.jobs->is_stopping) {
		extract_drop(&t->extract);
		record(t);
	} else {
		restore_set_state(t, RESTORE_DESTROY);
		extract_destroy(&t->extract, on_gone, t);
	}
}

void restore_drop_stream(struct restore_job *t)
{
	source_op_cancel(t->verify);
	t->verify = NULL;
	restore_stream_drop(&t->stream);
	budget_release(&t->share);
}

/* e may live in what is dropped here. */
void restore_fail(struct restore_job *t, const struct err *e)
{
	t->err = *e;
	if (!err_is(e))
		(void)err_bug(&t->err, "a restore failed without a reason");
	restore_drop_stream(t);
	preflight_cancel(&t->preflight);
	catalog_cancel(t->op);
	t->op = NULL;
	restore_close(t);
}
