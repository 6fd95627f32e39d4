/* token.c - tokens of the API. */
#include "ctl/command.h"

#include <string.h>

#include "ctl/client.h"
#include "ctl/members.h"
#include "ctl/path.h"
#include "ctl/session.h"

static const struct option_spec options[] = {
	{"role", 0, "ROLE", "read, operate, restore, admin"},
	{"expires-at", 0, "TIME", "RFC 3339; never if not given"},
	{NULL, 0, NULL, NULL},
};

static const struct member_column columns[] = {
	{"ID", "id", MEMBER_TEXT},
	{"NAME", "name", MEMBER_TEXT},
	{"ROLE", "role", MEMBER_TEXT},
	{"CREATED", "created_at", MEMBER_TIME},
	{"EXPIRES", "expires_at", MEMBER_TIME},
	{NULL, NULL, MEMBER_TEXT},
};

static enum ctl_status list(struct session *s)
{
	enum ctl_status status = CTL_OK;
	json_t *items = json_array(), *doc;
	struct table *t = NULL;
	struct err e = {0};
	json_int_t total;

	if (!client_list(s->client, "/v1/tokens", 0, items, &total, &e)) {
		status = session_fail(s, &e);
	} else if (s->is_json) {
		doc = json_pack("{s:O, s:I}", "items", items, "total", total);
		session_json(s, doc);
		json_decref(doc);
	} else {
		t = members_table(columns, items);
		status = t != NULL ? session_table(s, t) : CTL_FAILED;
		table_free(t);
	}
	json_decref(items);
	return status;
}

/* The token is told this once: alone on a line, so that it goes into a file. */
static enum ctl_status create(struct session *s, const struct arguments *a)
{
	const char *role = arguments_get(a, "role");
	struct client_ask ask = {.method = "POST", .path = "/v1/tokens"};
	enum ctl_status status = CTL_OK;
	struct err e = {0};
	json_t *body, *doc;

	if (role == NULL) {
		(void)err_set(&e, ERR_INVALID, "usage",
			      "say --role: read, operate, restore or admin");
		return session_fail(s, &e);
	}
	body = json_pack("{s:s, s:s, s:s?}", "name", a->words[1], "role", role,
			 "expires_at", arguments_get(a, "expires-at"));
	ask.body = body;
	if (!client_send(s->client, &ask, &doc, &e)) {
		status = session_fail(s, &e);
	} else if (s->is_json) {
		session_json(s, doc);
	} else {
		const char *token = member_text(doc, "token", "");

		session_text(token, strlen(token));
		session_text("\n", 1);
	}
	json_decref(doc);
	json_decref(body);
	return status;
}

static enum ctl_status forget(struct session *s, const char *id)
{
	struct client_ask ask = {.method = "DELETE"};
	struct text path = {0};
	struct err e = {0};
	json_t *doc = NULL;
	bool ok;

	text_str(&path, "/v1/tokens");
	path_segment(&path, id);
	ask.path = path.data;
	ok = client_send(s->client, &ask, &doc, &e);
	text_free(&path);
	json_decref(doc);
	return ok ? CTL_OK : session_fail(s, &e);
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	struct err e = {0};

	if (strcmp(a->words[0], "list") == 0 && a->nwords == 1)
		return list(s);
	if (strcmp(a->words[0], "create") == 0 && a->nwords == 2)
		return create(s, a);
	if (strcmp(a->words[0], "delete") == 0 && a->nwords == 2)
		return forget(s, a->words[1]);
	(void)err_set(&e, ERR_INVALID, "usage",
		      "say \"list\", \"create NAME --role ROLE\" or "
		      "\"delete ID\"");
	return session_fail(s, &e);
}

const struct command *token_command(void)
{
	static const struct command c = {
		.name = "token",
		.synopsis =
			"list\ncreate NAME --role ROLE [--expires-at TIME]\n"
			"delete ID",
		.summary = "tokens of the API",
		.options = options,
		.min_words = 1,
		.max_words = 2,
		.run = run,
	};

	return &c;
}
