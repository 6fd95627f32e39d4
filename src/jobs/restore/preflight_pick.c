/*
 * preflight_pick.c - which items of a backup a restore wants: all but the
 * accounts, or those of a scope (rules 25, 26). A database of which single
 * tables are wanted comes with its definition, those tables, and their
 * triggers, and with nothing else.
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/source_scope.h"

bool preflight_begin_picking(struct preflight *p, struct err *e)
{
	const json_t *options = json_object_get(p->request, "options");
	const struct source_kind *kind = source_kind_find(p->manifest.engine);
	json_t *scope = json_object_get(p->request, "scope");
	char *text;
	bool ok;

	p->is_by_key = kind != NULL && kind->is_by_key;
	p->definers = json_object();
	p->extra.folders = json_object();
	p->extra.links = json_object();
	if (p->definers == NULL || p->extra.folders == NULL ||
	    p->extra.links == NULL)
		return err_nomem(e, "a restore");
	if (scope == NULL || json_is_null(scope)) {
		p->with_accounts =
			json_is_true(json_object_get(options, "accounts"));
		return preflight_begin_increment(p, e);
	}
	text = json_dumps(scope, JSON_COMPACT);
	if (text == NULL)
		return err_nomem(e, "a scope");
	ok = kind == NULL
		     ? err_bug(e, "a scope of an unknown engine")
		     : scope_parse(&p->scope, text, source_scope_form(kind), e);
	free(text);
	if (!ok)
		return false;
	p->is_scoped = !p->is_by_key;
	if (!p->is_scoped || p->is_through)
		return true;
	p->selection = selection_new(&p->manifest, e);
	if (p->selection != NULL && p->is_tree)
		selection_read_in_order(p->selection);
	return p->selection != NULL;
}

static void *grown(void *list, size_t *cap, size_t one)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void *bigger = realloc(list, more * one);

	if (bigger != NULL)
		*cap = more;
	return bigger;
}

bool preflight_add_database(struct preflight *p, const char *name,
			    struct err *e)
{
	if (p->ndatabases == p->databases_cap) {
		char **more =
			grown(p->databases, &p->databases_cap, sizeof(*more));

		if (more == NULL)
			return err_nomem(e, "a list of databases");
		p->databases = more;
	}
	p->databases[p->ndatabases] = strdup(name);
	if (p->databases[p->ndatabases] == NULL)
		return err_nomem(e, "a list of databases");
	p->ndatabases++;
	return true;
}

struct preflight_table *preflight_compare(struct preflight *p,
					  const char *database,
					  const char *name, struct err *e)
{
	struct preflight_table *t;

	if (p->ntables == p->tables_cap) {
		t = grown(p->tables, &p->tables_cap, sizeof(*t));
		if (t == NULL) {
			(void)err_nomem(e, "a list of tables");
			return NULL;
		}
		p->tables = t;
	}
	t = &p->tables[p->ntables];
	memset(t, 0, sizeof(*t));
	t->database = strdup(database);
	t->name = strdup(name);
	p->ntables++;
	if (t->database != NULL && t->name != NULL)
		return t;
	(void)err_nomem(e, "a list of tables");
	return NULL;
}

bool preflight_add_table(struct preflight *p, const struct index_line *l,
			 struct err *e)
{
	struct preflight_table *t = preflight_compare(p, l->group, l->name, e);

	if (t == NULL)
		return false;
	t->rows = l->rows;
	t->digest = l->digest;
	return true;
}

/* The last one first: lines of a kind come database by database. */
static struct preflight_partial *find_partial(struct preflight *p,
					      const char *database)
{
	for (size_t i = p->npartial; i > 0; i--) {
		if (strcmp(p->partial[i - 1].name, database) == 0)
			return &p->partial[i - 1];
	}
	return NULL;
}

static bool add_partial(struct preflight *p, const struct index_line *l,
			struct err *e)
{
	struct preflight_partial *one;

	if (p->npartial == p->partial_cap) {
		one = grown(p->partial, &p->partial_cap, sizeof(*one));
		if (one == NULL)
			return err_nomem(e, "a list of databases");
		p->partial = one;
	}
	one = &p->partial[p->npartial];
	memset(one, 0, sizeof(*one));
	one->number = p->nselected;
	one->name = strdup(l->group);
	if (one->name == NULL)
		return err_nomem(e, "a list of databases");
	p->npartial++;
	return true;
}

static bool name_table(struct preflight_partial *d, const char *name,
		       struct err *e)
{
	if (d->ntables == d->cap) {
		char **more = grown(d->tables, &d->cap, sizeof(*more));

		if (more == NULL)
			return err_nomem(e, "a list of tables");
		d->tables = more;
	}
	d->tables[d->ntables] = strdup(name);
	if (d->tables[d->ntables] == NULL)
		return err_nomem(e, "a list of tables");
	d->ntables++;
	return true;
}

static bool is_a(const struct index_line *l, const char *type)
{
	return strcmp(l->type, type) == 0;
}

/* What the scope knows by its name. */
static bool has_own_name(const struct index_line *l)
{
	return is_a(l, "table") || is_a(l, "view") || is_a(l, "sequence");
}

static bool is_wanted(const struct preflight *p, const struct index_line *l)
{
	const char *table = is_a(l, "trigger") ? l->on
			    : has_own_name(l)  ? l->name
					       : NULL;
	bool is_whole;

	if (l->kind == ITEM_ACCOUNT)
		return p->with_accounts;
	if (!p->is_scoped)
		return true;
	if (l->group[0] == '\0' ||
	    !scope_has_database(&p->scope, l->group, &is_whole))
		return false;
	if (is_whole || is_a(l, "database"))
		return true;
	return table != NULL && scope_has_table(&p->scope, l->group, table);
}

static bool add_definition(struct preflight *p, const struct index_line *l,
			   struct err *e)
{
	bool is_whole = true;

	if (p->is_scoped)
		(void)scope_has_database(&p->scope, l->group, &is_whole);
	return (is_whole || add_partial(p, l, e)) &&
	       preflight_add_database(p, l->group, e);
}

static bool note_name(struct preflight *p, const struct index_line *l,
		      struct err *e)
{
	struct preflight_partial *d = NULL;

	if (has_own_name(l))
		d = find_partial(p, l->group);
	return d == NULL || name_table(d, l->name, e);
}

static bool note_definer(struct preflight *p, const struct index_line *l,
			 struct err *e)
{
	return l->definer == NULL ||
	       json_object_set_new(p->definers, l->definer, json_true()) == 0 ||
	       err_nomem(e, "a list of definers");
}

bool preflight_pick(struct preflight *p, const struct index_line *l,
		    struct err *e)
{
	if (p->is_tree)
		return preflight_pick_file(p, l, e);
	if (p->is_by_key)
		return preflight_pick_keys(p, l, e);
	if (!is_wanted(p, l))
		return true;
	if (l->kind == ITEM_SCHEMA && is_a(l, "database") &&
	    !add_definition(p, l, e))
		return false;
	if (l->kind == ITEM_DATA && !preflight_add_table(p, l, e))
		return false;
	p->plain_bytes += l->plain_bytes;
	if (!note_name(p, l, e) || !note_definer(p, l, e))
		return false;
	p->nselected++;
	return p->selection == NULL || selection_add(p->selection, l, e);
}

static bool absent(struct err *e, const char *database, const char *table)
{
	if (table == NULL)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "database \"%s\" is not in the backup",
			       database);
	return err_set(e, ERR_INVALID, "invalid_scope",
		       "table \"%s.%s\" is not in the backup", database, table);
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool has_table(const struct preflight_partial *d, const char *name)
{
	return d->ntables > 0 && bsearch(&name, d->tables, d->ntables,
					 sizeof(*d->tables), by_name) != NULL;
}

/* Whole, or with what was found of it. */
static bool has_database(const struct preflight *p, const char *name)
{
	for (size_t i = 0; i < p->ndatabases; i++) {
		if (strcmp(p->databases[i], name) == 0)
			return true;
	}
	return false;
}

static bool check_named(struct preflight *p, struct err *e)
{
	for (size_t i = 0; i < p->scope.ndatabases; i++) {
		const struct scope_database *db = &p->scope.databases[i];
		const struct preflight_partial *d = find_partial(p, db->name);

		if (!has_database(p, db->name))
			return absent(e, db->name, NULL);
		for (size_t k = 0; d != NULL && k < db->ntables; k++) {
			const char *name = db->tables[k];

			if (!has_table(d, name) &&
			    scope_has_table(&p->scope, db->name, name))
				return absent(e, db->name, name);
		}
	}
	return true;
}

static void forget_database(struct preflight *p, const char *name)
{
	for (size_t i = 0; i < p->ndatabases; i++) {
		if (strcmp(p->databases[i], name) != 0)
			continue;
		free(p->databases[i]);
		p->databases[i] = p->databases[--p->ndatabases];
		return;
	}
}

static void partial_fini(struct preflight_partial *d)
{
	for (size_t i = 0; i < d->ntables; i++)
		free(d->tables[i]);
	free(d->tables);
	free(d->name);
}

/* A pattern may fit a database and nothing in it. */
static void drop_empty(struct preflight *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->npartial; i++) {
		struct preflight_partial *d = &p->partial[i];

		if (d->ntables > 0) {
			p->partial[kept++] = *d;
			continue;
		}
		if (p->selection != NULL)
			selection_forget(p->selection, d->number);
		forget_database(p, d->name);
		partial_fini(d);
	}
	p->npartial = kept;
}

/* A table is made in one section and filled in the next: named once. */
static void sort_names(struct preflight_partial *d)
{
	size_t kept = 0;

	if (d->ntables > 1)
		qsort(d->tables, d->ntables, sizeof(*d->tables), by_name);
	for (size_t i = 0; i < d->ntables; i++) {
		if (kept > 0 && strcmp(d->tables[kept - 1], d->tables[i]) == 0)
			free(d->tables[i]);
		else
			d->tables[kept++] = d->tables[i];
	}
	d->ntables = kept;
}

void preflight_sort_picked(struct preflight *p)
{
	for (size_t i = 0; i < p->npartial; i++)
		sort_names(&p->partial[i]);
}

bool preflight_end_picking(struct preflight *p, struct err *e)
{
	if (p->is_by_key)
		return preflight_end_keys(p, e);
	if (!p->is_scoped)
		return true;
	preflight_sort_picked(p);
	if (!check_named(p, e))
		return false;
	drop_empty(p);
	return p->ndatabases > 0 ||
	       err_set(e, ERR_INVALID, "invalid_scope",
		       "nothing in the backup is in the scope: look at its "
		       "contents");
}

void preflight_drop_picked(struct preflight *p)
{
	for (size_t i = 0; i < p->ndatabases; i++)
		free(p->databases[i]);
	free(p->databases);
	for (size_t i = 0; i < p->ntables; i++) {
		free(p->tables[i].database);
		free(p->tables[i].name);
	}
	free(p->tables);
	for (size_t i = 0; i < p->npartial; i++)
		partial_fini(&p->partial[i]);
	free(p->partial);
	selection_free(p->selection);
	file_list_fini(&p->files);
	free(p->common);
	p->common = NULL;
	free(p->extra.renames);
	json_decref(p->extra.folders);
	json_decref(p->extra.links);
	scope_fini(&p->scope);
	json_decref(p->definers);
	p->databases = NULL;
	p->tables = NULL;
	p->partial = NULL;
	p->selection = NULL;
	p->definers = NULL;
	p->ndatabases = p->databases_cap = 0;
	p->ntables = p->tables_cap = 0;
	p->npartial = p->partial_cap = 0;
	p->nselected = 0;
	p->is_scoped = false;
}
