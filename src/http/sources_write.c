/*
 * sources_write.c - making, changing, testing and deleting sources.
 *
 * Making:   read -> probe -> create.
 * Changing: get -> merge and read -> probe, if it is reached in another way ->
 *           update -> keep what the probe found.
 * Testing:  get -> probe -> keep what was found, also that it failed.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups.h"
#include "catalog/sources.h"
#include "http/list_int.h"
#include "http/merge.h"
#include "http/server_int.h"
#include "http/source_form.h"
#include "jobs/checks.h"

enum { UPDATE_TRIES = 5 };

struct write_state {
	struct source_record source; /* what is to be */
	struct source_info info;     /* what the probe found */
	struct err failure;	     /* why it found nothing */
	int64_t based_on;	     /* the revision that was read */
	unsigned tries;
	bool is_dry_run;
};

static void write_fini(void *state)
{
	struct write_state *w = state;

	source_record_fini(&w->source);
}

static struct catalog *catalog_of(const struct request *r)
{
	return r->server->config.catalog;
}

static struct write_state *write_new(struct request *r)
{
	return request_state(r, sizeof(struct write_state), write_fini);
}

static void fail_nomem(struct request *r)
{
	struct err e = {0};

	(void)err_nomem(&e, "a source");
	request_fail(r, &e);
}

/* Writes the verdict of a probe into the record. */
static bool take_verdict(struct write_state *w, const struct source_info *info,
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

static void probe(struct request *r, source_probe_cb *done)
{
	struct write_state *w = r->state;
	struct err e = {0};

	request_await_jobs(r,
			   jobs_check_source(r->server->config.jobs, &w->source,
					     done, r, &e),
			   &e);
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

static void on_probed_new(void *arg, const struct source_info *info,
			  const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	(void)take_verdict(w, info, NULL);
	request_keep(r);
	request_await_catalog(r,
			      catalog_source_create(catalog_of(r), &w->source,
						    on_created, r, &mine),
			      &mine);
}

void sources_create(struct request *r)
{
	struct write_state *w = write_new(r);
	struct form f;

	if (w == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	source_form_read(&f, NULL, &w->source);
	if (request_is_sound(r))
		probe(r, on_probed_new);
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
	(void)take_verdict(w, info, NULL);
	request_reply(r, 200, show_verdict(w));
}

void sources_check(struct request *r)
{
	struct write_state *w = write_new(r);
	struct form f;

	if (w == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	source_form_read_test(&f, &w->source);
	if (request_is_sound(r))
		probe(r, on_checked);
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
	if (!take_verdict(w, info, e)) {
		fail_nomem(r);
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
		probe(r, on_probed_old);
	else
		fail_nomem(r);
}

static void get_with_secret(struct request *r, catalog_source_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_source_get(catalog_of(r), r->params[0],
						 true, done, r, &e),
			      &e);
}

void sources_test(struct request *r)
{
	if (write_new(r) != NULL)
		get_with_secret(r, on_got_test);
}

/* --- changing */

static void on_got_update(void *arg, const struct source_record *rec,
			  const struct err *e);

static void on_shown(void *arg, const struct source_record *rec,
		     const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_revision(r, 200, show_source(rec), rec->revision);
}

static void show_again(struct request *r)
{
	struct write_state *w = r->state;
	struct err e = {0};

	request_await_catalog(r,
			      catalog_source_get(catalog_of(r), w->source.id,
						 false, on_shown, r, &e),
			      &e);
}

static void on_verdict_kept(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		show_again(r);
}

static void on_updated(void *arg, const struct source_record *rec,
		       const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;
	struct err mine = {0};

	/* Somebody was quicker, and the client did not say what it had read:
	 * merge again with what is there now. */
	if (e != NULL && strcmp(e->api, "revision_changed") == 0 &&
	    r->if_revision == 0 && w->tries < UPDATE_TRIES) {
		request_forget(r);
		get_with_secret(r, on_got_update);
		return;
	}
	if (!request_resume(r, e))
		return;
	if (w->source.probed_at == 0) {
		request_reply_revision(r, 200, show_source(rec), rec->revision);
		return;
	}
	request_await_catalog(r,
			      catalog_source_probed(catalog_of(r), &w->source,
						    on_verdict_kept, r, &mine),
			      &mine);
}

static void update(struct request *r)
{
	struct write_state *w = r->state;
	struct err e = {0};

	if (w->is_dry_run) {
		request_reply(r, 200, show_source(&w->source));
		return;
	}
	request_keep(r);
	request_await_catalog(r,
			      catalog_source_update(catalog_of(r), &w->source,
						    r->if_revision
							    ? r->if_revision
							    : w->based_on,
						    on_updated, r, &e),
			      &e);
}

static void on_probed_update(void *arg, const struct source_info *info,
			     const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	(void)take_verdict(r->state, info, NULL);
	update(r);
}

/* What a source would be after the patch, as a document to read. */
static json_t *merged(struct request *r, const struct source_record *rec)
{
	static const char *const writable[] = {"name", "remarks", "region",
					       "engine", "connection"};
	json_t *shown = show_source(rec);
	json_t *base = json_object();
	bool ok = shown != NULL && base != NULL;

	for (size_t i = 0; ok && i < sizeof(writable) / sizeof(writable[0]);
	     i++)
		ok = json_object_set(base, writable[i],
				     json_object_get(shown, writable[i])) == 0;
	if (ok) {
		merge_drop_echoes(r->body, shown);
		ok = merge_apply(base, r->body);
	}
	json_decref(shown);
	if (ok)
		return base;
	json_decref(base);
	return NULL;
}

/* What the form does not say: identity, and what the last probe found. */
static void take_over(struct source_record *to, const struct source_record *rec)
{
	(void)str_copy(to->id, sizeof(to->id), rec->id);
	(void)str_copy(to->version, sizeof(to->version), rec->version);
	(void)str_copy(to->role, sizeof(to->role), rec->role);
	to->is_reachable = rec->is_reachable;
	to->is_backing_up = rec->is_backing_up;
	to->is_restoring = rec->is_restoring;
	to->last_backup_at = rec->last_backup_at;
	to->revision = rec->revision;
	to->created_at = rec->created_at;
	to->updated_at = rec->updated_at;
}

static void read_update(struct request *r, json_t *document,
			const struct source_record *rec)
{
	struct write_state *w = r->state;
	struct form f;

	source_record_fini(&w->source);
	form_init(&f, document, "", &r->faults);
	source_form_read(&f, rec, &w->source);
	take_over(&w->source, rec);
	if (w->source.engine[0] != '\0' &&
	    strcmp(w->source.engine, rec->engine) != 0)
		form_fault(&f, "engine", "invalid_value",
			   "the engine of a source cannot be changed: "
			   "register another source");
	/* NULL would leave the old one: no secret is an empty one. */
	if (w->source.secret == NULL && rec->has_secret)
		w->source.secret = strdup("");
}

static void on_got_update(void *arg, const struct source_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;
	json_t *document;

	if (!request_resume(r, e))
		return;
	if (r->if_revision != 0 && r->if_revision != rec->revision) {
		request_refuse(r, ERR_CONFLICT, "revision_changed",
			       "the source was changed meanwhile: read it "
			       "again");
		return;
	}
	document = merged(r, rec);
	if (document == NULL) {
		fail_nomem(r);
		return;
	}
	w->tries++;
	w->based_on = rec->revision;
	read_update(r, document, rec);
	json_decref(document);
	if (!request_is_sound(r))
		return;
	if (source_form_is_same(&w->source, rec))
		update(r);
	else
		probe(r, on_probed_update);
}

void sources_update(struct request *r)
{
	struct write_state *w = write_new(r);

	if (w == NULL)
		return;
	w->is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	if (request_is_sound(r))
		get_with_secret(r, on_got_update);
}

/* --- deleting */

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_nothing(r);
}

static json_t *show_doomed(const struct backup_record *b)
{
	return json_pack("{s:s, s:s, s:I}", "id", b->id, "name", b->name,
			 "stored_bytes", (json_int_t)b->stored_bytes);
}

static void on_doomed(void *arg, const struct backup_record *list,
		      const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < page->n; i++)
		list_append(&items, show_doomed(&list[i]));
	request_reply(r, 200, json_pack("{s:o}", "would_delete", items));
}

static void on_got_doomed(void *arg, const struct source_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct catalog_query q = {.type = "automated", .limit = LIMIT_MAX};
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	q.source = rec->id;
	request_await_catalog(
		r, catalog_backup_list(catalog_of(r), &q, on_doomed, r, &mine),
		&mine);
}

void sources_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	struct err e = {0};

	if (query_flag(&r->query, "destroy", &r->faults))
		faults_add(&r->faults, "destroy", "not_supported",
			   "only what a provisioner made can be destroyed, "
			   "and this source was registered");
	if (!request_is_sound(r))
		return;
	request_await_catalog(
		r,
		is_dry_run ? catalog_source_get(catalog_of(r), r->params[0],
						false, on_got_doomed, r, &e)
			   : catalog_source_delete(catalog_of(r), r->params[0],
						   on_deleted, r, &e),
		&e);
}
