/* source_form.c - reads a source from a body. */
#include "http/source_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "http/bucket_form.h"
#include "http/fields.h"
#include "sources/kinds.h"

enum { PORT_MAX = 65535, GLOBS_MAX = 1000, PREFIX_MAX_BYTES = 1024 };

static const char *const tls_words[] = {"disabled", "preferred", "required",
					"verify", NULL};

/* Engines of the API that this build cannot back up are told apart from words
 * that mean nothing. */
static bool is_foreseen(const char *engine)
{
	static const char *const words[] = {"mysql", "redis", "files",
					    "objects", NULL};

	for (const char *const *w = words; *w != NULL; w++) {
		if (strcmp(*w, engine) == 0)
			return true;
	}
	return false;
}

static const struct source_kind *read_engine(struct form *f)
{
	const char *engine = form_string(f, "engine", FORM_REQUIRED);
	const struct source_kind *kind;

	if (engine == NULL)
		return NULL;
	kind = source_kind_find(engine);
	if (kind == NULL && is_foreseen(engine))
		form_fault(f, "engine", "not_supported",
			   "this server cannot back up \"%s\" yet", engine);
	else if (kind == NULL)
		form_fault(f, "engine", "invalid_value",
			   "\"engine\" is not one that GET /v1/system lists");
	return kind;
}

static bool is_set(const struct form *f, const char *name)
{
	const json_t *value = json_object_get(f->object, name);

	return value != NULL && !json_is_null(value);
}

/* Where the server is: a host, or a socket on this machine. */
static json_t *read_place(struct form *f, const struct source_kind *kind)
{
	const char *host = field_setting(f, "host", FORM_OPTIONAL);
	const char *path = field_setting(f, "socket", FORM_OPTIONAL);
	struct form_range range = {1, PORT_MAX, kind->default_port};
	int64_t port = form_integer(f, "port", &range);

	if (!is_set(f, "host") && !is_set(f, "socket"))
		form_fault(f, "host", "required",
			   "\"host\" is missing (or \"socket\", the path of a "
			   "unix socket)");
	else if (host != NULL && path != NULL)
		form_fault(f, "socket", "invalid_value",
			   "give \"host\" or \"socket\", not both");
	else if (path != NULL && *path != '/')
		form_fault(f, "socket", "invalid_value",
			   "\"socket\" has to be a path that begins with '/'");
	return json_pack("{s:s?, s:o, s:s?}", "host", host, "port",
			 path ? json_null() : json_integer(port), "socket",
			 path);
}

static json_t *read_tls(struct form *f)
{
	const char *tls = field_word(f, "tls", tls_words, "preferred");
	const char *ca = field_setting(f, "ca_file", FORM_OPTIONAL);

	if (ca != NULL && *ca != '/')
		form_fault(f, "ca_file", "invalid_value",
			   "\"ca_file\" has to be a path that begins with "
			   "'/'");
	return json_pack("{s:s, s:s?}", "tls", tls, "ca_file", ca);
}

/* Where a connection goes in the record, and the secret that may be kept. */
struct connection_place {
	char **json, **secret;
	bool *has_secret;
	const char *old_secret;
	bool had_secret;
};

static void read_secret(struct form *f, const struct connection_place *to)
{
	const char *value;
	enum secret_change change =
		field_secret(f, "password", to->had_secret, &value);

	*to->has_secret = change != SECRET_NONE;
	if (change == SECRET_KEEP)
		value = to->old_secret;
	if (value == NULL)
		return;
	*to->secret = strdup(value);
	if (*to->secret == NULL)
		f->faults->is_broken = true;
}

/* Without slashes at its end; null for NULL. */
static json_t *trimmed(const char *path)
{
	size_t n = path != NULL ? strlen(path) : 0;

	while (n > 1 && path[n - 1] == '/')
		n--;
	return path != NULL ? json_stringn(path, n) : json_null();
}

static json_t *read_path(struct form *f)
{
	const char *path = field_setting(f, "path", FORM_REQUIRED);

	if (path != NULL && (*path != '/' || strstr(path, "/../") != NULL ||
			     (strlen(path) >= 3 &&
			      strcmp(path + strlen(path) - 3, "/..") == 0)))
		form_fault(f, "path", "invalid_value",
			   "\"path\" has to be the path of a folder that "
			   "begins with '/' and has no \"..\" in it");
	return trimmed(path);
}

static bool check_glob(struct form *f, const json_t *value)
{
	const char *text = json_string_value(value);
	struct err e = {0};

	if (text == NULL)
		form_fault(f, "exclude", "invalid_type",
			   "\"exclude\" is a list of globs like \"*.tmp\"");
	else if (!glob_check(text, &e))
		form_fault(f, "exclude", "invalid_value", "%s", e.msg);
	else
		return true;
	return false;
}

static json_t *read_globs(struct form *f)
{
	json_t *list = form_json(f, "exclude", JSON_ARRAY, FORM_OPTIONAL);
	size_t n = json_array_size(list);

	if (list == NULL)
		return json_array();
	if (n > GLOBS_MAX)
		form_fault(f, "exclude", "invalid_value",
			   "\"exclude\" holds %d globs at most",
			   (int)GLOBS_MAX);
	for (size_t i = 0; n <= GLOBS_MAX && i < n; i++)
		if (!check_glob(f, json_array_get(list, i)))
			break;
	return json_incref(list);
}

/* A folder; there is no secret. */
static void read_folder(struct form *f, const struct connection_place *to)
{
	json_t *folder = json_pack("{s:o, s:o}", "path", read_path(f),
				   "exclude", read_globs(f));

	form_end(f);
	*to->json = folder != NULL ? json_dumps(folder, JSON_COMPACT) : NULL;
	if (*to->json == NULL)
		f->faults->is_broken = true;
	json_decref(folder);
}

/* What keys begin with, exactly: they may be any text. */
static const char *read_prefix(struct form *f)
{
	const char *prefix = form_string(f, "prefix", FORM_OPTIONAL);

	if (prefix == NULL)
		return "";
	if (strlen(prefix) <= PREFIX_MAX_BYTES)
		return prefix;
	form_fault(f, "prefix", "invalid_value",
		   "\"prefix\" has %d bytes at most, as keys have",
		   (int)PREFIX_MAX_BYTES);
	return NULL;
}

static void read_bucket(struct form *f, const struct connection_place *to)
{
	const struct bucket_secret secret = {
		.secret = to->secret,
		.has_secret = to->has_secret,
		.old = to->old_secret,
		.had_secret = to->had_secret,
	};
	json_t *bucket = bucket_form_read(f, &secret, read_prefix);

	form_end(f);
	*to->json = bucket != NULL ? json_dumps(bucket, JSON_COMPACT) : NULL;
	if (*to->json == NULL)
		f->faults->is_broken = true;
	json_decref(bucket);
}

/* f is the object of the connection. */
static void read_server(struct form *f, const struct source_kind *kind,
			const struct connection_place *to)
{
	json_t *place = read_place(f, kind), *tls;
	const char *user = field_setting(
		f, "user", kind->needs_user ? FORM_REQUIRED : FORM_OPTIONAL);

	tls = read_tls(f);
	read_secret(f, to);
	form_end(f);
	if (place == NULL || tls == NULL ||
	    json_object_set_new(place, "user",
				user ? json_string(user) : json_null()) != 0 ||
	    json_object_update(place, tls) != 0)
		f->faults->is_broken = true;
	else
		*to->json = json_dumps(place, JSON_COMPACT);
	if (*to->json == NULL)
		f->faults->is_broken = true;
	json_decref(place);
	json_decref(tls);
}

static void read_connection(struct form *f, const struct source_kind *kind,
			    const struct connection_place *to)
{
	if (kind->is_bucket)
		read_bucket(f, to);
	else if (kind->is_tree)
		read_folder(f, to);
	else
		read_server(f, kind, to);
}

static void read_connections(struct form *outer, const struct source_kind *kind,
			     const struct source_record *old,
			     struct source_record *r)
{
	const struct connection_place own = {
		.json = &r->connection_json,
		.secret = &r->secret,
		.has_secret = &r->has_secret,
		.old_secret = old ? old->secret : NULL,
		.had_secret = old && old->has_secret,
	};
	const struct connection_place replica = {
		.json = &r->read_from_json,
		.secret = &r->read_from_secret,
		.has_secret = &r->has_read_from_secret,
		.old_secret = old ? old->read_from_secret : NULL,
		.had_secret = old && old->has_read_from_secret,
	};
	struct form f;

	if (form_open(outer, "connection", FORM_REQUIRED, &f))
		read_connection(&f, kind, &own);
	if (!form_open(outer, "read_from", FORM_OPTIONAL, &f))
		return;
	if (kind->is_tree)
		form_fault(
			outer, "read_from", "invalid_value",
			"a source of engine \"%s\" has no replica: leave out "
			"\"read_from\"",
			kind->engine);
	else
		read_connection(&f, kind, &replica);
}

static void read_rest(struct form *f, const struct source_record *old,
		      struct source_record *r)
{
	const struct source_kind *kind;

	field_text(f, "remarks", REMARKS_MAX_POINTS, &r->remarks);
	field_text(f, "region", LABEL_MAX_POINTS, &r->region);
	kind = read_engine(f);
	if (kind == NULL) {
		(void)form_has(f, "connection");
		(void)form_has(f, "read_from");
	} else {
		(void)str_copy(r->engine, sizeof(r->engine), kind->engine);
		read_connections(f, kind, old, r);
	}
	form_end(f);
}

void source_form_read(struct form *f, const struct source_record *old,
		      struct source_record *r)
{
	field_name(f, r->name);
	read_rest(f, old, r);
}

void source_form_read_test(struct form *f, struct source_record *r)
{
	if (form_has(f, "name"))
		field_name(f, r->name);
	read_rest(f, NULL, r);
}

static bool is_same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool source_form_is_same(const struct source_record *a,
			 const struct source_record *b)
{
	return is_same_text(a->connection_json, b->connection_json) &&
	       is_same_text(a->secret, b->secret) &&
	       a->has_secret == b->has_secret;
}

bool source_form_is_same_replica(const struct source_record *a,
				 const struct source_record *b)
{
	return is_same_text(a->read_from_json, b->read_from_json) &&
	       is_same_text(a->read_from_secret, b->read_from_secret);
}
