/* lists.c - sources, pools, plans, backups, jobs: list and show. */
#include "ctl/command.h"

#include <string.h>

#include "ctl/client.h"
#include "ctl/members.h"
#include "ctl/path.h"
#include "ctl/session.h"

/* Which of them a list takes the server knows, and says. */
static const struct option_spec options[] = {
	{"limit", 'n', "N", "the first N of the list; all if not given"},
	{"sort", 0, "FIELD", "name, -created_at, ..."},
	{"search", 'q', "TEXT", "names that have it"},
	{"status", 0, "STATUS", "of that status"},
	{"source", 0, "SOURCE", "plans, backups, jobs of a source"},
	{"pool", 0, "POOL", "plans, backups in a pool"},
	{"plan", 0, "PLAN", "backups of a plan"},
	{"engine", 0, "ENGINE", "sources, plans of an engine"},
	{"kind", 0, "KIND", "jobs of a kind"},
	{"since", 0, "TIME", "backups from a time on (RFC 3339)"},
	{"until", 0, "TIME", "backups before a time"},
	{NULL, 0, NULL, NULL},
};

static const char *const filters[] = {"sort", "status", "source",
				      "pool", "plan",	"engine",
				      "kind", "since",	"until"};

static const struct member_column source_columns[] = {
	{"NAME", "name", MEMBER_TEXT},
	{"ENGINE", "engine", MEMBER_TEXT},
	{"STATUS", "status", MEMBER_STATUS},
	{"VERSION", "version", MEMBER_TEXT},
	{"LAST BACKUP", "last_backup_at", MEMBER_TIME},
	{"REMARKS", "remarks", MEMBER_TEXT},
	{NULL, NULL, MEMBER_TEXT},
};

static const struct member_column pool_columns[] = {
	{"NAME", "name", MEMBER_TEXT},
	{"STATUS", "status", MEMBER_STATUS},
	{"STORAGE", "storage_type", MEMBER_TEXT},
	{"ENCRYPTED", "encryption", MEMBER_IS_SET},
	{"BACKUPS", "backup_count", MEMBER_COUNT},
	{"STORED", "stored_bytes", MEMBER_BYTES},
	{NULL, NULL, MEMBER_TEXT},
};

static const struct member_column plan_columns[] = {
	{"NAME", "name", MEMBER_TEXT},
	{"STATUS", "status", MEMBER_STATUS},
	{"SOURCE", "source.name", MEMBER_TEXT},
	{"POOL", "pool.name", MEMBER_TEXT},
	{"TIMER", "timer_words", MEMBER_TEXT},
	{"NEXT RUN", "next_runs.0", MEMBER_TIME},
	{"LAST", "last_run.status", MEMBER_STATUS},
	{NULL, NULL, MEMBER_TEXT},
};

static const struct member_column backup_columns[] = {
	{"NAME", "name", MEMBER_TEXT},
	{"STATUS", "status", MEMBER_STATUS},
	{"SOURCE", "source.name", MEMBER_TEXT},
	{"METHOD", "method", MEMBER_TEXT},
	{"STARTED", "started_at", MEMBER_TIME},
	{"STORED", "stored_bytes", MEMBER_BYTES},
	{"VERIFIED", "verify_status", MEMBER_STATUS},
	{"EXPIRES", "expires_at", MEMBER_TIME},
	{NULL, NULL, MEMBER_TEXT},
};

static const struct member_column job_columns[] = {
	{"ID", "id", MEMBER_TEXT},
	{"KIND", "kind", MEMBER_TEXT},
	{"STATUS", "status", MEMBER_STATUS},
	{"PHASE", "progress.phase", MEMBER_TEXT},
	{"DONE", "progress.percent", MEMBER_PERCENT},
	{"CREATED", "created_at", MEMBER_TIME},
	{"RESOURCE", "resource", MEMBER_TEXT},
	{NULL, NULL, MEMBER_TEXT},
};

struct kind {
	const char *path;
	const struct member_column *columns;
};

static const struct kind kinds[] = {
	{"/v1/sources", source_columns}, {"/v1/pools", pool_columns},
	{"/v1/plans", plan_columns},	 {"/v1/backups", backup_columns},
	{"/v1/jobs", job_columns},
};

static enum ctl_status tell_list(const struct session *s, const struct kind *k,
				 json_t *items, json_int_t total)
{
	enum ctl_status status;
	struct table *t;

	if (s->is_json) {
		json_t *doc =
			json_pack("{s:O, s:I}", "items", items, "total", total);

		session_json(s, doc);
		json_decref(doc);
		return CTL_OK;
	}
	t = members_table(k->columns, items);
	if (t == NULL)
		return CTL_FAILED;
	status = session_table(s, t);
	table_free(t);
	return status;
}

static enum ctl_status list(struct session *s, const struct kind *k,
			    const struct arguments *a)
{
	unsigned long long limit = 0;
	enum ctl_status status;
	struct text path = {0};
	struct err e = {0};
	json_int_t total = 0;
	json_t *items = json_array();

	text_str(&path, k->path);
	path_query(&path, "q", arguments_get(a, "search"));
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		path_query(&path, filters[i], arguments_get(a, filters[i]));
	if (!arguments_number(a, "limit", 1, 1000000, &limit))
		(void)err_set(&e, ERR_INVALID, "usage",
			      "--limit takes a number from 1 on");
	if (!err_is(&e) &&
	    client_list(s->client, path.data, (size_t)limit, items, &total, &e))
		status = tell_list(s, k, items, total);
	else
		status = session_fail(s, &e);
	text_free(&path);
	json_decref(items);
	return status;
}

static enum ctl_status tell_one(const struct session *s, const json_t *doc)
{
	struct text out = {0};

	if (s->is_json) {
		session_json(s, doc);
		return CTL_OK;
	}
	members_show(&out, doc);
	if (!out.is_broken && out.data != NULL)
		session_text(out.data, out.len);
	text_free(&out);
	return CTL_OK;
}

static enum ctl_status show(struct session *s, const struct kind *k,
			    const char *name)
{
	enum ctl_status status;
	struct text path = {0};
	struct err e = {0};
	json_t *doc = NULL;

	text_str(&path, k->path);
	path_segment(&path, name);
	if (client_get(s->client, path.data, &doc, &e))
		status = tell_one(s, doc);
	else
		status = session_fail(s, &e);
	json_decref(doc);
	text_free(&path);
	return status;
}

static enum ctl_status run(struct session *s, const struct kind *k,
			   const struct arguments *a)
{
	struct err e = {0};

	if (strcmp(a->words[0], "list") == 0 && a->nwords == 1)
		return list(s, k, a);
	if (strcmp(a->words[0], "show") == 0 && a->nwords == 2)
		return show(s, k, a->words[1]);
	(void)err_set(&e, ERR_INVALID, "usage",
		      "say \"list\", or \"show\" and a name or id");
	return session_fail(s, &e);
}

#define FAMILY(NAME, PLACE, SUMMARY)                                           \
	static enum ctl_status run_##NAME(struct session *s,                   \
					  const struct arguments *a)           \
	{                                                                      \
		return run(s, &kinds[PLACE], a);                               \
	}                                                                      \
	const struct command *NAME##_command(void)                             \
	{                                                                      \
		static const struct command c = {                              \
			.name = #NAME,                                         \
			.synopsis = "list [OPTION]...\nshow NAME|ID",          \
			.summary = (SUMMARY),                                  \
			.options = options,                                    \
			.min_words = 1,                                        \
			.max_words = 2,                                        \
			.run = run_##NAME,                                     \
		};                                                             \
                                                                               \
		return &c;                                                     \
	}

FAMILY(sources, 0, "what is backed up")
FAMILY(pools, 1, "where backups lie")
FAMILY(plans, 2, "what is backed up when")
FAMILY(backups, 3, "the backups that the server knows")
FAMILY(jobs, 4, "what runs and what has run")
