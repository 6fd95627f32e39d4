/*
 * tables.c - phase "tables": the tables' definitions, and what they tell.
 *
 * All lanes share them, each takes the next one: what a definition costs is
 * mostly waiting, and there may be 500,000. Their order does not matter, for
 * foreign keys are not checked; the index has them in the order of the list,
 * since a table's number is taken with the table.
 */
#include "config.h" /* for memmem() */
#include "sources/mysql/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/dump/definition.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/history.h"
#include "sources/mysql/plain.h"
#include "sources/mysql/quote.h"

enum tables_state {
	TABLES_NEXT,   /* the next table is taken */
	TABLES_USE,    /* its database, if it is another */
	TABLES_DEFINE, /* its definition */
	TABLES_DONE,
	TABLES_STATE_COUNT,
};

static const char *const state_names[] = {"next", "use", "define", "done"};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       TABLES_STATE_COUNT,
	       "one name per state");

enum { NAMES_MAX = 5 };

struct tables {
	struct my_part part; /* comes first */
	enum tables_state state;
	const struct my_database *database;
	struct my_table *table; /* at hand */
	uint64_t number;	/* of its item */
	const char *in_use;	/* database of the session, or NULL */
	struct text text;
};

static struct tables *tables_of(void *part)
{
	return part;
}

static void set_state(struct tables *t, enum tables_state next)
{
	if (next == TABLES_DONE)
		log_debug("sources", "mysql tables: %s -> %s",
			  state_names[t->state], state_names[next]);
	t->state = next;
}

void my_some_add(struct my_some *some, const char *database, const char *table)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	if (some->n++ < NAMES_MAX)
		text_printf(&some->names, "%s%s.%s", some->n > 1 ? ", " : "",
			    my_clean(group, sizeof(group), database),
			    my_clean(name, sizeof(name), table));
}

const char *my_some_text(struct my_some *some)
{
	if (some->n > NAMES_MAX)
		text_str(&some->names, " and more");
	return some->names.data != NULL && !some->names.is_broken
		       ? some->names.data
		       : "";
}

static void next_table(struct tables *t)
{
	struct my_dump *d = t->part.dump;

	if (!my_cursor_find(&d->objects, &d->definitions, MY_TABLES)) {
		set_state(t, TABLES_DONE);
		return;
	}
	t->database = my_cursor_database(&d->objects, &d->definitions);
	t->table = my_cursor_table(&d->objects, &d->definitions);
	t->number = d->next_number++;
	d->definitions.table++;
	set_state(t, TABLES_USE);
}

/* MERGE tables name their parts without database if it is the one in use. */
static bool ask_use(void *arg, struct text *sql, struct err *e)
{
	struct tables *t = tables_of(arg);

	(void)e;
	if (t->in_use == t->database->name)
		return true;
	text_str(sql, "USE ");
	my_quote_name(sql, t->database->name);
	return true;
}

static bool take_use(void *arg, struct my_conn *c, struct err *e)
{
	struct tables *t = tables_of(arg);

	(void)c;
	(void)e;
	t->in_use = t->database->name;
	set_state(t, TABLES_DEFINE);
	return true;
}

static bool ask_table(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, "SHOW CREATE TABLE ");
	my_quote_name(sql, tables_of(arg)->table->name);
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

static void look_at_engine(struct tables *t, const char *create, size_t len)
{
	static const char *const transactional[] = {
		"InnoDB", "ROCKSDB", "TokuDB", "BLACKHOLE", "ndbcluster", NULL};
	static const char *const elsewhere[] = {
		"MRG_MyISAM", "MRG_MYISAM", "FEDERATED", "CONNECT",
		"OQGRAPH",    "SPIDER",	    "S3",	 NULL};
	struct my_dump *d = t->part.dump;
	const char *engine = my_table_engine(create, len);
	size_t n = engine != NULL ? strcspn(engine, " \n") : 0;
	const char *group = t->database->name, *name = t->table->name;

	if (is_versioned(t->table, engine, create + len)) {
		t->table->has_history =
			my_history_is_known(&d->server) &&
			!my_history_is_by_transaction(create, len);
		if (!t->table->has_history)
			my_some_add(&d->versioned, group, name);
	}
	if (engine == NULL || is_engine(engine, n, transactional))
		return;
	if (is_engine(engine, n, elsewhere)) {
		t->table->is_without_data = true;
		my_some_add(&d->elsewhere, group, name);
	} else {
		t->table->is_drifting = true;
		my_some_add(&d->drifting, group, name);
	}
}

/* The servers print a '?' for each character of four bytes in a member of an
 * ENUM or SET; such columns are read as numbers (column.c). */
static bool has_untold_members(const char *create, size_t len)
{
	const char *s = create, *end = create + len;
	struct text name = {0};
	bool found = false;

	while (!found &&
	       (s = memmem(s, (size_t)(end - s), "\n  `", 4)) != NULL) {
		const char *stop;

		s += 3;
		text_reset(&name);
		if (!my_unquote_name(&s, end, &name))
			break;
		stop = memchr(s, '\n', (size_t)(end - s));
		if (stop == NULL)
			stop = end;
		found = (stop - s > 6 && (memcmp(s, " enum(", 6) == 0 ||
					  memcmp(s, " set(", 5) == 0)) &&
			memchr(s, '?', (size_t)(stop - s)) != NULL;
	}
	text_free(&name);
	return found;
}

static bool emit(struct tables *t, struct err *e)
{
	struct item *item = item_new(t->number, ITEM_SCHEMA, "table",
				     t->database->name, t->table->name);

	if (!my_part_emit(&t->part, item, t->database->name, &t->text, e))
		return false;
	set_state(t, TABLES_NEXT);
	return true;
}

static bool take_table(void *arg, struct my_conn *c, struct err *e)
{
	struct tables *t = tables_of(arg);
	const char *create = my_next_row(c) ? my_value(c, 1) : NULL;
	size_t len = my_value_len(c, 1);
	char name[MY_TEXT_MAX];

	if (create == NULL)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "the server does not tell the definition of "
			       "table %s",
			       my_clean(name, sizeof(name), t->table->name));
	t->table->fingerprint = my_fingerprint(create, len);
	t->table->is_plain = my_plain_is(create, len);
	look_at_engine(t, create, len);
	if (has_untold_members(create, len))
		my_some_add(&t->part.dump->untold, t->database->name,
			    t->table->name);
	text_reset(&t->text);
	my_statement(&t->text, create, len, false);
	return emit(t, e);
}

static const struct my_ask asks[TABLES_STATE_COUNT] = {
	[TABLES_USE] = {"use a database", ask_use, take_use, NULL},
	[TABLES_DEFINE] = {"read a table's definition", ask_table, take_table,
			   NULL},
};

void my_tables_warn(struct my_dump *d)
{
	if (d->versioned.n > 0)
		my_dump_warn(d, "history_not_included",
			     "%u system-versioned tables are backed up without "
			     "their history: %s",
			     d->versioned.n, my_some_text(&d->versioned));
	if (d->elsewhere.n > 0)
		my_dump_warn(d, "data_not_included",
			     "%u tables show data that lives elsewhere; only "
			     "their definition is backed up: %s",
			     d->elsewhere.n, my_some_text(&d->elsewhere));
	if (d->untold.n > 0)
		my_dump_warn(d, "members_untold",
			     "a '?' in a member of an ENUM or SET of %u tables "
			     "may stand for a character of four bytes, which "
			     "the server does not tell; rows keep their "
			     "members' numbers: %s",
			     d->untold.n, my_some_text(&d->untold));
}

void my_tables_drifted(struct my_dump *d)
{
	if (d->drifting.n == 0 || my_guard_is_proven(d->hold))
		return;
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "partial");
	my_dump_warn(d, "non_transactional",
		     "%u tables have an engine without transactions and may "
		     "have changed while they were read: %s",
		     d->drifting.n, my_some_text(&d->drifting));
}

static enum my_flow do_state(struct tables *t, struct err *e)
{
	if (t->state != TABLES_NEXT)
		return my_dialog_step(&t->part.dialog, &asks[t->state], e);
	next_table(t);
	return MY_DONE;
}

static bool is_over(struct my_part *p)
{
	return tables_of(p)->state == TABLES_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return do_state(tables_of(p), e);
}

static enum flow end(struct my_part *p, struct err *e)
{
	return my_out_flush(&p->out, e) ? FLOW_END : FLOW_FAIL;
}

static void tables_destroy(struct source *source)
{
	struct tables *t = tables_of(source);

	my_part_fini(&t->part);
	text_free(&t->text);
	free(t);
}

static const struct source_ops tables_ops = {
	.name = "mysql tables",
	.read = my_part_read,
	.destroy = tables_destroy,
};

static const struct my_walk walk = {
	.ops = &tables_ops,
	.size = sizeof(struct tables),
	.preamble = "SET NAMES utf8mb4;\n",
	.is_over = is_over,
	.step = step,
	.finish = end,
};

struct source *my_tables_new(struct my_dump *d, unsigned lane, struct err *e)
{
	return my_part_new(&walk, d, lane, e);
}
