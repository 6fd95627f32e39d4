/* check.c - for monitoring: one line, and an exit code that it knows. */
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/path.h"
#include "ctl/session.h"
#include "ctl/verdict.h"
#include "ctl/words.h"

static const struct option_spec options[] = {
	{"max-age", 0, "AGE", "of the newest backup of a source: 90m, 26h, 3d"},
	{"source", 0, "SOURCE", "only this one; may be given several times"},
	{NULL, 0, NULL, NULL},
};

/* One source, and its plans. */
static bool get_named(struct session *s, const char *name, json_t *sources,
		      json_t *plans, struct err *e)
{
	struct text path = {0}, filter = {0};
	json_t *doc = NULL;
	bool ok;

	text_str(&path, "/v1/sources");
	path_segment(&path, name);
	text_str(&filter, "/v1/plans");
	path_query(&filter, "source", name);
	ok = client_get(s->client, path.data, &doc, e) &&
	     client_list(s->client, filter.data, 0, plans, NULL, e);
	if (ok)
		(void)json_array_append(sources, doc);
	json_decref(doc);
	text_free(&path);
	text_free(&filter);
	return ok;
}

static bool get_all(struct session *s, const struct arguments *a,
		    json_t *sources, json_t *plans, struct err *e)
{
	const char *name;
	size_t at = 0;
	bool ok = true;

	if (arguments_get(a, "source") == NULL)
		return client_list(s->client, "/v1/sources", 0, sources, NULL,
				   e) &&
		       client_list(s->client, "/v1/plans", 0, plans, NULL, e);
	while (ok && (name = arguments_next(a, "source", &at)) != NULL)
		ok = get_named(s, name, sources, plans, e);
	return ok;
}

static void tell(const struct session *s, enum verdict v,
		 const struct text *why, const struct verdict_input *in,
		 json_t *findings)
{
	char words[WORDS_MAX];
	json_t *doc;

	if (s->is_json) {
		doc = json_pack("{s:s, s:i, s:O}", "verdict", verdict_name(v),
				"sources", (int)json_array_size(in->sources),
				"findings", findings);
		session_json(s, doc);
		json_decref(doc);
		return;
	}
	if (v == VERDICT_OK)
		(void)printf("COFFER OK - %zu sources backed up within %s\n",
			     json_array_size(in->sources),
			     words_seconds(in->max_age_ms / 1000, words));
	else
		(void)printf("COFFER %s - %s\n", verdict_name(v),
			     why->data != NULL ? why->data : "");
}

static enum ctl_status judge(struct session *s, const struct arguments *a,
			     struct verdict_input *in, struct err *e)
{
	json_t *sources = json_array(), *plans = json_array();
	json_t *findings = json_array();
	enum verdict v = VERDICT_UNKNOWN;
	struct text why = {0};

	in->sources = sources;
	in->plans = plans;
	if (get_all(s, a, sources, plans, e)) {
		v = verdict_of(in, &why, findings);
		tell(s, v, &why, in, findings);
	}
	text_free(&why);
	json_decref(sources);
	json_decref(plans);
	json_decref(findings);
	return (enum ctl_status)v;
}

/* The line that monitoring shows, on standard output, with --json as well. */
static enum ctl_status unknown(struct session *s, const struct err *e)
{
	struct text line = {0};

	if (s->is_json) {
		(void)session_fail(s, e);
		return CTL_UNREACHABLE;
	}
	words_clean(&line, e->msg, strlen(e->msg), false);
	(void)printf("COFFER UNKNOWN - %s\n",
		     line.data != NULL ? line.data : "");
	text_free(&line);
	return CTL_UNREACHABLE;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	const char *age = arguments_get(a, "max-age");
	struct verdict_input in = {.now_ms = clock_now_ms()};
	enum ctl_status status;
	long long seconds = 0;
	struct err e = {0};

	if (age == NULL || !duration_parse(age, &seconds)) {
		(void)err_set(&e, ERR_INVALID, "usage",
			      "say --max-age, such as 90m, 26h or 3d");
		return unknown(s, &e);
	}
	in.max_age_ms = seconds * 1000;
	status = judge(s, a, &in, &e);
	return err_is(&e) ? unknown(s, &e) : status;
}

const struct command *check_command(void)
{
	static const struct command c = {
		.name = "check",
		.synopsis = "--max-age AGE [--source SOURCE]...",
		.summary =
			"for monitoring: whether backups are as they should be",
		.options = options,
		.is_monitor = true,
		.run = run,
	};

	return &c;
}
