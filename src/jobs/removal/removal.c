/* removal.c - open the pool, remove the objects, tell the catalog. */
#include "jobs/pools.h"
#include "jobs/removal/removal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "jobs/pools/claim.h"
#include "jobs/removal/pack_release.h"
#include "jobs/retry.h"

struct removal {
	struct jobs *jobs;
	char id[ID_MAX];
	struct opening opening;
	struct claim *claim;
	struct pack_release release;
	struct exchange *exchange;
	struct catalog_op *op;
	struct retry retry; /* of telling the catalog */
	struct err why;	    /* the objects are not gone */
	bool is_early;	    /* the catalog is not told */
	catalog_done_cb *done;
	void *arg;
};

static void removal_free(struct removal *r)
{
	claim_cancel(r->claim);
	pack_release_fini(&r->release);
	exchange_cancel(r->exchange);
	catalog_cancel(r->op);
	retry_fini(&r->retry);
	opening_fini(&r->opening);
	free(r);
}

static void removal_end(struct removal *r, const struct err *e)
{
	catalog_done_cb *done = r->done;
	void *arg = r->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	removal_free(r);
	done(arg, err_is(&copy) ? &copy : NULL);
}

static void tell_catalog(struct removal *r);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

/* While it is not told, its job of kind delete keeps sweeps away. A backup
 * that it does not know any more was swept by somebody else meanwhile. */
static void on_told(void *arg, const struct err *e)
{
	struct removal *r = arg;

	r->op = NULL;
	if (e != NULL && retry_later(&r->retry, r->jobs, e, on_retry, r))
		return;
	if (e != NULL && e->code == ERR_NOT_FOUND)
		e = NULL;
	if (err_is(&r->why))
		e = &r->why;
	removal_end(r, e);
}

static void tell_catalog(struct removal *r)
{
	const struct err *why = failure(&r->why);
	struct err e = {0};

	r->op = catalog_backup_swept(r->jobs->config.catalog, r->id, why,
				     on_told, r, &e);
	if (r->op == NULL)
		on_told(r, &e);
}

static void tell(struct removal *r, const struct err *why)
{
	if (r->is_early) {
		removal_end(r, why);
		return;
	}
	if (why != NULL)
		r->why = *why;
	tell_catalog(r);
}

/* Objects of a backup that lives are nobody's to remove, whoever asks. */
static bool check_removable(const struct backup_record *b, struct err *e)
{
	if (b->status == BACKUP_DELETING || b->status == BACKUP_FAILED ||
	    b->status == BACKUP_CANCELED)
		return true;
	return err_bug(e, "asked to remove the objects of %s, which is %s",
		       b->id, backup_status_name(b->status));
}

static void on_adopting(void *arg, const struct job_record *job,
			const struct err *e)
{
	(void)arg;
	(void)job;
	if (e != NULL)
		log_debug("jobs", "after a takeover by another: %s", e->msg);
}

/* Another server took it over: what was to be deleted is shown as that one's
 * when the pool is read again, what was left is no more ours to sweep. */
static bool let_go(struct removal *r)
{
	const struct backup_record *b = &r->opening.backup;
	struct err e = {0};

	log_warn("jobs", "%s belongs to another server now", b->id);
	if (b->status != BACKUP_DELETING)
		return true;
	if (jobs_adopt(r->jobs, b->pool_id, on_adopting, NULL, &e) == NULL)
		log_warn("jobs", "the pool cannot be read again: %s", e.msg);
	return false;
}

static void on_removed(void *arg, const struct err *e)
{
	struct removal *r = arg;

	r->exchange = NULL;
	if (e != NULL && strcmp(e->api, "not_owner") == 0 && let_go(r))
		e = NULL;
	tell(r, e);
}

static void remove_objects(struct removal *r, const char *packs)
{
	struct exchange_env env;
	struct err mine = {0};

	opening_exchange_env(&r->opening, &env);
	env.packs = packs;
	/* The last one that was completed counts no more, and had one. */
	env.is_marked =
		strcmp(r->opening.pool.storage_type, "local_directory") == 0 &&
		r->opening.backup.manifest_digest[0] != '\0';
	r->exchange =
		exchange_remove(&env, r->opening.backup.source_id,
				r->opening.backup.id, on_removed, r, &mine);
	if (r->exchange == NULL)
		tell(r, &mine);
}

static void on_released(void *arg, const char *packs, const struct err *e)
{
	struct removal *r = arg;

	if (e != NULL)
		tell(r, e);
	else
		remove_objects(r, packs);
}

/* Only trees have packs. */
static void on_claimed(void *arg, const struct err *e)
{
	struct removal *r = arg;
	const struct backup_record *b = &r->opening.backup;
	const struct pack_owner whose = {b->source_id, b->id};
	struct err mine = {0};

	r->claim = NULL;
	if (e == NULL && check_removable(b, &mine)) {
		if (strcmp(b->method, "snapshot") != 0) {
			remove_objects(r, NULL);
			return;
		}
		if (pack_release_start(&r->release, &r->opening, &whose,
				       on_released, r, &mine))
			return;
	}
	tell(r, e != NULL ? e : &mine);
}

/* A pool that is not bound any more keeps its objects (rule 16). */
static void on_opened(void *arg, const struct err *e)
{
	struct removal *r = arg;
	struct err mine = {0};

	if (e != NULL) {
		tell(r, e->code == ERR_NOT_FOUND ? NULL : e);
		return;
	}
	r->claim =
		claim_start(r->jobs, &r->opening, false, on_claimed, r, &mine);
	if (r->claim == NULL)
		tell(r, &mine);
}

struct removal *removal_start(struct jobs *j, const char *backup_id,
			      catalog_done_cb *done, void *arg, struct err *e)
{
	const struct opening_want want = {.backup = backup_id};
	struct removal *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)err_nomem(e, "a removal");
		return NULL;
	}
	r->jobs = j;
	r->done = done;
	r->arg = arg;
	(void)str_copy(r->id, sizeof(r->id), backup_id);
	if (!opening_start(&r->opening, j, &want, on_opened, r, e)) {
		removal_free(r);
		return NULL;
	}
	return r;
}

void removal_cancel(struct removal *r)
{
	if (r != NULL)
		removal_free(r);
}

struct removal *removal_start_early(struct jobs *j, const char *backup_id,
				    catalog_done_cb *done, void *arg,
				    struct err *e)
{
	struct removal *r = removal_start(j, backup_id, done, arg, e);

	if (r != NULL)
		r->is_early = true;
	return r;
}
