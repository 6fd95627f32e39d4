/*
 * scope.c - rule 11: reads a scope. Strict, since a scope that is read wrong
 * is a backup that lacks what somebody believes is in it.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/scope_int.h"

static bool invalid(struct err *e, const char *text)
{
	return err_set(e, ERR_INVALID, "invalid_scope", "%s", text);
}

static bool check_identifier(const json_t *value, struct err *e)
{
	const char *name = json_string_value(value);

	if (name == NULL)
		return invalid(e, "names of databases and tables are strings");
	if (!scope_is_identifier(name, json_string_length(value)))
		return invalid(e, "names of databases and tables have 1 to 64 "
				  "characters");
	return true;
}

/* Notes the name in seen; false when it is there already. */
static bool check_new(json_t *seen, const char *name, struct err *e)
{
	if (json_object_get(seen, name) != NULL)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"%s\" is named twice", name);
	if (json_object_set_new(seen, name, json_true()) != 0)
		return err_nomem(e, "a scope");
	return true;
}

/* Every member of object is one of some. A longer name is not repeated: cut,
 * it might end within a character. */
static bool check_members(json_t *object, const char *const *known,
			  struct err *e)
{
	const char *const *k;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		for (k = known; *k != NULL && strcmp(name, *k) != 0; k++)
			;
		if (*k == NULL)
			return err_set(e, ERR_INVALID, "unknown_field",
				       "a scope has no such member: \"%s\"",
				       strlen(name) <= 64 ? name : "...");
	}
	return true;
}

static bool copy_name(char **to, const json_t *from, json_t *seen,
		      struct err *e)
{
	if (!check_identifier(from, e) ||
	    !check_new(seen, json_string_value(from), e))
		return false;
	/* The analyzer thinks that err_nomem() might answer true. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	*to = strdup(json_string_value(from));
	return *to != NULL || err_nomem(e, "a scope");
}

static bool read_each_table(struct scope_database *d, const json_t *list,
			    json_t *seen, struct err *e)
{
	for (size_t i = 0; i < json_array_size(list); i++, d->ntables++)
		if (!copy_name(&d->tables[i], json_array_get(list, i), seen, e))
			return false;
	return true;
}

static bool read_tables(struct scope_database *d, const json_t *list,
			struct err *e)
{
	json_t *seen;
	bool ok;

	if (list == NULL)
		return true;
	if (json_array_size(list) == 0)
		return invalid(e, "\"tables\" is a list with at least one "
				  "name; leave it out for all tables");
	d->tables = calloc(json_array_size(list), sizeof(*d->tables));
	seen = json_object();
	ok = (d->tables != NULL && seen != NULL) ? true
						 : err_nomem(e, "a scope");
	ok = ok && read_each_table(d, list, seen, e);
	json_decref(seen);
	return ok;
}

static bool read_database(struct scope_database *d, json_t *value, json_t *seen,
			  struct err *e)
{
	static const char *const known[] = {"name", "tables", NULL};

	if (!json_is_object(value))
		return invalid(e, "\"databases\" is a list of objects like "
				  "{\"name\":\"shop\"}");
	return check_members(value, known, e) &&
	       copy_name(&d->name, json_object_get(value, "name"), seen, e) &&
	       read_tables(d, json_object_get(value, "tables"), e);
}

static bool read_databases(struct scope *s, const json_t *list, struct err *e)
{
	json_t *seen;
	bool ok = true;

	if (json_array_size(list) == 0)
		return invalid(e, "\"databases\" is a list with at least one "
				  "database; a scope of null is everything");
	s->databases = calloc(json_array_size(list), sizeof(*s->databases));
	seen = json_object();
	if (s->databases == NULL || seen == NULL)
		ok = err_nomem(e, "a scope");
	for (size_t i = 0; ok && i < json_array_size(list); i++) {
		s->ndatabases++;
		ok = read_database(&s->databases[i], json_array_get(list, i),
				   seen, e);
	}
	json_decref(seen);
	return ok;
}

/* Absent is fine; empty is a mistake that would mean all or nothing. */
static bool read_patterns(struct scope_pattern **to, size_t *n,
			  const json_t *list, struct err *e)
{
	size_t size = json_array_size(list);
	const char *text;

	if (list == NULL)
		return true;
	if (size == 0 || size > SCOPE_PATTERNS_MAX)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"include\" and \"exclude\" are lists of 1 "
			       "to %d patterns like \"shop.log_*\"",
			       (int)SCOPE_PATTERNS_MAX);
	*to = calloc(size, sizeof(**to));
	if (*to == NULL)
		return err_nomem(e, "a scope");
	for (size_t i = 0; i < size; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text == NULL)
			return invalid(e, "patterns are strings");
		++*n;
		if (!scope_pattern_parse(&(*to)[i], text, e))
			return false;
	}
	return true;
}

static bool check_something_is_left(const struct scope *s, struct err *e)
{
	for (size_t i = 0; i < s->nexclude; i++) {
		if (scope_pattern_is_all(&s->exclude[i]))
			return invalid(e, "\"exclude\" takes everything away: "
					  "drop the pattern that fits all "
					  "databases");
	}
	return true;
}

static bool read_members(struct scope *s, const json_t *root, struct err *e)
{
	const json_t *databases = json_object_get(root, "databases");
	const json_t *include = json_object_get(root, "include");
	const json_t *exclude = json_object_get(root, "exclude");

	if (databases != NULL && include != NULL)
		return invalid(e, "a scope has \"databases\" or \"include\", "
				  "not both");
	if (databases == NULL && include == NULL && exclude == NULL)
		return invalid(e, "a scope has \"databases\", \"include\" or "
				  "\"exclude\"; a scope of null is "
				  "everything");
	return (databases == NULL || read_databases(s, databases, e)) &&
	       read_patterns(&s->include, &s->ninclude, include, e) &&
	       read_patterns(&s->exclude, &s->nexclude, exclude, e) &&
	       check_something_is_left(s, e);
}

static const char *const of_names[] = {"databases", "include", "exclude", NULL};
static const char *const of_keys[] = {"databases", "keys", NULL};
static const char *const of_paths[] = {"include", "exclude", NULL};

static bool read_names(struct scope *s, json_t *root, struct err *e)
{
	if (scope_keys_meant(root))
		return invalid(e, "the scope of a MySQL source is like "
				  "{\"databases\":[{\"name\":\"shop\"}]} or "
				  "{\"include\":[\"shop.*\"]}");
	return check_members(root, of_names, e) && read_members(s, root, e);
}

static bool read_keys(struct scope *s, json_t *root, struct err *e)
{
	if (!scope_keys_meant(root) &&
	    (json_object_get(root, "databases") != NULL ||
	     json_object_get(root, "include") != NULL ||
	     json_object_get(root, "exclude") != NULL))
		return invalid(e, "the scope of a Redis source is like "
				  "{\"databases\":[0],\"keys\":[\"user:*\"]}");
	if (json_object_size(root) == 0)
		return invalid(e, "a scope has \"databases\" or \"keys\"; a "
				  "scope of null is everything");
	return check_members(root, of_keys, e) && scope_keys_read(s, root, e);
}

static bool read_paths(struct scope *s, json_t *root, struct err *e)
{
	if (json_object_get(root, "databases") != NULL ||
	    json_object_get(root, "keys") != NULL)
		return invalid(e, "the scope of a file tree or a bucket is "
				  "like {\"include\":[\"photos/**\"],"
				  "\"exclude\":[\"*.tmp\"]}");
	return check_members(root, of_paths, e) && scope_paths_read(s, root, e);
}

/* "include" and "exclude" may be meant either way. What is told of a wrong one
 * is what is wrong with it as names. */
static bool read_any(struct scope *s, json_t *root, struct err *e)
{
	struct err as_paths = {0};

	if (scope_keys_meant(root))
		return read_keys(s, root, e);
	if (read_names(s, root, e))
		return true;
	scope_fini(s);
	if (e->code != ERR_INVALID || !read_paths(s, root, &as_paths))
		return false;
	err_clear(e);
	return true;
}

static bool read_scope(struct scope *s, json_t *root, enum scope_form form,
		       struct err *e)
{
	if (json_is_null(root))
		return true;
	if (!json_is_object(root))
		return invalid(e, "a scope is an object or null");
	switch (form) {
	case SCOPE_OF_NAMES:
		return read_names(s, root, e);
	case SCOPE_OF_KEYS:
		return read_keys(s, root, e);
	case SCOPE_OF_PATHS:
		return read_paths(s, root, e);
	case SCOPE_OF_ANY:
		break;
	}
	return read_any(s, root, e);
}

bool scope_parse(struct scope *s, const char *json, enum scope_form form,
		 struct err *e)
{
	json_error_t why;
	json_t *root;
	bool ok;

	*s = (struct scope){0};
	if (json == NULL)
		return true;
	root = json_loads(json, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (root == NULL)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "the scope is not JSON: %s", why.text);
	ok = read_scope(s, root, form, e);
	json_decref(root);
	if (!ok)
		scope_fini(s);
	return ok;
}

bool scope_is_whole(const struct scope *s)
{
	return s->ndatabases == 0 && s->ninclude == 0 && s->nexclude == 0 &&
	       s->nnumbers == 0 && s->nkeys == 0 && s->nwanted == 0 &&
	       s->nunwanted == 0;
}

static void free_tables(struct scope_database *d)
{
	for (size_t i = 0; i < d->ntables; i++)
		free(d->tables[i]);
	free(d->tables);
	free(d->name);
}

static void free_patterns(struct scope_pattern *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		scope_pattern_fini(&list[i]);
	free(list);
}

static void free_texts(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

void scope_fini(struct scope *s)
{
	for (size_t i = 0; i < s->ndatabases; i++)
		free_tables(&s->databases[i]);
	free(s->databases);
	free_patterns(s->include, s->ninclude);
	free_patterns(s->exclude, s->nexclude);
	free_texts(s->keys, s->nkeys);
	free_texts(s->wanted, s->nwanted);
	free_texts(s->unwanted, s->nunwanted);
	free(s->numbers);
	*s = (struct scope){0};
}
