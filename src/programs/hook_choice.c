/*
 * hook_choice.c - which hook can take a snapshot: asks the helper for its list,
 * then one hook after the other, until one says that it can, atomically.
 */
#include "programs/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "base/text.h"
#include "programs/call.h"

enum { PROBE_MS = 30000, CONTRACT = 1, REASON_MAX = 200 };

struct hook_choice {
	struct helper *helper;
	char *path;
	char *asked_for; /* or NULL: any */
	bool is_scratch; /* one that gives folders to write to */
	json_t *hooks;	 /* names, in the helper's order */
	size_t next;
	struct program_call *call;
	char reason[REASON_MAX]; /* of the last that cannot */
	hook_choice_cb *done;
	void *arg;
};

static void choice_free(struct hook_choice *c)
{
	if (c == NULL)
		return;
	program_call_cancel(c->call);
	json_decref(c->hooks);
	free(c->asked_for);
	free(c->path);
	free(c);
}

void hook_choice_cancel(struct hook_choice *c)
{
	choice_free(c);
}

static void tell(struct hook_choice *c, const char *hook, const struct err *e)
{
	c->done(c->arg, hook, e);
	choice_free(c);
}

static const char *hook_name(const struct hook_choice *c)
{
	const char *name = json_string_value(json_array_get(c->hooks, c->next));

	return name != NULL ? name : "";
}

static void note(struct hook_choice *c, const char *reason)
{
	char text[REASON_MAX];

	(void)str_copy(text, sizeof(text), reason);
	(void)snprintf(c->reason, sizeof(c->reason), "%.60s: %.130s",
		       hook_name(c), text);
	log_debug("programs", "hook %s", c->reason);
}

static void nobody_can(struct hook_choice *c)
{
	struct err e = {0};

	if (c->is_scratch)
		(void)err_set(&e, ERR_CONFLICT, "snapshot_refused",
			      "coffer-helper has no hook that gives the server "
			      "of %.100s a folder to write to%s%s%s: add a "
			      "section [hook scratch] with the program scratch "
			      "to its configuration (doc/reference/hooks.md)",
			      c->path, c->reason[0] != '\0' ? " (" : "",
			      c->reason, c->reason[0] != '\0' ? ")" : "");
	else if (c->asked_for != NULL)
		(void)err_set(&e, ERR_CONFLICT, "snapshot_refused",
			      "no snapshot can be taken of %.100s (%s); name "
			      "another hook, or use another method",
			      c->path, c->reason);
	else if (c->reason[0] != '\0')
		(void)err_set(&e, ERR_CONFLICT, "snapshot_refused",
			      "no snapshot hook can take %.100s (%s); put the "
			      "data on a file system that has snapshots, or "
			      "use another method",
			      c->path, c->reason);
	else
		(void)err_set(&e, ERR_CONFLICT, "snapshot_refused",
			      "the helper lists no snapshot hook: add a "
			      "section [hook NAME] to its configuration");
	tell(c, NULL, &e);
}

static void ask_next(struct hook_choice *c);

static bool is_scratch(json_t *reply)
{
	return json_is_true(json_object_get(reply, "scratch"));
}

static bool is_of_other_kind(const struct hook_choice *c, json_t *reply)
{
	return reply != NULL && c->is_scratch != is_scratch(reply);
}

/* NULL: it can. */
static const char *why_not(const struct hook_choice *c, json_t *reply,
			   const struct err *e)
{
	const char *reason =
		json_string_value(json_object_get(reply, "reason"));

	if (reply == NULL)
		return e->msg;
	if (json_integer_value(json_object_get(reply, "contract")) != CONTRACT)
		return "it speaks another version of the contract";
	if (is_of_other_kind(c, reply))
		return c->is_scratch
			       ? "it takes snapshots and gives no folders"
			       : "it gives folders and takes no snapshots";
	if (!json_is_true(json_object_get(reply, "can")))
		return reason != NULL ? reason : "it cannot";
	if (!c->is_scratch && !json_is_true(json_object_get(reply, "atomic")))
		return "its snapshots are not atomic, so they do not do for a "
		       "database";
	return NULL;
}

static void on_probed(void *arg, json_t *reply, const struct err *e)
{
	struct hook_choice *c = arg;
	const char *reason = why_not(c, reply, e);

	c->call = NULL;
	if (reason == NULL) {
		tell(c, hook_name(c), NULL);
		return;
	}
	/* The reason of one that could have been it says more. */
	if (!is_of_other_kind(c, reply) || c->reason[0] == '\0')
		note(c, reason);
	c->next++;
	ask_next(c);
}

static bool probe(struct hook_choice *c, struct err *e)
{
	struct program_call_config call = {
		.verb = "hook",
		.name = hook_name(c),
		.operation = "probe",
		.request = json_pack("{s:s}", "path", c->path),
		.timeout_ms = PROBE_MS,
	};

	if (call.request == NULL)
		return err_nomem(e, "a request");
	c->call = program_call_start(c->helper, &call, on_probed, c, e);
	json_decref(call.request);
	return c->call != NULL;
}

static void ask_next(struct hook_choice *c)
{
	struct err e = {0};

	if (c->next >= json_array_size(c->hooks))
		nobody_can(c);
	else if (!probe(c, &e))
		tell(c, NULL, &e);
}

static void on_listed(void *arg, json_t *reply, const struct err *e)
{
	struct hook_choice *c = arg;
	struct err mine = {0};

	c->call = NULL;
	if (reply == NULL) {
		(void)err_set(&mine, e->code, "snapshot_refused", "%s", e->msg);
		tell(c, NULL, &mine);
		return;
	}
	c->hooks = json_incref(json_object_get(reply, "hooks"));
	ask_next(c);
}

static bool begin(struct hook_choice *c, const char *hook, struct err *e)
{
	if (c->path == NULL || (hook != NULL && c->asked_for == NULL))
		return err_nomem(e, "the choice of a hook");
	if (hook == NULL) {
		c->call = helper_list(c->helper, on_listed, c, e);
		return c->call != NULL;
	}
	c->hooks = json_pack("[s]", hook);
	return c->hooks != NULL ? probe(c, e)
				: err_nomem(e, "the choice of a hook");
}

static struct hook_choice *choose(struct helper *h, const char *path,
				  const char *hook, hook_choice_cb *done,
				  void *arg, struct err *e)
{
	struct hook_choice *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "the choice of a hook");
		return NULL;
	}
	c->helper = h;
	c->path = strdup(path);
	c->asked_for = hook != NULL ? strdup(hook) : NULL;
	c->done = done;
	c->arg = arg;
	if (begin(c, hook, e))
		return c;
	choice_free(c);
	return NULL;
}

struct hook_choice *hook_choose(struct helper *h, const char *path,
				const char *hook, hook_choice_cb *done,
				void *arg, struct err *e)
{
	return choose(h, path, hook, done, arg, e);
}

struct hook_choice *hook_choose_scratch(struct helper *h, const char *path,
					hook_choice_cb *done, void *arg,
					struct err *e)
{
	struct hook_choice *c = choose(h, path, NULL, done, arg, e);

	if (c != NULL)
		c->is_scratch = true;
	return c;
}
