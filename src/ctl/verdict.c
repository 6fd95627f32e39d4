/* verdict.c - see verdict.h. */
#include "ctl/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/members.h"
#include "ctl/words.h"

enum { DETAIL_MAX = 96 };

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {"OK", "WARNING", "CRITICAL",
					    "UNKNOWN"};

	return names[v];
}

struct findings {
	struct text *why;
	json_t *list;
};

static void add(struct findings *f, const char *kind, const json_t *doc,
		const char *detail)
{
	const char *name = member_text(doc, "name", "?");

	if (f->why->len > 0)
		text_str(f->why, "; ");
	text_printf(f->why, "%s ", kind);
	words_clean(f->why, name, strlen(name), false);
	text_printf(f->why, " %s", detail);
	(void)json_array_append_new(f->list,
				    json_pack("{s:s, s:s, s:s}", "kind", kind,
					      "name", name, "detail", detail));
}

static enum verdict judge_source(const struct verdict_input *in,
				 const json_t *source, struct findings *f)
{
	const char *last = member_text(source, "last_backup_at", "");
	char detail[DETAIL_MAX], words[WORDS_MAX];
	int64_t at;

	if (strcmp(member_text(source, "status", ""), "creating") == 0)
		return VERDICT_OK;
	if (!clock_parse(last, &at)) {
		add(f, "source", source, "has no backup");
		return VERDICT_CRITICAL;
	}
	if (in->now_ms - at <= in->max_age_ms)
		return VERDICT_OK;
	(void)snprintf(detail, sizeof(detail), "was backed up %s ago",
		       words_seconds((in->now_ms - at) / 1000, words));
	add(f, "source", source, detail);
	return VERDICT_CRITICAL;
}

static enum verdict judge_plan(const json_t *plan, struct findings *f)
{
	if (strcmp(member_text(plan, "status", ""), "paused") == 0)
		return VERDICT_OK;
	if (strcmp(member_text(plan, "status", ""), "overdue") == 0)
		add(f, "plan", plan, "is overdue");
	else if (strcmp(member_text(plan, "last_run.status", ""), "failed") ==
		 0)
		add(f, "plan", plan, "has failed last time");
	else
		return VERDICT_OK;
	return VERDICT_WARNING;
}

enum verdict verdict_of(const struct verdict_input *in, struct text *why,
			json_t *findings)
{
	struct findings f = {why, findings};
	enum verdict worst = VERDICT_OK, v;
	const json_t *doc;
	size_t i;

	if (json_array_size(in->sources) == 0) {
		text_str(why, "there is no source");
		return VERDICT_UNKNOWN;
	}
	json_array_foreach(in->sources, i, doc)
	{
		v = judge_source(in, doc, &f);
		worst = v > worst ? v : worst;
	}
	json_array_foreach(in->plans, i, doc)
	{
		v = judge_plan(doc, &f);
		worst = v > worst ? v : worst;
	}
	return worst;
}
