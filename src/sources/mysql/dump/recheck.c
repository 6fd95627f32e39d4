/*
 * recheck.c - phase "check": after the last definition, whether the account
 * may still see all that it had to; and, unless schema changes were held off
 * all the time, whether all tables are there and look as they did before the
 * first row. A right or a definition that went meanwhile may have cost
 * triggers, columns or rows without any error.
 */
#include "sources/mysql/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/dump/definition.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/list.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/dump/rights.h"

enum recheck_state {
	RECHECK_GRANTS, /* what the account may do by now */
	RECHECK_NAMES,	/* as when the definitions were read first */
	RECHECK_LIST,	/* the tables of one database after the other */
	RECHECK_USE,	/* the next table's database, if it is another */
	RECHECK_TABLE,	/* the next table's definition */
	RECHECK_DONE,
	RECHECK_STATE_COUNT,
};

static const char *const state_names[] = {
	"grants", "names", "list", "use", "table", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       RECHECK_STATE_COUNT,
	       "one name per state");

struct recheck {
	struct my_part part; /* comes first */
	enum recheck_state state;
	size_t database; /* RECHECK_LIST */
	struct my_cursor at;
	const char *in_use; /* database of the session, or NULL */
};

static struct recheck *recheck_of(void *part)
{
	return part;
}

static struct my_objects *objects_of(struct recheck *r)
{
	return &r->part.dump->objects;
}

static struct my_database *database_of(struct recheck *r)
{
	return my_cursor_database(objects_of(r), &r->at);
}

static void set_state(struct recheck *r, enum recheck_state next)
{
	if (r->state <= RECHECK_LIST || next == RECHECK_DONE)
		log_debug("sources", "mysql recheck: %s -> %s",
			  state_names[r->state], state_names[next]);
	r->state = next;
}

static void next_table(struct recheck *r)
{
	if (my_cursor_find(objects_of(r), &r->at, MY_TABLES))
		set_state(r, RECHECK_USE);
	else
		set_state(r, RECHECK_DONE);
}

static bool lost(struct err *e, const char *how)
{
	return err_set(e, ERR_DENIED, "access_denied",
		       "while the backup ran %s; grant it again and repeat the "
		       "backup, for this one may miss things",
		       how);
}

/* All that was looked at before the first byte. */
static bool check_grants(const struct my_dump *d, const struct my_grants *now,
			 struct err *e)
{
	struct err why = {0};

	if (!my_rights_check_server(now, &d->objects, &why) ||
	    !my_rights_check(now, &d->objects, &why))
		return lost(e, why.msg);
	if (d->has_accounts &&
	    !my_grants_have(now, MY_PRIV_SELECT, "mysql", NULL))
		return lost(e, "the account lost SELECT on mysql.*");
	return true;
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct recheck *r = recheck_of(arg);
	struct my_grants now = {0};
	bool ok = true;

	while (ok && my_next_row(c))
		ok = my_value(c, 0) == NULL ||
		     my_grants_add(&now, my_value(c, 0)) ||
		     err_nomem(e, "the account's rights");
	ok = ok && check_grants(r->part.dump, &now, e);
	my_grants_fini(&now);
	if (my_guard_is_proven(r->part.dump->guard))
		set_state(r, RECHECK_DONE);
	else
		set_state(r, RECHECK_NAMES);
	return ok;
}

static bool no_grants(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	(void)arg;
	(void)c;
	if (number != MY_ERR_NO_GRANT && !my_is_denial(number))
		return false;
	err_clear(e);
	return lost(e, "the account was dropped");
}

static bool ask_names(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	/* Results as my_settings_read() has them: definitions are compared. */
	text_str(sql, "SET NAMES utf8mb4, character_set_results = NULL");
	return true;
}

static bool take_names(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(recheck_of(arg), RECHECK_LIST);
	return true;
}

static bool ask_list(void *arg, struct text *sql, struct err *e)
{
	struct recheck *r = recheck_of(arg);

	(void)e;
	if (r->database < objects_of(r)->n)
		my_list_ask_tables(&objects_of(r)->databases[r->database], sql);
	return true;
}

/* What was created since then is no loss: it was not there at the time of the
 * snapshot. */
static bool take_list(void *arg, struct my_conn *c, struct err *e)
{
	struct recheck *r = recheck_of(arg);
	struct my_objects *o = objects_of(r);

	if (r->database == o->n) {
		next_table(r);
		return true;
	}
	return my_list_compare(&o->databases[r->database++], false, c, e);
}

static bool ask_use(void *arg, struct text *sql, struct err *e)
{
	struct recheck *r = recheck_of(arg);

	(void)e;
	if (r->in_use == database_of(r)->name)
		return true;
	text_str(sql, "USE ");
	my_quote_name(sql, database_of(r)->name);
	return true;
}

static bool take_use(void *arg, struct my_conn *c, struct err *e)
{
	struct recheck *r = recheck_of(arg);

	(void)c;
	(void)e;
	r->in_use = database_of(r)->name;
	set_state(r, RECHECK_TABLE);
	return true;
}

static bool ask_table(void *arg, struct text *sql, struct err *e)
{
	struct recheck *r = recheck_of(arg);

	(void)e;
	text_str(sql, "SHOW CREATE TABLE ");
	my_quote_name(sql, my_cursor_table(objects_of(r), &r->at)->name);
	return true;
}

static bool take_table(void *arg, struct my_conn *c, struct err *e)
{
	struct recheck *r = recheck_of(arg);
	const struct my_table *t = my_cursor_table(objects_of(r), &r->at);
	const char *create = my_next_row(c) ? my_value(c, 1) : NULL;

	if (create == NULL ||
	    my_fingerprint(create, my_value_len(c, 1)) != t->fingerprint)
		return my_changed(e, database_of(r), t->name, "changed");
	r->at.table++;
	next_table(r);
	return true;
}

static const struct my_ask asks[RECHECK_STATE_COUNT] = {
	[RECHECK_GRANTS] = {"read the account's rights again", my_ask_grants,
			    take_grants, no_grants},
	[RECHECK_NAMES] = {"set up the session", ask_names, take_names, NULL},
	[RECHECK_LIST] = {"list the tables again", ask_list, take_list, NULL},
	[RECHECK_USE] = {"use a database", ask_use, take_use, NULL},
	[RECHECK_TABLE] = {"compare a table's definition", ask_table,
			   take_table, NULL},
};

static bool is_over(struct my_part *p)
{
	return recheck_of(p)->state == RECHECK_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return my_dialog_step(&p->dialog, &asks[recheck_of(p)->state], e);
}

static void recheck_destroy(struct source *source)
{
	my_part_fini(&recheck_of(source)->part);
	free(source);
}

static const struct source_ops recheck_ops = {
	.name = "mysql check",
	.read = my_part_read,
	.destroy = recheck_destroy,
};

static const struct my_walk walk = {
	.ops = &recheck_ops,
	.size = sizeof(struct recheck),
	.preamble = "",
	.is_over = is_over,
	.step = step,
};

struct source *my_recheck_new(struct my_dump *d, struct err *e)
{
	return my_part_new(&walk, d, 0, e);
}
