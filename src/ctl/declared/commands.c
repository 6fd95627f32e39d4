/* commands.c - apply and export: what is declared in a file, and the way back.
 */
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/declared/apply.h"
#include "ctl/declared/file.h"
#include "ctl/declared/kinds.h"
#include "ctl/members.h"
#include "ctl/session.h"
#include "ctl/words.h"

static const struct option_spec apply_options[] = {
	{"dry-run", 0, NULL, "say what would change, and change nothing"},
	{"secrets", 0, NULL, "send secrets of what is there already, too"},
	{NULL, 0, NULL, NULL},
};

static const struct option_spec export_options[] = {
	{NULL, 0, NULL, NULL},
};

/* --- export */

static enum ctl_status run_export(struct session *s, const struct arguments *a)
{
	json_t *doc = json_object(), *items, *item;
	struct err e = {0};
	bool ok = true;
	size_t i;

	(void)a;
	for (const struct declared_kind *k = declared_kinds();
	     ok && k->section != NULL; k++) {
		json_t *list = json_array();

		items = json_array();
		ok = client_list(s->client, k->path, 0, items, NULL, &e);
		/* The oldest first: as they were made. */
		for (i = json_array_size(items); i > 0; i--) {
			item = json_array_get(items, i - 1);
			(void)json_array_append_new(list, declared_of(k, item));
		}
		(void)json_object_set_new(doc, k->section, list);
		json_decref(items);
	}
	if (ok)
		session_json(s, doc);
	json_decref(doc);
	return ok ? CTL_OK : session_fail(s, &e);
}

const struct command *export_command(void)
{
	static const struct command c = {
		.name = "export",
		.synopsis = "",
		.summary = "pools, sources and plans, as apply takes them",
		.options = export_options,
		.run = run_export,
	};

	return &c;
}

/* --- apply */

struct tally {
	json_t *results;
	size_t counts[3]; /* by enum applied */
	size_t not_tried;
	bool has_failed;
};

static const char *const words[] = {
	[APPLIED_UNCHANGED] = "unchanged",
	[APPLIED_CREATED] = "created",
	[APPLIED_CHANGED] = "changed",
};

static void say(const struct session *s, const json_t *result)
{
	const json_t *path;
	struct text line = {0};
	size_t i;

	if (s->is_json)
		return;
	text_printf(&line, "%s ", member_text(result, "kind", ""));
	words_clean(&line, member_text(result, "name", ""),
		    strlen(member_text(result, "name", "")), false);
	text_printf(&line, ": %s", member_text(result, "action", ""));
	json_array_foreach(json_object_get(result, "changes"), i, path)
		text_printf(&line, "%s %s", i > 0 ? "," : "",
			    json_string_value(path));
	text_char(&line, '\n');
	if (!line.is_broken)
		session_text(line.data, line.len);
	text_free(&line);
}

static void note(const struct session *s, struct tally *t,
		 const struct declared_kind *k, const json_t *resource,
		 const json_t *changes, const char *action)
{
	json_t *result =
		json_pack("{s:s, s:s, s:s}", "kind", k->called, "name",
			  member_text(resource, "name", ""), "action", action);

	(void)json_object_set_new(result, "changes",
				  changes != NULL ? json_deep_copy(changes)
						  : json_array());
	say(s, result);
	(void)json_array_append_new(t->results, result);
}

/* One after the other; what comes behind a failure is not tried. */
static void apply_section(struct session *s, const struct declared_kind *k,
			  const json_t *list, const struct apply_how *how,
			  struct tally *t, struct err *e)
{
	const json_t *resource;
	size_t i;

	json_array_foreach(list, i, resource)
	{
		struct apply_done done = {0};

		if (t->has_failed) {
			t->not_tried++;
			note(s, t, k, resource, NULL, "not tried");
		} else if (apply_one(s, k, resource, how, &done, e)) {
			t->counts[done.what]++;
			note(s, t, k, resource, done.changes, words[done.what]);
		} else {
			t->has_failed = true;
			(void)session_fail(s, e);
			note(s, t, k, resource, NULL, "failed");
		}
		json_decref(done.changes);
	}
}

static void conclude(const struct session *s, const struct tally *t,
		     const struct apply_how *how)
{
	json_t *doc;

	if (s->is_json) {
		doc = json_pack("{s:b, s:O}", "dry_run", (int)how->is_dry_run,
				"results", t->results);
		session_json(s, doc);
		json_decref(doc);
		return;
	}
	if (!t->has_failed && t->counts[APPLIED_CREATED] == 0 &&
	    t->counts[APPLIED_CHANGED] == 0)
		(void)printf("nothing to change\n");
	else
		(void)printf("%zu created, %zu changed, %zu unchanged%s\n",
			     t->counts[APPLIED_CREATED],
			     t->counts[APPLIED_CHANGED],
			     t->counts[APPLIED_UNCHANGED],
			     how->is_dry_run ? "; a dry run: nothing was done"
			     : t->has_failed ? "; what follows the failure was "
					       "not tried: apply again"
					     : "");
}

static enum ctl_status run_apply(struct session *s, const struct arguments *a)
{
	const struct apply_how how = {
		.is_dry_run = arguments_get(a, "dry-run") != NULL,
		.with_secrets = arguments_get(a, "secrets") != NULL,
	};
	struct tally t = {0};
	struct err e = {0};
	json_t *doc = declared_read(a->words[0], &e);

	if (doc == NULL)
		return session_fail(s, &e);
	t.results = json_array();
	for (const struct declared_kind *k = declared_kinds(); k->section; k++)
		apply_section(s, k, json_object_get(doc, k->section), &how, &t,
			      &e);
	conclude(s, &t, &how);
	json_decref(t.results);
	declared_forget(doc);
	return t.has_failed ? session_status(&e) : CTL_OK;
}

const struct command *apply_command(void)
{
	static const struct command c = {
		.name = "apply",
		.synopsis = "FILE|- [--dry-run] [--secrets]",
		.summary = "make pools, sources and plans what a file says",
		.options = apply_options,
		.min_words = 1,
		.max_words = 1,
		.run = run_apply,
	};

	return &c;
}
