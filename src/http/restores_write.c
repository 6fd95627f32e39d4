/* restores_write.c - making a restore, and asking what it would find. */
#include "http/handlers.h"

#include <stdlib.h>

#include "base/text.h"
#include "catalog/backups.h"
#include "http/fields.h"
#include "http/refs.h"
#include "http/server_int.h"
#include "http/show.h"
#include "jobs/jobs.h"
#include "model/scope.h"

enum {
	NAMES_MAX = 1000,
	NAME_MAX_BYTES = 256, /* 64 characters of utf8mb4 */
	PARALLELISM_MAX = 16,
};

struct restore_state {
	struct refs refs; /* first: refs.h */
	struct restore_record restore;
};

static void restore_fini(void *state)
{
	struct restore_state *s = state;

	restore_record_fini(&s->restore);
}

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

static bool is_name(const json_t *value, size_t max_bytes)
{
	return json_string_length(value) > 0 &&
	       json_string_length(value) <= max_bytes;
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
		if (*from == '\0' || !is_name(to, NAME_MAX_BYTES)) {
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
		if (is_name(json_array_get(list, i), 2 * NAME_MAX_BYTES + 1) &&
		    n <= NAMES_MAX)
			continue;
		form_fault(f, "confirm", "invalid_value",
			   "\"confirm\" holds names of databases, or of single "
			   "tables like \"shop.orders\", at most %d",
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
	(void)form_bool(&inner, "accounts", false);
	(void)field_word(&inner, "definer", words, words[0]);
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

/* Both take the same body; found goes on once what it names is known. */
static void read_body(struct request *r, void (*found)(struct request *r))
{
	struct restore_state *s =
		request_state(r, sizeof(struct restore_state), restore_fini);
	struct form f;

	if (s == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	read_restore(&f, s);
	s->refs.done = found;
	if (request_is_sound(r))
		refs_find(r);
}

static const struct restore_record *read_record(struct request *r)
{
	struct restore_state *s = r->state;
	struct restore_record *rec = &s->restore;

	(void)str_copy(rec->backup_id, sizeof(rec->backup_id),
		       refs_id(&s->refs, REF_BACKUP, "/backup"));
	(void)str_copy(rec->target_id, sizeof(rec->target_id),
		       refs_id(&s->refs, REF_SOURCE, "/target/source"));
	return rec;
}

/* --- making */

static void on_queued(void *arg, const struct restore_record *rec,
		      const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, show_restore(rec), rec->job_id);
}

static void begin(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_restore(r->server->config.jobs, read_record(r),
					on_queued, r, &e),
			   &e);
}

void restores_create(struct request *r)
{
	read_body(r, begin);
}

/* --- asking */

static void on_checked(void *arg, const struct jobs_restore_report *report,
		       const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply(r, 200, show_restore_report(report));
}

static void check(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_restore_check(r->server->config.jobs,
					      read_record(r), on_checked, r,
					      &e),
			   &e);
}

void restores_check(struct request *r)
{
	read_body(r, check);
}
