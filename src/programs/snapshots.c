/*
 * snapshots.c - all snapshots of this server: those that somebody has, those
 * that are being released, and, by asking each hook for its list, those that
 * nobody knows of any more since the server that took them died.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"
#include "programs/snapshot_int.h"

enum {
	LOOK_DELAY_S = 1, /* a start has more urgent things to do */
	LOOK_PERIOD_S = 3600,
	LIST_MS = 60000,
};

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct snapshots *s = arg;

	(void)fd;
	(void)what;
	if (s->is_stopping && s->idle != NULL && snapshots_is_idle(s))
		s->idle(s->idle_arg);
}

static void on_time(evutil_socket_t fd, short what, void *arg);

struct snapshots *snapshots_new(struct loop *l, struct helper *h,
				const char *owner, struct err *e)
{
	struct snapshots *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto nomem;
	s->loop = l;
	s->helper = h;
	(void)str_copy(s->owner, sizeof(s->owner), owner);
	TAILQ_INIT(&s->list);
	s->timer = evtimer_new(loop_base(l), on_time, s);
	s->idler = evtimer_new(loop_base(l), on_idle, s);
	if (s->timer != NULL && s->idler != NULL)
		return s;
nomem:
	snapshots_free(s);
	(void)err_nomem(e, "the snapshots");
	return NULL;
}

void snapshots_free(struct snapshots *s)
{
	struct snapshot *sn;

	if (s == NULL)
		return;
	program_call_cancel(s->asking);
	json_decref(s->hooks);
	while ((sn = TAILQ_FIRST(&s->list)) != NULL)
		snapshot_free(sn);
	if (s->timer != NULL)
		event_free(s->timer);
	if (s->idler != NULL)
		event_free(s->idler);
	free(s);
}

bool snapshots_is_idle(const struct snapshots *s)
{
	const struct snapshot *sn;

	if (s == NULL)
		return true;
	TAILQ_FOREACH (sn, &s->list, entry) {
		if (!sn->is_held)
			return false;
	}
	return true;
}

void snapshots_check_idle(struct snapshots *s)
{
	if (s->is_stopping && s->idler != NULL && snapshots_is_idle(s))
		loop_next_turn(s->idler);
}

/* ---- what nobody has */

static void arm(struct snapshots *s, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (evtimer_add(s->timer, &tv) != 0)
		log_error("programs", "cannot arm the look for snapshots");
}

static void rest(struct snapshots *s)
{
	json_decref(s->hooks);
	s->hooks = NULL;
	if (!s->is_stopping)
		arm(s, LOOK_PERIOD_S);
}

static bool is_known(const struct snapshots *s, const char *id)
{
	const struct snapshot *sn;

	TAILQ_FOREACH (sn, &s->list, entry) {
		if (strcmp(sn->id, id) == 0)
			return true;
	}
	return false;
}

static const char *hook_name(const struct snapshots *s)
{
	const char *name =
		json_string_value(json_array_get(s->hooks, s->next_hook));

	return name != NULL ? name : "";
}

static void take_away(struct snapshots *s, const char *id)
{
	struct snapshot *sn;

	if (id == NULL || strlen(id) >= ID_MAX || is_known(s, id))
		return;
	sn = snapshot_add(s, hook_name(s), id);
	if (sn == NULL)
		return; /* the next look finds it again */
	log_info("programs", "snapshot %s of hook %s has no backup any more",
		 id, sn->hook);
	sn->may_exist = true;
	snapshot_release_soon(sn, 0);
}

static void ask_next(struct snapshots *s);

static void on_hook_listed(void *arg, json_t *reply, const struct err *e)
{
	struct snapshots *s = arg;
	json_t *list = json_object_get(reply, "snapshots"), *it;
	size_t i;

	s->asking = NULL;
	if (reply == NULL || !json_is_array(list))
		log_warn("programs", "hook %s does not list its snapshots: %s",
			 hook_name(s),
			 reply == NULL ? e->msg : "no array \"snapshots\"");
	json_array_foreach(list, i, it)
		take_away(s, json_string_value(json_object_get(it, "id")));
	s->next_hook++;
	ask_next(s);
}

static bool ask_hook(struct snapshots *s, struct err *e)
{
	struct program_call_config c = {
		.verb = "hook",
		.name = hook_name(s),
		.operation = "list",
		.request = json_pack("{s:s}", "owner", s->owner),
		.timeout_ms = LIST_MS,
	};

	if (c.request == NULL)
		return err_nomem(e, "a request");
	s->asking = program_call_start(s->helper, &c, on_hook_listed, s, e);
	json_decref(c.request);
	return s->asking != NULL;
}

static void ask_next(struct snapshots *s)
{
	struct err e = {0};

	if (s->next_hook >= json_array_size(s->hooks) || !ask_hook(s, &e))
		rest(s);
}

static void on_hooks(void *arg, json_t *reply, const struct err *e)
{
	struct snapshots *s = arg;

	s->asking = NULL;
	if (reply == NULL) {
		log_line(strcmp(e->api, "not_configured") == 0 ? LOG_DEBUG
							       : LOG_WARN,
			 "programs", "cannot look for snapshots: %s", e->msg);
		rest(s);
		return;
	}
	s->hooks = json_incref(json_object_get(reply, "hooks"));
	s->next_hook = 0;
	ask_next(s);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct snapshots *s = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	s->asking = helper_list(s->helper, on_hooks, s, &e);
	if (s->asking == NULL)
		rest(s);
}

void snapshots_start(struct snapshots *s)
{
	arm(s, LOOK_DELAY_S);
}

void snapshots_stop(struct snapshots *s, void (*idle)(void *arg), void *arg)
{
	s->is_stopping = true;
	s->idle = idle;
	s->idle_arg = arg;
	(void)evtimer_del(s->timer);
	program_call_cancel(s->asking);
	s->asking = NULL;
	json_decref(s->hooks);
	s->hooks = NULL;
	snapshots_check_idle(s);
}
