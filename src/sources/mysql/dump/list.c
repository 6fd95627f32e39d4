/* list.c - the databases and tables that the server has. */
#include "sources/mysql/dump/list.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/dump/dump_int.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/quote.h"

enum { MARIADB_DATABASE_COMMENT = 100500 };

void my_list_ask_databases(const struct my_server *s, struct text *sql)
{
	bool has_comment =
		s->is_mariadb && s->number >= MARIADB_DATABASE_COMMENT;

	text_printf(sql,
		    "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, "
		    "DEFAULT_COLLATION_NAME, %s FROM "
		    "information_schema.SCHEMATA",
		    has_comment ? "SCHEMA_COMMENT" : "''");
}

static bool keep(char **to, const char *from)
{
	if (from == NULL || from[0] == '\0')
		return true;
	*to = strdup(from);
	return *to != NULL;
}

/* Folders that are no databases show up under such names. */
static bool is_ours(const char *name)
{
	return !my_is_system_database(name) &&
	       strncmp(name, "#mysql50#", 9) != 0;
}

static bool take_database(struct my_objects *o, const struct my_conn *c,
			  struct err *e)
{
	const char *name = my_value(c, 0);
	struct my_database *db;

	if (name == NULL || !is_ours(name))
		return true;
	if (!my_objects_database(o, name, &db, e))
		return false;
	if (db == NULL || db->charset != NULL)
		return true;
	if (!keep(&db->charset, my_value(c, 1)) ||
	    !keep(&db->collation, my_value(c, 2)) ||
	    !keep(&db->comment, my_value(c, 3)))
		return err_nomem(e, "the list of databases");
	return true;
}

static bool not_in_scope(struct err *e, const char *name)
{
	char clean[MY_TEXT_MAX];

	(void)my_clean(clean, sizeof(clean), name);
	if (my_is_system_database(name))
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"%s\" is the server's own: choose others",
			       clean);
	return err_set(e, ERR_INVALID, "invalid_scope",
		       "there is no database \"%s\" on the server, or the "
		       "account may not see it",
		       clean);
}

bool my_list_databases(struct my_objects *o, struct my_conn *c, struct err *e)
{
	while (my_next_row(c))
		if (!take_database(o, c, e))
			return false;
	for (size_t i = 0; i < o->n; i++)
		if (!o->databases[i].is_found)
			return not_in_scope(e, o->databases[i].name);
	my_objects_sort(o);
	return true;
}

void my_list_ask_tables(const struct my_database *db, struct text *sql)
{
	text_str(sql, "SHOW FULL TABLES FROM ");
	my_quote_name(sql, db->name);
}

static bool no_table(struct err *e, const char *database, const char *table)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(e, ERR_INVALID, "invalid_scope",
		       "there is no table \"%s\" in database \"%s\", or the "
		       "account may not see it",
		       my_clean(name, sizeof(name), table),
		       my_clean(group, sizeof(group), database));
}

bool my_list_check_found(const struct my_database *db, struct err *e)
{
	for (size_t i = 0; i < db->ntables; i++)
		if (!db->tables[i].is_seen && !db->is_excluded)
			return no_table(e, db->name, db->tables[i].name);
	return true;
}

bool my_list_settle(struct my_objects *o, struct err *e)
{
	const struct my_pattern *missing = my_patterns_missing(&o->patterns);

	if (missing != NULL && missing->is_database_found)
		return no_table(e, missing->database, missing->table);
	if (missing != NULL)
		return not_in_scope(e, missing->database);
	my_objects_settle(o);
	if (o->n == 0 && o->patterns.ninclude + o->patterns.nexclude > 0)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "nothing on the server fits the scope's "
			       "patterns: change them");
	return true;
}

static bool compare_table(struct my_database *db, bool is_complete,
			  const struct my_conn *c, struct err *e)
{
	const char *name = my_value(c, 0), *word = my_value(c, 1);
	struct my_table *t;

	if (name == NULL || word == NULL ||
	    my_table_type(word) == MY_TABLE_TYPES)
		return true;
	t = my_database_find(db, name);
	if (t == NULL)
		return !is_complete || !my_database_wants(db, name) ||
		       my_changed(e, db, name, "created");
	t->is_seen = true;
	if (t->type != my_table_type(word))
		return my_changed(e, db, name, "replaced");
	return true;
}

bool my_list_compare(struct my_database *db, bool is_complete,
		     struct my_conn *c, struct err *e)
{
	for (size_t i = 0; i < db->ntables; i++)
		db->tables[i].is_seen = false;
	while (my_next_row(c))
		if (!compare_table(db, is_complete, c, e))
			return false;
	for (size_t i = 0; i < db->ntables; i++)
		if (!db->tables[i].is_seen)
			return my_changed(e, db, db->tables[i].name, "dropped");
	return true;
}
