/*
 * rights.c - whether the account can see all that a backup must hold.
 *
 * A server lists no routine, trigger, event or table that the account has no
 * right on, and says nothing about it. So the rights are checked by name.
 */
#include "sources/mysql/dump/rights.h"

#include <string.h>

#include "sources/mysql/fault.h"

/* Any of these shows routines in a database's list. */
enum {
	ROUTINE_LISTS = MY_PRIV_EXECUTE | MY_PRIV_CREATE_ROUTINE |
			MY_PRIV_ALTER_ROUTINE,
};

static bool missing(struct err *e, const char *right, const char *db,
		    const char *table)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(e, ERR_DENIED, "access_denied",
		       "the account lacks the privilege %s on %s.%s: grant it, "
		       "for without it the backup would miss things",
		       right, my_clean(group, sizeof(group), db),
		       my_clean(name, sizeof(name), table));
}

/* Whether databases are wanted that are not named. */
static bool is_wide(const struct my_objects *o)
{
	const struct my_patterns *p = &o->patterns;

	for (size_t i = 0; i < p->ninclude; i++)
		if (!my_pattern_is_plain(p->include[i].database))
			return true;
	return o->is_open && p->ninclude == 0;
}

bool my_rights_check_server(const struct my_grants *g,
			    const struct my_objects *o, struct err *e)
{
	if (!is_wide(o) || my_grants_have(g, MY_PRIV_SELECT, NULL, NULL))
		return true;
	return err_set(e, ERR_DENIED, "access_denied",
		       "the account lacks the privilege SELECT on *.*: grant "
		       "it, or choose databases");
}

/* Routines of a database: the right to read all bodies shows all. */
static bool sees_routines(const struct my_grants *g, const char *db)
{
	return my_grants_have(g, MY_PRIV_SHOW_ROUTINE | ROUTINE_LISTS, db,
			      NULL) ||
	       my_grants_have(g, MY_PRIV_SELECT, NULL, NULL) ||
	       my_grants_have(g, MY_PRIV_SELECT, "mysql", "proc");
}

static bool check_whole(const struct my_grants *g, const char *db,
			struct err *e)
{
	if (!my_grants_have(g, MY_PRIV_SELECT, db, NULL))
		return missing(e, "SELECT", db, "*");
	if (!my_grants_have(g, MY_PRIV_SHOW_VIEW, db, NULL))
		return missing(e, "SHOW VIEW", db, "*");
	if (!my_grants_have(g, MY_PRIV_TRIGGER, db, NULL))
		return missing(e, "TRIGGER", db, "*");
	if (!my_grants_have(g, MY_PRIV_EVENT, db, NULL))
		return missing(e, "EVENT", db, "*");
	if (!sees_routines(g, db))
		return missing(e, "EXECUTE", db, "*");
	return true;
}

static bool check_tables(const struct my_grants *g,
			 const struct my_database *db, struct err *e)
{
	for (size_t i = 0; i < db->ntables; i++) {
		const char *name = db->tables[i].name;

		if (!my_grants_have(g, MY_PRIV_SELECT, db->name, name))
			return missing(e, "SELECT", db->name, name);
		if (!my_grants_have(g, MY_PRIV_TRIGGER, db->name, name))
			return missing(e, "TRIGGER", db->name, name);
	}
	return true;
}

/* Tables that are not named would be missing without a word. */
static bool check_wild(const struct my_grants *g, const struct my_database *db,
		       struct err *e)
{
	if (!db->is_open || !my_patterns_are_wild(db->patterns, db->name))
		return true;
	if (!my_grants_have(g, MY_PRIV_SELECT, db->name, NULL))
		return missing(e, "SELECT", db->name, "*");
	if (!my_grants_have(g, MY_PRIV_TRIGGER, db->name, NULL))
		return missing(e, "TRIGGER", db->name, "*");
	return true;
}

bool my_rights_check(const struct my_grants *g, const struct my_objects *o,
		     struct err *e)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct my_database *db = &o->databases[i];

		if (db->is_excluded)
			continue;
		if (db->is_whole
			    ? !check_whole(g, db->name, e)
			    : !check_wild(g, db, e) || !check_tables(g, db, e))
			return false;
	}
	return true;
}
