/*
 * statement.c - what a sink does with each statement of a dump: sends it,
 * sends it changed, puts it off, or leaves it out.
 *
 * Statements are known by how they begin: all of them were written by a dump,
 * and what the server printed begins in one way.
 */
#include "sources/mysql/load/sink_int.h"

#include <inttypes.h>
#include <string.h>

#include "sources/mysql/load/definer.h"
#include "sources/mysql/dump/definition.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/history.h"
#include "sources/mysql/load/leave.h"
#include "sources/mysql/dump/out.h"
#include "sources/mysql/dump/program.h"
#include "sources/mysql/quote.h"

enum { BRIEF_MAX = 81 }; /* of a statement, in errors */

static bool begins(const char *sql, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(sql, with, n) == 0;
}

/*
 * The dump's first and last lines save the stock client's session and put it
 * back. Ours is set up by us, and these variables are another connection's.
 */
static bool is_for_the_client(const struct my_sink *s)
{
	static const char *const heads[] = {
		"SET @coffer_client = ",
		"SET foreign_key_checks = 0, unique_checks = 0",
		"/*!80030 ",
		"SET character_set_client = @coffer_client",
		NULL,
	};
	const char *const *h = heads;

	while (*h != NULL && !begins(s->raw, s->raw_len, *h))
		h++;
	return *h != NULL;
}

static void find_partial(struct my_sink *s, const char *name)
{
	s->partial = my_load_partial(s->load,
				     my_renames_find(&s->load->renames, name));
}

/* The database that USE, or ALTER DATABASE, names in the dump. */
static bool look_at_database(struct my_sink *s, size_t at, struct err *e)
{
	struct text name = {0};
	const char *from = s->raw + at;

	bool is_broken;

	if (my_unquote_name(&from, s->raw + s->raw_len, &name))
		find_partial(s, name.data);
	is_broken = name.is_broken;
	text_free(&name);
	return !is_broken || err_nomem(e, "a statement");
}

/* Its defaults are its own when it was there before, and in part only is
 * written to. */
static bool is_alter_of_another(struct my_sink *s, struct err *e)
{
	static const char alter[] = "ALTER DATABASE ";

	if (!begins(s->raw, s->raw_len, alter) || s->load->ndatabases == 0)
		return false;
	if (!look_at_database(s, sizeof(alter) - 1, e))
		return false;
	return s->partial != NULL && s->partial->is_there;
}

static bool remember_use(struct my_sink *s, struct err *e)
{
	text_reset(&s->use);
	text_add(&s->use, s->sql, s->len);
	if (s->use.is_broken)
		return err_nomem(e, "a statement");
	return s->is_own || look_at_database(s, sizeof("USE ") - 1, e);
}

/* The names and the account as they are at the target. */
static bool change(struct my_sink *s, struct err *e)
{
	const struct my_load *l = s->load;

	s->sql = s->raw;
	s->len = s->raw_len;
	if (!s->is_own &&
	    my_renames_apply(&l->renames, s->sql, s->len, &s->renamed)) {
		if (s->renamed.is_broken)
			return err_nomem(e, "a statement");
		s->sql = s->renamed.data;
		s->len = s->renamed.len;
	}
	if (l->definer == LOAD_DEFINER_REPLACE && s->section == ITEM_POST &&
	    my_definer_replace(s->sql, s->len, &s->replaced)) {
		if (s->replaced.is_broken)
			return err_nomem(e, "a statement");
		s->sql = s->replaced.data;
		s->len = s->replaced.len;
	}
	return true;
}

static bool hold(struct my_sink *s, struct err *e)
{
	return my_load_hold(s->load, s->sql, s->len) ||
	       err_nomem(e, "the events");
}

bool my_sink_take(struct my_sink *s, struct err *e)
{
	struct load_facts *f = &s->load->facts;

	if (!s->is_own) {
		f->statements++;
		f->statement_bytes += s->raw_len;
	}
	if (is_for_the_client(s) || is_alter_of_another(s, e) || err_is(e))
		return false;
	if (my_is_mark(my_events_mark(), s->raw, s->raw_len)) {
		s->is_holding = true;
		return false;
	}
	if (my_is_mark(my_events_end(), s->raw, s->raw_len))
		s->is_holding = false;
	if (!change(s, e))
		return false;
	if (begins(s->raw, s->raw_len, "USE ") && !remember_use(s, e))
		return false;
	if (!s->is_holding)
		return true;
	(void)hold(s, e);
	return false;
}

/* The quoted name behind a statement's first words; 0: none. */
static size_t name_at(const struct my_sink *s, const char *words,
		      const char **name)
{
	const char *end = s->raw + s->raw_len, *p;
	struct text text = {0};
	bool ok;

	if (!begins(s->raw, s->raw_len, words))
		return 0;
	*name = s->raw + strlen(words);
	p = *name;
	ok = my_unquote_name(&p, end, &text);
	text_free(&text);
	return ok ? (size_t)(p - *name) : 0;
}

bool my_sink_wants_single(const struct my_sink *s)
{
	const char *name = NULL;
	size_t len;

	if (s->section != ITEM_DATA || s->is_own)
		return false;
	if (s->split.is_given)
		return true;
	len = name_at(s, "INSERT INTO ", &name);
	if (len == 0)
		len = name_at(s, MY_HISTORY_PREFIX "INSERT INTO ", &name);
	return len > 0 && my_plain_has(s->load, &s->use, name, len);
}

/* A ROLLBACK takes the rows of these back. */
static bool has_transactions(const struct my_sink *s)
{
	static const char *const engines[] = {"InnoDB", "ROCKSDB", "TokuDB",
					      "ndbcluster", NULL};
	const char *engine = my_table_engine(s->raw, s->raw_len);
	size_t left =
		engine != NULL ? s->raw_len - (size_t)(engine - s->raw) : 0;
	const char *const *known = engines;

	while (*known != NULL && !begins(engine, left, *known))
		known++;
	return engine == NULL || *known != NULL;
}

bool my_sink_did(struct my_sink *s, struct err *e)
{
	const char *name = NULL;
	size_t len;

	if (s->is_own)
		return true;
	if (s->section == ITEM_POST && begins(s->raw, s->raw_len, "CREATE "))
		s->load->facts.programs_made++;
	if (s->section != ITEM_SCHEMA)
		return true;
	len = name_at(s, "CREATE TABLE ", &name);
	if (len == 0)
		return true;
	s->load->facts.tables_made++;
	return has_transactions(s) ||
	       my_plain_add(s->load, &s->use, name, len) ||
	       err_nomem(e, "a list of tables");
}

static void use_database(struct my_sink *s, const char *name)
{
	struct text use = {0};

	text_str(&use, "USE ");
	my_quote_name(&use, my_renames_find(&s->load->renames, name));
	my_statement(&s->own, use.data, use.len, false);
	s->own.is_broken = s->own.is_broken || use.is_broken;
	text_free(&use);
}

bool my_sink_set_up(struct my_sink *s, const struct item *item, struct err *e)
{
	s->is_holding = strcmp(item->type, "event") == 0;
	text_reset(&s->own);
	text_str(&s->own, item->kind == ITEM_DATA ? "SET NAMES binary;\n"
						  : "SET NAMES utf8mb4;\n");
	/* Its own statement makes it. */
	if (item->group[0] != '\0' && strcmp(item->type, "database") != 0) {
		use_database(s, item->group);
		find_partial(s, item->group);
	}
	if (s->own.is_broken)
		return err_nomem(e, "a statement");
	my_split_feed(&s->own_split, s->own.data, s->own.len);
	return true;
}

/* The verb and the name: no values, and nothing behind a quote, where a
 * password's hash may stand. */
static void brief(const struct my_sink *s, char out[BRIEF_MAX])
{
	char text[BRIEF_MAX], *secret;
	size_t n = s->len < BRIEF_MAX - 1 ? s->len : BRIEF_MAX - 1;

	memcpy(text, s->sql, n);
	text[n] = '\0';
	text[strcspn(text, "'(\n")] = '\0';
	secret = strstr(text, " IDENTIFIED");
	if (secret != NULL)
		*secret = '\0';
	(void)my_clean(out, BRIEF_MAX, text);
}

bool my_sink_leaves_out(struct my_sink *s, unsigned number)
{
	struct text brief = {0};
	char clean[MY_TEXT_MAX];

	if (s->section != ITEM_ACCOUNT ||
	    !my_may_leave_out(s->full, s->full_len, number))
		return false;
	my_leave_out_brief(&brief, s->full, s->full_len);
	my_load_note(s->load,
		     "a grant that the target refuses is left out "
		     "(%u): %s",
		     number,
		     my_clean(clean, sizeof(clean),
			      brief.data != NULL ? brief.data : ""));
	text_free(&brief);
	return true;
}

void my_sink_stand(const struct my_sink *s, struct err *e)
{
	const struct load_facts *f = &s->load->facts;
	struct text t = {0};

	if (f->statements == 0)
		return;
	text_printf(&t,
		    "%s; the target has %" PRIu64 " new tables and %" PRIu64
		    " rows in them: restore again with overwrite",
		    e->msg, f->tables_made, f->rows_committed);
	if (t.data != NULL)
		(void)str_copy(e->msg, sizeof(e->msg), t.data);
	text_free(&t);
}

/* Whose fault it is: the broken connection's, or the target's. */
void my_sink_blame(const struct my_sink *s, struct err *e)
{
	unsigned number = my_conn_errno(s->conn);
	char what[BRIEF_MAX];

	if (e->code != ERR_CONNECT && e->code != ERR_TIMEOUT &&
	    e->code != ERR_NOMEM) {
		e->code = ERR_REMOTE;
		(void)str_copy(e->api, sizeof(e->api), "target_failed");
	}
	/* The server quotes what it does not understand. */
	if (s->section == ITEM_ACCOUNT && number == MY_ERR_SYNTAX)
		(void)str_copy(e->msg, sizeof(e->msg),
			       "restore: the target does not know this kind "
			       "of account (1064); make it by hand");
	brief(s, what);
	err_prefix(e, "%s section, statement %" PRIu64 ", %s",
		   item_kind_name(s->section), s->load->facts.statements, what);
}
