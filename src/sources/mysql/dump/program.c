/* program.c - routines, views, triggers, events as text. */
#include "config.h" /* for memmem() */
#include "sources/mysql/dump/program.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/conn.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/objects.h"
#include "sources/mysql/dump/out.h"
#include "sources/mysql/quote.h"

enum { NONE = 99 }; /* no such column in the answer */

/* Columns of SHOW CREATE ...: the same in both families. */
struct look {
	const char *word;
	const char *show;
	unsigned create, mode, charset, collation, database, zone;
};

static const struct look looks[] = {
	[MY_PACKAGE] = {"package", "PACKAGE", 2, 1, 3, 4, 5, NONE},
	[MY_PACKAGE_BODY] = {"package_body", "PACKAGE BODY", 2, 1, 3, 4, 5,
			     NONE},
	[MY_FUNCTION] = {"function", "FUNCTION", 2, 1, 3, 4, 5, NONE},
	[MY_PROCEDURE] = {"procedure", "PROCEDURE", 2, 1, 3, 4, 5, NONE},
	[MY_PROGRAM_VIEW] = {"view", "VIEW", 1, NONE, 2, 3, NONE, NONE},
	[MY_TRIGGER] = {"trigger", "TRIGGER", 2, 1, 3, 4, 5, NONE},
	[MY_EVENT] = {"event", "EVENT", 3, 1, 4, 5, 6, 2},
};
_Static_assert(sizeof(looks) / sizeof(looks[0]) == MY_PROGRAM_TYPES,
	       "one look per type");

bool my_programs_add(struct my_programs *p, enum my_program_type type,
		     uint32_t database, const char *name)
{
	struct my_program *grown = p->list;

	if (p->n == p->cap) {
		size_t cap = p->cap > 0 ? p->cap * 2 : 32;

		grown = reallocarray(grown, cap, sizeof(*grown));
		if (grown == NULL)
			return false;
		p->list = grown;
		p->cap = cap;
	}
	grown += p->n;
	*grown = (struct my_program){.database = database,
				     .type = (unsigned char)type,
				     .name = strdup(name)};
	if (grown->name == NULL)
		return false;
	p->n++;
	return true;
}

static bool replace(char **to, const char *with)
{
	free(*to);
	*to = with != NULL ? strdup(with) : NULL;
	return *to != NULL || with == NULL;
}

bool my_programs_describe(struct my_programs *p, const char *definer,
			  const char *on)
{
	struct my_program *last = &p->list[p->n - 1];

	return replace(&last->definer, definer) && replace(&last->on, on);
}

bool my_programs_sort(struct my_programs *p)
{
	struct my_program *sorted = calloc(p->n + 1, sizeof(*sorted));
	size_t n = 0;

	if (sorted == NULL)
		return false;
	for (unsigned type = 0; type < MY_PROGRAM_TYPES; type++)
		for (size_t i = 0; i < p->n; i++)
			if (p->list[i].type == type)
				sorted[n++] = p->list[i];
	free(p->list);
	p->list = sorted;
	p->cap = p->n + 1;
	return true;
}

size_t my_programs_range(const struct my_programs *p, enum my_program_type type,
			 size_t *n)
{
	size_t first = 0;

	while (first < p->n && p->list[first].type < type)
		first++;
	*n = 0;
	while (first + *n < p->n && p->list[first + *n].type == type)
		(*n)++;
	return first;
}

void my_programs_fini(struct my_programs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].name);
		free(p->list[i].definer);
		free(p->list[i].on);
	}
	free(p->list);
	*p = (struct my_programs){0};
}

void my_sequence_ask(struct text *sql, const char *db, const char *name)
{
	text_str(sql, "SELECT next_not_cached_value, cycle_count FROM ");
	my_quote_names(sql, db, name);
}

bool my_sequence_write(struct text *out, const char *name, struct my_conn *c,
		       struct err *e)
{
	char clean[MY_TEXT_MAX];
	struct text sql = {0};

	if (!my_next_row(c) || my_value(c, 0) == NULL || my_value(c, 1) == NULL)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "the server does not tell the state of "
			       "sequence %s",
			       my_clean(clean, sizeof(clean), name));
	text_str(&sql, "DO SETVAL(");
	my_quote_name(&sql, name);
	text_printf(&sql, ", %s, 0, %s)", my_value(c, 0), my_value(c, 1));
	out->is_broken = out->is_broken || sql.is_broken;
	if (!out->is_broken)
		my_statement(out, sql.data, sql.len, false);
	text_free(&sql);
	return !out->is_broken || err_nomem(e, "a sequence");
}

const char *my_program_word(enum my_program_type type)
{
	return looks[type].word;
}

enum my_program_type my_program_routine(const char *word)
{
	unsigned type = MY_PACKAGE;

	while (type <= MY_PROCEDURE && strcmp(looks[type].show, word) != 0)
		type++;
	return type <= MY_PROCEDURE ? (enum my_program_type)type
				    : MY_PROGRAM_TYPES;
}

void my_program_ask(struct text *sql, const struct my_program *p)
{
	text_printf(sql, "SHOW CREATE %s ", looks[p->type].show);
	my_quote_name(sql, p->name);
}

void my_view_definer(struct text *out, const char *create, size_t len)
{
	static const char mark[] = " DEFINER=";
	const char *end = create + len, *s = memmem(create, len, mark, 9);
	const char *view = memmem(create, len, " VIEW ", 6);
	struct text user = {0}, host = {0};

	/* Behind VIEW it is people's text. */
	if (s == NULL || view == NULL || s > view)
		return;
	s += sizeof(mark) - 1;
	if (!my_unquote_name(&s, end, &user))
		goto done;
	if (s < end && *s == '@' && (s++, my_unquote_name(&s, end, &host)))
		text_char(&user, '@');
	text_add(&user, host.data, host.len);
	if (user.is_broken || host.is_broken)
		out->is_broken = true;
	else if (utf8_check(user.data, user.len, NULL))
		text_add(out, user.data, user.len);
done:
	text_free(&user);
	text_free(&host);
}

const char *my_events_mark(void)
{
	return "SET @coffer_section = 'events';\n";
}

const char *my_events_end(void)
{
	return "SET @coffer_section = NULL;\n";
}

bool my_is_mark(const char *mark, const char *sql, size_t len)
{
	return strlen(mark) == len + 2 && memcmp(mark, sql, len) == 0;
}

static void write_setting(struct text *out, const char *name,
			  const struct my_conn *c, unsigned column)
{
	const char *value = my_value(c, column);

	if (value == NULL)
		return;
	text_printf(out, ", %s = ", name);
	my_quote_value(out, value, my_value_len(c, column));
}

static void write_session(struct text *out, const struct look *look,
			  const struct my_conn *c)
{
	const char *mode = my_value(c, look->mode);

	text_str(out, "SET sql_mode = ");
	my_quote_value(out, mode != NULL ? mode : "",
		       my_value_len(c, look->mode));
	write_setting(out, "character_set_client", c, look->charset);
	write_setting(out, "character_set_results", c, look->charset);
	write_setting(out, "collation_connection", c, look->collation);
	write_setting(out, "time_zone", c, look->zone);
	text_str(out, ";\n");
}

/* The collation that the database had when it was made decides on parameters
 * without one of their own. */
static bool is_other_collation(const struct my_database *db,
			       const char *collation)
{
	return collation != NULL && db->collation != NULL &&
	       strcmp(collation, db->collation) != 0;
}

static bool hidden(struct err *e, const struct my_program *p,
		   const struct my_database *db)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(e, ERR_DENIED, "access_denied",
		       "the account may not read the definition of %s %s.%s: "
		       "grant it SELECT on mysql.proc (MariaDB) or "
		       "SHOW_ROUTINE (MySQL)",
		       looks[p->type].word,
		       my_clean(group, sizeof(group), db->name),
		       my_clean(name, sizeof(name), p->name));
}

bool my_program_write(struct text *out, const struct my_program *p,
		      const struct my_database *db, struct my_conn *c,
		      struct err *e)
{
	const struct look *look = &looks[p->type];
	const char *create, *collation;

	create = my_next_row(c) ? my_value(c, look->create) : NULL;
	if (create == NULL)
		return hidden(e, p, db);
	collation = my_value(c, look->database);
	write_session(out, look, c);
	if (is_other_collation(db, collation))
		text_printf(out, "ALTER DATABASE COLLATE %s;\n", collation);
	my_statement(out, create, my_value_len(c, look->create),
		     p->type != MY_PROGRAM_VIEW);
	if (is_other_collation(db, collation))
		text_printf(out, "ALTER DATABASE COLLATE %s;\n", db->collation);
	if (p->type == MY_EVENT)
		text_str(out, "SET time_zone = '+00:00';\n");
	return !out->is_broken || err_nomem(e, "a definition");
}
