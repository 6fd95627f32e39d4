/* status.c - the server at a glance: what runs, what is wrong, and how old the
 * newest backup of each source is. */
#include "ctl/command.h"

#include <string.h>

#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/members.h"
#include "ctl/progress.h"
#include "ctl/session.h"
#include "ctl/words.h"

static const struct option_spec options[] = {
	{NULL, 0, NULL, NULL},
};

/* What is shown, by the name of its member in the document. */
static const struct {
	const char *name, *path;
} lists[] = {
	{"running", "/v1/jobs?status=running"},
	{"queued", "/v1/jobs?status=queued"},
	{"overdue", "/v1/plans?status=overdue"},
	{"unreachable_sources", "/v1/sources?status=unreachable"},
	{"unreachable_pools", "/v1/pools?status=unreachable"},
	{"sources", "/v1/sources?sort=name"},
	{"plans", "/v1/plans?sort=name"},
};

enum { LISTS = sizeof(lists) / sizeof(*lists) };

/* Plans whose last run has failed, of all. */
static json_t *failed_of(const json_t *plans)
{
	json_t *failed = json_array(), *plan;
	size_t i;

	json_array_foreach(plans, i, plan)
	{
		if (strcmp(member_text(plan, "last_run.status", ""),
			   "failed") == 0)
			(void)json_array_append(failed, plan);
	}
	return failed;
}

/* The document that --json shows; NULL with *e filled. */
static json_t *collect(struct session *s, struct err *e)
{
	json_t *doc = json_object(), *system;
	bool ok = client_get(s->client, "/v1/system", &system, e);

	if (ok)
		(void)json_object_set_new(doc, "system", system);
	for (size_t i = 0; ok && i < LISTS; i++) {
		json_t *items = json_array();

		ok = client_list(s->client, lists[i].path, 0, items, NULL, e);
		(void)json_object_set_new(doc, lists[i].name, items);
	}
	if (ok) {
		(void)json_object_set_new(
			doc, "failed",
			failed_of(json_object_get(doc, "plans")));
		(void)json_object_del(doc, "plans");
		return doc;
	}
	json_decref(doc);
	return NULL;
}

static void add_name(struct text *out, const json_t *doc, const char *path)
{
	const char *name = member_text(doc, path, "");

	words_clean(out, name, strlen(name), false);
}

static void tell_jobs(struct text *out, const json_t *jobs)
{
	const json_t *job;
	size_t i;

	json_array_foreach(jobs, i, job)
	{
		text_str(out, "  ");
		add_name(out, job, "kind");
		text_char(out, ' ');
		add_name(out, job, "id");
		text_str(out, "  ");
		progress_line(out, job, 0, false);
		text_char(out, '\n');
	}
}

/* "title:" and a line for each, with why; nothing if there are none. */
static void tell_names(struct text *out, const char *title, const json_t *items,
		       const char *why)
{
	const json_t *doc;
	size_t i;

	if (json_array_size(items) > 0)
		text_printf(out, "%s:\n", title);
	json_array_foreach(items, i, doc)
	{
		text_str(out, "  ");
		add_name(out, doc, "name");
		if (*member_text(doc, why, "") != '\0') {
			text_str(out, ": ");
			add_name(out, doc, why);
		}
		text_char(out, '\n');
	}
}

static void tell_system(struct text *out, const json_t *system)
{
	char words[WORDS_MAX];

	text_str(out, "cofferd ");
	add_name(out, system, "version");
	text_printf(out, ", up %s, %s stored\n",
		    words_seconds(json_integer_value(json_object_get(
					  system, "uptime_seconds")),
				  words),
		    words_bytes((uint64_t)json_integer_value(json_object_get(
					system, "stored_bytes")),
				(char[WORDS_MAX]){0}));
}

/* "3h 20m" since the newest backup. */
static void add_age(struct table *t, const char *at)
{
	char words[WORDS_MAX];
	int64_t then;

	if (clock_parse(at, &then))
		table_cell(t,
			   words_seconds((clock_now_ms() - then) / 1000, words),
			   TABLE_PLAIN);
	else
		table_cell(t, "never", TABLE_BAD);
}

static enum ctl_status tell_sources(const struct session *s,
				    const json_t *sources)
{
	static const struct table_column columns[] = {
		{"SOURCE", false, false}, {"ENGINE", false, false},
		{"STATUS", false, true},  {"NEWEST BACKUP", false, true},
		{"AGE", false, true},
	};
	struct table *t = table_new(columns, 5);
	enum ctl_status status;
	const json_t *doc;
	size_t i;

	if (t == NULL)
		return CTL_FAILED;
	json_array_foreach(sources, i, doc)
	{
		const char *said = member_text(doc, "status", "");
		const char *at = member_text(doc, "last_backup_at", "");
		char words[WORDS_MAX];

		table_cell(t, member_text(doc, "name", ""), TABLE_PLAIN);
		table_cell(t, member_text(doc, "engine", ""), TABLE_PLAIN);
		table_cell(t, said,
			   strcmp(said, "unreachable") == 0 ? TABLE_BAD
							    : TABLE_GOOD);
		table_cell(t, words_time(at, words), TABLE_PLAIN);
		add_age(t, at);
	}
	status = session_table(s, t);
	table_free(t);
	return status;
}

static enum ctl_status tell(const struct session *s, const json_t *doc)
{
	const json_t *sources = json_object_get(doc, "sources");
	const json_t *running = json_object_get(doc, "running");
	const json_t *queued = json_object_get(doc, "queued");
	struct text out = {0};

	tell_system(&out, json_object_get(doc, "system"));
	if (json_array_size(running) + json_array_size(queued) > 0)
		text_str(&out, "jobs:\n");
	tell_jobs(&out, running);
	tell_jobs(&out, queued);
	tell_names(&out, "plans that are overdue",
		   json_object_get(doc, "overdue"), "status_reason");
	tell_names(&out, "plans whose last run failed",
		   json_object_get(doc, "failed"), "last_run.backup_id");
	tell_names(&out, "sources that do not answer",
		   json_object_get(doc, "unreachable_sources"),
		   "status_reason");
	tell_names(&out, "pools that do not answer",
		   json_object_get(doc, "unreachable_pools"), "status_reason");
	if (!out.is_broken)
		session_text(out.data, out.len);
	text_free(&out);
	return json_array_size(sources) > 0 ? tell_sources(s, sources) : CTL_OK;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	enum ctl_status status = CTL_OK;
	struct err e = {0};
	json_t *doc = collect(s, &e);

	(void)a;
	if (doc == NULL)
		return session_fail(s, &e);
	if (s->is_json)
		session_json(s, doc);
	else
		status = tell(s, doc);
	json_decref(doc);
	return status;
}

const struct command *status_command(void)
{
	static const struct command c = {
		.name = "status",
		.synopsis = "",
		.summary = "what runs, what is wrong, how old backups are",
		.options = options,
		.run = run,
	};

	return &c;
}
