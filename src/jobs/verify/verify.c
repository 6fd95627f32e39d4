/*
 * verify.c - a backup is read again and compared with what is known of it:
 * the manifest with the digest in the catalog, the index with the manifest,
 * parts with both. Nothing is written but the verdict.
 *
 *   idle -> start -> open -> manifest -> index -> settle -> share -> parts
 *   -> record; what is missing leads through probe, damage of manifest or
 *   index straight to the end (verify_end.c).
 *
 * Damage of the manifest or the index ends it, since nothing else can be
 * compared then; of the parts each damaged one is named. Without an identity
 * nobody can look into an encrypted backup: then the stored objects, those of
 * the index too, are compared by size and SHA-256 alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/text.h"
#include "jobs/verify/verify_int.h"
#include "loop/loop.h"

static const char *const state_names[] = {
	"queued", "start", "connect", "manifest", "index",
	"index",  "share", "data",    "connect",  "record",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       VERIFY_STATE_COUNT,
	       "one name per state");

static struct verify_job *verify_of(struct job *job)
{
	return (struct verify_job *)(void *)job; /* base comes first */
}

void verify_set_state(struct verify_job *v, enum verify_state next)
{
	log_debug("jobs", "verify %s: %s -> %s", v->base.id,
		  state_names[v->state], state_names[next]);
	v->state = next;
}

/* It says what is wrong with the backup, or that nobody can tell. */
static void stop(struct verify_job *v, const struct err *e)
{
	if (strcmp(e->api, "damaged_backup") != 0) {
		verify_fail(v, e);
		return;
	}
	verify_note(v, e);
	verify_conclude(v);
}

/* --- parts */

static void on_damaged(void *arg, const struct err *e, bool is_missing)
{
	struct verify_job *v = arg;

	v->is_missing = v->is_missing || is_missing;
	verify_note(v, e);
}

static void on_parts(void *arg, const struct err *e)
{
	struct verify_job *v = arg;
	struct err mine = {0};

	if (e != NULL) {
		verify_fail(v, e);
		return;
	}
	if (v->index != NULL && v->n == v->m.parts.n && v->ndamaged == 0 &&
	    !verify_index_is_through(v->index, &mine))
		verify_note(v, &mine);
	verify_conclude(v);
}

static unsigned readers_of(const struct verify_job *v, size_t *bytes)
{
	size_t most = budget_total(v->base.jobs->config.budget) / 4 * 3;
	uint64_t largest = 0;
	unsigned readers = VERIFY_READERS_MAX;
	size_t one;

	for (size_t i = 0; i < v->m.parts.n; i++)
		if (v->m.parts.list[i].stored_bytes > largest)
			largest = v->m.parts.list[i].stored_bytes;
	one = (size_t)largest + VERIFY_UNPACK_BYTES;
	while (readers > 1 && readers * one > most)
		readers--;
	*bytes = readers * one;
	return readers;
}

static void take_share(struct verify_job *v);

static bool is_wanted(void *arg)
{
	const struct verify_job *v = arg;

	return budget_is_wanted(v->base.jobs->config.budget);
}

/* Its share goes to those who wait; it is the last of them. */
static void on_paused(void *arg)
{
	struct verify_job *v = arg;

	budget_release(&v->share);
	take_share(v);
}

static void go_on(struct verify_job *v)
{
	struct err e = {0};

	verify_set_state(v, VERIFY_PARTS);
	if (!verify_parts_resume(v->parts, &e))
		verify_fail(v, &e);
}

static void begin(struct verify_job *v)
{
	size_t bytes;
	const struct verify_parts_config c = {
		.store = v->opening.store,
		.workers = v->base.jobs->config.cpu,
		.m = &v->m,
		.index = v->index,
		.identities = &v->opening.identities,
		.list = v->list,
		.n = v->n,
		.readers = readers_of(v, &bytes),
		.damaged = on_damaged,
		.must_pause = is_wanted,
		.paused = on_paused,
		.done = on_parts,
		.arg = v,
	};
	struct err e = {0};

	verify_set_state(v, VERIFY_PARTS);
	v->parts = verify_parts_start(&c, &e);
	if (v->parts == NULL)
		verify_fail(v, &e);
}

static void on_share(void *arg)
{
	struct verify_job *v = arg;

	if (v->parts != NULL)
		go_on(v);
	else
		begin(v);
}

static void take_share(struct verify_job *v)
{
	size_t bytes;

	verify_set_state(v, VERIFY_SHARE);
	(void)readers_of(v, &bytes);
	budget_reserve(v->base.jobs->config.budget, &v->share, bytes, on_share,
		       v);
}

/* Which objects are read; those of the index have been, unless sealed. */
static bool choose(struct verify_job *v, struct err *e)
{
	size_t nparts = v->m.parts.n;
	size_t nindex = v->m.index.n + v->m.meta.n; /* what else there is */

	v->list = calloc(nparts + nindex + 1, sizeof(*v->list));
	if (v->list == NULL)
		return err_nomem(e, "a verification");
	if (strcmp(v->scope, "sample") == 0)
		v->n = verify_parts_sample(nparts, v->list);
	else
		while (v->n < nparts) {
			v->list[v->n] = (uint32_t)v->n + 1;
			v->n++;
		}
	for (size_t i = 0; v->index == NULL && i < nindex; i++)
		v->list[v->n++] = (uint32_t)(nparts + i + 1);
	for (size_t i = 0; i < v->n; i++)
		v->total_bytes +=
			v->list[i] <= nparts
				? v->m.parts.list[v->list[i] - 1].stored_bytes
				: 0;
	return true;
}

static void begin_parts(struct verify_job *v)
{
	struct err e = {0};

	if (!choose(v, &e)) {
		verify_fail(v, &e);
		return;
	}
	job_log(&v->base, LOG_INFO, "reading %zu of %zu parts", v->n,
		v->m.parts.n);
	if (v->n == 0) {
		verify_conclude(v);
		return;
	}
	take_share(v);
}

/* --- manifest and index */

static void on_settled(void *arg, const struct err *e)
{
	struct verify_job *v = arg;

	if (e != NULL)
		stop(v, e);
	else
		begin_parts(v);
}

static void go_without_index(struct verify_job *v)
{
	job_log(&v->base, LOG_WARN,
		"the backup is encrypted and this server has no identity for "
		"it: only sizes and SHA-256 of its objects are compared");
	v->is_shallow = true;
	verify_index_free(v->index);
	v->index = NULL;
	begin_parts(v);
}

static void on_index(void *arg, const struct err *e)
{
	struct verify_job *v = arg;
	struct err mine = {0};

	v->exchange = NULL;
	/* There is none, or it is another one. */
	if (e != NULL && strcmp(e->api, "identity_missing") == 0) {
		go_without_index(v);
		return;
	}
	if (e != NULL) {
		v->is_missing = true; /* perhaps */
		stop(v, e);
		return;
	}
	verify_set_state(v, VERIFY_SETTLE);
	if (!verify_index_settle(v->index, v->base.jobs->config.cpu, on_settled,
				 v, &mine))
		verify_fail(v, &mine);
}

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	struct verify_job *v = arg;

	return verify_index_add(v->index, l, e);
}

static void begin_index(struct verify_job *v)
{
	struct exchange_env env;
	struct err e = {0};

	verify_set_state(v, VERIFY_INDEX);
	opening_exchange_env(&v->opening, &env);
	v->index = verify_index_new(&v->m, &e);
	if (v->index != NULL)
		v->exchange =
			exchange_index(&env, &v->m, on_line, on_index, v, &e);
	if (v->exchange == NULL)
		verify_fail(v, &e);
}

static void on_manifest(void *arg, const struct err *e)
{
	struct verify_job *v = arg;

	v->exchange = NULL;
	if (e == NULL) {
		begin_index(v);
		return;
	}
	v->is_missing = v->is_bare = e->code == ERR_NOT_FOUND;
	stop(v, e);
}

static void on_opened(void *arg, const struct err *e)
{
	struct verify_job *v = arg;
	const struct backup_record *b = &v->opening.backup;
	const struct exchange_wanted wanted = {b->source_id, b->id,
					       b->manifest_digest};
	struct exchange_env env;
	struct err mine = {0};

	if (e == NULL) {
		verify_set_state(v, VERIFY_MANIFEST);
		opening_exchange_env(&v->opening, &env);
		v->exchange = exchange_fetch(&env, &wanted, &v->m, on_manifest,
					     v, &mine);
		e = v->exchange == NULL ? &mine : NULL;
	}
	if (e != NULL)
		verify_fail(v, e);
}

static void on_started(void *arg, const struct err *e)
{
	struct verify_job *v = arg;
	const struct opening_want want = {.backup = v->backup_id};
	struct err mine = {0};

	v->op = NULL;
	if (e == NULL) {
		verify_announce(v, "started");
		verify_set_state(v, VERIFY_OPEN);
		if (!opening_start(&v->opening, v->base.jobs, &want, on_opened,
				   v, &mine))
			e = &mine;
	}
	if (e != NULL)
		verify_fail(v, e);
}

/* --- as a job */

static void progress(const struct job *job, struct job_progress *p)
{
	const struct verify_job *v =
		(const struct verify_job *)(const void *)job;
	struct verify_parts_facts f = v->facts;

	if (v->parts != NULL)
		verify_parts_facts(v->parts, &f);
	memset(p, 0, sizeof(*p));
	p->bytes_read = f.bytes;
	p->items_done = f.objects;
	p->items_total = v->n;
	meter_progress(&v->meter, p);
	p->percent = -1;
	if (v->total_bytes > 0) {
		p->percent = (int)(f.bytes * 99 / v->total_bytes);
		meter_left(&v->meter, p, v->total_bytes);
	}
	if (p->percent > 99)
		p->percent = 99;
	(void)snprintf(p->phase, sizeof(p->phase), "%s", state_names[v->state]);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct verify_job *v = arg;
	struct job_progress p;

	(void)fd;
	(void)what;
	progress(&v->base, &p);
	meter_sample(&v->meter, state_names[v->state], p.bytes_read);
}

static void start(struct job *job)
{
	static const struct timeval period = {0, METER_PERIOD_MS * 1000L};
	struct verify_job *v = verify_of(job);
	struct err e = {0};

	verify_set_state(v, VERIFY_START);
	job_log(job, LOG_INFO, "verification (%s) of %s begins", v->scope,
		v->backup_id);
	v->tick = event_new(loop_base(job->jobs->config.loop), -1, EV_PERSIST,
			    on_tick, v);
	if (v->tick == NULL || evtimer_add(v->tick, &period) != 0)
		(void)err_nomem(&e, "a verification");
	else
		v->op = catalog_verify_started(job->jobs->config.catalog,
					       job->id, v->fence, on_started, v,
					       &e);
	if (v->op == NULL)
		verify_fail(v, &e);
}

static void cancel(struct job *job, const struct err *why)
{
	struct verify_job *v = verify_of(job);

	if (v->state != VERIFY_RECORD)
		verify_fail(v, why);
}

static void destroy(struct job *job)
{
	struct verify_job *v = verify_of(job);

	verify_drop(v);
	retry_fini(&v->retry);
	catalog_cancel(v->op);
	opening_fini(&v->opening);
	manifest_fini(&v->m);
	if (v->tick != NULL)
		event_free(v->tick);
	free(v->list);
	free(v);
}

const struct job_ops *verify_job_ops(void)
{
	static const struct job_ops ops = {
		.name = "verify",
		.turns = TURNS_VERIFY,
		.start = start,
		.cancel = cancel,
		.progress = progress,
		.destroy = destroy,
	};

	return &ops;
}

void verify_job_fill(struct verify_job *v, const struct job_record *r)
{
	(void)str_copy(v->backup_id, sizeof(v->backup_id), r->resource);
	v->fence = r->fence;
}
