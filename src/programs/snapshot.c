/*
 * snapshot.c - one snapshot: its operations as calls of the hook. One that
 * nobody has any more releases itself, and is tried some times.
 *
 * What was just ended may still be at work for as long as the helper gives it
 * to end (SIGTERM, SIGKILL 5 s later), so the release waits for that. Two that
 * have one id (a backup's second try) are released one after the other.
 */
#include "programs/snapshot_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"

enum {
	OPEN_MS = 60000,
	RELEASE_MS = 60000,
	CUT_MS = 6000,	  /* until an ended program is gone */
	TURN_MS = 200,	  /* another look whether it may begin */
	AGAIN_MS = 10000, /* after a failure */
	TRIES = 3,
	RELEASES_MAX = 4, /* at the same time */
	MS = 1000,
};

static const char *const operations[] = {"none", "create", "open", "release"};
_Static_assert(sizeof(operations) / sizeof(operations[0]) == OPERATION_COUNT,
	       "one name per operation");

static void arm(struct snapshot *sn, unsigned ms)
{
	const struct timeval tv = {ms / MS, (long)(ms % MS) * MS};

	if (evtimer_add(sn->timer, &tv) != 0)
		log_error("programs", "cannot arm the release of snapshot %s",
			  sn->id);
}

/* ---- its life */

static void on_timer(evutil_socket_t fd, short what, void *arg);

struct snapshot *snapshot_add(struct snapshots *s, const char *hook,
			      const char *id)
{
	struct snapshot *sn = calloc(1, sizeof(*sn));

	if (sn == NULL)
		return NULL;
	sn->keeper = s;
	sn->hook = strdup(hook);
	(void)str_copy(sn->id, sizeof(sn->id), id);
	sn->timer = evtimer_new(loop_base(s->loop), on_timer, sn);
	if (sn->hook != NULL && sn->timer != NULL) {
		TAILQ_INSERT_TAIL(&s->list, sn, entry);
		return sn;
	}
	if (sn->timer != NULL)
		event_free(sn->timer);
	free(sn->hook);
	free(sn);
	return NULL;
}

void snapshot_free(struct snapshot *sn)
{
	struct snapshots *keeper = sn->keeper;

	program_call_cancel(sn->call);
	if (sn->dismiss != NULL)
		sn->dismiss(sn->writer);
	TAILQ_REMOVE(&keeper->list, sn, entry);
	event_free(sn->timer);
	free(sn->directory);
	free(sn->hook);
	free(sn);
	snapshots_check_idle(keeper);
}

/* Others that wait to be released under this id need not: whoever has it now
 * begins with that. */
static void supersede(const struct snapshot *sn)
{
	struct snapshot *other, *next;

	for (other = TAILQ_FIRST(&sn->keeper->list); other != NULL;
	     other = next) {
		next = TAILQ_NEXT(other, entry);
		if (other != sn && !other->is_held && other->call == NULL &&
		    !other->is_cut && strcmp(other->id, sn->id) == 0 &&
		    strcmp(other->hook, sn->hook) == 0)
			snapshot_free(other);
	}
}

struct snapshot *snapshot_new(struct snapshots *s, const char *hook,
			      const char *id, snapshot_line_cb *line, void *arg,
			      struct err *e)
{
	struct snapshot *sn = snapshot_add(s, hook, id);

	if (sn == NULL) {
		(void)err_nomem(e, "a snapshot");
		return NULL;
	}
	sn->is_held = true;
	sn->line = line;
	sn->arg = arg;
	supersede(sn);
	return sn;
}

/* What was under way did not end by itself. */
static void cut(struct snapshot *sn)
{
	sn->is_cut = sn->is_cut || sn->call != NULL;
	program_call_cancel(sn->call);
	sn->call = NULL;
	sn->operation = OPERATION_NONE;
}

void snapshot_let_go(struct snapshot *sn)
{
	if (sn == NULL)
		return;
	sn->is_held = false;
	sn->done = NULL;
	sn->line = NULL;
	if (sn->operation == OPERATION_RELEASE)
		return; /* goes on */
	cut(sn);
	if (sn->may_exist)
		snapshot_release_soon(sn, sn->is_cut ? CUT_MS : 0);
	else
		snapshot_free(sn);
}

/* A second one of this id waits for it as for a program that was ended. */
void snapshot_let_go_after(struct snapshot *sn, void (*dismiss)(void *writer),
			   void *writer)
{
	sn->is_held = false;
	sn->done = NULL;
	sn->line = NULL;
	cut(sn);
	sn->is_cut = true;
	sn->operation = OPERATION_RELEASE;
	sn->dismiss = dismiss;
	sn->writer = writer;
}

void snapshot_is_left(struct snapshot *sn)
{
	sn->dismiss = NULL;
	sn->writer = NULL;
	snapshot_release_soon(sn, 0);
}

const char *snapshot_directory(const struct snapshot *sn)
{
	return sn->directory;
}

const char *snapshot_hook(const struct snapshot *sn)
{
	return sn->hook;
}

/* ---- calls */

static void on_line(void *arg, const char *text)
{
	const struct snapshot *sn = arg;

	if (sn->line != NULL)
		sn->line(sn->arg, text);
	else
		log_info("programs", "hook %s: %s", sn->hook, text);
}

/* Whose fault, in words of the API. */
static void explain(const struct snapshot *sn, const struct err *why,
		    struct err *e)
{
	bool is_late = why->code == ERR_TIMEOUT;

	(void)err_set(e, why->code,
		      is_late ? "snapshot_timed_out" : "snapshot_failed",
		      "the hook %.60s could not %s the snapshot: %.280s",
		      sn->hook, operations[sn->operation], why->msg);
}

static bool lied(const struct snapshot *sn, const char *what, struct err *e)
{
	return err_set(e, ERR_REMOTE, "snapshot_failed",
		       "the hook %.60s answered %s with %s: it does not keep "
		       "to the contract (doc/reference/hooks.md)",
		       sn->hook, operations[sn->operation], what);
}

static bool take_directory(struct snapshot *sn, json_t *reply, struct err *e)
{
	const char *path =
		json_string_value(json_object_get(reply, "directory"));

	if (path == NULL || path[0] != '/')
		return lied(sn, "no absolute directory", e);
	free(sn->directory);
	sn->directory = strdup(path);
	return sn->directory != NULL || err_nomem(e, "a path");
}

static bool take_reply(struct snapshot *sn, json_t *reply, struct err *e)
{
	const char *id = json_string_value(json_object_get(reply, "id"));

	switch (sn->operation) {
	case OPERATION_CREATE:
		if (id == NULL || strcmp(id, sn->id) != 0)
			return lied(sn, "another id", e);
		return json_object_get(reply, "directory") == NULL ||
		       take_directory(sn, reply, e);
	case OPERATION_OPEN:
		return take_directory(sn, reply, e);
	case OPERATION_RELEASE:
		sn->may_exist = false;
		return true;
	case OPERATION_NONE:
	case OPERATION_COUNT:
		break;
	}
	return err_bug(e, "a hook answered unasked");
}

/* By the keeper: once more, or left to the look in an hour. */
static void released(struct snapshot *sn, const struct err *e)
{
	if (!err_is(e)) {
		log_info("programs", "snapshot %s was released", sn->id);
		snapshot_free(sn);
		return;
	}
	log_warn("programs", "snapshot %s is still there: %s", sn->id, e->msg);
	if (++sn->tries < TRIES && !sn->keeper->is_stopping)
		snapshot_release_soon(sn, AGAIN_MS);
	else
		snapshot_free(sn);
}

static void on_reply(void *arg, json_t *reply, const struct err *e)
{
	struct snapshot *sn = arg;
	snapshot_done_cb *done = sn->done;
	struct err mine = {0};

	sn->call = NULL;
	if (reply == NULL) {
		explain(sn, e, &mine);
		sn->is_cut = sn->is_cut || e->code == ERR_TIMEOUT;
	} else {
		(void)take_reply(sn, reply, &mine);
	}
	sn->operation = OPERATION_NONE;
	sn->done = NULL;
	if (!sn->is_held)
		released(sn, &mine);
	else
		done(sn->arg, err_is(&mine) ? &mine : NULL);
}

static bool call(struct snapshot *sn, const char *path, unsigned timeout_ms,
		 struct err *e)
{
	struct program_call_config c = {
		.verb = "hook",
		.name = sn->hook,
		.operation = operations[sn->operation],
		.timeout_ms = timeout_ms,
		.line = on_line,
	};

	c.request = json_pack("{s:s, s:s, s:s*}", "id", sn->id, "owner",
			      sn->keeper->owner, "path", path);
	if (c.request == NULL)
		return err_nomem(e, "a request");
	sn->call = program_call_start(sn->keeper->helper, &c, on_reply, sn, e);
	json_decref(c.request);
	return sn->call != NULL;
}

static bool begin(struct snapshot *sn, enum snapshot_operation operation,
		  snapshot_done_cb *done, struct err *e)
{
	if (sn->operation != OPERATION_NONE)
		return err_bug(e, "a snapshot is asked for two things");
	sn->operation = operation;
	sn->done = done;
	return true;
}

static bool or_none(struct snapshot *sn, bool has_begun)
{
	if (!has_begun)
		sn->operation = OPERATION_NONE;
	return has_begun;
}

bool snapshot_create(struct snapshot *sn, const char *path, unsigned timeout_ms,
		     snapshot_done_cb *done, struct err *e)
{
	if (!begin(sn, OPERATION_CREATE, done, e))
		return false;
	sn->may_exist = true;
	return or_none(sn, call(sn, path, timeout_ms, e));
}

bool snapshot_open(struct snapshot *sn, snapshot_done_cb *done, struct err *e)
{
	return begin(sn, OPERATION_OPEN, done, e) &&
	       or_none(sn, call(sn, NULL, OPEN_MS, e));
}

/* ---- releases wait for their turn */

static bool may_begin(const struct snapshot *sn)
{
	const struct snapshot *other;
	unsigned n = 0;

	TAILQ_FOREACH (other, &sn->keeper->list, entry) {
		if (other == sn || other->operation != OPERATION_RELEASE ||
		    other->call == NULL)
			continue;
		n++;
		if (strcmp(other->id, sn->id) == 0)
			return false;
	}
	return n < RELEASES_MAX;
}

/* One of the same id, in whose way an ended program may still be. */
static bool is_twin_cut(const struct snapshot *sn)
{
	const struct snapshot *other;

	TAILQ_FOREACH (other, &sn->keeper->list, entry) {
		if (other != sn && other->is_cut &&
		    strcmp(other->id, sn->id) == 0)
			return true;
	}
	return false;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct snapshot *sn = arg;
	snapshot_done_cb *done = sn->done;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (!may_begin(sn) || (sn->is_held && is_twin_cut(sn))) {
		arm(sn, TURN_MS);
		return;
	}
	if (call(sn, NULL, RELEASE_MS, &e))
		return;
	sn->operation = OPERATION_NONE;
	sn->done = NULL;
	if (sn->is_held)
		done(sn->arg, &e);
	else
		released(sn, &e);
}

bool snapshot_release(struct snapshot *sn, snapshot_done_cb *done,
		      struct err *e)
{
	if (!begin(sn, OPERATION_RELEASE, done, e))
		return false;
	sn->may_exist = true;
	arm(sn, 0);
	return true;
}

void snapshot_release_soon(struct snapshot *sn, unsigned ms)
{
	sn->operation = OPERATION_RELEASE;
	arm(sn, ms);
}
