/* suit.c - what is wanted of a source, and what its kind can. */
#include "http/suit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/plan.h"
#include "model/scope.h"
#include "sources/kinds.h"

enum { LEVEL = 3, LINES = 4, FULL_EVERY = 7 };

static const struct source_kind *kind_of(const struct suit *s)
{
	return s->engine != NULL ? source_kind_find(s->engine) : NULL;
}

void suit_fill_method(char method[METHOD_BUF], const char *engine)
{
	const struct source_kind *k =
		engine != NULL ? source_kind_find(engine) : NULL;
	bool is_only =
		k != NULL && k->methods[0] != NULL && k->methods[1] == NULL;

	if (method[0] == '\0')
		(void)str_copy(method, METHOD_BUF,
			       is_only ? k->methods[0] : "logical");
}

/* The kinds to ask: the source's own, or all. */
static bool is_asked(const struct suit *s, const struct source_kind *k)
{
	const struct source_kind *own = kind_of(s);

	return own == NULL || own == k;
}

static bool has_method(const struct suit *s)
{
	for (const struct source_kind *const *k = source_kinds(); *k != NULL;
	     k++)
		if (is_asked(s, *k) && source_has_method(*k, s->method))
			return true;
	return false;
}

/* Of a method that is none of the source's nothing is known: then whether any
 * of its methods takes the option. */
static bool takes_option(const struct suit *s, const char *option)
{
	const char *method = has_method(s) ? s->method : NULL;

	for (const struct source_kind *const *k = source_kinds(); *k != NULL;
	     k++)
		if (is_asked(s, *k) && source_takes_option(*k, method, option))
			return true;
	return false;
}

static bool has_accounts(const struct suit *s)
{
	const struct source_kind *k = kind_of(s);

	return k == NULL || source_takes_option(k, NULL, "include_accounts");
}

static enum scope_form form_of(const struct suit *s)
{
	const struct source_kind *k = kind_of(s);

	if (k == NULL)
		return SCOPE_OF_ANY;
	if (k->is_tree)
		return SCOPE_OF_PATHS;
	return k->is_by_key ? SCOPE_OF_KEYS : SCOPE_OF_NAMES;
}

/* What is only excluded from it leaves it the whole instance. */
static bool is_whole(const struct scope *scope)
{
	return scope->ndatabases == 0 && scope->ninclude == 0 &&
	       scope->nnumbers == 0 && scope->nkeys == 0;
}

static json_t *defaults(const struct suit *s, const struct scope *scope)
{
	return json_pack(
		"{s:i, s:i, s:b, s:b, s:b, s:i, s:b, s:b, s:n, s:i, s:n}",
		"compression_level", LEVEL, "parallelism",
		takes_option(s, "parallelism") ? LINES : 1, "include_accounts",
		has_accounts(s) && is_whole(scope), "lock_non_transactional", 0,
		"incremental", 0, "full_every", FULL_EVERY, "strict", 0,
		"one_file_system", 0, "snapshot_hook", "grace_seconds",
		PLAN_GRACE_SECONDS, "drill");
}

json_t *suit_defaults(const struct suit *s)
{
	struct scope scope = {0};
	struct err e = {0};
	json_t *all = NULL;

	if (scope_parse(&scope, s->scope_json, form_of(s), &e) ||
	    e.code != ERR_NOMEM)
		all = defaults(s, &scope);
	scope_fini(&scope);
	return all;
}

/* --- the check */

static void add_words(struct text *t, const struct source_kind *k)
{
	for (const char *const *m = k->methods; *m != NULL; m++)
		if (t->data == NULL || strstr(t->data, *m) == NULL)
			text_printf(t, "%s\"%s\"", t->len > 0 ? ", " : "", *m);
}

static void check_method(const struct suit *s, struct faults *f)
{
	struct text words = {0};

	if (has_method(s))
		return;
	for (const struct source_kind *const *k = source_kinds(); *k != NULL;
	     k++)
		if (is_asked(s, *k))
			add_words(&words, *k);
	faults_add(f, "/method", "not_supported",
		   "method \"%s\" is not supported %s%s%s, only %s", s->method,
		   kind_of(s) ? "for engine \"" : "yet",
		   kind_of(s) ? s->engine : "", kind_of(s) ? "\"" : "",
		   words.data ? words.data : "");
	text_free(&words);
}

/* What of the methods that copy files can copy some of them. */
static bool takes_names(const struct suit *s, const struct scope *scope)
{
	return strcmp(s->method, "physical") == 0 && scope->ninclude == 0 &&
	       scope->nexclude == 0;
}

static void check_scope(const struct suit *s, const struct scope *scope,
			struct faults *f)
{
	const struct source_kind *k = kind_of(s);

	if (k != NULL && !k->is_tree && strcmp(s->method, "logical") != 0 &&
	    source_has_method(k, s->method) && !scope_is_whole(scope) &&
	    !takes_names(s, scope))
		faults_add(f, "/scope", "invalid_scope",
			   "method \"%s\" copies the files of the whole "
			   "instance%s: leave out \"scope\", or use method "
			   "\"logical\"",
			   s->method,
			   strcmp(s->method, "physical") == 0
				   ? ", or of databases and tables that are "
				     "named without patterns"
				   : "");
}

static bool is_told(const struct faults *f, const char *where)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->list[i].where, where) == 0)
			return true;
	return false;
}

/* A plan's own, whatever it backs up. */
static bool is_of_plans(const char *option)
{
	return strcmp(option, "grace_seconds") == 0 ||
	       strcmp(option, "drill") == 0;
}

static void check_option(const struct suit *s, const struct scope *scope,
			 const char *option, struct faults *f)
{
	char where[FAULT_WHERE_MAX];

	(void)snprintf(where, sizeof(where), "/options/%s", option);
	if (is_told(f, where))
		return;
	if (!takes_option(s, option))
		faults_add(f, where, "invalid_value",
			   "\"%s\" does not fit method \"%s\"%s%s%s: leave it "
			   "out, or give null",
			   option, s->method, kind_of(s) ? " of engine \"" : "",
			   kind_of(s) ? s->engine : "", kind_of(s) ? "\"" : "");
	else if (strcmp(option, "include_accounts") == 0 && !is_whole(scope))
		faults_add(f, where, "invalid_value",
			   "accounts belong to the whole instance: leave out "
			   "\"scope\", or \"include_accounts\"");
}

/* All that there are; a member that is none was told before. */
static void check_options(const struct suit *s, const struct scope *scope,
			  struct faults *f)
{
	json_t *given = json_loads(s->options_json, JSON_ALLOW_NUL, NULL);
	json_t *all = defaults(s, scope);
	json_t *otherwise, *value;
	const char *name;

	if (given == NULL || all == NULL)
		f->is_broken = true;
	json_object_foreach(all, name, otherwise)
	{
		value = json_object_get(given, name);
		if (value != NULL && !json_is_null(value) &&
		    !is_of_plans(name) && !json_equal(value, otherwise))
			check_option(s, scope, name, f);
	}
	json_decref(given);
	json_decref(all);
}

void suit_check(const struct suit *s, struct faults *f)
{
	struct scope scope = {0};
	struct err e = {0};

	check_method(s, f);
	if (!scope_parse(&scope, s->scope_json, form_of(s), &e))
		faults_add_err(f, "/scope", &e);
	else
		check_scope(s, &scope, f);
	if (s->options_json != NULL)
		check_options(s, &scope, f);
	scope_fini(&scope);
}
