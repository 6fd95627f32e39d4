/* kinds.c - see kinds.h. */
#include "ctl/declared/kinds.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

static const char *const pool_members[] = {"name",
					   "remarks",
					   "storage_type",
					   "object_storage",
					   "local_directory",
					   "part_bytes",
					   "encryption",
					   NULL};

static const char *const source_members[] = {
	"name", "remarks", "region", "engine", "connection", "read_from", NULL};

static const char *const plan_members[] = {
	"name",	  "remarks", "enabled", "source",	  "pool",    "strategy",
	"method", "scope",   "timer",	"retention_days", "options", NULL};

static const char *const plan_whole[] = {"scope", "timer", NULL};
static const char *const no_whole[] = {NULL};

static const struct declared_kind kinds[] = {
	{"pools", "pool", "/v1/pools", pool_members, no_whole},
	{"sources", "source", "/v1/sources", source_members, no_whole},
	{"plans", "plan", "/v1/plans", plan_members, plan_whole},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct declared_kind *declared_kinds(void)
{
	return kinds;
}

bool declared_is_secret(const char *name)
{
	return strcmp(name, "password") == 0 ||
	       strcmp(name, "secret_key") == 0 || strcmp(name, "identity") == 0;
}

/* jansson's loops want what they only read to be writable. */
static json_t *unconst(const json_t *doc)
{
	return (json_t *)(uintptr_t)doc;
}

/* A copy without members that are null, at any depth. */
static json_t *without_nulls(const json_t *value)
{
	const char *name;
	json_t *copy, *member;

	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_object();
	json_object_foreach(unconst(value), name, member)
	{
		if (!json_is_null(member))
			(void)json_object_set_new(copy, name,
						  without_nulls(member));
	}
	return copy;
}

json_t *declared_of(const struct declared_kind *k, const json_t *shown)
{
	json_t *doc = json_object();

	for (const char *const *m = k->members; *m != NULL; m++) {
		const json_t *value = json_object_get(shown, *m);
		bool is_reference =
			strcmp(*m, "source") == 0 || strcmp(*m, "pool") == 0;

		if (is_reference)
			value = json_object_get(value, "name");
		if (value != NULL && !json_is_null(value))
			(void)json_object_set_new(doc, *m,
						  without_nulls(value));
	}
	return doc;
}

static void compare(json_t *out, const char *path, const json_t *before,
		    const json_t *after);

static void compare_member(json_t *out, const char *path, const char *name,
			   const json_t *before, const json_t *after)
{
	struct text below = {0};

	text_printf(&below, "%s.%s", path, name);
	if (!below.is_broken)
		compare(out, below.data, json_object_get(before, name),
			json_object_get(after, name));
	text_free(&below);
}

static bool is_same(const json_t *a, const json_t *b)
{
	if (a == NULL || json_is_null(a))
		return b == NULL || json_is_null(b);
	return json_equal(a, b) != 0;
}

static void compare(json_t *out, const char *path, const json_t *before,
		    const json_t *after)
{
	const char *name;
	json_t *member;

	if (is_same(before, after))
		return;
	if (!json_is_object(before) || !json_is_object(after)) {
		(void)json_array_append_new(out, json_string(path));
		return;
	}
	json_object_foreach(unconst(before), name, member)
		compare_member(out, path, name, before, after);
	json_object_foreach(unconst(after), name, member)
	{
		if (json_object_get(before, name) == NULL)
			compare_member(out, path, name, before, after);
	}
}

json_t *declared_changes(const struct declared_kind *k, const json_t *before,
			 const json_t *after)
{
	json_t *out = json_array();

	for (const char *const *m = k->members; *m != NULL; m++)
		compare(out, *m, json_object_get(before, *m),
			json_object_get(after, *m));
	return out;
}
