/* backups.c - /v1/backups: lists, one, contents, manifest. */
#include "http/handlers.h"

#include <string.h>

#include "catalog/backups.h"
#include "http/backups_int.h"
#include "http/list_int.h"
#include "http/server_int.h"
#include "jobs/checks.h"

enum { MEMBERS_MAX = 500 }; /* of a folder, in one answer */

json_t *backups_show(const struct request *r, const struct backup_record *rec)
{
	const struct catalog *c = r->server->config.catalog;

	return show_backup(rec, catalog_identity(c)->server_id);
}

static char *render(const void *server_id, const void *records,
		    const struct catalog_page *page)
{
	const struct backup_record *list = records;
	char *text;

	LIST_TEXT(text, page, show_backup(&list[i_], server_id));
	return text;
}

static void on_list(void *arg, const struct backup_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	(void)list;
	list_answer(arg, page, e);
}

void backups_check_words(struct request *r)
{
	static const char *const types[] = {"manual", "automated", NULL};
	static const char *const methods[] = {"logical", "physical", "snapshot",
					      NULL};
	static const char *const statuses[] = {
		"queued",   "backing_up", "completed", "failed",
		"canceled", "deleting",	  NULL};

	query_word(&r->query, "type", types, &r->faults);
	query_word(&r->query, "method", methods, &r->faults);
	query_word(&r->query, "status", statuses, &r->faults);
}

void backups_ask(struct request *r, struct catalog_query *q)
{
	struct catalog *c = r->server->config.catalog;
	struct err e = {0};

	q->render = render;
	q->render_with = catalog_identity(c)->server_id;
	request_await_catalog(r, catalog_backup_list(c, q, on_list, r, &e), &e);
}

void backups_list(struct request *r)
{
	struct catalog_query q;

	backups_check_words(r);
	if (list_query(r, &q))
		backups_ask(r, &q);
}

void backups_fetch(struct request *r, catalog_backup_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_backup_get(r->server->config.catalog,
						 r->params[0], done, r, &e),
			      &e);
}

static void on_get(void *arg, const struct backup_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_revision(r, 200, backups_show(r, rec),
				       rec->revision);
}

void backups_get(struct request *r)
{
	backups_fetch(r, on_get);
}

static void on_contents(void *arg, const char *json, const struct err *e)
{
	struct request *r = arg;
	json_t *shown;

	if (!request_resume(r, e))
		return;
	shown = show_json(json);
	/* That of a tree is a page already. */
	request_reply(r, 200,
		      json_is_array(shown) ? json_pack("{s:o}", "items", shown)
					   : shown);
}

void backups_contents(struct request *r)
{
	struct contents_query q = {
		.folder = query_get(&r->query, "folder"),
		.after = query_get(&r->query, "after"),
		.limit = query_limit(&r->query, MEMBERS_MAX, &r->faults),
	};
	struct err e = {0};

	if (!request_is_sound(r))
		return;
	request_await_jobs(r,
			   jobs_read_contents(r->server->config.jobs,
					      r->params[0], &q, on_contents, r,
					      &e),
			   &e);
}

static void on_manifest(void *arg, const char *json, size_t len,
			const struct err *e)
{
	struct request *r = arg;
	struct reply_bytes b = {.type = "application/json",
				.bytes = json,
				.len = len,
				.name = "manifest.json"};

	if (request_resume(r, e))
		request_reply_bytes(r, 200, &b);
}

void backups_manifest(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_read_manifest(r->server->config.jobs,
					      r->params[0], on_manifest, r, &e),
			   &e);
}
