/*
 * scope.c - rule 11: reads a scope. Strict, since a scope that is read wrong
 * is a backup that lacks what somebody believes is in it.
 */
#include "model/scope.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* MySQL: 64 characters, each of up to 4 bytes in utf8mb4. */
enum { IDENTIFIER_MAX_POINTS = 64, IDENTIFIER_MAX_BYTES = 256 };

static bool invalid(struct err *e, const char *text)
{
	return err_set(e, ERR_INVALID, "invalid_scope", "%s", text);
}

static bool check_identifier(const json_t *value, struct err *e)
{
	const char *name = json_string_value(value);
	size_t points = 0;

	if (name == NULL)
		return invalid(e, "names of databases and tables are strings");
	if (!utf8_check(name, json_string_length(value), &points) ||
	    points == 0 || points > IDENTIFIER_MAX_POINTS ||
	    json_string_length(value) > IDENTIFIER_MAX_BYTES)
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

/* Every member of object is one of two. A longer name is not repeated: cut,
 * it might end within a character. */
static bool check_members(json_t *object, const char *a, const char *b,
			  struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (strcmp(name, a) != 0 && strcmp(name, b) != 0)
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
	if (!json_is_object(value))
		return invalid(e, "\"databases\" is a list of objects like "
				  "{\"name\":\"shop\"}");
	return check_members(value, "name", "tables", e) &&
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

static bool read_scope(struct scope *s, json_t *root, struct err *e)
{
	if (json_is_null(root))
		return true;
	if (!json_is_object(root))
		return invalid(e, "a scope is an object or null");
	return check_members(root, "databases", "databases", e) &&
	       read_databases(s, json_object_get(root, "databases"), e);
}

bool scope_parse(struct scope *s, const char *json, struct err *e)
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
	ok = read_scope(s, root, e);
	json_decref(root);
	if (!ok)
		scope_fini(s);
	return ok;
}

static void free_tables(struct scope_database *d)
{
	for (size_t i = 0; i < d->ntables; i++)
		free(d->tables[i]);
	free(d->tables);
	free(d->name);
}

void scope_fini(struct scope *s)
{
	for (size_t i = 0; i < s->ndatabases; i++)
		free_tables(&s->databases[i]);
	free(s->databases);
	*s = (struct scope){0};
}
