/* restores.c - /v1/restores: into an existing instance. */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/backups.h"
#include "http/fields.h"
#include "http/list_int.h"
#include "http/refs.h"
#include "http/server_int.h"
#include "jobs/jobs.h"
#include "model/scope.h"

enum { NAMES_MAX = 1000, PARALLELISM_MAX = 16 };

struct restore_state {
	struct refs refs; /* first: refs.h */
	struct restore_record restore;
};

static void restore_fini(void *state)
{
	struct restore_state *s = state;

	restore_record_fini(&s->restore);
}

static void on_list(void *arg, const struct restore_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;

	LIST_ANSWER(r, list, page, e, show_restore);
}

void restores_list(struct request *r)
{
	static const char *const statuses[] = {
		"queued", "running", "completed", "failed", "canceled", NULL};
	struct catalog_query q;
	struct err e = {0};

	query_word(&r->query, "status", statuses, &r->faults);
	if (!list_query(r, &q))
		return;
	request_await_catalog(r,
			      catalog_restore_list(r->server->config.catalog,
						   &q, on_list, r, &e),
			      &e);
}

static void on_get(void *arg, const struct restore_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply(r, 200, show_restore(rec));
}

static void restore_fetch(struct request *r, catalog_restore_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_restore_get(r->server->config.catalog,
						  r->params[0], done, r, &e),
			      &e);
}

void restores_get(struct request *r)
{
	restore_fetch(r, on_get);
}

static void on_got_cancel(void *arg, const struct restore_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (rec->status != JOB_QUEUED && rec->status != JOB_RUNNING)
		request_refuse(r, ERR_CONFLICT, "job_not_running",
			       "the restore is %s: only a running one can be "
			       "canceled",
			       job_status_name(rec->status));
	else if (!jobs_cancel(r->server->config.jobs, rec->job_id, &mine))
		request_fail(r, &mine);
	else
		request_reply_accepted(r, show_restore(rec), rec->job_id);
}

void restores_cancel(struct request *r)
{
	restore_fetch(r, on_got_cancel);
}

/* --- making */

static void read_target(struct form *outer, struct refs *refs)
{
	static const char *const later[] = {"provision", "path", "stream",
					    NULL};
	struct form f;
	bool is_later = false;

	if (!form_open(outer, "target", FORM_REQUIRED, &f))
		return;
	for (const char *const *m = later; *m != NULL; m++) {
		if (!form_has(&f, *m))
			continue;
		is_later = true;
		form_fault(&f, *m, "not_supported",
			   "restoring into \"%s\" is not supported yet: name "
			   "an existing source in \"source\"",
			   *m);
	}
	refs_add(refs, REF_SOURCE, "/target/source",
		 field_key(&f, "source",
			   is_later ? FORM_OPTIONAL : FORM_REQUIRED));
	form_end(&f);
}

static void check_scope(struct form *f)
{
	const json_t *json = form_json(f, "scope", JSON_OBJECT, FORM_OPTIONAL);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct scope scope = {0};
	struct err e = {0};

	if (json != NULL && text == NULL)
		f->faults->is_broken = true;
	if (text != NULL && !scope_parse(&scope, text, &e))
		form_fault_err(f, "scope", &e);
	scope_fini(&scope);
	free(text);
}

static bool is_name(const json_t *value)
{
	return json_string_length(value) > 0 && json_string_length(value) < 256;
}

static void check_rename(struct form *f)
{
	json_t *map = form_json(f, "rename", JSON_OBJECT, FORM_OPTIONAL);
	const char *from;
	json_t *to;

	if (map == NULL)
		return;
	json_object_foreach(map, from, to)
	{
		if (*from == '\0' || !is_name(to)) {
			form_fault(f, "rename", "invalid_value",
				   "\"rename\" maps names of databases to "
				   "names of databases");
			return;
		}
	}
}

static void check_confirm(struct form *f)
{
	const json_t *list = form_json(f, "confirm", JSON_ARRAY, FORM_OPTIONAL);
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		if (is_name(json_array_get(list, i)) && n <= NAMES_MAX)
			continue;
		form_fault(f, "confirm", "invalid_value",
			   "\"confirm\" holds names of databases, at most %d",
			   (int)NAMES_MAX);
		return;
	}
}

static void check_options(struct form *f)
{
	static const struct form_range lines = {1, PARALLELISM_MAX, 4};
	static const char *const words[] = {"keep", "replace", NULL};
	struct form inner;

	if (!form_open(f, "options", FORM_OPTIONAL, &inner))
		return;
	(void)form_integer(&inner, "parallelism", &lines);
	if (form_bool(&inner, "accounts", false))
		form_fault(&inner, "accounts", "not_supported",
			   "restoring accounts is not supported yet");
	if (strcmp(field_word(&inner, "definer", words, "keep"), "keep") != 0)
		form_fault(&inner, "definer", "not_supported",
			   "replacing definers is not supported yet");
	form_end(&inner);
}

/* The members that say how, kept with the restore. */
static char *request_text(const json_t *body)
{
	static const char *const kept[] = {"scope",   "rename",	 "overwrite",
					   "confirm", "options", NULL};
	json_t *object = json_object();
	char *text = NULL;
	bool ok = object != NULL;

	for (const char *const *m = kept; ok && *m != NULL; m++) {
		json_t *value = json_object_get(body, *m);

		ok = value == NULL || json_is_null(value) ||
		     json_object_set(object, *m, value) == 0;
	}
	if (ok)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

static void read_restore(struct form *f, struct restore_state *s)
{
	struct restore_record *r = &s->restore;

	refs_add(&s->refs, REF_BACKUP, "/backup",
		 field_key(f, "backup", FORM_REQUIRED));
	read_target(f, &s->refs);
	check_scope(f);
	check_rename(f);
	(void)form_bool(f, "overwrite", false);
	check_confirm(f);
	check_options(f);
	form_end(f);
	r->request_json = request_text(f->object);
	if (r->request_json == NULL)
		f->faults->is_broken = true;
}

static void on_queued(void *arg, const struct restore_record *rec,
		      const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, show_restore(rec), rec->job_id);
}

static void begin(struct request *r)
{
	struct restore_state *s = r->state;
	struct restore_record *rec = &s->restore;
	struct err e = {0};

	(void)str_copy(rec->backup_id, sizeof(rec->backup_id),
		       refs_id(&s->refs, REF_BACKUP, "/backup"));
	(void)str_copy(rec->target_id, sizeof(rec->target_id),
		       refs_id(&s->refs, REF_SOURCE, "/target/source"));
	request_await_jobs(
		r, jobs_restore(r->server->config.jobs, rec, on_queued, r, &e),
		&e);
}

void restores_create(struct request *r)
{
	struct restore_state *s =
		request_state(r, sizeof(struct restore_state), restore_fini);
	struct form f;

	if (s == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	read_restore(&f, s);
	s->refs.done = begin;
	if (request_is_sound(r))
		refs_find(r);
}
