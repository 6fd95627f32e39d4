/*
 * restore.c - one restore from the queue to its end: the preflight again (the
 * target may have changed since it was asked for), then the parts through
 * their checks into the target, then every table counted and digested. Only
 * what was found equal is called completed (rule 27).
 *
 *   idle -> preflight -> share -> start -> [proof ->] stream -> verify ->
 *   [settle ->] record; any failure goes to settle, while a worker writes into
 *   the target, and to record (restore_close.c).
 *
 * What overwrites something reads all parts once before it does, so that a
 * damaged backup costs nothing of what is there (options.verify_first). That
 * may take hours: the target is looked at again when it is over.
 *
 * Of a backup that is files no parts can be applied: extract.h takes the place
 * of share and stream, and whatever has come of its instance is taken down
 * before record.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "jobs/restore/restore_int.h"
#include "loop/loop.h"

static const char *const state_names[] = {
	"queued", "check",  "share", "start",	"read",	  "data",
	"data",	  "verify", "end",   "destroy", "record",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       RESTORE_STATE_COUNT,
	       "one name per state");

static struct restore_job *restore_of(struct job *job)
{
	return (struct restore_job *)(void *)job; /* base comes first */
}

static uint64_t bytes_read(const struct restore_job *t)
{
	return restore_stream_bytes(&t->stream) + extract_bytes(&t->extract);
}

static void sample(struct restore_job *t)
{
	meter_sample(&t->meter,
		     t->state == RESTORE_EXTRACT ? extract_phase(&t->extract)
						 : state_names[t->state],
		     bytes_read(t));
}

void restore_set_state(struct restore_job *t, enum restore_state next)
{
	log_debug("jobs", "restore %s: %s -> %s", t->r.id,
		  state_names[t->state], state_names[next]);
	if (t->state != RESTORE_IDLE)
		sample(t);
	t->state = next;
	if (next != RESTORE_RECORD)
		sample(t);
}

static void tell_left_out(struct restore_job *t)
{
	struct load *load = t->preflight.load;
	const struct load_facts *f = load->ops->facts(load);

	for (size_t i = 0; i < f->nnotes; i++)
		job_log(&t->base, LOG_WARN, "%s", f->notes[i].text);
	if (f->left_out > f->nnotes)
		job_log(&t->base, LOG_WARN, "%" PRIu64 " more are left out",
			f->left_out - f->nnotes);
}

static void on_verified(void *arg, const struct err *e)
{
	struct restore_job *t = arg;
	const struct load_facts *f;

	t->verify = NULL;
	if (t->preflight.is_tree)
		tell_left_out(t);
	if (failure(e) != NULL) {
		restore_fail(t, e);
		return;
	}
	f = t->preflight.load->ops->facts(t->preflight.load);
	t->r.verified = true;
	t->r.row_count = f->rows_verified;
	t->r.key_count = f->keys_verified;
	restore_close(t);
}

static bool next_table(void *arg, struct load_item *item)
{
	struct restore_job *t = arg;

	return preflight_next_table(&t->preflight, &t->next_table, item);
}

static void begin_verify(struct restore_job *t)
{
	struct load *load = t->preflight.load;
	struct err e = {0};

	restore_set_state(t, RESTORE_VERIFY);
	job_log(&t->base, LOG_INFO,
		"all is written; comparing %zu %s with the manifest",
		preflight_count(&t->preflight),
		t->preflight.is_flat   ? "objects"
		: t->preflight.is_tree ? "files"
				       : "tables");
	t->verify = load->ops->verify(load, next_table, t, on_verified, t, &e);
	if (t->verify == NULL)
		restore_fail(t, &e);
}

static bool is_of_store(const struct err *e)
{
	return strcmp(e->api, "store_failed") == 0 ||
	       strcmp(e->api, "address_refused") == 0 ||
	       strcmp(e->api, "store_stalled") == 0;
}

/* As e, but for the words. */
static void fail_as(struct restore_job *t, const struct err *e,
		    struct err *told)
{
	told->ncauses = e->ncauses;
	memcpy(told->causes, e->causes, sizeof(told->causes));
	restore_fail(t, told);
}

/* The pool gave out when something was written already. */
static void fail_half_way(struct restore_job *t, const struct err *e)
{
	struct err told = {0};

	(void)err_set(&told, e->code, e->api,
		      "the pool could not be read to the end: %.190s. What "
		      "was restored by then stays: see that the pool answers, "
		      "then restore again with \"overwrite\"",
		      e->msg);
	fail_as(t, e, &told);
}

static void on_streamed(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	if (!t->preflight.is_tree || e != NULL)
		tell_left_out(t);
	if (e != NULL && is_of_store(e)) {
		fail_half_way(t, e);
		return;
	}
	if (e != NULL) {
		restore_fail(t, e);
		return;
	}
	restore_drop_stream(t);
	begin_verify(t);
}

static void on_extracted(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	if (e != NULL)
		restore_fail(t, e);
	else
		begin_verify(t);
}

static void begin_extract(struct restore_job *t)
{
	struct err e = {0};

	restore_set_state(t, RESTORE_EXTRACT);
	t->extract.job = &t->base;
	t->extract.fence = t->r.fence;
	t->extract.preflight = &t->preflight;
	if (!extract_start(&t->extract, on_extracted, t, &e))
		restore_fail(t, &e);
}

static void begin_stream(struct restore_job *t)
{
	struct err e = {0};

	restore_set_state(t, RESTORE_STREAM);
	if (!restore_stream_start(&t->stream, on_streamed, t, &e))
		restore_fail(t, &e);
}

static void on_looked_again(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	if (e == NULL)
		begin_stream(t);
	else
		restore_fail(t, e);
}

static void on_proven(void *arg, const struct err *e)
{
	struct restore_job *t = arg;
	struct err told = {0};

	if (e == NULL) {
		preflight_look_again(&t->preflight, on_looked_again, t);
		return;
	}
	(void)err_set(&told, e->code, e->api,
		      "%.190s. All of the backup was to be read before "
		      "anything is written: the target is as it was",
		      e->msg);
	fail_as(t, e, &told);
}

static void begin_proof(struct restore_job *t)
{
	struct err e = {0};

	restore_set_state(t, RESTORE_PROOF);
	job_log(&t->base, LOG_INFO,
		"reading the backup once before anything is written");
	if (!restore_stream_prove(&t->stream, on_proven, t, &e))
		restore_fail(t, &e);
}

/* Unless the request says: where something would be lost if the backup turned
 * out to be damaged when half of it is in the target. */
static bool is_proven_first(const struct restore_job *t)
{
	const json_t *request = t->preflight.request;
	const json_t *said = json_object_get(
		json_object_get(request, "options"), "verify_first");

	if (json_is_boolean(said))
		return json_is_true(said);
	return json_is_true(json_object_get(request, "overwrite"));
}

static void on_started(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	t->op = NULL;
	if (e != NULL) {
		restore_fail(t, e);
		return;
	}
	restore_tell_events(t, "started");
	if (t->preflight.is_through)
		begin_extract(t);
	else if (is_proven_first(t))
		begin_proof(t);
	else
		begin_stream(t);
}

/* It has its share of the buffers. */
static void on_share(void *arg)
{
	struct restore_job *t = arg;
	struct err e = {0};

	restore_set_state(t, RESTORE_START);
	t->r.started_at = clock_now_ms();
	t->op = catalog_restore_started(t->base.jobs->config.catalog, &t->r,
					on_started, t, &e);
	if (t->op == NULL)
		restore_fail(t, &e);
}

static void on_preflight(void *arg, const struct err *e)
{
	struct restore_job *t = arg;

	if (e != NULL) {
		restore_fail(t, e);
		return;
	}
	if (t->preflight.is_through) {
		on_share(t); /* it takes its own, when it needs them */
		return;
	}
	restore_set_state(t, RESTORE_SHARE);
	t->total_bytes = preflight_download_bytes(&t->preflight) *
			 (is_proven_first(t) ? 2 : 1);
	budget_reserve(t->base.jobs->config.budget, &t->share,
		       restore_stream_share(&t->stream, &t->preflight),
		       on_share, t);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct restore_job *t = arg;

	(void)fd;
	(void)what;
	sample(t);
	if (t->state == RESTORE_SETTLE)
		restore_look_settled(t);
}

static void restore_start(struct job *job)
{
	static const struct timeval period = {0, METER_PERIOD_MS * 1000L};
	struct restore_job *t = restore_of(job);
	struct err e = t->err; /* there may have been no memory for it */

	restore_set_state(t, RESTORE_PREFLIGHT);
	if (t->r.target_path != NULL)
		job_log(job, LOG_INFO, "restore of %s into \"%s\" begins",
			t->r.backup_id, t->r.target_path);
	else
		job_log(job, LOG_INFO,
			"restore of %s into source \"%s\" begins",
			t->r.backup_id, t->r.target_name);
	t->tick = event_new(loop_base(job->jobs->config.loop), -1, EV_PERSIST,
			    on_tick, t);
	if (t->tick == NULL || evtimer_add(t->tick, &period) != 0)
		(void)err_nomem(&e, "a restore");
	t->preflight.jobs = job->jobs;
	if (err_is(&e) ||
	    !preflight_start(&t->preflight, &t->r, 0, on_preflight, t, &e))
		restore_fail(t, &e);
}

/* What is in the target already stays there, and the error says so. One whose
 * instance is being taken down is over soon, but for a server that stops. */
static void restore_cancel(struct job *job, const struct err *why)
{
	struct restore_job *t = restore_of(job);
	struct err e = {0};

	if (t->state == RESTORE_RECORD)
		return;
	if (t->state == RESTORE_DESTROY || t->state == RESTORE_SETTLE) {
		if (job->jobs->is_stopping)
			restore_close(t);
		return;
	}
	if (restore_has_written(t))
		(void)err_set(&e, why->code, why->api,
			      "%s; what was restored until then is still in "
			      "the target",
			      why->msg);
	else
		e = *why;
	restore_fail(t, &e);
}

static void restore_progress(const struct job *job, struct job_progress *p)
{
	const struct restore_job *t =
		(const struct restore_job *)(const void *)job;

	memset(p, 0, sizeof(*p));
	p->bytes_read = bytes_read(t);
	p->items_total = preflight_count(&t->preflight);
	p->items_done = t->next_table;
	if (t->preflight.load != NULL)
		p->bytes_stored =
			t->preflight.load->ops->facts(t->preflight.load)
				->statement_bytes;
	if (t->state == RESTORE_EXTRACT)
		extract_progress(&t->extract, p);
	meter_progress(&t->meter, p);
	if (t->total_bytes > 0 && t->state <= RESTORE_STREAM) {
		p->percent = (int)(p->bytes_read * 90 / t->total_bytes);
		meter_left(&t->meter, p, t->total_bytes);
	} else if (t->state == RESTORE_VERIFY && p->items_total > 0)
		p->percent = (int)(90 + p->items_done * 9 / p->items_total);
}

static void restore_destroy(struct job *job)
{
	struct restore_job *t = restore_of(job);

	restore_drop_stream(t);
	retry_fini(&t->retry);
	catalog_cancel(t->op);
	extract_fini(&t->extract);
	preflight_fini(&t->preflight);
	restore_record_fini(&t->r);
	if (t->tick != NULL)
		event_free(t->tick);
	free(t);
}

const struct job_ops *restore_job_ops(void)
{
	static const struct job_ops ops = {
		.name = "restore",
		.start = restore_start,
		.cancel = restore_cancel,
		.progress = restore_progress,
		.destroy = restore_destroy,
	};

	return &ops;
}

/* What needs no memory is enough to tell the catalog that it failed. */
static void fill_bare(struct restore_job *t, const struct restore_record *r)
{
	memcpy(t->r.id, r->id, ID_MAX);
	memcpy(t->r.backup_id, r->backup_id, ID_MAX);
	memcpy(t->r.target_id, r->target_id, ID_MAX);
	memcpy(t->r.target_name, r->target_name, NAME_BUF);
	memcpy(t->r.job_id, r->job_id, ID_MAX);
	t->r.fence = r->fence;
	(void)err_nomem(&t->err, "a restore");
}

void restore_job_fill(struct restore_job *t, const struct restore_record *r)
{
	memcpy(t->base.source_id, r->target_id, ID_MAX);
	if (!restore_record_copy(&t->r, r))
		fill_bare(t, r);
}
