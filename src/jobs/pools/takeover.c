/*
 * takeover.c - what another server, which is gone, owns in a pool becomes this
 * one's: its owner files are written anew, then the catalog is told, then its
 * sources and plans are taken in, and at last its servers/<id>.json says so.
 * Cut at any moment, it can be done again: each step leaves alone what is ours
 * already.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/adopted.h"
#include "jobs/pools.h"
#include "jobs/pools/claim.h"
#include "jobs/pools/server_hide.h"
#include "jobs/pools/takeover_int.h"
#include "jobs/pools/upkeep.h"
#include "manifest/servers.h"

static const char *const state_names[] = {
	[TAKEOVER_OPEN] = "open",   [TAKEOVER_READ] = "read",
	[TAKEOVER_LIST] = "list",   [TAKEOVER_OWN] = "own",
	[TAKEOVER_TELL] = "tell",   [TAKEOVER_SOURCES] = "sources",
	[TAKEOVER_PLANS] = "plans", [TAKEOVER_MARK] = "mark",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == TAKEOVER_STATES,
	       "one name per state");

static struct catalog *catalog_of(const struct takeover *t)
{
	return t->base.jobs->config.catalog;
}

void takeover_set_state(struct takeover *t, enum takeover_state next)
{
	log_debug("jobs", "takeover of %s: %s -> %s", t->server_id,
		  state_names[t->state], state_names[next]);
	t->state = next;
}

static void takeover_free(struct takeover *t)
{
	claim_cancel(t->claim);
	exchange_cancel(t->exchange);
	for (unsigned i = 0; i < TAKEOVER_OWNERS; i++)
		exchange_cancel(t->owners[i].exchange);
	catalog_cancel(t->op);
	pool_list_fini(&t->list);
	opening_fini(&t->opening);
	json_decref(t->doc);
	json_decref(t->scopes);
	json_decref(t->secrets);
	free(t->text);
	free(t);
}

static void takeover_cancel(struct jobs_op *op)
{
	takeover_free((struct takeover *)(void *)op); /* base comes first */
}

void takeover_fail(struct takeover *t, const struct err *e)
{
	jobs_takeover_cb *done = t->done;
	void *arg = t->arg;
	struct err copy = *e;

	log_warn("jobs", "takeover of %s stopped at \"%s\": %s", t->server_id,
		 state_names[t->state], copy.msg);
	takeover_free(t);
	done(arg, NULL, &copy);
}

/* --- the end */

static void on_adopting(void *arg, const struct job_record *r,
			const struct err *e)
{
	(void)arg;
	(void)r;
	if (e != NULL)
		log_warn("jobs", "after a takeover: %s", e->msg);
}

/* Backups that were made since the pool was read last become known, and what
 * the other server left half is ours to sweep. */
static void follow_up(struct takeover *t)
{
	struct jobs *j = t->base.jobs;
	struct err e = {0};

	if (jobs_adopt(j, t->opening.pool.id, on_adopting, NULL, &e) == NULL)
		log_warn("jobs", "after a takeover: %s", e.msg);
	upkeep_sweep(j->upkeep);
	upkeep_publish(j->upkeep);
}

static void finish(struct takeover *t)
{
	jobs_takeover_cb *done = t->done;
	void *arg = t->arg;
	struct takeover_report report = t->report;
	char *secrets = json_dumps(t->secrets, JSON_COMPACT);

	log_info("jobs",
		 "took over from %s in pool \"%s\": %u backups, %u sources, "
		 "%u plans",
		 t->server_id, t->opening.pool.name, report.backups,
		 report.sources, report.plans);
	follow_up(t);
	takeover_free(t);
	report.secrets_json = secrets;
	done(arg, &report, NULL);
	free(secrets);
}

static void on_marked(void *arg, const struct err *e)
{
	struct takeover *t = arg;

	t->exchange = NULL;
	if (e != NULL)
		takeover_fail(t, e);
	else
		finish(t);
}

static void mark(struct takeover *t)
{
	const char *self = catalog_identity(catalog_of(t))->server_id;
	struct server_file f = {.server_id = t->server_id, .is_forced = true};
	char at[CLOCK_TEXT_MAX];
	struct exchange_env env;
	struct err e = {0};
	char *json = NULL;

	takeover_set_state(t, TAKEOVER_MARK);
	if (json_object_set_new(t->doc, "taken_over",
				json_pack("{s:s, s:s}", "by", self, "at",
					  clock_format(clock_now_ms(), at))) ==
	    0)
		json = json_dumps(t->doc, JSON_COMPACT);
	f.json = json;
	opening_exchange_env(&t->opening, &env);
	if (json != NULL)
		t->exchange = exchange_server_put(&env, &f, on_marked, t, &e);
	else
		(void)err_nomem(&e, "servers/<id>.json");
	free(json);
	if (t->exchange == NULL)
		takeover_fail(t, &e);
}

void takeover_imported(struct takeover *t)
{
	if (t->doc != NULL)
		mark(t);
	else
		finish(t);
}

/* --- the backups */

static void on_told(void *arg, const struct err *e)
{
	struct takeover *t = arg;

	t->op = NULL;
	if (e != NULL)
		takeover_fail(t, e);
	else
		takeover_import(t);
}

static void tell(struct takeover *t)
{
	struct err e = {0};

	takeover_set_state(t, TAKEOVER_TELL);
	t->op = catalog_adopt_take(catalog_of(t), t->opening.pool.id,
				   t->server_id, on_told, t, &e);
	if (t->op == NULL)
		takeover_fail(t, &e);
}

/* A server that is not known here is most likely mistyped. */
static void end_entries(struct takeover *t)
{
	struct err e = {0};

	if (t->doc != NULL || t->report.backups > 0) {
		tell(t);
		return;
	}
	(void)err_set(&e, ERR_NOT_FOUND, "not_found",
		      "the pool holds nothing of the server %s; backups show "
		      "the id of theirs as owner.server_id",
		      t->server_id);
	takeover_fail(t, &e);
}

static void own_entries(struct takeover *t);

/* One that went meanwhile, or whose owner.json is none, is left as it is. */
static void on_owned(void *arg, const struct err *e)
{
	struct takeover_owner *o = arg;
	struct takeover *t = o->takeover;

	o->exchange = NULL;
	t->nowning--;
	if (e != NULL && e->code != ERR_NOT_FOUND && e->code != ERR_DAMAGED) {
		takeover_fail(t, e);
		return;
	}
	if (e == NULL && strcmp(o->found.server_id, t->server_id) == 0)
		t->report.backups++;
	own_entries(t);
}

/* False: the takeover has failed, and is gone. */
static bool own_entry(struct takeover *t, struct takeover_owner *o)
{
	const struct listing_entry *it = &t->list.entries[t->next++];
	const struct owner_change change = {.source_id = it->source_id,
					    .backup_id = it->backup_id,
					    .from = t->server_id};
	struct exchange_env env;
	struct err e = {0};

	o->takeover = t;
	opening_exchange_env(&t->opening, &env);
	o->exchange = exchange_own(&env, &change, &o->found, on_owned, o, &e);
	if (o->exchange == NULL) {
		takeover_fail(t, &e);
		return false;
	}
	t->nowning++;
	return true;
}

static void own_entries(struct takeover *t)
{
	for (unsigned i = 0; i < TAKEOVER_OWNERS && t->next < t->list.n; i++) {
		struct takeover_owner *o = &t->owners[i];

		if (o->exchange == NULL && !own_entry(t, o))
			return;
	}
	if (t->nowning == 0)
		end_entries(t);
}

static void on_listed(void *arg, const struct err *e)
{
	struct takeover *t = arg;

	if (e != NULL) {
		takeover_fail(t, e);
		return;
	}
	takeover_set_state(t, TAKEOVER_OWN);
	own_entries(t);
}

static bool has_owner(const struct listing_entry *entry)
{
	return entry->has_owner;
}

static void list(struct takeover *t)
{
	struct err e = {0};

	takeover_set_state(t, TAKEOVER_LIST);
	t->list.wants = has_owner;
	if (!pool_list_start(&t->list, &t->opening, on_listed, t, &e))
		takeover_fail(t, &e);
}

/* --- what the other server said of itself */

/* Without it (an old server never wrote one), or if it is damaged, the backups
 * are still there to be taken. */
static void read_doc(struct takeover *t)
{
	t->doc = json_loads(t->text, 0, NULL);
	t->scopes = server_reveal(t->doc, &t->opening.identities);
}

static void on_server(void *arg, const struct err *e)
{
	struct takeover *t = arg;

	t->exchange = NULL;
	if (e != NULL && e->code != ERR_NOT_FOUND && e->code != ERR_DAMAGED) {
		takeover_fail(t, e);
		return;
	}
	if (e == NULL)
		read_doc(t);
	else
		log_warn("jobs", "sources and plans are not taken over: %s",
			 e->msg);
	list(t);
}

/* That it has to wait and look for the other one is no failure. */
static void on_claimed(void *arg, const struct err *e)
{
	struct takeover *t = arg;

	t->claim = NULL;
	if (e != NULL && e->code != ERR_TIMEOUT)
		takeover_fail(t, e);
	else
		finish(t);
}

/* Which of two servers of one id is the right one: this. */
static void take_self(struct takeover *t)
{
	struct err e = {0};

	if (t->opening.pool.rival == NULL)
		(void)err_set(&e, ERR_INVALID, "invalid_value",
			      "%s is this server: what it owns is its own "
			      "already",
			      t->server_id);
	else
		t->claim = claim_start(t->base.jobs, &t->opening, true,
				       on_claimed, t, &e);
	if (t->claim == NULL)
		takeover_fail(t, &e);
}

static bool is_self(const struct takeover *t)
{
	return strcmp(catalog_identity(catalog_of(t))->server_id,
		      t->server_id) == 0;
}

static void on_opened(void *arg, const struct err *e)
{
	struct takeover *t = arg;
	struct exchange_env env;
	struct err mine = {0};

	if (e != NULL) {
		takeover_fail(t, e);
		return;
	}
	if (is_self(t)) {
		take_self(t);
		return;
	}
	takeover_set_state(t, TAKEOVER_READ);
	opening_exchange_env(&t->opening, &env);
	t->exchange = exchange_server_get(&env, t->server_id, &t->text,
					  on_server, t, &mine);
	if (t->exchange == NULL)
		takeover_fail(t, &mine);
}

/* --- the request */

struct jobs_op *jobs_takeover(struct jobs *j, const char *pool,
			      const char *server_id, jobs_takeover_cb *done,
			      void *arg, struct err *e)
{
	const struct opening_want want = {.pool = pool};
	struct takeover *t;

	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		(void)err_nomem(e, "a takeover");
		return NULL;
	}
	t->base.cancel = takeover_cancel;
	t->base.jobs = j;
	t->done = done;
	t->arg = arg;
	t->secrets = json_array();
	(void)str_copy(t->server_id, ID_MAX, server_id);
	if (opening_start(&t->opening, j, &want, on_opened, t, e))
		return &t->base;
	takeover_free(t);
	return NULL;
}
