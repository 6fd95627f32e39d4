/*
 * schema.c - phase "schema": the definitions of databases, sequences and
 * tables. Sequences go before all tables, whose defaults may use them; the
 * order of tables does not matter, since foreign keys are not checked.
 *
 * Everything is read and written as utf8mb4: in a definition, unlike in data,
 * literals stand in the text's own character set.
 */
#include "config.h" /* for memmem() */
#include "sources/mysql/dump_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/settings.h"

enum schema_state {
	SCHEMA_DATABASES,      /* CREATE DATABASE, known from the list */
	SCHEMA_SEQUENCES,      /* the next sequence's definition */
	SCHEMA_SEQUENCE_STATE, /* where that sequence stands */
	SCHEMA_USE,	       /* the next table's database, if it is another */
	SCHEMA_TABLES,	       /* the next table's definition */
	SCHEMA_DONE,
	SCHEMA_STATE_COUNT,
};

static const char *const state_names[] = {
	"databases", "sequences", "sequence-state", "use", "tables", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       SCHEMA_STATE_COUNT,
	       "one name per state");

enum { NAMES_MAX = 5 };

/* Tables that deserve a warning: how many, and the first names. */
struct some_tables {
	unsigned n;
	struct text names;
};

struct schema {
	struct my_part part; /* comes first */
	enum schema_state state;
	size_t database;     /* SCHEMA_DATABASES */
	struct my_cursor at; /* the table or sequence at hand */
	const char *in_use;  /* database of the session, or NULL */
	struct text text;    /* of the item at hand */
	struct some_tables drifting, versioned, elsewhere;
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

static void some_add(struct some_tables *some, const char *db,
		     const char *table)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	if (some->n++ < NAMES_MAX)
		text_printf(&some->names, "%s%s.%s", some->n > 1 ? ", " : "",
			    my_clean(group, sizeof(group), db),
			    my_clean(name, sizeof(name), table));
}

static const char *some_text(const struct some_tables *some)
{
	return some->names.data != NULL ? some->names.data : "";
}

static const char *some_more(const struct some_tables *some)
{
	return some->n > NAMES_MAX ? " and more" : "";
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

/* To the first table or the next, or the end. */
static void next_table(struct schema *s)
{
	if (my_cursor_find(objects_of(s), &s->at, MY_TABLES))
		set_state(s, SCHEMA_USE);
	else
		set_state(s, SCHEMA_DONE);
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
		s->at = (struct my_cursor){0};
		next_table(s);
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
	text_str(sql, "SELECT next_not_cached_value, cycle_count FROM ");
	my_quote_names(sql, database_of(s)->name, table_of(s)->name);
	return true;
}

static bool take_sequence_state(void *arg, struct my_conn *c, struct err *e)
{
	struct schema *s = schema_of(arg);
	const char *group = database_of(s)->name, *name = table_of(s)->name;
	struct item *item;

	if (!my_next_row(c) || my_value(c, 0) == NULL || my_value(c, 1) == NULL)
		return no_definition(s, e);
	text_str(&s->text, "DO SETVAL(");
	my_quote_name(&s->text, name);
	text_printf(&s->text, ", %s, 0, %s);\n", my_value(c, 0),
		    my_value(c, 1));
	item = my_part_item(&s->part, ITEM_SCHEMA, "sequence", group, name);
	if (!my_part_emit(&s->part, item, group, &s->text, e))
		return false;
	s->at.table++;
	set_state(s, SCHEMA_SEQUENCES);
	return true;
}

/* MERGE tables name their parts without database if it is the one in use. */
static bool ask_use(void *arg, struct text *sql, struct err *e)
{
	struct schema *s = schema_of(arg);

	(void)e;
	if (s->in_use == database_of(s)->name)
		return true;
	text_str(sql, "USE ");
	my_quote_name(sql, database_of(s)->name);
	return true;
}

static bool take_use(void *arg, struct my_conn *c, struct err *e)
{
	struct schema *s = schema_of(arg);

	(void)c;
	(void)e;
	s->in_use = database_of(s)->name;
	set_state(s, SCHEMA_TABLES);
	return true;
}

static bool ask_table(void *arg, struct text *sql, struct err *e)
{
	struct schema *s = schema_of(arg);

	(void)e;
	text_str(sql, "SHOW CREATE TABLE ");
	my_quote_name(sql, table_of(s)->name);
	return true;
}

static bool is_engine(const char *engine, size_t len,
		      const char *const *engines)
{
	while (*engines != NULL && (strlen(*engines) != len ||
				    strncasecmp(*engines, engine, len) != 0))
		engines++;
	return *engines != NULL;
}

/* The list of tables tells it in some versions only. */
static bool is_versioned(const struct my_table *t, const char *options,
			 const char *end)
{
	static const char mark[] = "WITH SYSTEM VERSIONING";

	if (t->type == MY_VERSIONED)
		return true;
	return options != NULL && memmem(options, (size_t)(end - options), mark,
					 sizeof(mark) - 1) != NULL;
}

static void look_at_engine(struct schema *s, const char *create, size_t len)
{
	static const char *const transactional[] = {
		"InnoDB", "ROCKSDB", "TokuDB", "BLACKHOLE", "ndbcluster", NULL};
	static const char *const elsewhere[] = {
		"MRG_MyISAM", "MRG_MYISAM", "FEDERATED", "CONNECT",
		"OQGRAPH",    "SPIDER",	    "S3",	 NULL};
	const char *engine = my_table_engine(create, len);
	size_t n = engine != NULL ? strcspn(engine, " \n") : 0;
	const char *group = database_of(s)->name;
	struct my_table *t = table_of(s);

	if (is_versioned(t, engine, create + len))
		some_add(&s->versioned, group, t->name);
	if (engine == NULL || is_engine(engine, n, transactional))
		return;
	if (is_engine(engine, n, elsewhere)) {
		t->is_without_data = true;
		some_add(&s->elsewhere, group, t->name);
	} else {
		some_add(&s->drifting, group, t->name);
	}
}

static bool take_table(void *arg, struct my_conn *c, struct err *e)
{
	struct schema *s = schema_of(arg);
	struct my_table *t = table_of(s);
	const char *group = database_of(s)->name, *create;
	struct item *item;
	size_t len;

	create = my_next_row(c) ? my_value(c, 1) : NULL;
	if (create == NULL)
		return no_definition(s, e);
	len = my_value_len(c, 1);
	t->fingerprint = my_fingerprint(create, len);
	look_at_engine(s, create, len);
	text_reset(&s->text);
	my_statement(&s->text, create, len, false);
	item = my_part_item(&s->part, ITEM_SCHEMA, "table", group, t->name);
	if (!my_part_emit(&s->part, item, group, &s->text, e))
		return false;
	s->at.table++;
	next_table(s);
	return true;
}

static const struct my_ask asks[SCHEMA_STATE_COUNT] = {
	[SCHEMA_SEQUENCES] = {"read a sequence's definition", ask_sequence,
			      take_sequence, NULL},
	[SCHEMA_SEQUENCE_STATE] = {"read a sequence's state",
				   ask_sequence_state, take_sequence_state,
				   NULL},
	[SCHEMA_USE] = {"use a database", ask_use, take_use, NULL},
	[SCHEMA_TABLES] = {"read a table's definition", ask_table, take_table,
			   NULL},
};

static void warn(struct schema *s)
{
	struct my_dump *d = s->part.dump;

	if (s->drifting.n > 0) {
		(void)str_copy(d->facts.consistency,
			       sizeof(d->facts.consistency), "partial");
		my_dump_warn(d, "non_transactional",
			     "%u tables have an engine without transactions "
			     "and may have changed while they were read: "
			     "%s%s",
			     s->drifting.n, some_text(&s->drifting),
			     some_more(&s->drifting));
	}
	if (s->versioned.n > 0)
		my_dump_warn(d, "history_not_included",
			     "%u system-versioned tables are backed up without "
			     "their history: %s%s",
			     s->versioned.n, some_text(&s->versioned),
			     some_more(&s->versioned));
	if (s->elsewhere.n > 0)
		my_dump_warn(d, "data_not_included",
			     "%u tables show data that lives elsewhere; only "
			     "their definition is backed up: %s%s",
			     s->elsewhere.n, some_text(&s->elsewhere),
			     some_more(&s->elsewhere));
}

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
	warn(s);
	return my_out_flush(&s->part.out, e) ? FLOW_END : FLOW_FAIL;
}

static enum flow schema_read(struct source *source, struct link *out,
			     struct err *e)
{
	struct schema *s = schema_of(source);

	s->part.out.link = out;
	for (int i = 0; i < MY_STEPS_PER_READ; i++) {
		enum my_flow f;

		if (s->state == SCHEMA_DONE)
			return finish(s, e);
		f = do_state(s, e);
		if (f != MY_DONE)
			return my_part_flow(f);
	}
	return FLOW_MORE;
}

static void schema_destroy(struct source *source)
{
	struct schema *s = schema_of(source);

	my_part_fini(&s->part);
	text_free(&s->text);
	text_free(&s->drifting.names);
	text_free(&s->versioned.names);
	text_free(&s->elsewhere.names);
	free(s);
}

static const struct source_ops schema_ops = {
	.name = "mysql schema",
	.read = schema_read,
	.destroy = schema_destroy,
};

struct source *my_schema_new(struct my_dump *d, struct err *e)
{
	struct schema *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	my_part_init(&s->part, &schema_ops, d, 0, "SET NAMES utf8mb4;\n");
	return &s->part.source;
}
