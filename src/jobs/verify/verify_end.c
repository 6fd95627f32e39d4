/*
 * verify_end.c - how a verification ends. A verdict is about the backup, never
 * about its store: when something is missing the pool itself is looked for
 * first, for a folder that is not mounted has none of its backups either.
 */
#include <stdlib.h>
#include <string.h>

#include "jobs/verify/verify_int.h"
#include "manifest/layout.h"

enum { PROBED_MAX = 64 * 1024, NAMED_MAX = 100 };

static void tell_catalog(struct verify_job *v);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

void verify_announce(const struct verify_job *v, const char *verb)
{
	const struct job_subject what = {v->backup_id, ""};

	job_tell(&v->base, verb, &what, &v->err);
}

static enum job_status status_of(const struct verify_job *v)
{
	if (!err_is(&v->err))
		return JOB_COMPLETED;
	return strcmp(v->err.api, "canceled") == 0 ? JOB_CANCELED : JOB_FAILED;
}

static void on_recorded(void *arg, const struct err *e)
{
	struct verify_job *v = arg;

	v->op = NULL;
	if (e != NULL && retry_later(&v->retry, v->base.jobs, e, on_retry, v))
		return;
	if (e != NULL)
		log_error("jobs", "verify %s: how it ended is not recorded: %s",
			  v->base.id, e->msg);
	else
		verify_announce(v, job_status_name(status_of(v)));
	job_over(&v->base);
}

static void tell_catalog(struct verify_job *v)
{
	struct verify_end end = {
		.job_id = v->base.id,
		.backup_id = v->backup_id,
		.scope = v->scope,
		.fence = v->fence,
		.status = status_of(v),
		.has_verdict = v->has_verdict,
		.is_sound = v->has_verdict && !err_is(&v->err),
		.is_shallow = v->is_shallow,
		.error = failure(&v->err),
	};
	struct job_progress p;
	struct err e = {0};
	char *progress;

	v->base.ops->progress(&v->base, &p);
	if (end.is_sound)
		p.percent = 100;
	progress = progress_json(&p);
	end.progress_json = progress;
	v->op = catalog_verify_finish(v->base.jobs->config.catalog, &end,
				      on_recorded, v, &e);
	free(progress);
	if (v->op == NULL)
		on_recorded(v, &e);
}

void verify_drop(struct verify_job *v)
{
	if (v->parts != NULL)
		verify_parts_facts(v->parts, &v->facts);
	verify_parts_free(v->parts);
	v->parts = NULL;
	verify_index_free(v->index);
	v->index = NULL;
	exchange_cancel(v->exchange);
	v->exchange = NULL;
	if (v->probe != NULL)
		store_cancel(v->opening.store, v->probe);
	v->probe = NULL;
	free(v->probed);
	v->probed = NULL;
	budget_release(&v->share);
	opening_cancel(&v->opening);
}

static const char *word_of(const struct verify_job *v)
{
	if (!v->has_verdict)
		return job_status_name(status_of(v));
	if (err_is(&v->err))
		return "damaged";
	return v->is_shallow ? "stored as it was; what is in it was not read"
			     : "sound";
}

/* err tells how it went. */
static void record(struct verify_job *v)
{
	verify_drop(v);
	verify_set_state(v, VERIFY_RECORD);
	v->base.is_cancelable = false;
	job_log(&v->base, err_is(&v->err) ? LOG_WARN : LOG_INFO, "%s%s%s",
		word_of(v), err_is(&v->err) ? ": " : "", v->err.msg);
	tell_catalog(v);
}

void verify_note(struct verify_job *v, const struct err *e)
{
	if (v->ndamaged++ == 0)
		v->damage = *e;
	if (v->ndamaged <= NAMED_MAX)
		job_log(&v->base, LOG_WARN, "%s", e->msg);
}

/* e may live in what is dropped here: it is copied first. */
void verify_fail(struct verify_job *v, const struct err *e)
{
	v->err = *e;
	if (!err_is(e))
		(void)err_bug(&v->err, "a verification failed without a "
				       "reason");
	catalog_cancel(v->op);
	v->op = NULL;
	record(v);
}

static void judge(struct verify_job *v)
{
	v->has_verdict = true;
	v->err = v->damage;
	if (v->ndamaged > 1)
		(void)err_prefix(&v->err, "%zu objects are damaged, the first",
				 v->ndamaged);
	record(v);
}

static void on_probed(void *arg, size_t len, const struct err *e)
{
	struct verify_job *v = arg;
	struct err away = {0};

	(void)len;
	v->probe = NULL;
	if (e == NULL || e->code == ERR_DAMAGED) {
		judge(v);
		return;
	}
	(void)err_set(&away, e->code, "store_failed",
		      "the pool does not seem to be there (%s; %s); look "
		      "whether it is mounted and the right one, and verify "
		      "again",
		      v->damage.msg, e->msg);
	verify_fail(v, &away);
}

/* What was there when this began, or what every pool has. */
static const char *probed_key(const struct verify_job *v,
			      char key[LAYOUT_KEY_MAX])
{
	const struct backup_record *b = &v->opening.backup;

	return v->is_bare ? layout_readme_key(key)
			  : layout_manifest(key, b->source_id, b->id);
}

static void probe(struct verify_job *v)
{
	char key[LAYOUT_KEY_MAX];
	struct store *st = v->opening.store;
	struct store_get get = {.key = probed_key(v, key), .cap = PROBED_MAX};
	struct err e = {0};

	verify_drop(v);
	verify_set_state(v, VERIFY_PROBE);
	v->probed = malloc(PROBED_MAX);
	get.buf = v->probed;
	if (v->probed == NULL)
		(void)err_nomem(&e, "a verification");
	else
		v->probe = st->ops->get(st, &get, on_probed, v, &e);
	if (v->probe == NULL)
		verify_fail(v, &e);
}

void verify_conclude(struct verify_job *v)
{
	if (v->is_missing)
		probe(v);
	else
		judge(v);
}
