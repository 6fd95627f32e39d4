/* restores_write.c - making a restore, and asking what it would find. */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

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
	PATH_BYTES_MAX = 4000,
	PREFIX_BYTES_MAX = 1000, /* of the 1024 of a key */
};

/* As the helper's configuration has them. */
#define PROVIDER_LETTERS                                                       \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

struct restore_state {
	struct refs refs; /* first: refs.h */
	struct restore_record restore;
	json_t *provision; /* borrowed from the body; NULL: none */
	json_t *place;	   /* a bucket and a prefix, or NULL; owned */
};

static void restore_fini(void *state)
{
	struct restore_state *s = state;

	json_decref(s->place);
	restore_record_fini(&s->restore);
}

/* A name of the helper's configuration; copied. */
static void read_provider(struct form *f, char out[NAME_BUF])
{
	const char *name = form_string(f, "provider", FORM_REQUIRED);

	if (name == NULL)
		return;
	if (*name == '\0' || name[strspn(name, PROVIDER_LETTERS)] != '\0' ||
	    !str_copy(out, NAME_BUF, name))
		form_fault(f, "provider", "invalid_name",
			   "\"provider\" is the name of one that GET "
			   "/v1/provisioners lists");
}

/* Rule 24: a new instance. */
static bool read_provision(struct form *outer, struct restore_state *s)
{
	struct restore_record *r = &s->restore;
	struct form f;

	if (!form_has(outer, "provision"))
		return false;
	if (!form_open(outer, "provision", FORM_REQUIRED, &f))
		return true;
	read_provider(&f, r->provider);
	field_name(&f, r->target_name);
	(void)form_json(&f, "options", JSON_OBJECT, FORM_OPTIONAL);
	form_end(&f);
	s->provision = f.object;
	return true;
}

/* Whether it is written as the system itself would write it. */
static bool is_plain_path(const char *path)
{
	const char *at = path;

	while (*at == '/') {
		size_t n = strcspn(++at, "/");

		if (n == 0 || (n == 1 && at[0] == '.') ||
		    (n == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += n;
	}
	return at != path && *at == '\0';
}

/* A folder, of files. */
static bool read_path(struct form *f, struct restore_state *s)
{
	const char *path;

	if (!form_has(f, "path"))
		return false;
	path = form_string(f, "path", FORM_REQUIRED);
	if (path == NULL)
		return true;
	if (strlen(path) > PATH_BYTES_MAX || !is_plain_path(path)) {
		form_fault(f, "path", "invalid_value",
			   "\"path\" is a folder like \"/srv/restore/new\", "
			   "without \".\", \"..\" and a slash at its end");
		return true;
	}
	s->restore.target_path = strdup(path);
	if (s->restore.target_path == NULL)
		f->faults->is_broken = true;
	return true;
}

/* Of a bucket: where in the place of the source's own. A prefix may be empty,
 * and then it is none. */
static void read_bucket(struct form *f, struct restore_state *s)
{
	const char *bucket = field_setting(f, "bucket", FORM_OPTIONAL);
	const char *prefix = form_string(f, "prefix", FORM_OPTIONAL);

	if (bucket == NULL && prefix == NULL)
		return;
	if (prefix != NULL && strlen(prefix) > PREFIX_BYTES_MAX)
		form_fault(f, "prefix", "invalid_value",
			   "\"prefix\" has at most %d bytes",
			   (int)PREFIX_BYTES_MAX);
	if (!form_has(f, "source"))
		form_fault(f, bucket != NULL ? "bucket" : "prefix",
			   "invalid_value",
			   "\"bucket\" and \"prefix\" go with \"source\"");
	s->place = json_pack("{s:s*,s:s*}", "bucket", bucket, "prefix", prefix);
	if (s->place == NULL)
		f->faults->is_broken = true;
}

/* One of three. */
static void read_place(struct form *f, struct restore_state *s)
{
	bool is_new = read_provision(f, s), is_path = read_path(f, s);
	bool is_source = form_has(f, "source");

	read_bucket(f, s);
	if (is_new + is_path + is_source > 1)
		form_fault(f, is_source ? "source" : "path", "invalid_value",
			   "give one of \"source\", \"path\" and "
			   "\"provision\"");
	else if (!is_new && !is_path)
		refs_add(&s->refs, REF_SOURCE, "/target/source",
			 field_key(f, "source", FORM_REQUIRED));
}

static void read_target(struct form *outer, struct restore_state *s)
{
	struct form f;

	if (!form_open(outer, "target", FORM_REQUIRED, &f))
		return;
	if (form_has(&f, "stream"))
		form_fault(&f, "stream", "not_supported",
			   "restoring into \"stream\" is not supported yet: "
			   "name an existing source in \"source\", a folder in "
			   "\"path\", or a provisioner in \"provision\"");
	else
		read_place(&f, s);
	form_end(&f);
}

/* Who makes the instance that files are read from. */
static void check_through(struct form *outer, const struct restore_state *s)
{
	char provider[NAME_BUF];
	struct form f;

	if (!form_open(outer, "through", FORM_OPTIONAL, &f))
		return;
	if (s->provision != NULL)
		form_fault(outer, "through", "invalid_value",
			   "\"through\" is of a restore into a source that is "
			   "there: a new instance names its provisioner in "
			   "\"target\"");
	read_provider(&f, provider);
	(void)form_json(&f, "options", JSON_OBJECT, FORM_OPTIONAL);
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
	if (text != NULL && !scope_parse(&scope, text, SCOPE_OF_ANY, &e))
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
		if (is_name(json_array_get(list, i), PATH_BYTES_MAX) &&
		    n <= NAMES_MAX)
			continue;
		form_fault(f, "confirm", "invalid_value",
			   "\"confirm\" holds names of databases, of single "
			   "tables like \"shop.orders\", of files the folder, "
			   "or of objects \"BUCKET/PREFIX\", at most %d",
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
	(void)form_bool(&inner, "verify_first", false);
	(void)field_word(&inner, "definer", words, words[0]);
	form_end(&inner);
}

/* The members that say how, kept with the restore. */
static char *request_text(const json_t *body, const struct restore_state *s)
{
	static const char *const kept[] = {"scope",   "rename",	 "overwrite",
					   "confirm", "options", "through",
					   NULL};
	json_t *object = json_object();
	char *text = NULL;
	bool ok = object != NULL;

	for (const char *const *m = kept; ok && *m != NULL; m++) {
		json_t *value = json_object_get(body, *m);

		ok = value == NULL || json_is_null(value) ||
		     json_object_set(object, *m, value) == 0;
	}
	if (s->provision != NULL)
		ok = ok &&
		     json_object_set(object, "provision", s->provision) == 0;
	if (s->place != NULL)
		ok = ok && json_object_set(object, "place", s->place) == 0;
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
	read_target(f, s);
	check_scope(f);
	check_rename(f);
	(void)form_bool(f, "overwrite", false);
	check_confirm(f);
	check_options(f);
	check_through(f, s);
	form_end(f);
	r->request_json = request_text(f->object, s);
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
