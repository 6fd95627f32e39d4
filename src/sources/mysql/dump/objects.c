/* objects.c - the databases and tables in scope. */
#include "sources/mysql/dump/objects.h"

#include <stdlib.h>
#include <string.h>

static void database_fini(struct my_database *db)
{
	for (size_t i = 0; i < db->ntables; i++)
		free(db->tables[i].name);
	free(db->tables);
	free(db->name);
	free(db->charset);
	free(db->collation);
	free(db->comment);
}

void my_objects_fini(struct my_objects *o)
{
	for (size_t i = 0; i < o->n; i++)
		database_fini(&o->databases[i]);
	free(o->databases);
	my_patterns_fini(&o->patterns);
	*o = (struct my_objects){0};
}

static bool has_patterns(const struct my_objects *o)
{
	return o->patterns.ninclude + o->patterns.nexclude > 0;
}

static struct my_database *new_database(struct my_objects *o, const char *name)
{
	struct my_database *grown = o->databases;

	if (o->n == o->cap) {
		size_t cap = o->cap > 0 ? o->cap * 2 : 8;

		grown = reallocarray(grown, cap, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		o->databases = grown;
		o->cap = cap;
	}
	grown += o->n;
	memset(grown, 0, sizeof(*grown));
	grown->patterns = has_patterns(o) ? &o->patterns : NULL;
	grown->name = strdup(name);
	if (grown->name == NULL)
		return NULL;
	o->n++;
	return grown;
}

static struct my_table *new_table(struct my_database *db, const char *name)
{
	struct my_table *grown = db->tables;

	if (db->ntables == db->cap) {
		size_t cap = db->cap > 0 ? db->cap * 2 : 16;

		grown = reallocarray(grown, cap, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		db->tables = grown;
		db->cap = cap;
	}
	grown += db->ntables;
	memset(grown, 0, sizeof(*grown));
	grown->name = strdup(name);
	if (grown->name == NULL)
		return NULL;
	db->ntables++;
	return grown;
}

static bool copy_database(struct my_objects *o,
			  const struct source_scope_database *from)
{
	struct my_database *db = my_objects_find(o, from->name);

	if (db == NULL)
		db = new_database(o, from->name);
	if (db == NULL)
		return false;
	db->is_open = db->is_whole = db->is_whole || from->tables == NULL;
	for (size_t i = 0; from->tables != NULL && i < from->ntables; i++)
		if (new_table(db, from->tables[i]) == NULL)
			return false;
	my_database_sort(db);
	return true;
}

bool my_objects_init(struct my_objects *o, const struct source_scope *scope,
		     struct err *e)
{
	memset(o, 0, sizeof(*o));
	o->is_open = scope->databases == NULL;
	o->is_whole = o->is_open && scope->ninclude + scope->nexclude == 0;
	if (!my_patterns_init(&o->patterns, scope, e))
		return false;
	for (size_t i = 0; scope->databases != NULL && i < scope->ndatabases;
	     i++)
		if (!copy_database(o, &scope->databases[i]))
			return err_nomem(e, "the scope");
	return true;
}

static int database_by_name(const void *a, const void *b)
{
	const struct my_database *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void my_objects_sort(struct my_objects *o)
{
	if (o->n > 0)
		qsort(o->databases, o->n, sizeof(*o->databases),
		      database_by_name);
	o->is_sorted = true;
}

static int database_name(const void *name, const void *db)
{
	return strcmp(name, ((const struct my_database *)db)->name);
}

struct my_database *my_objects_find(const struct my_objects *o,
				    const char *name)
{
	if (o->is_sorted && o->n > 0)
		return bsearch(name, o->databases, o->n, sizeof(*o->databases),
			       database_name);
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->databases[i].name, name) == 0)
			return &o->databases[i];
	return NULL;
}

static bool add_open(struct my_objects *o, const char *name,
		     enum my_reach reach, struct my_database **out)
{
	if (reach == MY_REACH_NONE)
		return true;
	*out = new_database(o, name);
	if (*out == NULL)
		return false;
	(*out)->is_open = true;
	(*out)->is_whole = reach == MY_REACH_ALL;
	return true;
}

bool my_objects_database(struct my_objects *o, const char *name,
			 struct my_database **out, struct err *e)
{
	enum my_reach reach = MY_REACH_ALL;

	*out = NULL;
	if (has_patterns(o))
		reach = my_patterns_database(&o->patterns, name);
	if (!o->is_open)
		*out = my_objects_find(o, name);
	else if (!add_open(o, name, reach, out))
		return err_nomem(e, "the list of databases");
	if (*out == NULL)
		return true;
	(*out)->is_found = true;
	(*out)->is_excluded = reach == MY_REACH_NONE;
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct my_table *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A name twice in the scope is one table. */
static void drop_doubles(struct my_database *db)
{
	size_t kept = 0;

	for (size_t i = 0; i < db->ntables; i++) {
		struct my_table *t = &db->tables[i];

		if (kept > 0 &&
		    strcmp(db->tables[kept - 1].name, t->name) == 0) {
			if (t->is_seen) {
				db->tables[kept - 1].is_seen = true;
				db->tables[kept - 1].type = t->type;
			}
			free(t->name);
		} else {
			db->tables[kept++] = *t;
		}
	}
	db->ntables = kept;
}

void my_database_sort(struct my_database *db)
{
	if (db->ntables > 0)
		qsort(db->tables, db->ntables, sizeof(*db->tables), by_name);
	drop_doubles(db);
}

struct my_table *my_database_find(const struct my_database *db,
				  const char *name)
{
	size_t low = 0, high = db->ntables;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, db->tables[middle].name);

		if (order == 0)
			return &db->tables[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool is_excluded(const struct my_database *db, const char *name)
{
	return db->patterns != NULL &&
	       !my_patterns_table(db->patterns, db->name, name);
}

bool my_database_wants(const struct my_database *db, const char *name)
{
	return db->is_open && !is_excluded(db, name);
}

bool my_database_add(struct my_database *db, const char *name,
		     enum my_table_type type, struct err *e)
{
	bool is_out = is_excluded(db, name);
	struct my_table *t;

	if (db->is_open && is_out)
		t = NULL;
	else if (!db->is_open)
		t = my_database_find(db, name);
	else if ((t = new_table(db, name)) == NULL)
		return err_nomem(e, "the list of tables");
	/* What is there in part has no routines of its own. */
	if (is_out)
		db->is_whole = false;
	if (t == NULL)
		return true;
	t->type = (unsigned char)type;
	t->is_seen = true;
	t->is_excluded = is_out;
	return true;
}

static void settle_tables(struct my_database *db)
{
	size_t kept = 0;

	for (size_t i = 0; i < db->ntables; i++) {
		if (db->tables[i].is_excluded || db->is_excluded)
			free(db->tables[i].name);
		else
			db->tables[kept++] = db->tables[i];
	}
	db->ntables = kept;
}

void my_objects_settle(struct my_objects *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		struct my_database *db = &o->databases[i];

		settle_tables(db);
		if (db->is_excluded || (!db->is_whole && db->ntables == 0))
			database_fini(db);
		else
			o->databases[kept++] = *db;
	}
	o->n = kept;
}

uint64_t my_objects_count(const struct my_objects *o, unsigned types)
{
	struct my_cursor c = {0};
	uint64_t n = 0;

	for (; my_cursor_find(o, &c, types); c.table++)
		n++;
	return n;
}

enum my_table_type my_table_type(const char *word)
{
	static const char *const words[MY_TABLE_TYPES] = {
		"BASE TABLE", "SYSTEM VERSIONED", "SEQUENCE", "VIEW"};
	unsigned i = 0;

	while (i < MY_TABLE_TYPES && strcmp(words[i], word) != 0)
		i++;
	return (enum my_table_type)i;
}

bool my_cursor_find(const struct my_objects *o, struct my_cursor *cursor,
		    unsigned types)
{
	for (; cursor->database < o->n; cursor->database++, cursor->table = 0) {
		const struct my_database *db = &o->databases[cursor->database];

		for (; cursor->table < db->ntables; cursor->table++)
			if (types & (1u << db->tables[cursor->table].type))
				return true;
	}
	return false;
}

struct my_database *my_cursor_database(const struct my_objects *o,
				       const struct my_cursor *cursor)
{
	return &o->databases[cursor->database];
}

struct my_table *my_cursor_table(const struct my_objects *o,
				 const struct my_cursor *cursor)
{
	return &o->databases[cursor->database].tables[cursor->table];
}
