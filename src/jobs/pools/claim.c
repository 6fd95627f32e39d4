/*
 * claim.c - read -> judge -> write, and, where the catalog may be a copy, wait.
 *
 * Two that are copies of each other write in turn: the one that starts later
 * writes an id that the other cannot know; that one sees it at its next look,
 * stops removing, and writes one that the first cannot know. So who may be a
 * copy waits for more than one look of the other's before it removes anything.
 *
 * What was read must be read twice before it speaks of another server: bytes
 * go wrong on their way, and a contested pool waits for somebody to decide.
 * What cannot be read at all speaks of nobody; it is written over, and waited
 * for like a move. So is an id that was another's at one reading and not at the
 * next: the bytes may have been wrong, or a store answers by several places.
 */
#include "jobs/pools/claim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/claims.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "manifest/starts.h"

enum {
	CLAIM_LOOKS = 3, /* of the other one's, that are waited for */
	READS_MAX = 4,
};

/* A pool that this process wrote to, and until when it waits. */
struct wait {
	SLIST_ENTRY(wait) entry;
	char pool_id[ID_MAX];
	int64_t until_ms; /* monotonic */
};

struct claims {
	SLIST_HEAD(, wait) waits;
};

struct claim {
	struct jobs *jobs;
	const struct opening *opening;
	struct exchange *exchange;
	struct catalog_op *op;
	char found[ID_MAX], before[ID_MAX]; /* now, and the time before */
	unsigned reads;
	struct err verdict;
	bool is_moved, is_unreadable;
	bool was_doubted; /* another server's was read, but not twice */
	claim_cb *done;
	void *arg;
};

struct claims *claims_new(void)
{
	return calloc(1, sizeof(struct claims));
}

void claims_free(struct claims *c)
{
	struct wait *w;

	if (c == NULL)
		return;
	while ((w = SLIST_FIRST(&c->waits)) != NULL) {
		SLIST_REMOVE_HEAD(&c->waits, entry);
		free(w);
	}
	free(c);
}

static struct wait *wait_of(struct claim *k)
{
	struct wait *w;

	SLIST_FOREACH(w, &k->jobs->claims->waits, entry)
	{
		if (strcmp(w->pool_id, k->opening->pool.id) == 0)
			return w;
	}
	return NULL;
}

static void wait_drop(struct claim *k)
{
	struct wait *w = wait_of(k);

	if (w == NULL)
		return;
	SLIST_REMOVE(&k->jobs->claims->waits, w, wait, entry);
	free(w);
}

/* From now on. False: no memory. */
static bool wait_begin(struct claim *k)
{
	struct wait *w = wait_of(k);

	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return err_nomem(&k->verdict, "a claim");
		memcpy(w->pool_id, k->opening->pool.id, ID_MAX);
		SLIST_INSERT_HEAD(&k->jobs->claims->waits, w, entry);
	}
	w->until_ms = clock_mono_ms() + (int64_t)k->jobs->config.probe_seconds *
						1000 * CLAIM_LOOKS;
	return true;
}

void claim_cancel(struct claim *k)
{
	if (k == NULL)
		return;
	exchange_cancel(k->exchange);
	catalog_cancel(k->op);
	free(k);
}

static void end(struct claim *k)
{
	claim_cb *done = k->done;
	void *arg = k->arg;
	struct err e = k->verdict;

	claim_cancel(k);
	done(arg, failure(&e));
}

static void end_with(struct claim *k, const struct err *e)
{
	k->verdict = *e;
	end(k);
}

static void refuse_yet(struct claim *k)
{
	(void)err_set(
		&k->verdict, ERR_TIMEOUT, "pool_contested",
		"the server was moved or its machine started, or what "
		"the pool remembers of it could not be read for sure: "
		"whether another one with its id uses the pool is looked at "
		"first, for %u s; nothing is removed until then",
		CLAIM_LOOKS * k->jobs->config.probe_seconds);
}

/* Meanwhile another look may have begun to wait anew. */
static void on_settled(void *arg, const struct err *e)
{
	struct claim *k = arg;
	const struct wait *w = wait_of(k);

	k->op = NULL;
	if (e != NULL)
		k->verdict = *e;
	else if (w != NULL && clock_mono_ms() < w->until_ms)
		refuse_yet(k);
	else
		wait_drop(k);
	end(k);
}

/* What lies there is what this process wrote. */
static void look_at_wait(struct claim *k)
{
	const struct wait *w = wait_of(k);
	struct err e = {0};

	if (w == NULL && !wait_begin(k)) {
		end(k);
		return;
	}
	if (w == NULL || clock_mono_ms() < w->until_ms) {
		refuse_yet(k);
		end(k);
		return;
	}
	k->op = catalog_claim_settled(k->jobs->config.catalog,
				      k->opening->pool.id, on_settled, k, &e);
	if (k->op == NULL)
		end_with(k, &e);
}

static void on_written(void *arg, const struct err *e)
{
	struct claim *k = arg;

	k->exchange = NULL;
	if (e != NULL) {
		end_with(k, e);
		return;
	}
	if (!err_is(&k->verdict) && k->is_moved && wait_begin(k))
		refuse_yet(k);
	end(k);
}

static bool read_start(struct claim *k, struct err *e);

static void read_again(struct claim *k)
{
	struct err e = {0};

	if (k->reads == READS_MAX)
		(void)err_set(&e, ERR_IO, "store_failed",
			      "which start of this server the pool remembers "
			      "is read otherwise each time: look whether what "
			      "lies between them changes bytes");
	else if (read_start(k, &e))
		return;
	end_with(k, &e);
}

static void on_judged(void *arg, const struct claim_verdict *v,
		      const struct err *e)
{
	struct claim *k = arg;
	struct exchange_env env;
	struct err mine = {0};

	k->op = NULL;
	if (e != NULL) {
		end_with(k, e);
		return;
	}
	if (v->is_doubted) {
		k->was_doubted = true;
		read_again(k);
		return;
	}
	/* What has been waited for does not end with the next look. */
	k->is_moved =
		v->is_moved || k->was_doubted ||
		(k->reads > 0 && (k->is_unreadable || wait_of(k) != NULL));
	if (v->rival != NULL)
		(void)err_set(&k->verdict, ERR_CONFLICT, "pool_contested", "%s",
			      v->rival);
	if (v->write[0] != '\0') {
		opening_exchange_env(k->opening, &env);
		k->exchange = exchange_start_put(&env, v->write, on_written, k,
						 &mine);
		if (k->exchange == NULL)
			end_with(k, &mine);
	} else if (v->rival == NULL && k->is_moved) {
		look_at_wait(k);
	} else {
		end(k);
	}
}

static void judge(struct claim *k)
{
	struct claim_found found = {
		.id = k->found, .is_sure = strcmp(k->found, k->before) == 0};
	struct err e = {0};

	k->is_unreadable = strcmp(k->found, "?") == 0;
	if (k->is_unreadable)
		found.id = "";
	k->op = catalog_claim_judge(k->jobs->config.catalog,
				    k->opening->pool.id, &found, on_judged, k,
				    &e);
	if (k->op == NULL)
		end_with(k, &e);
}

static void on_read(void *arg, const struct err *e)
{
	struct claim *k = arg;

	k->exchange = NULL;
	if (e != NULL)
		end_with(k, e);
	else if (strcmp(k->found, "?") == 0 && k->reads < READS_MAX)
		read_again(k);
	else
		judge(k);
}

static bool read_start(struct claim *k, struct err *e)
{
	struct exchange_env env;

	memcpy(k->before, k->found, ID_MAX);
	k->reads++;
	opening_exchange_env(k->opening, &env);
	k->exchange = exchange_start_get(&env, k->found, on_read, k, e);
	return k->exchange != NULL;
}

static bool begin(struct claim *k, bool is_taken, struct err *e)
{
	if (!is_taken)
		return read_start(k, e);
	k->op = catalog_claim_take(k->jobs->config.catalog, k->opening->pool.id,
				   on_judged, k, e);
	return k->op != NULL;
}

struct claim *claim_start(struct jobs *j, const struct opening *o,
			  bool is_taken, claim_cb *done, void *arg,
			  struct err *e)
{
	struct claim *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_nomem(e, "a claim");
		return NULL;
	}
	k->jobs = j;
	k->opening = o;
	k->done = done;
	k->arg = arg;
	if (begin(k, is_taken, e))
		return k;
	free(k);
	return NULL;
}
