/* monitor_pools.c - does a pool answer? One small listing, and the catalog is
 * told only when that has changed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/pools.h"
#include "jobs/monitor/monitor_int.h"
#include "jobs/pools/claim.h"
#include "jobs/pools/unread.h"
#include "manifest/layout.h"

enum { LOOK_ATTEMPTS = 2 };

static void on_page(void *arg, const struct pool_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct monitor_round *r = arg;

	for (size_t i = 0; e == NULL && i < page->n; i++)
		round_add(r, list[i].id);
	round_page_end(r, e == NULL ? page : NULL);
}

static struct catalog_op *pools_page(struct monitor_round *r,
				     const struct catalog_query *q,
				     struct err *e)
{
	return catalog_pool_list(r->jobs->config.catalog, q, on_page, r, e);
}

static void on_told(void *arg, const struct err *e)
{
	struct look *k = arg;

	k->op = NULL;
	if (e != NULL)
		log_warn("jobs", "cannot keep how pool %s is: %s", k->id,
			 e->msg);
	else if (k->opening.pool.is_reachable)
		unread_resume(k->round->jobs);
	look_end(k);
}

static bool is_news(const struct pool_record *p, const struct err *e)
{
	if (e == NULL || !p->is_reachable)
		return p->is_reachable != (e == NULL);
	return true;
}

static void pools_verdict(struct look *k, const struct err *e)
{
	struct pool_record *p = &k->opening.pool;
	struct err mine = {0};

	if (p->id[0] == '\0' || !is_news(p, e)) {
		look_end(k);
		return;
	}
	if (e != NULL)
		log_warn("jobs", "pool \"%s\" does not answer: %s", p->name,
			 e->msg);
	else
		log_info("jobs", "pool \"%s\" answers again", p->name);
	p->probed_at = clock_now_ms();
	p->is_reachable = e == NULL;
	free(p->reason);
	p->reason = e != NULL ? strdup(e->msg) : NULL;
	k->op = catalog_pool_probed(k->round->jobs->config.catalog, p, on_told,
				    k, &mine);
	if (k->op == NULL)
		look_end(k);
}

static void on_key(void *arg, const char *key, uint64_t size_bytes,
		   int64_t modified_ms)
{
	(void)arg;
	(void)key;
	(void)size_bytes;
	(void)modified_ms;
}

/* The catalog keeps what came of it, and tells. */
static void on_claimed(void *arg, const struct err *e)
{
	struct look *k = arg;

	k->claim = NULL;
	if (e != NULL)
		log_debug("jobs", "pool \"%s\": %s", k->opening.pool.name,
			  e->msg);
	pools_verdict(k, NULL);
}

static void on_listed(void *arg, const struct err *e)
{
	struct look *k = arg;
	struct err mine = {0};

	k->store_op = NULL;
	if (e == NULL)
		k->claim = claim_start(k->round->jobs, &k->opening, false,
				       on_claimed, k, &mine);
	if (k->claim == NULL)
		pools_verdict(k, e);
}

static void list(struct look *k)
{
	struct store *st = k->opening.store;
	char prefix[LAYOUT_KEY_MAX];
	struct err e = {0};

	k->store_op = st->ops->list(st, layout_servers(prefix), on_key,
				    on_listed, k, &e);
	if (k->store_op == NULL)
		look_end(k); /* no memory: in the next round, then */
}

static void on_folder(void *arg, const struct err *e)
{
	struct look *k = arg;

	k->folder = NULL;
	if (e == NULL)
		list(k);
	else
		pools_verdict(k, e);
}

static void on_opened(void *arg, const struct err *e)
{
	struct look *k = arg;
	struct err mine = {0};

	if (e != NULL) {
		look_end(k); /* the pool went meanwhile */
		return;
	}
	if (!folder_is_one(&k->opening.pool)) {
		list(k);
		return;
	}
	k->folder = folder_look_start(k->round->jobs, &k->opening.pool,
				      on_folder, k, &mine);
	if (k->folder == NULL)
		look_end(k);
}

static bool pools_look(struct look *k, struct err *e)
{
	const struct opening_want want = {.pool = k->id,
					  .store_attempts = LOOK_ATTEMPTS};

	return opening_start(&k->opening, k->round->jobs, &want, on_opened, k,
			     e);
}

const struct round_ops *monitor_pools(void)
{
	static const struct round_ops ops = {
		.page = pools_page,
		.look = pools_look,
		.verdict = pools_verdict,
	};

	return &ops;
}
