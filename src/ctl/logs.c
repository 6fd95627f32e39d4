/* logs.c - the log of a job, also while it runs. */
#include "ctl/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/interrupt.h"
#include "ctl/path.h"
#include "ctl/session.h"
#include "ctl/waiting.h"
#include "ctl/words.h"

enum { LOOK_SECONDS = 1 };

static const struct option_spec options[] = {
	{"follow", 'f', NULL, "go on until the job has ended"},
	{NULL, 0, NULL, NULL},
};

const char *log_news(const char *text, const char *last)
{
	const char *found = NULL;
	size_t len = strlen(last);

	if (len == 0)
		return text;
	for (const char *at = text; *at != '\0';) {
		size_t n = strcspn(at, "\n");

		if (n == len && memcmp(at, last, n) == 0)
			found = at[n] == '\n' ? at + n + 1 : at + n;
		at += at[n] == '\n' ? n + 1 : n;
	}
	return found != NULL ? found : text;
}

/* Replaces *last by the last line of text. */
static bool remember(char **last, const char *text)
{
	size_t end = strlen(text), begin;

	while (end > 0 && text[end - 1] == '\n')
		end--;
	if (end == 0)
		return true;
	for (begin = end; begin > 0 && text[begin - 1] != '\n'; begin--)
		;
	free(*last);
	*last = str_of(text + begin, end - begin);
	return *last != NULL;
}

static void write_lines(const struct session *s, const char *text)
{
	struct text clean = {0};

	if (s->is_terminal)
		words_clean(&clean, text, strlen(text), true);
	else
		text_str(&clean, text);
	if (!clean.is_broken && clean.data != NULL)
		session_text(clean.data, clean.len);
	(void)fflush(stdout);
	text_free(&clean);
}

static void write_json(const struct session *s, const char *text)
{
	json_t *lines = json_array(), *doc;

	for (const char *at = text; *at != '\0';) {
		size_t n = strcspn(at, "\n");

		(void)json_array_append_new(lines, json_stringn(at, n));
		at += at[n] == '\n' ? n + 1 : n;
	}
	doc = json_pack("{s:o}", "lines", lines);
	session_json(s, doc);
	json_decref(doc);
}

/* Shows what is new of the log. */
static bool look(struct session *s, const char *path, char **last,
		 struct err *e)
{
	const struct client_ask ask = {.method = "GET", .path = path};
	struct reply r = {0};
	bool ok = client_call(s->client, &ask, &r, e);

	if (ok && s->is_json)
		write_json(s, r.text);
	else if (ok)
		write_lines(s, log_news(r.text, *last));
	if (ok && !remember(last, r.text))
		ok = err_nomem(e, "a log");
	reply_fini(&r);
	return ok;
}

/* What a job writes before it ends is there when it has. */
static bool follow(struct session *s, const char *id, const char *path,
		   char **last, struct err *e)
{
	bool has_ended = false, ok = true;

	while (ok && !has_ended) {
		json_t *job = job_get(s, id, LOOK_SECONDS, e);

		ok = job != NULL;
		has_ended = ok && job_has_ended(job);
		json_decref(job);
		ok = ok && look(s, path, last, e);
	}
	return ok;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	bool is_followed = arguments_get(a, "follow") != NULL, ok;
	char *last = strdup("");
	struct text path = {0};
	struct err e = {0};

	text_str(&path, "/v1/jobs");
	path_segment(&path, a->words[0]);
	text_str(&path, "/log");
	if (last == NULL || path.is_broken) {
		ok = err_nomem(&e, "a log");
	} else if (is_followed && s->is_json) {
		ok = err_set(&e, ERR_INVALID, "usage",
			     "--json shows a log that is whole: leave "
			     "--follow out");
	} else {
		if (is_followed)
			interrupt_catch();
		ok = look(s, path.data, &last, &e) &&
		     (!is_followed ||
		      follow(s, a->words[0], path.data, &last, &e));
	}
	text_free(&path);
	free(last);
	return ok ? CTL_OK : session_fail(s, &e);
}

const struct command *logs_command(void)
{
	static const struct command c = {
		.name = "logs",
		.synopsis = "JOB [-f]",
		.summary = "the log of a job",
		.options = options,
		.min_words = 1,
		.max_words = 1,
		.run = run,
	};

	return &c;
}
