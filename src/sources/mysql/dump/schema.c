/*
 * schema.c - phase "schema": the definitions of databases and sequences, which
 * go before all tables, whose defaults may use them.
 *
 * Everything is read and written as utf8mb4: in a definition, unlike in data,
 * literals stand in the text's own character set.
 */
#include "sources/mysql/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/dump/definition.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/program.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/settings.h"

enum schema_state {
	SCHEMA_DATABASES,      /* CREATE DATABASE, known from the list */
	SCHEMA_SEQUENCES,      /* the next sequence's definition */
	SCHEMA_SEQUENCE_STATE, /* where that sequence stands */
	SCHEMA_DONE,
	SCHEMA_STATE_COUNT,
};

static const char *const state_names[] = {
	"databases",
	"sequences",
	"sequence-state",
	"done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       SCHEMA_STATE_COUNT,
	       "one name per state");

struct schema {
	struct my_part part; /* comes first */
	enum schema_state state;
	size_t database;     /* SCHEMA_DATABASES */
	struct my_cursor at; /* the sequence at hand */
	struct text text;    /* of the item at hand */
};

static struct schema *schema_of(void *part)
{
	return part;
}

static struct my_objects *objects_of(struct schema *s)
{
	return &s->part.dump->objects;
}

static struct my_database *database_of(struct schema *s)
{
	return my_cursor_database(objects_of(s), &s->at);
}

static struct my_table *table_of(struct schema *s)
{
	return my_cursor_table(objects_of(s), &s->at);
}

static void set_state(struct schema *s, enum schema_state next)
{
	if (s->state <= SCHEMA_SEQUENCES || next == SCHEMA_DONE)
		log_debug("sources", "mysql schema: %s -> %s",
			  state_names[s->state], state_names[next]);
	s->state = next;
}

/* The defaults are set even where the database exists, empty, at a target. */
static void write_database(struct text *t, const struct my_database *db)
{
	text_str(t, "CREATE DATABASE IF NOT EXISTS ");
	my_quote_name(t, db->name);
	text_str(t, ";\nALTER DATABASE ");
	my_quote_name(t, db->name);
	text_printf(t, " CHARACTER SET %s COLLATE %s", db->charset,
		    db->collation);
	if (db->comment != NULL) {
		text_str(t, " COMMENT ");
		my_quote_value(t, db->comment, strlen(db->comment));
	}
	text_str(t, ";\n");
}

static bool emit_database(struct schema *s, struct err *e)
{
	struct my_database *db = &objects_of(s)->databases[s->database];
	struct item *item;

	if (db->charset == NULL || db->collation == NULL)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "the server does not tell a database's "
			       "character set");
	text_reset(&s->text);
	write_database(&s->text, db);
	item = my_part_item(&s->part, ITEM_SCHEMA, "database", db->name, "");
	if (!my_part_emit(&s->part, item, NULL, &s->text, e))
		return false;
	if (++s->database == objects_of(s)->n)
		set_state(s, SCHEMA_SEQUENCES);
	return true;
}

static bool ask_sequence(void *arg, struct text *sql, struct err *e)
{
	struct schema *s = schema_of(arg);

	(void)e;
	if (!my_cursor_find(objects_of(s), &s->at, MY_SEQUENCES))
		return true;
	text_str(sql, "SHOW CREATE SEQUENCE ");
	my_quote_names(sql, database_of(s)->name, table_of(s)->name);
	return true;
}

static bool no_definition(struct schema *s, struct err *e)
{
	char name[MY_TEXT_MAX];

	return err_set(e, ERR_REMOTE, "source_failed",
		       "the server does not tell the definition of %s",
		       my_clean(name, sizeof(name), table_of(s)->name));
}

static bool take_sequence(void *arg, struct my_conn *c, struct err *e)
{
	struct schema *s = schema_of(arg);
	const char *create;

	if (!my_cursor_find(objects_of(s), &s->at, MY_SEQUENCES)) {
		set_state(s, SCHEMA_DONE);
		return true;
	}
	create = my_next_row(c) ? my_value(c, 1) : NULL;
	if (create == NULL)
		return no_definition(s, e);
	table_of(s)->fingerprint = my_fingerprint(create, my_value_len(c, 1));
	text_reset(&s->text);
	my_statement(&s->text, create, my_value_len(c, 1), false);
	set_state(s, SCHEMA_SEQUENCE_STATE);
	return true;
}

static bool ask_sequence_state(void *arg, struct text *sql, struct err *e)
{
	struct schema *s = schema_of(arg);

	(void)e;
	my_sequence_ask(sql, database_of(s)->name, table_of(s)->name);
	return true;
}

static bool take_sequence_state(void *arg, struct my_conn *c, struct err *e)
{
	struct schema *s = schema_of(arg);
	const char *group = database_of(s)->name, *name = table_of(s)->name;
	struct item *item;

	if (!my_sequence_write(&s->text, name, c, e))
		return false;
	item = my_part_item(&s->part, ITEM_SCHEMA, "sequence", group, name);
	if (!my_part_emit(&s->part, item, group, &s->text, e))
		return false;
	s->at.table++;
	set_state(s, SCHEMA_SEQUENCES);
	return true;
}

static const struct my_ask asks[SCHEMA_STATE_COUNT] = {
	[SCHEMA_SEQUENCES] = {"read a sequence's definition", ask_sequence,
			      take_sequence, NULL},
	[SCHEMA_SEQUENCE_STATE] = {"read a sequence's state",
				   ask_sequence_state, take_sequence_state,
				   NULL},
};

/* The header belongs to no item: each restore sets its session itself. */
static bool begin(struct schema *s, struct err *e)
{
	const char *header = my_settings_header();

	if (s->database > 0 || s->part.out.frame != NULL)
		return true;
	return my_out_add(&s->part.out, header, strlen(header), e);
}

static enum my_flow do_state(struct schema *s, struct err *e)
{
	if (s->state != SCHEMA_DATABASES)
		return my_dialog_step(&s->part.dialog, &asks[s->state], e);
	if (!begin(s, e))
		return MY_FAIL;
	if (objects_of(s)->n == 0)
		set_state(s, SCHEMA_DONE);
	else if (!emit_database(s, e))
		return MY_FAIL;
	return MY_DONE;
}

static enum flow finish(struct schema *s, struct err *e)
{
	return my_out_flush(&s->part.out, e) ? FLOW_END : FLOW_FAIL;
}

static bool is_over(struct my_part *p)
{
	return schema_of(p)->state == SCHEMA_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return do_state(schema_of(p), e);
}

static enum flow end(struct my_part *p, struct err *e)
{
	return finish(schema_of(p), e);
}

static void schema_destroy(struct source *source)
{
	struct schema *s = schema_of(source);

	my_part_fini(&s->part);
	text_free(&s->text);
	free(s);
}

static const struct source_ops schema_ops = {
	.name = "mysql schema",
	.read = my_part_read,
	.destroy = schema_destroy,
};

static const struct my_walk walk = {
	.ops = &schema_ops,
	.size = sizeof(struct schema),
	.preamble = "SET NAMES utf8mb4;\n",
	.is_over = is_over,
	.step = step,
	.finish = end,
};

struct source *my_schema_new(struct my_dump *d, struct err *e)
{
	return my_part_new(&walk, d, 0, e);
}
