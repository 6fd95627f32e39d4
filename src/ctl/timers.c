/* timers.c - when a timer would run. */
#include "ctl/command.h"

#include <string.h>

#include "ctl/client.h"
#include "ctl/members.h"
#include "ctl/path.h"
#include "ctl/session.h"

static const struct option_spec options[] = {
	{"cycle", 0, "CYCLE", "once, hourly, daily, weekly, monthly, cron"},
	{"at", 0, "HH:MM", "when on the day"},
	{"date", 0, "DATE", "2026-12-01: of once the day, else the first"},
	{"weekdays", 0, "DAYS", "mon,thu"},
	{"month-days", 0, "DAYS", "1,15,last"},
	{"cron", 0, "EXPRESSION", "five fields of crontab(5)"},
	{"timezone", 0, "ZONE", "Europe/Berlin; UTC if not given"},
	{"count", 0, "N", "so many runs; 5 if not given"},
	{NULL, 0, NULL, NULL},
};

static void set_text(json_t *timer, const struct arguments *a, const char *name)
{
	const char *value = arguments_get(a, name);

	if (value != NULL)
		(void)json_object_set_new(timer, name, json_string(value));
}

/* "1,15,last" as numbers and words. */
static void set_list(json_t *timer, const struct arguments *a, const char *name,
		     const char *member)
{
	const char *at = arguments_get(a, name);
	json_t *list;

	if (at == NULL)
		return;
	list = json_array();
	for (;;) {
		size_t n = strcspn(at, ",");
		char word[16] = "";
		unsigned long long day;

		if (n < sizeof(word))
			memcpy(word, at, n);
		(void)json_array_append_new(
			list, str_to_u64(word, &day)
				      ? json_integer((json_int_t)day)
				      : json_stringn(at, n));
		if (at[n] == '\0')
			break;
		at += n + 1;
	}
	(void)json_object_set_new(timer, member, list);
}

/* The timer of the options, or of the plan that is named. */
static json_t *timer_of(struct session *s, const struct arguments *a,
			struct err *e)
{
	struct text path = {0};
	json_t *timer = NULL, *plan = NULL;

	if (a->nwords == 1) {
		timer = json_object();
		set_text(timer, a, "cycle");
		set_text(timer, a, "at");
		set_text(timer, a, "date");
		set_text(timer, a, "cron");
		set_text(timer, a, "timezone");
		set_list(timer, a, "weekdays", "weekdays");
		set_list(timer, a, "month-days", "month_days");
		return timer;
	}
	text_str(&path, "/v1/plans");
	path_segment(&path, a->words[1]);
	if (client_get(s->client, path.data, &plan, e)) {
		timer = json_incref(json_object_get(plan, "timer"));
		if (!json_is_object(timer)) {
			json_decref(timer);
			timer = NULL;
			(void)err_set(e, ERR_INVALID, "no_timer",
				      "the plan has no timer: it runs when it "
				      "is told to");
		}
	}
	json_decref(plan);
	text_free(&path);
	return timer;
}

static enum ctl_status tell(const struct session *s, const json_t *doc)
{
	static const struct member_column columns[] = {
		{"AT", "at", MEMBER_TEXT},
		{"LOCAL", "local", MEMBER_TEXT},
		{NULL, NULL, MEMBER_TEXT},
	};
	enum ctl_status status;
	struct table *t;

	if (s->is_json) {
		session_json(s, doc);
		return CTL_OK;
	}
	t = members_table(columns, json_object_get(doc, "runs"));
	if (t == NULL)
		return CTL_FAILED;
	status = session_table(s, t);
	table_free(t);
	return status;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	struct client_ask ask = {.method = "POST",
				 .path = "/v1/timers/preview"};
	enum ctl_status status;
	unsigned long long count = 5;
	json_t *timer, *body = NULL, *doc;
	struct err e = {0};

	if (strcmp(a->words[0], "preview") != 0 ||
	    !arguments_number(a, "count", 1, 1000, &count)) {
		(void)err_set(&e, ERR_INVALID, "usage",
			      "say \"timers preview\" and a plan, or --cycle "
			      "and what it needs");
		return session_fail(s, &e);
	}
	timer = timer_of(s, a, &e);
	if (timer != NULL)
		body = json_pack("{s:o, s:I}", "timer", timer, "count",
				 (json_int_t)count);
	ask.body = body;
	if (body != NULL && client_send(s->client, &ask, &doc, &e)) {
		status = tell(s, doc);
		json_decref(doc);
	} else {
		status = session_fail(s, &e);
	}
	json_decref(body);
	return status;
}

const struct command *timers_command(void)
{
	static const struct command c = {
		.name = "timers",
		.synopsis = "preview PLAN\npreview --cycle CYCLE [OPTION]...",
		.summary = "when a timer would run",
		.options = options,
		.min_words = 1,
		.max_words = 2,
		.run = run,
	};

	return &c;
}
