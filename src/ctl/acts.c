/* acts.c - backup, run, verify, cancel; and what restore shares. */
#include "ctl/acts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/members.h"
#include "ctl/path.h"
#include "ctl/session.h"
#include "ctl/waiting.h"

enum { NAME_MAX_BYTES = 64, STAMP_BYTES = 17, WHAT_MAX = 200 };

#define WAIT                                                                   \
	{                                                                      \
		"wait", 'w', NULL, "until the job has ended"                   \
	}

static void add_patterns(json_t **scope, const struct arguments *a,
			 const char *name)
{
	json_t *list = json_array();
	const char *pattern;
	size_t at = 0;

	while ((pattern = arguments_next(a, name, &at)) != NULL)
		(void)json_array_append_new(list, json_string(pattern));
	if (json_array_size(list) > 0) {
		if (*scope == NULL)
			*scope = json_object();
		(void)json_object_set(*scope, name, list);
	}
	json_decref(list);
}

json_t *act_scope(const struct arguments *a)
{
	json_t *scope = NULL;

	add_patterns(&scope, a, "include");
	add_patterns(&scope, a, "exclude");
	return scope;
}

enum ctl_status act_post(struct session *s, const char *path, json_t *body,
			 const char *what, bool wait)
{
	const struct client_ask ask = {
		.method = "POST", .path = path, .body = body, .is_keyed = true};
	char called[WHAT_MAX];
	enum ctl_status status;
	struct err e = {0};
	json_t *doc;

	if (client_send(s->client, &ask, &doc, &e)) {
		(void)snprintf(called, sizeof(called), "%s %s", what,
			       member_text(doc, "name", ""));
		if (called[strlen(called) - 1] == ' ')
			called[strlen(called) - 1] = '\0';
		status = tell_begun(s, doc, called, wait);
		json_decref(doc);
	} else {
		status = session_fail(s, &e);
	}
	json_decref(body);
	return status;
}

enum ctl_status act_on(struct session *s, const char *const place[3],
		       json_t *body, const char *what, bool wait)
{
	enum ctl_status status = CTL_FAILED;
	struct text path = {0};

	text_str(&path, place[0]);
	path_segment(&path, place[1]);
	text_str(&path, place[2]);
	if (!path.is_broken)
		status = act_post(s, path.data, body, what, wait);
	else
		json_decref(body);
	text_free(&path);
	return status;
}

/* --- backup */

static const struct option_spec backup_options[] = {
	{"pool", 0, "POOL", "where to; not needed when there is one pool"},
	{"name", 0, "NAME", "of the backup; else the source's and the time"},
	{"description", 0, "TEXT", "of the backup"},
	{"method", 0, "METHOD", "logical, physical, snapshot"},
	{"include", 0, "PATTERN", "only what fits one of these"},
	{"exclude", 0, "PATTERN", "not what fits one of these"},
	WAIT,
	{NULL, 0, NULL, NULL},
};

/* "orders-20261201T023000Z", of characters that names of backups have. */
static void make_name(const char *source, char out[NAME_MAX_BYTES + 1])
{
	char stamp[CLOCK_TEXT_MAX];
	size_t n = 0;

	(void)clock_format_basic(clock_now_ms(), stamp);
	if (isalpha((unsigned char)source[0]) == 0)
		out[n++] = 'b';
	for (; *source != '\0' && n < NAME_MAX_BYTES - STAMP_BYTES; source++)
		out[n++] =
			(char)(isalnum((unsigned char)*source) || *source == '_'
				       ? *source
				       : '-');
	(void)snprintf(out + n, NAME_MAX_BYTES + 1 - n, "-%s", stamp);
}

/* The name of the only pool (caller decrefs); NULL with *e filled. */
static json_t *only_pool(struct session *s, struct err *e)
{
	json_t *pools = json_array(), *name = NULL;

	if (client_list(s->client, "/v1/pools", 2, pools, NULL, e)) {
		if (json_array_size(pools) == 1)
			name = json_incref(json_object_get(
				json_array_get(pools, 0), "name"));
		else
			(void)err_set(e, ERR_INVALID, "usage",
				      "there are %s pools: say which with "
				      "--pool",
				      json_array_size(pools) == 0 ? "no"
								  : "several");
	}
	json_decref(pools);
	return name;
}

static void set_text(json_t *body, const struct arguments *a, const char *name)
{
	const char *value = arguments_get(a, name);

	if (value != NULL)
		(void)json_object_set_new(body, name, json_string(value));
}

static enum ctl_status run_backup(struct session *s, const struct arguments *a)
{
	const char *pool = arguments_get(a, "pool");
	char name[NAME_MAX_BYTES + 1];
	struct err e = {0};
	json_t *body, *to = pool != NULL ? json_string(pool) : only_pool(s, &e);

	if (to == NULL && err_is(&e))
		return session_fail(s, &e);
	make_name(a->words[0], name);
	body = json_pack("{s:s, s:s, s:o}", "source", a->words[0], "name", name,
			 "pool", to);
	set_text(body, a, "name");
	set_text(body, a, "description");
	set_text(body, a, "method");
	(void)json_object_set_new(body, "scope", act_scope(a));
	return act_post(s, "/v1/backups", body, "backup",
			arguments_get(a, "wait") != NULL);
}

const struct command *backup_command(void)
{
	static const struct command c = {
		.name = "backup",
		.synopsis = "SOURCE [--pool POOL] [--name NAME] [--wait]",
		.summary = "back a source up now",
		.options = backup_options,
		.min_words = 1,
		.max_words = 1,
		.run = run_backup,
	};

	return &c;
}

/* --- run */

static const struct option_spec run_options[] = {
	{"description", 0, "TEXT", "of the backup"},
	WAIT,
	{NULL, 0, NULL, NULL},
};

static enum ctl_status run_plan(struct session *s, const struct arguments *a)
{
	const char *const place[] = {"/v1/plans", a->words[0], "/execute"};
	json_t *body = json_object();

	set_text(body, a, "description");
	return act_on(s, place, body, "backup",
		      arguments_get(a, "wait") != NULL);
}

const struct command *run_command(void)
{
	static const struct command c = {
		.name = "run",
		.synopsis = "PLAN [--wait]",
		.summary = "run a plan now",
		.options = run_options,
		.min_words = 1,
		.max_words = 1,
		.run = run_plan,
	};

	return &c;
}

/* --- verify */

static const struct option_spec verify_options[] = {
	{"sample", 0, NULL, "some of the parts, not all"},
	WAIT,
	{NULL, 0, NULL, NULL},
};

static enum ctl_status run_verify(struct session *s, const struct arguments *a)
{
	const char *const place[] = {"/v1/backups", a->words[0], "/verify"};
	bool is_sample = arguments_get(a, "sample") != NULL;

	return act_on(s, place,
		      json_pack("{s:s}", "read", is_sample ? "sample" : "all"),
		      "verification", arguments_get(a, "wait") != NULL);
}

const struct command *verify_command(void)
{
	static const struct command c = {
		.name = "verify",
		.synopsis = "BACKUP [--sample] [--wait]",
		.summary = "read a backup again and compare it",
		.options = verify_options,
		.min_words = 1,
		.max_words = 1,
		.run = run_verify,
	};

	return &c;
}

/* --- cancel */

static const struct option_spec cancel_options[] = {
	{NULL, 0, NULL, NULL},
};

static enum ctl_status run_cancel(struct session *s, const struct arguments *a)
{
	const char *const place[] = {"/v1/jobs", a->words[0], "/cancel"};

	return act_on(s, place, NULL, "canceled", false);
}

const struct command *cancel_command(void)
{
	static const struct command c = {
		.name = "cancel",
		.synopsis = "JOB",
		.summary = "end a job",
		.options = cancel_options,
		.min_words = 1,
		.max_words = 1,
		.run = run_cancel,
	};

	return &c;
}
