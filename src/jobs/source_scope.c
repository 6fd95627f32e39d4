/* source_scope.c - lists of pointers into a scope. */
#include "jobs/source_scope.h"

#include <stdlib.h>

static bool convert_databases(struct source_scope *to, const struct scope *from,
			      struct err *e)
{
	struct source_scope_database *list;

	if (from->ndatabases == 0)
		return true;
	to->databases = list = calloc(from->ndatabases, sizeof(*list));
	if (list == NULL)
		return err_nomem(e, "a scope");
	to->ndatabases = from->ndatabases;
	for (size_t i = 0; i < from->ndatabases; i++) {
		list[i].name = from->databases[i].name;
		list[i].tables = (const char *const *)from->databases[i].tables;
		list[i].ntables = from->databases[i].ntables;
	}
	return true;
}

static bool convert_patterns(const struct source_pattern **to, size_t *n,
			     const struct scope_pattern *from, size_t nfrom,
			     struct err *e)
{
	struct source_pattern *list;

	if (nfrom == 0)
		return true;
	*to = list = calloc(nfrom, sizeof(*list));
	if (list == NULL)
		return err_nomem(e, "a scope");
	*n = nfrom;
	for (size_t i = 0; i < nfrom; i++) {
		list[i].database = from[i].database;
		list[i].table = from[i].table;
	}
	return true;
}

enum scope_form source_scope_form(const struct source_kind *kind)
{
	if (kind->is_tree)
		return SCOPE_OF_PATHS;
	return kind->is_by_key ? SCOPE_OF_KEYS : SCOPE_OF_NAMES;
}

static struct globs globs_of(char *const *list, size_t n)
{
	return (struct globs){(const char *const *)list, n};
}

bool source_scope_of(struct source_scope *to, const struct scope *from,
		     struct err *e)
{
	to->numbers = from->numbers;
	to->nnumbers = from->nnumbers;
	to->keys = (const char *const *)from->keys;
	to->nkeys = from->nkeys;
	to->wanted = globs_of(from->wanted, from->nwanted);
	to->unwanted = globs_of(from->unwanted, from->nunwanted);
	return convert_databases(to, from, e) &&
	       convert_patterns(&to->include, &to->ninclude, from->include,
				from->ninclude, e) &&
	       convert_patterns(&to->exclude, &to->nexclude, from->exclude,
				from->nexclude, e);
}

void source_scope_fini(struct source_scope *s)
{
	free((void *)(uintptr_t)s->databases);
	free((void *)(uintptr_t)s->include);
	free((void *)(uintptr_t)s->exclude);
	*s = (struct source_scope){0};
}
