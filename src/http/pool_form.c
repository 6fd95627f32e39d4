/* pool_form.c - reads a pool from a body. */
#include "http/pool_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/bucket_form.h"
#include "http/fields.h"
#include "http/pool_crypt.h"

static const struct form_range part_range = {1 << 20, 256 << 20, 8 << 20};

static const char *const types[] = {"object_storage", "local_directory", NULL};

/* No part is empty or made of dots alone. */
static bool is_plain_path(const char *path)
{
	for (;; path++) {
		size_t len = strcspn(path, "/");

		if (len == 0 || strspn(path, ".") == len)
			return false;
		path += len;
		if (*path == '\0')
			return true;
	}
}

static const char *read_prefix(struct form *f)
{
	const char *prefix = form_string(f, "prefix", FORM_OPTIONAL);

	if (prefix == NULL || *prefix == '\0')
		return "";
	prefix = field_setting(f, "prefix", FORM_OPTIONAL);
	if (prefix == NULL || is_plain_path(prefix))
		return prefix;
	form_fault(f, "prefix", "invalid_value",
		   "\"prefix\" is a path like team/backups: no '/' at its "
		   "beginning or end, no part empty or of dots alone");
	return NULL;
}

static json_t *read_bucket(struct form *f, const struct pool_record *old,
			   struct pool_record *r)
{
	const struct bucket_secret secret = {
		.secret = &r->secret,
		.has_secret = &r->has_secret,
		.old = old ? old->secret : NULL,
		.had_secret = old && old->has_secret,
	};

	return bucket_form_read(f, &secret, read_prefix);
}

static json_t *read_directory(struct form *f)
{
	const char *path = field_setting(f, "path", FORM_REQUIRED);

	if (path != NULL && *path != '/')
		form_fault(f, "path", "invalid_value",
			   "\"path\" has to begin with '/'");
	return json_pack("{s:s?}", "path", path);
}

static void read_settings(struct form *f, const struct pool_record *old,
			  struct pool_record *r)
{
	bool is_bucket = strcmp(r->storage_type, types[0]) == 0;
	struct form inner;
	json_t *settings;

	if (!form_open(f, r->storage_type, FORM_REQUIRED, &inner))
		return;
	settings = is_bucket ? read_bucket(&inner, old, r)
			     : read_directory(&inner);
	form_end(&inner);
	r->config_json = settings ? json_dumps(settings, JSON_COMPACT) : NULL;
	json_decref(settings);
	if (r->config_json == NULL)
		f->faults->is_broken = true;
}

static void read_type(struct form *f, const struct pool_record *old,
		      struct pool_record *r)
{
	const char *type = form_string(f, "storage_type", FORM_REQUIRED);

	type = type ? field_word(f, "storage_type", types, NULL) : NULL;
	if (type == NULL) {
		/* Known words, though nobody can say now what they hold. */
		(void)form_has(f, types[0]);
		(void)form_has(f, types[1]);
		return;
	}
	(void)str_copy(r->storage_type, sizeof(r->storage_type), type);
	read_settings(f, old, r);
}

void pool_form_read(struct form *f, const struct pool_record *old,
		    struct pool_record *r)
{
	field_name(f, r->name);
	field_text(f, "remarks", REMARKS_MAX_POINTS, &r->remarks);
	r->part_bytes = (uint64_t)form_integer(f, "part_bytes", &part_range);
	read_type(f, old, r);
	pool_crypt_read(f, old, r);
	form_end(f);
}

static void check_member(struct form *f, const char *type, const char *member,
			 const json_t *was, const json_t *is)
{
	const json_t *old = json_object_get(was, member);
	const json_t *new = json_object_get(is, member);
	char where[FAULT_WHERE_MAX];

	if (old == new || json_equal(old, new)) /* both may be absent */
		return;
	(void)snprintf(where, sizeof(where), "/%s/%s", type, member);
	faults_add(f->faults, where, "invalid_value",
		   "\"%s\" cannot be changed: backups may lie there. Bind "
		   "another pool",
		   member);
}

void pool_form_check_place(struct form *f, const struct pool_record *old,
			   const struct pool_record *r)
{
	static const char *const fixed[] = {"bucket", "prefix", "path", NULL};
	json_t *was, *is;

	if (r->storage_type[0] == '\0' || r->config_json == NULL)
		return;
	if (strcmp(old->storage_type, r->storage_type) != 0) {
		form_fault(f, "storage_type", "invalid_value",
			   "\"storage_type\" cannot be changed: bind another "
			   "pool");
		return;
	}
	was = json_loads(old->config_json ? old->config_json : "{}", 0, NULL);
	is = json_loads(r->config_json, 0, NULL);
	for (const char *const *m = fixed; *m != NULL; m++)
		check_member(f, r->storage_type, *m, was, is);
	json_decref(was);
	json_decref(is);
}

static bool is_same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool pool_form_is_same(const struct pool_record *a, const struct pool_record *b)
{
	return is_same_text(a->config_json, b->config_json) &&
	       is_same_text(a->secret, b->secret) &&
	       a->part_bytes == b->part_bytes;
}
