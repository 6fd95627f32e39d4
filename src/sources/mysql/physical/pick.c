/*
 * pick.c - what of a server the tool copies: databases and tables by name, as
 * it takes them in one list. It compares names with those of files, in which
 * the server writes all but letters, digits and "_" of ASCII in another way,
 * and leaves out without a word what it does not find so.
 */
#include "sources/mysql/physical/physical_int.h"

#include <string.h>

#include "base/text.h"

/* One argument of a program holds 128 KiB at most. */
enum { LIST_BYTES_MAX = 100000 };

static bool is_plain(const char *name)
{
	return name[0] != '\0' &&
	       name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789_")] ==
		       '\0';
}

static bool odd(const char *database, const char *table, struct err *e)
{
	return err_set(e, ERR_INVALID, "invalid_scope",
		       "mariadb-backup cannot be told the name \"%s%s%s\": by "
		       "its files it knows only names of letters, digits and "
		       "\"_\"; back up the whole instance, or use the method "
		       "\"logical\"",
		       database, table != NULL ? "." : "",
		       table != NULL ? table : "");
}

static bool add(json_t *list, const char *name)
{
	return json_array_append_new(list, json_string(name)) == 0;
}

static bool add_table(json_t *list, const char *database, const char *table)
{
	return json_array_append_new(
		       list, json_sprintf("%s.%s", database, table)) == 0;
}

static bool add_database(struct my_physical *p,
			 const struct source_scope_database *d, struct err *e)
{
	if (!is_plain(d->name))
		return odd(d->name, NULL, e);
	if (d->tables == NULL)
		return add(p->databases, d->name) || err_nomem(e, "a scope");
	for (size_t i = 0; i < d->ntables; i++) {
		if (!is_plain(d->tables[i]))
			return odd(d->name, d->tables[i], e);
		if (!add_table(p->tables, d->name, d->tables[i]))
			return err_nomem(e, "a scope");
	}
	return true;
}

static size_t bytes_of(const json_t *list)
{
	size_t sum = 0, i;
	const json_t *one;

	json_array_foreach(list, i, one) sum += json_string_length(one) + 1;
	return sum;
}

bool my_pick_read(struct my_physical *p, const struct source_scope *s,
		  struct err *e)
{
	if (s->databases == NULL)
		return true;
	p->databases = json_pack("[s,s]", "mysql", "sys");
	p->tables = json_array();
	if (p->databases == NULL || p->tables == NULL)
		return err_nomem(e, "a scope");
	for (size_t i = 0; i < s->ndatabases; i++)
		if (!add_database(p, &s->databases[i], e))
			return false;
	return bytes_of(p->databases) + bytes_of(p->tables) <= LIST_BYTES_MAX ||
	       err_set(e, ERR_INVALID, "invalid_scope",
		       "the scope names more than mariadb-backup can be told: "
		       "name whole databases, or back up the whole instance");
}

static bool has(const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

bool my_pick_has(void *arg, const char *database, const char *table)
{
	const struct my_physical *p = arg;
	struct text both = {0};
	bool is_in;

	if (p->databases == NULL || has(p->databases, database))
		return true;
	text_printf(&both, "%s.%s", database, table);
	is_in = both.is_broken || has(p->tables, both.data);
	text_free(&both);
	return is_in;
}

bool my_pick_put(const struct my_physical *p, json_t *fields)
{
	return p->databases == NULL ||
	       (json_object_set(fields, "databases", p->databases) == 0 &&
		(json_array_size(p->tables) == 0 ||
		 json_object_set(fields, "tables", p->tables) == 0));
}
