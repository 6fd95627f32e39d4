/*
 * sources_update.c - changing a source: get -> merge and read -> probe, if it
 * or its replica is reached in another way -> update -> keep what the probe
 * found.
 */
#include "http/handlers.h"

#include <string.h>

#include "base/text.h"
#include "http/server_int.h"
#include "http/show.h"
#include "http/source_form.h"
#include "http/sources_int.h"

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
			      catalog_source_get(r->server->config.catalog,
						 w->source.id, false, on_shown,
						 r, &e),
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

	if (update_again(r, &w->update, e)) {
		source_fetch_secret(r, on_got_update);
		return;
	}
	if (!request_resume(r, e))
		return;
	if (w->source.probed_at == 0) {
		request_reply_revision(r, 200, show_source(rec), rec->revision);
		return;
	}
	request_await_catalog(r,
			      catalog_source_probed(r->server->config.catalog,
						    &w->source, on_verdict_kept,
						    r, &mine),
			      &mine);
}

static void update(struct request *r)
{
	struct write_state *w = r->state;
	struct err e = {0};

	if (w->update.is_dry_run) {
		request_reply(r, 200, show_source(&w->source));
		return;
	}
	request_keep(r);
	request_await_catalog(
		r,
		catalog_source_update(r->server->config.catalog, &w->source,
				      update_revision(r, &w->update),
				      on_updated, r, &e),
		&e);
}

static void on_probed_replica(void *arg, const struct source_info *info,
			      const struct err *e)
{
	struct request *r = arg;

	(void)info;
	if (request_resume(r, e))
		update(r);
}

/* It has to be one, if it is another one now. */
static void check_replica(struct request *r)
{
	const struct write_state *w = r->state;

	if (!w->is_other_replica || !source_probe_replica(r, on_probed_replica))
		update(r);
}

static void on_probed_update(void *arg, const struct source_info *info,
			     const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	(void)source_take_verdict(r->state, info, NULL);
	check_replica(r);
}

/* What a source would be after the patch, as a document to read. */
static json_t *merged(struct request *r, const struct source_record *rec)
{
	static const char *const writable[] = {
		"name",	      "remarks",   "region", "engine",
		"connection", "read_from", NULL};

	return update_merge(r, show_source(rec), writable);
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
	if (rec->plans_json != NULL)
		to->plans_json = strdup(rec->plans_json); /* dry_run shows it */
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
	if (w->source.read_from_secret == NULL && rec->has_read_from_secret)
		w->source.read_from_secret = strdup("");
}

static void on_got_update(void *arg, const struct source_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct write_state *w = r->state;
	json_t *document;

	if (!request_resume(r, e))
		return;
	if (rec->is_creating) {
		request_refuse(r, ERR_CONFLICT, "source_busy",
			       "the instance is not whole: wait for the end of "
			       "its restore");
		return;
	}
	if (!update_read(r, &w->update, rec->revision, "source"))
		return;
	document = merged(r, rec);
	if (document == NULL) {
		source_fail_nomem(r);
		return;
	}
	read_update(r, document, rec);
	json_decref(document);
	if (!request_is_sound(r))
		return;
	w->is_other_replica = !source_form_is_same_replica(&w->source, rec);
	if (source_form_is_same(&w->source, rec))
		check_replica(r);
	else
		source_probe(r, on_probed_update);
}

void sources_update(struct request *r)
{
	struct write_state *w = source_write_new(r);

	if (w == NULL)
		return;
	w->update.is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	if (request_is_sound(r))
		source_fetch_secret(r, on_got_update);
}
