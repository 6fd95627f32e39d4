/* scope_check.c - looks for the names of a scope among those of a source. */
#include "jobs/scope_check.h"

#include <stdlib.h>
#include <string.h>

struct wanted {
	const char *name;
	bool is_found;
};

static int by_name(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The first of the wanted that is not among the names; *missing NULL: all are.
 * Sorted, because either list may be very long. */
static bool find_missing(struct wanted *wanted, size_t nwanted,
			 const struct source_name *names, size_t n,
			 const char **missing, struct err *e)
{
	*missing = NULL;
	if (wanted == NULL)
		return err_nomem(e, "a scope");
	qsort(wanted, nwanted, sizeof(*wanted), by_name);
	for (size_t i = 0; i < n; i++) {
		const struct wanted key = {.name = names[i].name};
		struct wanted *w = bsearch(&key, wanted, nwanted,
					   sizeof(*wanted), by_name);

		if (w != NULL)
			w->is_found = true;
	}
	for (size_t i = 0; i < nwanted && *missing == NULL; i++)
		if (!wanted[i].is_found)
			*missing = wanted[i].name;
	free(wanted);
	return true;
}

bool scope_has_databases(const struct scope *s, const struct source_name *names,
			 size_t n, const char *source, struct err *e)
{
	struct wanted *wanted = calloc(s->ndatabases + 1, sizeof(*wanted));
	const char *missing;

	for (size_t i = 0; wanted != NULL && i < s->ndatabases; i++)
		wanted[i].name = s->databases[i].name;
	if (!find_missing(wanted, s->ndatabases, names, n, &missing, e))
		return false;
	return missing == NULL ||
	       err_set(e, ERR_INVALID, "invalid_scope",
		       "database \"%s\" does not exist on source \"%s\", or "
		       "its user may not see it",
		       missing, source);
}

bool scope_has_tables(const struct scope_database *db,
		      const struct source_name *names, size_t n,
		      const char *source, struct err *e)
{
	struct wanted *wanted = calloc(db->ntables + 1, sizeof(*wanted));
	const char *missing;

	for (size_t i = 0; wanted != NULL && i < db->ntables; i++)
		wanted[i].name = db->tables[i];
	if (!find_missing(wanted, db->ntables, names, n, &missing, e))
		return false;
	return missing == NULL ||
	       err_set(e, ERR_INVALID, "invalid_scope",
		       "table \"%s\" does not exist in database \"%s\" of "
		       "source \"%s\", or its user may not see it",
		       missing, db->name, source);
}
