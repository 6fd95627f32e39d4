/* say.c - what a session writes: documents, tables, what is wrong. */
#include "ctl/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/table.h"
#include "ctl/words.h"

/* Whether all was written is seen at the end (main.c). */
void session_text(const char *text, size_t len)
{
	(void)fwrite(text, 1, len, stdout);
}

void session_json(const struct session *s, const json_t *doc)
{
	char *raw = json_dumps(doc, JSON_INDENT(2) | JSON_ENCODE_ANY);
	struct text clean = {0};

	if (raw == NULL)
		return;
	if (s->is_terminal)
		words_clean(&clean, raw, strlen(raw), true);
	else
		text_str(&clean, raw);
	text_char(&clean, '\n');
	if (!clean.is_broken)
		session_text(clean.data, clean.len);
	text_free(&clean);
	free(raw);
}

enum ctl_status session_table(const struct session *s, const struct table *t)
{
	struct text out = {0};
	struct err e = {0};

	if (!table_write(t, s->width, s->has_colour, &out, &e)) {
		text_free(&out);
		return session_fail(s, &e);
	}
	session_text(out.data, out.len);
	text_free(&out);
	return CTL_OK;
}

enum ctl_status session_status(const struct err *e)
{
	if (strcmp(e->api, "usage") == 0)
		return CTL_USAGE;
	if (e->code == ERR_CONNECT || e->code == ERR_TIMEOUT)
		return CTL_UNREACHABLE;
	if (e->code == ERR_CANCELED)
		return CTL_INTERRUPTED;
	return CTL_FAILED;
}

static void add(struct text *out, const json_t *value)
{
	words_clean(out, json_string_value(value), json_string_length(value),
		    false);
}

/* "  /connection/host: what is wrong", of each field. */
static void add_faults(struct text *out, const json_t *problem)
{
	const json_t *fault;
	size_t i;

	json_array_foreach(json_object_get(problem, "errors"), i, fault)
	{
		const json_t *where = json_object_get(fault, "pointer");

		if (where == NULL)
			where = json_object_get(fault, "parameter");
		text_str(out, "  ");
		add(out, where);
		text_str(out, where != NULL ? ": " : "");
		add(out, json_object_get(fault, "detail"));
		text_char(out, '\n');
	}
}

static void add_problem(struct text *out, const json_t *problem)
{
	text_str(out, "cofferctl: ");
	add(out, json_object_get(problem, "title"));
	text_str(out, ": ");
	add(out, json_object_get(problem, "detail"));
	text_char(out, '\n');
	add_faults(out, problem);
}

static void fail_json(const struct err *e, const json_t *problem)
{
	json_t *doc = problem != NULL ? json_deep_copy(problem)
				      : json_pack("{s:s, s:s}", "code", e->api,
						  "detail", e->msg);
	char *line = json_dumps(doc, JSON_COMPACT | JSON_ENSURE_ASCII);

	(void)fprintf(stderr, "%s\n", line != NULL ? line : "{}");
	free(line);
	json_decref(doc);
}

enum ctl_status session_fail(const struct session *s, const struct err *e)
{
	const json_t *problem =
		s->client != NULL ? client_problem(s->client) : NULL;
	struct text out = {0};

	(void)fflush(stdout);
	if (problem != NULL &&
	    strcmp(json_string_value(json_object_get(problem, "code")) != NULL
			   ? json_string_value(json_object_get(problem, "code"))
			   : "",
		   e->api) != 0)
		problem = NULL;
	if (s->is_json) {
		fail_json(e, problem);
		return session_status(e);
	}
	if (problem != NULL) {
		add_problem(&out, problem);
	} else {
		text_str(&out, "cofferctl: ");
		words_clean(&out, e->msg, strlen(e->msg), false);
		text_char(&out, '\n');
	}
	if (!out.is_broken)
		(void)fputs(out.data, stderr);
	text_free(&out);
	return session_status(e);
}

void session_note(const struct session *s, const char *fmt, ...)
{
	char line[1024];
	struct text clean = {0};
	va_list ap;

	if (s->is_json)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	words_clean(&clean, line, strlen(line), false);
	(void)fflush(stdout);
	if (!clean.is_broken && clean.data != NULL)
		(void)fprintf(stderr, "%s\n", clean.data);
	text_free(&clean);
}
