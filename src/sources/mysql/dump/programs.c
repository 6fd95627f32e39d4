/* programs.c - lists of routines, triggers, events and views. */
#include "sources/mysql/dump/programs.h"

#include <string.h>

#include "sources/mysql/dump/dump_int.h"
#include "sources/mysql/quote.h"

/* Something in scope. */
struct found {
	enum my_program_type type;
	const struct my_database *db;
	const char *name;
	const char *on; /* a trigger's table, or NULL */
};

static bool add(struct my_programs *p, const struct my_dump *d,
		const struct found *f, const char *definer, struct err *e)
{
	uint32_t index = (uint32_t)(f->db - d->objects.databases);

	return (my_programs_add(p, f->type, index, f->name) &&
		my_programs_describe(p, definer, f->on)) ||
	       err_nomem(e, "the list of routines, triggers and events");
}

/* One more item than was known of; its definer has a column. */
static bool add_row(struct my_programs *p, struct my_dump *d,
		    const struct found *f, const struct my_conn *c,
		    struct err *e)
{
	d->facts.items_total++;
	return add(p, d, f, my_value(c, my_column(c, "DEFINER")), e);
}

/* The database named in the current row's first column, when all of it is in
 * scope. */
static const struct my_database *whole_database(const struct my_dump *d,
						const struct my_conn *c)
{
	const char *name = my_value(c, 0);
	const struct my_database *db =
		name != NULL ? my_objects_find(&d->objects, name) : NULL;

	return db != NULL && db->is_whole ? db : NULL;
}

void my_programs_ask_routines(struct text *sql)
{
	text_str(sql, "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, "
		      "DEFINER FROM information_schema.ROUTINES ORDER BY 1, 2");
}

bool my_programs_take_routines(struct my_programs *p, struct my_dump *d,
			       struct my_conn *c, struct err *e)
{
	while (my_next_row(c)) {
		const char *word = my_value(c, 2);
		struct found f = {.db = whole_database(d, c),
				  .name = my_value(c, 1)};

		if (f.db == NULL || f.name == NULL || word == NULL)
			continue;
		f.type = my_program_routine(word);
		if (f.type == MY_PROGRAM_TYPES)
			return err_set(e, ERR_REMOTE, "source_failed",
				       "the server has routines of an unknown "
				       "kind");
		if (!add_row(p, d, &f, c, e))
			return false;
		d->facts.routines++;
	}
	return true;
}

void my_programs_ask_triggers(struct text *sql, const struct my_dump *d,
			      size_t database)
{
	const char *name = d->objects.databases[database].name;

	if (d->server.is_mariadb) {
		text_str(sql, "SHOW TRIGGERS FROM ");
		my_quote_name(sql, name);
		return;
	}
	text_str(sql, "SELECT TRIGGER_NAME, NULL, EVENT_OBJECT_TABLE, "
		      "DEFINER FROM information_schema.TRIGGERS "
		      "WHERE TRIGGER_SCHEMA = ");
	my_quote_value(sql, name, strlen(name));
	text_str(sql, " ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, "
		      "ACTION_TIMING, ACTION_ORDER");
}

bool my_programs_take_triggers(struct my_programs *p, struct my_dump *d,
			       size_t database, struct my_conn *c,
			       struct err *e)
{
	const struct my_database *db = &d->objects.databases[database];

	while (my_next_row(c)) {
		const struct found f = {MY_TRIGGER, db, my_value(c, 0),
					my_value(c, 2)};

		if (f.name == NULL || f.on == NULL ||
		    (!db->is_whole && my_database_find(db, f.on) == NULL))
			continue;
		if (!add_row(p, d, &f, c, e))
			return false;
		d->facts.triggers++;
	}
	return true;
}

void my_programs_ask_events(struct text *sql)
{
	text_str(sql, "SELECT EVENT_SCHEMA, EVENT_NAME, DEFINER "
		      "FROM information_schema.EVENTS ORDER BY 1, 2");
}

bool my_programs_take_events(struct my_programs *p, struct my_dump *d,
			     struct my_conn *c, struct err *e)
{
	while (my_next_row(c)) {
		const struct found f = {MY_EVENT, whole_database(d, c),
					my_value(c, 1), NULL};

		if (f.db == NULL || f.name == NULL)
			continue;
		if (!add_row(p, d, &f, c, e))
			return false;
		d->facts.events++;
	}
	return true;
}

bool my_programs_take_views(struct my_programs *p, const struct my_dump *d,
			    struct err *e)
{
	struct my_cursor at = {0};

	for (; my_cursor_find(&d->objects, &at, MY_VIEWS); at.table++) {
		const struct found f = {
			MY_PROGRAM_VIEW, my_cursor_database(&d->objects, &at),
			my_cursor_table(&d->objects, &at)->name, NULL};

		if (!add(p, d, &f, NULL, e))
			return false;
	}
	return true;
}
