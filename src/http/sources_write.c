/*
 * sources_write.c - making and testing sources.
 *
 * Making:  read -> probe -> create.
 * Testing: get -> probe -> keep what was found, also that it failed.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/sources.h"
#include "http/server_int.h"
#include "http/show.h"
#include "http/source_form.h"
#include "http/sources_int.h"

static void write_fini(void *state)
{
	struct write_state *w = state;

	source_record_fini(&w->source);
}

struct write_state *source_write_new(struct request *r)
{
	return request_state(r, sizeof(struct write_state), write_fini);
}

void source_fail_nomem(struct request *r)
{
	struct err e = {0};

	(void)err_nomem(&e, "a source");
	request_fail(r, &e);
}

/* Writes the verdict of a probe into the record. */
bool source_take_verdict(struct write_state *w, const struct source_info *info,
			 const struct err *e)
{
	struct source_record *s = &w->source;

	s->probed_at = clock_now_ms();
	s->is_reachable = e == NULL;
	free(s->reason);
	s->reason = NULL;
	if (e != NULL) {
		w->failure = *e;
		s->reason = strdup(e->msg);
		return s->reason != NULL;
	}
	w->info = *info;
	(void)str_copy(s->version, sizeof(s->version), info->version);
	(void)str_copy(s->role, sizeof(s->role), info->role);
	return true;
}

void source_probe(struct request *r, source_probe_cb *done)
{
	struct write_state *w = r->state;
	struct err e = {0};

	request_await_jobs(r,
			   jobs_check_source(r->server->config.jobs, &w->source,
					     done, r, &e),
			   &e);
}

bool source_probe_replica(struct request *r, source_probe_cb *done)
{
	struct write_state *w = r->state;
	struct err e = {0};

	if (w->source.read_from_json == NULL)
		return false;
	request_await_jobs(r,
			   jobs_check_replica(r->server->config.jobs,
					      &w->source, done, r, &e),
			   &e);
	return true;
}

/* --- making */

static void on_created(void *arg, const struct source_record *rec,
		       const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_created(r, show_source(rec), rec->id,
				      rec->revision);
}

static void create(struct request *r)
{
	struct write_state *w = r->state;
	struct err e = {0};

	request_keep(r);
	request_await_catalog(r,
			      catalog_source_create(catalog_of(r), &w->source,
						    on_created, r, &e),
			      &e);
}

static void on_probed_replica(void *arg, const struct source_info *info,
			      const struct err *e)
{
	struct request *r = arg;

	(void)info;
	if (request_resume(r, e))
		create(r);
}

static void on_probed_new(void *arg, const struct source_info *info,
			  const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	(void)source_take_verdict(r->state, info, NULL);
	if (!source_probe_replica(r, on_probed_replica))
		create(r);
}

void sources_create(struct request *r)
{
	struct write_state *w = source_write_new(r);
	struct form f;

	if (w == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	source_form_read(&f, NULL, &w->source);
	if (request_is_sound(r))
		source_probe(r, on_probed_new);
}

/* --- testing what is not saved */

static json_t *show_verdict(const struct write_state *w)
{
	return json_pack("{s:b, s:s?, s:o, s:o}", "ok", w->source.is_reachable,
			 "detail", w->source.reason, "version",
			 show_text(w->info.version), "role",
			 show_text(w->info.role));
}

static void on_checked(void *arg, const struct source_info *info,
		       const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;

	if (!request_resume(r, e))
		return;
	(void)source_take_verdict(w, info, NULL);
	request_reply(r, 200, show_verdict(w));
}

void sources_check(struct request *r)
{
	struct write_state *w = source_write_new(r);
	struct form f;

	if (w == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	source_form_read_test(&f, &w->source);
	if (request_is_sound(r))
		source_probe(r, on_checked);
}

/* --- testing what is there */

static void on_kept(void *arg, const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;

	if (!request_resume(r, e))
		return;
	if (err_is(&w->failure))
		request_fail(r, &w->failure);
	else
		request_reply(r, 200, show_verdict(w));
}

static void on_probed_old(void *arg, const struct source_info *info,
			  const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;
	struct err mine = {0};

	request_forget(r);
	if (!source_take_verdict(w, info, e)) {
		source_fail_nomem(r);
		return;
	}
	request_await_catalog(r,
			      catalog_source_probed(catalog_of(r), &w->source,
						    on_kept, r, &mine),
			      &mine);
}

static void on_got_test(void *arg, const struct source_record *rec,
			const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;

	if (!request_resume(r, e))
		return;
	if (source_record_copy(&w->source, rec))
		source_probe(r, on_probed_old);
	else
		source_fail_nomem(r);
}

void source_fetch_secret(struct request *r, catalog_source_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_source_get(catalog_of(r), r->params[0],
						 true, done, r, &e),
			      &e);
}

void sources_test(struct request *r)
{
	if (source_write_new(r) != NULL)
		source_fetch_secret(r, on_got_test);
}
