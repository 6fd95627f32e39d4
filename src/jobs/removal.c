/* removal.c - open the pool, remove the objects, tell the catalog. */
#include "jobs/removal.h"

#include <stdlib.h>

#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"

struct removal {
	struct jobs *jobs;
	char id[ID_MAX];
	struct opening opening;
	struct exchange *exchange;
	struct catalog_op *op;
	struct err why; /* the objects are not gone */
	catalog_done_cb *done;
	void *arg;
};

static void removal_free(struct removal *r)
{
	exchange_cancel(r->exchange);
	catalog_cancel(r->op);
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

static void on_told(void *arg, const struct err *e)
{
	struct removal *r = arg;

	r->op = NULL;
	if (err_is(&r->why))
		e = &r->why;
	removal_end(r, e);
}

static void tell_catalog(struct removal *r, const struct err *why)
{
	struct err e = {0};

	if (why != NULL)
		r->why = *why;
	r->op = catalog_backup_swept(r->jobs->config.catalog, r->id, why,
				     on_told, r, &e);
	if (r->op == NULL)
		removal_end(r, &e);
}

static void on_removed(void *arg, const struct err *e)
{
	struct removal *r = arg;

	r->exchange = NULL;
	tell_catalog(r, e);
}

/* A pool that is not bound any more keeps its objects (rule 16). */
static void on_opened(void *arg, const struct err *e)
{
	struct removal *r = arg;
	struct exchange_env env;
	struct err mine = {0};

	if (e != NULL && e->code == ERR_NOT_FOUND) {
		tell_catalog(r, NULL);
		return;
	}
	if (e != NULL) {
		tell_catalog(r, e);
		return;
	}
	opening_exchange_env(&r->opening, &env);
	r->exchange =
		exchange_remove(&env, r->opening.backup.source_id,
				r->opening.backup.id, on_removed, r, &mine);
	if (r->exchange == NULL)
		tell_catalog(r, &mine);
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
