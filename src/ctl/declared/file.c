/* file.c - see file.h. */
#include "ctl/declared/file.h"

#include <stdint.h>
#include <string.h>

#include "base/secret.h"
#include "ctl/declared/kinds.h"
#include "base/private_file.h"
#include "ctl/read_json.h"

enum { SECRET_MAX = 64 * 1024 };

/* The end of the last line is not of the secret. */
static json_t *read_secret(const char *path, struct err *e)
{
	json_t *value;
	size_t len;
	char *text = private_file_read(path, SECRET_MAX, &len, e);

	if (text == NULL)
		return NULL;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	value = json_stringn(text, len);
	secret_free(text);
	if (value == NULL)
		(void)err_set(e, ERR_INVALID, "usage", "%.200s is no UTF-8",
			      path);
	return value;
}

/* {"file":"PATH"} and nothing else, or NULL. */
static const char *file_of(const json_t *value)
{
	return json_is_object(value) && json_object_size(value) == 1
		       ? json_string_value(json_object_get(value, "file"))
		       : NULL;
}

static bool resolve(json_t *value, struct err *e)
{
	const char *name;
	json_t *member;
	void *next;

	json_object_foreach_safe(value, next, name, member)
	{
		const char *path =
			declared_is_secret(name) ? file_of(member) : NULL;
		json_t *secret;

		if (path == NULL && !resolve(member, e))
			return false;
		if (path == NULL)
			continue;
		secret = read_secret(path, e);
		if (secret == NULL ||
		    json_object_set_new(value, name, secret) != 0)
			return false;
	}
	return true;
}

static bool check_resource(const struct declared_kind *k, const json_t *list,
			   size_t i, struct err *e)
{
	const json_t *resource = json_array_get(list, i);
	const char *name = json_string_value(json_object_get(resource, "name"));

	if (name == NULL || *name == '\0')
		return err_set(e, ERR_INVALID, "usage",
			       "/%s/%zu has to be an object with a name",
			       k->section, i);
	for (size_t j = 0; j < i; j++) {
		const json_t *other =
			json_object_get(json_array_get(list, j), "name");

		if (strcmp(json_string_value(other), name) == 0)
			return err_set(e, ERR_INVALID, "usage",
				       "/%s: %.80s is there twice", k->section,
				       name);
	}
	return true;
}

static bool check_section(const struct declared_kind *k, json_t *doc,
			  struct err *e)
{
	json_t *list = json_object_get(doc, k->section), *resource;
	size_t i;

	if (list == NULL)
		return true;
	if (!json_is_array(list))
		return err_set(e, ERR_INVALID, "usage",
			       "/%s has to be an array", k->section);
	json_array_foreach(list, i, resource)
	{
		if (!check_resource(k, list, i, e) || !resolve(resource, e))
			return false;
	}
	return true;
}

static bool check(json_t *doc, struct err *e)
{
	const char *name;
	json_t *member;

	json_object_foreach(doc, name, member)
	{
		if (strcmp(name, "pools") != 0 &&
		    strcmp(name, "sources") != 0 && strcmp(name, "plans") != 0)
			return err_set(e, ERR_INVALID, "usage",
				       "/%.80s: there are pools, sources and "
				       "plans in such a file",
				       name);
	}
	for (const struct declared_kind *k = declared_kinds(); k->section;
	     k++) {
		if (!check_section(k, doc, e))
			return false;
	}
	return true;
}

json_t *declared_read(const char *path, struct err *e)
{
	json_t *doc = read_json(path, e);

	if (doc == NULL || check(doc, e))
		return doc;
	declared_forget(doc);
	return NULL;
}

void declared_forget(json_t *doc)
{
	json_decref(doc);
}

const char *declared_untold_secret(const json_t *resource)
{
	const char *name, *found;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)resource, name, member)
	{
		if (declared_is_secret(name) &&
		    json_is_true(json_object_get(member, "set")))
			return name;
		found = declared_untold_secret(member);
		if (found != NULL)
			return found;
	}
	return NULL;
}
