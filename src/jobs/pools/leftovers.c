/*
 * leftovers.c - pool after pool: list what has no manifest; only then ask the
 * catalog for each, so that a backup that began meanwhile is known (by its id:
 * a store may be bound twice); ask whose the rest is; remove it if it is ours.
 */
#include "jobs/pools/leftovers.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/text.h"
#include "catalog/backups.h"
#include "catalog/pools.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "jobs/pools/claim.h"
#include "jobs/pools/pool_list.h"
#include "jobs/removal/pack_release.h"
#include "loop/loop.h"

enum {
	LEFTOVERS_PERIOD_S = 3600,
	LEFTOVERS_DELAY_S = 5, /* a start has more urgent things to do */
	LEFTOVERS_PAGE = 500,
	LEFTOVERS_MAX = 10000, /* of one pool at a time */
};

struct leftovers {
	struct jobs *jobs;
	struct event *timer;
	bool is_busy, is_again;
	struct text pools; /* their ids, ID_MAX bytes each */
	size_t next_pool;  /* offset in there */
	char *cursor;
	struct catalog_op *op;
	struct opening opening;
	struct claim *claim;
	struct exchange *exchange;
	struct pack_release release;
	struct pool_list list; /* without a manifest */
	size_t next;	       /* of the list */
	struct owner_found owner;
};

static void arm(struct leftovers *l, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (evtimer_add(l->timer, &tv) != 0)
		log_error("jobs", "cannot arm the look for leftovers");
}

static void drop(struct leftovers *l)
{
	claim_cancel(l->claim);
	l->claim = NULL;
	exchange_cancel(l->exchange);
	l->exchange = NULL;
	pack_release_fini(&l->release);
	catalog_cancel(l->op);
	l->op = NULL;
	pool_list_fini(&l->list);
	opening_fini(&l->opening);
	text_free(&l->pools);
	free(l->cursor);
	l->cursor = NULL;
	l->next = l->next_pool = 0;
	l->is_busy = false;
}

static void rest(struct leftovers *l)
{
	drop(l);
	arm(l, l->is_again ? LEFTOVERS_DELAY_S : LEFTOVERS_PERIOD_S);
	l->is_again = false;
}

static void next_pool(struct leftovers *l);

/* What cannot be looked at now is looked at in an hour. */
static void skip_pool(struct leftovers *l, const struct err *e)
{
	if (e != NULL)
		log_warn("jobs", "cannot look for leftovers in pool \"%s\": %s",
			 l->opening.pool.name, e->msg);
	next_pool(l);
}

/* --- one leftover */

static void next_entry(struct leftovers *l);

static void on_removed(void *arg, const struct err *e)
{
	struct leftovers *l = arg;
	const char *id = l->list.entries[l->next].backup_id;

	l->exchange = NULL;
	if (e != NULL)
		log_warn("jobs", "cannot remove what is left of %s: %s", id,
			 e->msg);
	else
		log_info("jobs", "removed what was left of %s, unknown here",
			 id);
	l->next++;
	next_entry(l);
}

static void remove_entry(struct leftovers *l, const char *packs)
{
	const struct listing_entry *it = &l->list.entries[l->next];
	struct exchange_env env;
	struct err e = {0};

	opening_exchange_env(&l->opening, &env);
	env.packs = packs;
	env.is_leftover = true;
	l->exchange = exchange_remove(&env, it->source_id, it->backup_id,
				      on_removed, l, &e);
	if (l->exchange == NULL)
		on_removed(l, &e);
}

/* Its packs go as far as nobody needs them, which can be told when each
 * manifest of the source is known; until then all of it stays. */
static void on_released(void *arg, const char *packs, const struct err *e)
{
	struct leftovers *l = arg;

	if (e != NULL)
		on_removed(l, e);
	else
		remove_entry(l, packs);
}

static void release_entry(struct leftovers *l)
{
	const struct listing_entry *it = &l->list.entries[l->next];
	const struct pack_owner whose = {it->source_id, it->backup_id};
	struct err e = {0};

	if (!pack_release_start(&l->release, &l->opening, &whose, on_released,
				l, &e))
		on_removed(l, &e);
}

static void on_owner(void *arg, const struct err *e)
{
	struct leftovers *l = arg;
	const struct catalog *c = l->jobs->config.catalog;

	l->exchange = NULL;
	if (e == NULL &&
	    strcmp(l->owner.server_id, catalog_identity(c)->server_id) == 0) {
		release_entry(l);
		return;
	}
	l->next++;
	next_entry(l);
}

/* The catalog knows all that a job of ours may be making. */
static void on_known(void *arg, const struct backup_record *r,
		     const struct err *e)
{
	struct leftovers *l = arg;
	const struct listing_entry *it = &l->list.entries[l->next];
	struct exchange_env env;
	struct err mine = {0};

	(void)r;
	l->op = NULL;
	if (e == NULL || e->code != ERR_NOT_FOUND) {
		l->next++;
		next_entry(l);
		return;
	}
	opening_exchange_env(&l->opening, &env);
	l->exchange = exchange_own(
		&env, &(struct owner_change){it->source_id, it->backup_id, ""},
		&l->owner, on_owner, l, &mine);
	if (l->exchange == NULL)
		skip_pool(l, &mine);
}

static void next_entry(struct leftovers *l)
{
	struct err e = {0};

	if (l->next >= l->list.n) {
		next_pool(l);
		return;
	}
	l->op = catalog_backup_get(l->jobs->config.catalog,
				   l->list.entries[l->next].backup_id, on_known,
				   l, &e);
	if (l->op == NULL)
		skip_pool(l, &e);
}

/* --- one pool */

/* Without an owner.json there is nobody to ask. */
static bool is_left(const struct listing_entry *entry)
{
	return !entry->has_manifest && entry->has_owner;
}

static void on_listed(void *arg, const struct err *e)
{
	struct leftovers *l = arg;

	if (e != NULL) {
		skip_pool(l, e);
		return;
	}
	l->next = 0;
	next_entry(l);
}

/* What another server of this id is making now is unknown here, too. */
static void on_claimed(void *arg, const struct err *e)
{
	struct leftovers *l = arg;
	struct err mine = {0};

	l->claim = NULL;
	if (e != NULL) {
		l->is_again =
			l->is_again || (e->code == ERR_TIMEOUT &&
					strcmp(e->api, "pool_contested") == 0);
		skip_pool(l, e);
		return;
	}
	l->list.wants = is_left;
	l->list.max = LEFTOVERS_MAX;
	if (!pool_list_start(&l->list, &l->opening, on_listed, l, &mine))
		skip_pool(l, &mine);
}

static void on_opened(void *arg, const struct err *e)
{
	struct leftovers *l = arg;
	struct err mine = {0};

	if (e != NULL) {
		skip_pool(l, e->code == ERR_NOT_FOUND ? NULL : e);
		return;
	}
	l->claim =
		claim_start(l->jobs, &l->opening, false, on_claimed, l, &mine);
	if (l->claim == NULL)
		skip_pool(l, &mine);
}

static void next_pool(struct leftovers *l)
{
	struct opening_want want = {0};
	struct err e = {0};

	pool_list_fini(&l->list);
	pack_release_fini(&l->release);
	opening_fini(&l->opening);
	if (l->next_pool >= l->pools.len) {
		rest(l);
		return;
	}
	want.pool = l->pools.data + l->next_pool;
	l->next_pool += ID_MAX;
	if (!opening_start(&l->opening, l->jobs, &want, on_opened, l, &e))
		rest(l);
}

/* --- which pools there are */

static void read_pools(struct leftovers *l);

static void on_pools(void *arg, const struct pool_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	struct leftovers *l = arg;

	l->op = NULL;
	for (size_t i = 0; e == NULL && i < page->n; i++)
		text_add(&l->pools, list[i].id, ID_MAX);
	free(l->cursor);
	l->cursor = e == NULL && page->next != NULL ? strdup(page->next) : NULL;
	if (e != NULL || l->pools.is_broken)
		rest(l);
	else if (l->cursor != NULL)
		read_pools(l);
	else
		next_pool(l);
}

static void read_pools(struct leftovers *l)
{
	const struct catalog_query q = {.sort = "created_at",
					.after = l->cursor,
					.limit = LEFTOVERS_PAGE};
	struct err e = {0};

	l->op = catalog_pool_list(l->jobs->config.catalog, &q, on_pools, l, &e);
	if (l->op == NULL)
		rest(l);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct leftovers *l = arg;

	(void)fd;
	(void)what;
	l->is_busy = true;
	read_pools(l);
}

struct leftovers *leftovers_new(struct jobs *j)
{
	struct leftovers *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->jobs = j;
	l->timer = evtimer_new(loop_base(j->config.loop), on_time, l);
	if (l->timer != NULL)
		return l;
	free(l);
	return NULL;
}

void leftovers_kick(struct leftovers *l)
{
	if (l->is_busy)
		l->is_again = true;
	else if (!l->jobs->is_stopping)
		arm(l, LEFTOVERS_DELAY_S);
}

void leftovers_stop(struct leftovers *l)
{
	(void)evtimer_del(l->timer);
	drop(l);
}

void leftovers_free(struct leftovers *l)
{
	if (l == NULL)
		return;
	leftovers_stop(l);
	event_free(l->timer);
	free(l);
}
