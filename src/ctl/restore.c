/* restore.c - restores, and what they would do. */
#include "ctl/acts.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/members.h"
#include "ctl/session.h"

static const struct option_spec options[] = {
	{"to", 0, "SOURCE", "into a source that there is"},
	{"new", 0, "NAME", "into a new instance, a source of that name"},
	{"provider", 0, "PROVIDER", "who makes it"},
	{"path", 0, "DIR", "files: into a folder of the server's host"},
	{"bucket", 0, "BUCKET", "objects, with --to: another bucket"},
	{"include", 0, "PATTERN", "only what fits one of these"},
	{"exclude", 0, "PATTERN", "not what fits one of these"},
	{"rename", 0, "OLD=NEW", "a database under another name"},
	{"accounts", 0, NULL, "accounts and grants, too"},
	{"through", 0, "PROVIDER", "of files of a database: part of them"},
	{"verify-first", 0, "yes|no", "read all before anything is written"},
	{"overwrite", 0, NULL, "what is there may be replaced:"},
	{"confirm", 0, "NAME", "a database, table or folder that may"},
	{"check", 0, NULL, "only say what would happen"},
	{"wait", 'w', NULL, "until the job has ended"},
	{NULL, 0, NULL, NULL},
};

static json_t *target_of(const struct arguments *a, struct err *e)
{
	const char *to = arguments_get(a, "to"), *path;
	const char *name = arguments_get(a, "new");
	const char *provider = arguments_get(a, "provider");

	path = arguments_get(a, "path");
	if ((to != NULL) + (name != NULL) + (path != NULL) != 1 ||
	    (name == NULL) != (provider == NULL)) {
		(void)err_set(e, ERR_INVALID, "usage",
			      "say where to: --to SOURCE, or --new NAME "
			      "--provider PROVIDER, or --path DIR");
		return NULL;
	}
	if (path != NULL)
		return json_pack("{s:s}", "path", path);
	if (name != NULL)
		return json_pack("{s:{s:s, s:s}}", "provision", "provider",
				 provider, "name", name);
	return json_pack("{s:s, s:s*}", "source", to, "bucket",
			 arguments_get(a, "bucket"));
}

static bool add_renames(json_t *body, const struct arguments *a, struct err *e)
{
	json_t *list = json_object();
	const char *pair;
	size_t at = 0;
	bool ok = true;

	while (ok && (pair = arguments_next(a, "rename", &at)) != NULL) {
		const char *equals = strchr(pair, '=');
		char *old = equals != NULL
				    ? str_of(pair, (size_t)(equals - pair))
				    : NULL;

		ok = old != NULL && *old != '\0' && equals[1] != '\0';
		if (ok)
			(void)json_object_set_new(list, old,
						  json_string(equals + 1));
		else
			(void)err_set(e, ERR_INVALID, "usage",
				      "--rename is written OLD=NEW");
		free(old);
	}
	if (json_object_size(list) > 0)
		(void)json_object_set(body, "rename", list);
	json_decref(list);
	return ok;
}

static bool add_options(json_t *body, const struct arguments *a, struct err *e)
{
	const char *first = arguments_get(a, "verify-first");
	json_t *how = json_object();

	if (first != NULL && strcmp(first, "yes") != 0 &&
	    strcmp(first, "no") != 0) {
		json_decref(how);
		return err_set(e, ERR_INVALID, "usage",
			       "--verify-first is \"yes\" or \"no\"");
	}
	if (first != NULL)
		(void)json_object_set_new(how, "verify_first",
					  json_boolean(*first == 'y'));
	if (arguments_get(a, "accounts") != NULL)
		(void)json_object_set_new(how, "accounts", json_true());
	if (json_object_size(how) > 0)
		(void)json_object_set(body, "options", how);
	json_decref(how);
	return true;
}

static void add_flags(json_t *body, const struct arguments *a)
{
	const char *through = arguments_get(a, "through"), *name;
	json_t *confirm = json_array(), *scope = act_scope(a);
	size_t at = 0;

	while ((name = arguments_next(a, "confirm", &at)) != NULL)
		(void)json_array_append_new(confirm, json_string(name));
	if (json_array_size(confirm) > 0)
		(void)json_object_set(body, "confirm", confirm);
	json_decref(confirm);
	if (arguments_get(a, "overwrite") != NULL)
		(void)json_object_set_new(body, "overwrite", json_true());
	if (through != NULL)
		(void)json_object_set_new(
			body, "through",
			json_pack("{s:s}", "provider", through));
	if (scope != NULL)
		(void)json_object_set_new(body, "scope", scope);
}

/* What would happen; blockers are a failure. */
static enum ctl_status check(struct session *s, const json_t *body)
{
	const struct client_ask ask = {
		.method = "POST", .path = "/v1/restores/check", .body = body};
	enum ctl_status status = CTL_OK;
	struct text out = {0};
	struct err e = {0};
	json_t *doc;

	if (!client_send(s->client, &ask, &doc, &e))
		return session_fail(s, &e);
	if (json_array_size(json_object_get(doc, "blockers")) > 0)
		status = CTL_FAILED;
	if (s->is_json) {
		session_json(s, doc);
	} else {
		members_show(&out, doc);
		if (!out.is_broken && out.data != NULL)
			session_text(out.data, out.len);
		text_free(&out);
	}
	json_decref(doc);
	return status;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	enum ctl_status status;
	struct err e = {0};
	json_t *target = target_of(a, &e), *body;

	if (target == NULL)
		return session_fail(s, &e);
	body = json_pack("{s:s, s:o}", "backup", a->words[0], "target", target);
	if (!add_renames(body, a, &e) || !add_options(body, a, &e)) {
		json_decref(body);
		return session_fail(s, &e);
	}
	add_flags(body, a);
	if (arguments_get(a, "check") == NULL)
		return act_post(s, "/v1/restores", body, "restore",
				arguments_get(a, "wait") != NULL);
	status = check(s, body);
	json_decref(body);
	return status;
}

const struct command *restore_command(void)
{
	static const struct command c = {
		.name = "restore",
		.synopsis =
			"BACKUP --to SOURCE [OPTION]...\n"
			"BACKUP --new NAME --provider PROVIDER [OPTION]...\n"
			"BACKUP --path DIR [OPTION]...",
		.summary = "restore a backup",
		.options = options,
		.min_words = 1,
		.max_words = 1,
		.run = run,
	};

	return &c;
}
