/* instance.c - an instance from the provisioner's first word to its last. */
#include "jobs/instances/instance.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "programs/helper.h"

enum { LOOK_MS = 50 };

static const char *const state_names[] = {
	"queued", "check", "prepare", "share",	"files",   "start",
	"target", "data",  "verify",  "verify", "destroy",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       INSTANCE_STATE_COUNT,
	       "one name per state");

const char *instance_phase(const struct instance *i)
{
	return state_names[i->state];
}

static void set_state(struct instance *i, enum instance_state next)
{
	log_debug("jobs", "instance %s: %s -> %s", i->want.id,
		  state_names[i->state], state_names[next]);
	i->state = next;
}

/* Ends what is under way; what was found stays. */
static void stop(struct instance *i)
{
	if (i->later != NULL)
		event_free(i->later);
	i->later = NULL;
	if (provision_cancel(&i->provision))
		i->is_ragged = true;
	if (instance_files_drop(&i->files))
		i->is_ragged = true;
	source_op_cancel(i->verify);
	i->verify = NULL;
	restore_stream_drop(&i->stream);
	budget_release(&i->share);
	preflight_cancel(&i->preflight);
}

/* The last thing that touches it; e may live in what is dropped here. */
static void fail(struct instance *i, const struct err *e)
{
	struct err mine = *e;

	if (!err_is(&mine))
		(void)err_bug(&mine, "an instance failed without a reason");
	stop(i);
	i->done(i->arg, &mine);
}

static void made(struct instance *i)
{
	stop(i);
	set_state(i, INSTANCE_MADE);
	i->done(i->arg, NULL);
}

static bool call(struct instance *i, const char *operation, json_t *request,
		 program_call_cb *done, struct err *e)
{
	const struct provision_ask ask = {
		.jobs = i->job->jobs,
		.job = i->job,
		.provider = i->want.provider,
		.operation = operation,
		.request = request,
		.done = done,
		.arg = i,
	};

	return provision_start(&i->provision, &ask, e);
}

/* --- verifying */

static void on_verified(void *arg, const struct err *e)
{
	struct instance *i = arg;
	const struct load_facts *f;

	i->verify = NULL;
	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	f = i->preflight.load->ops->facts(i->preflight.load);
	i->rows = f->rows_verified;
	i->keys = f->keys_verified;
	made(i);
}

static bool next_table(void *arg, struct load_item *item)
{
	struct instance *i = arg;

	return preflight_next_table(&i->preflight, &i->next_table, item);
}

static void begin_verify(struct instance *i)
{
	struct load *load = i->preflight.load;
	struct err e = {0};

	set_state(i, INSTANCE_VERIFY);
	job_log(i->job, LOG_INFO, "comparing %zu tables with the manifest",
		i->preflight.ntables);
	i->verify = load->ops->verify(load, next_table, i, on_verified, i, &e);
	if (i->verify == NULL)
		fail(i, &e);
}

/* What was counted while it passed, with what the new server holds. */
static void begin_compare(struct instance *i)
{
	struct load *load = i->preflight.load;
	struct err e = {0};

	if (!preflight_set_place(&i->preflight, i->place.connection_json,
				 i->place.secret, &e) ||
	    !load->ops->reach(load, &i->preflight.address.a, i->place.version,
			      &e))
		fail(i, &e);
	else
		begin_verify(i);
}

static void on_proven(void *arg, uint64_t rows, const struct err *e)
{
	struct instance *i = arg;

	i->verify = NULL;
	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	i->rows = rows;
	made(i);
}

static bool proof_of(const struct manifest *m, struct source_proof *proof,
		     struct err *e)
{
	json_t *counts = m->counts_json != NULL
				 ? json_loads(m->counts_json, 0, NULL)
				 : NULL;
	const json_t *tables = json_object_get(counts, "tables");
	bool ok = json_is_integer(tables);

	/* Without it each table is checked, but none is compared. */
	if (m->names_digest != NULL)
		ok = ok && digest_parse(m->names_digest, &proof->names);

	proof->tables = (uint64_t)json_integer_value(tables);
	json_decref(counts);
	return ok || err_set(e, ERR_DAMAGED, "damaged_backup",
			     "the manifest does not tell what tables the "
			     "backup holds, so nothing can be proven: restore "
			     "another backup");
}

/* Of files: nobody has read the rows when they were copied. */
static void begin_prove(struct instance *i)
{
	const struct source_kind *kind = source_kind_find(i->need.engine);
	struct source_proof proof = {0};
	struct err e = {0};

	set_state(i, INSTANCE_VERIFY);
	job_log(i->job, LOG_INFO, "checking each table");
	if (kind == NULL || kind->prove == NULL)
		(void)err_set(&e, ERR_CONFLICT, "target_incompatible",
			      "this server cannot prove an instance of %s that "
			      "was made from files",
			      i->need.engine);
	else if (proof_of(&i->preflight.manifest, &proof, &e) &&
		 preflight_set_place(&i->preflight, i->place.connection_json,
				     i->place.secret, &e))
		i->verify = kind->prove(&i->job->jobs->source_env,
					&i->preflight.address.a, &proof,
					on_proven, i, &e);
	if (i->verify == NULL)
		fail(i, &e);
}

/* Or somebody else reads of it what he needs. */
static void begin_proving(struct instance *i)
{
	struct err e = {0};

	if (!i->want.is_unproven)
		begin_prove(i);
	else if (preflight_set_place(&i->preflight, i->place.connection_json,
				     i->place.secret, &e))
		made(i);
	else
		fail(i, &e);
}

/* --- through a connection */

static void tell_left_out(struct instance *i)
{
	struct load *load = i->preflight.load;
	const struct load_facts *f = load->ops->facts(load);

	for (size_t n = 0; n < f->nnotes; n++)
		job_log(i->job, LOG_WARN, "%s", f->notes[n].text);
	if (f->left_out > f->nnotes)
		job_log(i->job, LOG_WARN, "%llu more are left out",
			(unsigned long long)(f->left_out - f->nnotes));
}

static void on_streamed(void *arg, const struct err *e)
{
	struct instance *i = arg;

	tell_left_out(i);
	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	restore_stream_drop(&i->stream);
	budget_release(&i->share);
	begin_verify(i);
}

static void on_stream_share(void *arg)
{
	struct instance *i = arg;
	struct err e = {0};

	set_state(i, INSTANCE_DATA);
	if (!restore_stream_start(&i->stream, on_streamed, i, &e))
		fail(i, &e);
}

static void on_target(void *arg, const struct err *e)
{
	struct instance *i = arg;

	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	budget_reserve(i->job->jobs->config.budget, &i->share,
		       restore_stream_share(&i->stream, &i->preflight),
		       on_stream_share, i);
}

/* --- started */

static void on_started(void *arg, json_t *reply, const struct err *e)
{
	struct instance *i = arg;
	struct err mine = {0};

	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	if (!provision_started(i->want.provider, reply, &i->place, &mine)) {
		fail(i, &mine);
		return;
	}
	job_log(i->job, LOG_INFO, "the instance runs, version %s",
		i->place.version);
	if (i->directory != NULL && i->preflight.load == NULL) {
		begin_proving(i);
		return;
	}
	if (i->directory != NULL) {
		begin_compare(i);
		return;
	}
	set_state(i, INSTANCE_TARGET);
	if (!preflight_set_place(&i->preflight, i->place.connection_json,
				 i->place.secret, &mine))
		fail(i, &mine);
	else
		preflight_look_at_target(&i->preflight, on_target, i);
}

static void begin_start(struct instance *i)
{
	struct err e = {0};

	set_state(i, INSTANCE_START);
	if (!call(i, "start", provision_id(i->want.id), on_started, &e))
		fail(i, &e);
}

/* --- files */

static void on_files(void *arg, const struct err *e)
{
	struct instance *i = arg;

	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	budget_release(&i->share);
	job_log(i->job, LOG_INFO, "%llu bytes of files are in place",
		(unsigned long long)i->files.bytes_written);
	begin_start(i);
}

static void on_files_share(void *arg)
{
	struct instance *i = arg;
	struct err e = {0};

	set_state(i, INSTANCE_FILES);
	if (!instance_files_start(&i->files, on_files, i, &e))
		fail(i, &e);
}

/* Of which the load knows what to compare. */
static bool is_logical(const struct instance *i)
{
	return strcmp(i->need.method, "logical") == 0;
}

static void begin_files(struct instance *i)
{
	struct err e = {0};

	set_state(i, INSTANCE_SHARE);
	i->files.preflight = &i->preflight;
	i->files.job = i->job;
	i->files.directory = strdup(i->directory);
	if (i->files.directory == NULL)
		(void)err_nomem(&e, "an instance");
	if (err_is(&e) ||
	    (is_logical(i) && !preflight_foresee_load(&i->preflight, &e))) {
		fail(i, &e);
		return;
	}
	budget_reserve(i->job->jobs->config.budget, &i->share,
		       instance_files_share(&i->preflight), on_files_share, i);
}

/* --- prepared */

static bool keep_directory(struct instance *i, const char *directory,
			   struct err *e)
{
	if (directory == NULL)
		return true;
	i->directory = strdup(directory);
	return i->directory != NULL || err_nomem(e, "an instance");
}

static void on_prepared(void *arg, json_t *reply, const struct err *e)
{
	struct instance *i = arg;
	const char *directory = NULL;
	struct err mine = {0};

	if (failure(e) != NULL)
		fail(i, e);
	else if (!provision_prepared(i->want.provider, reply, &i->need,
				     &directory, &mine) ||
		 !keep_directory(i, directory, &mine))
		fail(i, &mine);
	else if (i->directory != NULL)
		begin_files(i);
	else
		begin_start(i);
}

static json_t *prepare_request(const struct instance *i)
{
	uint64_t bytes = preflight_plain_bytes(&i->preflight);
	json_t *options = json_object_get(
		json_object_get(i->preflight.request, "provision"), "options");
	json_t *copy =
		options != NULL ? json_deep_copy(options) : json_object();

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "id",
			 i->want.id, "name", i->want.name, "engine",
			 i->need.engine, "version", i->need.version, "method",
			 i->need.method, "bytes", (json_int_t)bytes, "options",
			 copy);
}

static void on_looked(void *arg, const struct err *e)
{
	struct instance *i = arg;
	const struct manifest *m = &i->preflight.manifest;
	struct err mine = {0};

	if (failure(e) != NULL) {
		fail(i, e);
		return;
	}
	i->need.engine = m->engine;
	i->need.version = m->version != NULL ? m->version : "";
	i->need.method = m->method;
	i->total_bytes = preflight_download_bytes(&i->preflight);
	set_state(i, INSTANCE_PREPARE);
	i->is_begun = true;
	if (!call(i, "prepare", prepare_request(i), on_prepared, &mine))
		fail(i, &mine);
}

bool instance_make(struct instance *i, struct job *job,
		   const struct instance_want *want, instance_done_cb *done,
		   void *arg, struct err *e)
{
	struct restore_record r = {
		.request_json = (char *)(uintptr_t)want->request_json};

	i->job = job;
	i->want = *want;
	i->done = done;
	i->arg = arg;
	(void)str_copy(r.backup_id, sizeof(r.backup_id), want->backup);
	(void)str_copy(r.provider, sizeof(r.provider), want->provider);
	set_state(i, INSTANCE_LOOK);
	i->preflight.jobs = job->jobs;
	return preflight_start(&i->preflight, &r, 0, on_looked, i, e);
}

/* --- taking it down */

static void on_destroyed(void *arg, json_t *reply, const struct err *e)
{
	struct instance *i = arg;
	struct err mine = {0};

	if (failure(e) == NULL &&
	    !provision_destroyed(i->want.provider, reply, &mine))
		e = &mine;
	if (failure(e) == NULL)
		job_log(i->job, LOG_INFO, "the instance is destroyed");
	else
		job_log(i->job, LOG_ERROR, "the instance is not destroyed: %s",
			e->msg);
	i->done(i->arg, failure(e));
}

/* A program that was cut short must not work on beside what follows. */
static bool is_quiet(const struct instance *i)
{
	const struct helper *helper = i->job->jobs->config.helper;

	return !i->is_ragged || helper == NULL || helper_is_quiet(helper) ||
	       clock_mono_ms() >= i->ragged_until_ms;
}

static bool look_later(struct instance *i)
{
	const struct timeval wait = {0, is_quiet(i) ? 0 : LOOK_MS * 1000L};

	return evtimer_add(i->later, &wait) == 0;
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct instance *i = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (!is_quiet(i) && look_later(i))
		return;
	i->is_ragged = false;
	if (!i->is_begun)
		i->done(i->arg, NULL);
	else if (!call(i, "destroy", provision_id(i->want.id), on_destroyed,
		       &e))
		on_destroyed(i, NULL, &e);
}

bool instance_destroy(struct instance *i, instance_done_cb *done, void *arg,
		      struct err *e)
{
	stop(i);
	set_state(i, INSTANCE_DESTROY);
	i->done = done;
	i->arg = arg;
	i->ragged_until_ms = clock_mono_ms() + PROVISION_LINGER_MS;
	i->later =
		evtimer_new(loop_base(i->job->jobs->config.loop), on_later, i);
	if (i->later == NULL || !look_later(i))
		return err_nomem(e, "an instance");
	return true;
}

void instance_fini(struct instance *i)
{
	stop(i);
	instance_files_fini(&i->files);
	preflight_fini(&i->preflight);
	provision_place_fini(&i->place);
	free(i->directory);
	memset(i, 0, sizeof(*i));
}

uint64_t instance_bytes(const struct instance *i)
{
	return restore_stream_bytes(&i->stream) +
	       instance_files_bytes(&i->files);
}

void instance_progress(const struct instance *i, struct job_progress *p)
{
	uint64_t bytes = instance_bytes(i);

	p->bytes_read = bytes;
	p->bytes_stored = i->files.bytes_written;
	p->items_total = i->preflight.ntables;
	p->items_done = i->next_table;
	if (i->preflight.load != NULL)
		p->bytes_stored =
			i->preflight.load->ops->facts(i->preflight.load)
				->statement_bytes;
	if (i->state == INSTANCE_VERIFY && p->items_total > 0)
		p->percent = (int)(90 + p->items_done * 9 / p->items_total);
	else if (i->state < INSTANCE_VERIFY && i->total_bytes > 0)
		p->percent = (int)(bytes * 90 / i->total_bytes);
}
