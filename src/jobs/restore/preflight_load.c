/* preflight_load.c - the load of a restore, as its request asks for it. */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/source_scope.h"

/* Lists of strings in the request, borrowed from it. Caller frees the array. */
static const char **strings_of(const json_t *array, size_t *n)
{
	const char **list = calloc(json_array_size(array) + 1, sizeof(*list));
	size_t i;
	const json_t *one;

	*n = 0;
	if (list == NULL)
		return NULL;
	for (i = 0; i < json_array_size(array); i++) {
		one = json_array_get(array, i);
		if (json_is_string(one))
			list[(*n)++] = json_string_value(one);
	}
	return list;
}

static struct load_rename *renames_of(json_t *object, size_t *n)
{
	struct load_rename *list =
		calloc(json_object_size(object) + 1, sizeof(*list));
	const char *key;
	json_t *value;

	*n = 0;
	if (list == NULL)
		return NULL;
	json_object_foreach(object, key, value)
	{
		if (json_is_string(value))
			list[(*n)++] = (struct load_rename){
				key, json_string_value(value)};
	}
	return list;
}

/* Borrowed from the set. Caller frees the array. */
static const char **definers_of(json_t *set, size_t *n)
{
	const char **list = calloc(json_object_size(set) + 1, sizeof(*list));
	const char *key;
	json_t *value;

	*n = 0;
	if (list == NULL)
		return NULL;
	json_object_foreach(set, key, value)
	{
		list[(*n)++] = key;
	}
	return list;
}

static struct source_scope_database *partial_of(const struct preflight *p,
						size_t *n)
{
	struct source_scope_database *list =
		calloc(p->npartial + 1, sizeof(*list));

	*n = 0;
	for (size_t i = 0; list != NULL && i < p->npartial; i++) {
		const struct preflight_partial *from = &p->partial[i];

		list[(*n)++] = (struct source_scope_database){
			.name = from->name,
			.tables = (const char *const *)from->tables,
			.ntables = from->ntables,
		};
	}
	return list;
}

static void read_options(const json_t *options, struct load_config *c)
{
	const json_t *n = json_object_get(options, "parallelism");
	const char *definer =
		json_string_value(json_object_get(options, "definer"));

	if (json_is_integer(n) && json_integer_value(n) > 0)
		c->parallelism = (unsigned)json_integer_value(n);
	if (definer != NULL && strcmp(definer, "replace") == 0)
		c->definer = LOAD_DEFINER_REPLACE;
}

bool preflight_make_load(struct preflight *p, const struct source_kind *kind,
			 struct err *e)
{
	json_t *request = p->request;
	struct load_config c = {
		.address = p->address.a,
		.databases = (const char *const *)p->databases,
		.ndatabases = p->ndatabases,
		.is_overwrite =
			json_is_true(json_object_get(request, "overwrite")),
		.source_version = p->manifest.version,
		.session_json = p->manifest.session_json,
		.max_statement_bytes = p->manifest.longest_statement,
		.plain_bytes = p->plain_bytes,
	};
	struct source_scope scope = {0};
	struct source_scope_database *partial = partial_of(p, &c.npartial);
	const char **definers = definers_of(p->definers, &c.ndefiners);
	const char **confirm =
		strings_of(json_object_get(request, "confirm"), &c.nconfirm);
	struct load_rename *renames =
		renames_of(json_object_get(request, "rename"), &c.nrenames);

	c.confirm = confirm;
	c.renames = p->is_tree ? p->extra.renames : renames;
	c.nrenames = p->is_tree ? p->extra.nrenames : c.nrenames;
	c.beneath = p->beneath;
	c.expect = preflight_expect;
	c.expect_arg = p;
	c.front = p->front;
	c.partial = partial;
	c.definers = definers;
	c.scope = &scope;
	read_options(json_object_get(request, "options"), &c);
	if (confirm == NULL || renames == NULL || partial == NULL ||
	    definers == NULL)
		(void)err_nomem(e, "a restore");
	else if (source_scope_of(&scope, &p->scope, e))
		p->load = kind->load_new(&p->jobs->source_env, &c, e);
	source_scope_fini(&scope);
	free(confirm);
	free(renames);
	free(partial);
	free(definers);
	return p->load != NULL;
}
