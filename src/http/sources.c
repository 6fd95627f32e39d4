/* sources.c - /v1/sources: lists, one, its databases and tables. */
#include "http/handlers.h"

#include <string.h>

#include "catalog/sources.h"
#include "http/list_int.h"
#include "http/routes.h"
#include "http/server_int.h"
#include "jobs/checks.h"

static char *render(const void *with, const void *records,
		    const struct catalog_page *page)
{
	const struct source_record *list = records;
	char *text;

	(void)with;
	LIST_TEXT(text, page, show_source(&list[i_]));
	return text;
}

static void on_list(void *arg, const struct source_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	(void)list;
	list_answer(arg, page, e);
}

void sources_list(struct request *r)
{
	static const char *const statuses[] = {"available",   "backing_up",
					       "restoring",   "creating",
					       "unreachable", NULL};
	struct catalog_query q;
	struct err e = {0};

	query_word(&r->query, "status", statuses, &r->faults);
	if (!list_query(r, &q))
		return;
	q.render = render;
	request_await_catalog(r,
			      catalog_source_list(r->server->config.catalog, &q,
						  on_list, r, &e),
			      &e);
}

static void on_get(void *arg, const struct source_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_revision(r, 200, show_source(rec), rec->revision);
}

void sources_get(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_source_get(r->server->config.catalog,
						 r->params[0], false, on_get, r,
						 &e),
			      &e);
}

/* The address has to outlive the question. */
struct names_state {
	struct source_record source;
};

static void names_fini(void *state)
{
	struct names_state *s = state;

	source_record_fini(&s->source);
}

static json_t *known_or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *show_name(const struct request *r, const struct source_name *one)
{
	bool is_table = r->params[1] != NULL;

	if (is_table)
		return json_pack("{s:s, s:o}", "name", one->name, "bytes",
				 known_or_null(one->bytes));
	return json_pack("{s:s, s:o, s:o}", "name", one->name, "tables",
			 known_or_null(one->ntables), "bytes",
			 known_or_null(one->bytes));
}

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		list_append(&items, show_name(r, &names[i]));
	request_reply(r, 200, json_pack("{s:o}", "items", items));
}

static void on_source(void *arg, const struct source_record *rec,
		      const struct err *e)
{
	struct request *r = arg;
	struct names_state *s = r->state;
	struct source_names_query q = {.database = r->params[1]};
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	q.want_sizes = query_flag(&r->query, "sizes", &r->faults);
	if (!source_record_copy(&s->source, rec)) {
		(void)err_nomem(&mine, "a source");
		request_fail(r, &mine);
		return;
	}
	request_await_jobs(r,
			   jobs_list_names(r->server->config.jobs, &s->source,
					   &q, on_names, r, &mine),
			   &mine);
}

void sources_databases(struct request *r)
{
	struct err e = {0};

	(void)query_flag(&r->query, "sizes", &r->faults);
	if (!request_is_sound(r) ||
	    request_state(r, sizeof(struct names_state), names_fini) == NULL)
		return;
	request_await_catalog(r,
			      catalog_source_get(r->server->config.catalog,
						 r->params[0], true, on_source,
						 r, &e),
			      &e);
}

void sources_tables(struct request *r)
{
	sources_databases(r);
}
