/* checks.c - looks at sources and pools before something is saved. */
#include "jobs/checks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_stream.h"
#include "jobs/opening.h"
#include "jobs/pools/folder.h"

/* One look at a source or a pool. */
struct check {
	struct jobs_op base;
	struct opened_address address;
	struct source_op *look;
	struct folder_look *folder; /* of a pool that is one */
	struct store *store;
	struct probe *probe;
	source_probe_cb *source_done;
	source_names_cb *names_done;
	probe_done_cb *pool_done;
	void *arg;
};

static void check_free(struct check *k)
{
	source_op_cancel(k->look);
	folder_look_cancel(k->folder);
	probe_cancel(k->probe);
	store_free(k->store);
	opened_address_fini(&k->address);
	free(k);
}

static void check_cancel(struct jobs_op *op)
{
	check_free((struct check *)(void *)op); /* base comes first */
}

static struct check *check_new(struct jobs *j, void *arg, struct err *e)
{
	struct check *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_nomem(e, "a check");
		return NULL;
	}
	k->base.cancel = check_cancel;
	k->base.jobs = j;
	k->arg = arg;
	return k;
}

/* What callers rely on: one code for a source that does not answer right. */
static void as_source_check(struct err *to, const struct err *from)
{
	(void)err_set(to, ERR_INVALID, "source_check_failed", "%s", from->msg);
}

static void on_source(void *arg, const struct source_info *info,
		      const struct err *e)
{
	struct check *k = arg;
	struct err mine = {0};

	k->look = NULL;
	e = failure(e);
	if (e != NULL) {
		as_source_check(&mine, e);
		e = &mine;
	}
	k->source_done(k->arg, info, e);
	check_free(k);
}

/* Rule 2: what another server holds is not this source. */
static void on_replica(void *arg, const struct source_info *info,
		       const struct err *e)
{
	struct check *k = arg;
	struct err mine = {0};

	k->look = NULL;
	e = failure(e);
	if (e != NULL)
		(void)err_set(&mine, ERR_INVALID, "source_check_failed",
			      "\"read_from\": %s", e->msg);
	else if (strcmp(info->role, "replica") != 0)
		(void)err_set(&mine, ERR_INVALID, "source_check_failed",
			      "\"read_from\": the server replicates from no "
			      "other, or its account may not see it: name a "
			      "replica of the source");
	k->source_done(k->arg, info, failure(&mine));
	check_free(k);
}

static const struct source_kind *find_kind(const struct source_record *r,
					   struct err *e)
{
	const struct source_kind *kind = source_kind_find(r->engine);

	if (kind == NULL)
		(void)err_set(e, ERR_INVALID, "source_check_failed",
			      "this build of the server has no %s sources",
			      r->engine);
	return kind;
}

static const struct source_kind *
open_address(struct check *k, const struct source_record *r, struct err *e)
{
	const struct source_kind *kind = find_kind(r, e);

	if (kind == NULL ||
	    !opened_address_read(&k->address, k->base.jobs, r, e))
		return NULL;
	return kind;
}

struct jobs_op *jobs_check_source(struct jobs *j, const struct source_record *r,
				  source_probe_cb *done, void *arg,
				  struct err *e)
{
	struct check *k = check_new(j, arg, e);
	const struct source_kind *kind;

	if (k == NULL)
		return NULL;
	k->source_done = done;
	kind = open_address(k, r, e);
	if (kind != NULL)
		k->look = kind->probe(&j->source_env, &k->address.a, on_source,
				      k, e);
	if (k->look == NULL) {
		check_free(k);
		return NULL;
	}
	return &k->base;
}

struct jobs_op *jobs_check_replica(struct jobs *j,
				   const struct source_record *r,
				   source_probe_cb *done, void *arg,
				   struct err *e)
{
	struct check *k = check_new(j, arg, e);
	const struct source_kind *kind = k ? find_kind(r, e) : NULL;

	if (k == NULL)
		return NULL;
	k->source_done = done;
	if (kind != NULL &&
	    opened_address_replica(&k->address, k->base.jobs, r, e))
		k->look = kind->probe(&j->source_env, &k->address.a, on_replica,
				      k, e);
	if (k->look == NULL) {
		check_free(k);
		return NULL;
	}
	return &k->base;
}

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	struct check *k = arg;

	k->look = NULL;
	k->names_done(k->arg, names, n, failure(e));
	check_free(k);
}

struct jobs_op *jobs_list_names(struct jobs *j, const struct source_record *r,
				const struct source_names_query *q,
				source_names_cb *done, void *arg, struct err *e)
{
	struct check *k = check_new(j, arg, e);
	const struct source_kind *kind;

	if (k == NULL)
		return NULL;
	k->names_done = done;
	kind = open_address(k, r, e);
	if (kind != NULL && kind->names == NULL)
		(void)err_set(e, ERR_INVALID, "not_supported",
			      "a source of engine \"%s\" has no databases",
			      kind->engine);
	else if (kind != NULL)
		k->look = kind->names(&j->source_env, &k->address.a, q,
				      on_names, k, e);
	if (k->look == NULL) {
		check_free(k);
		return NULL;
	}
	return &k->base;
}

static void on_pool(void *arg, const struct store_capabilities *caps,
		    const struct err *e)
{
	struct check *k = arg;

	k->probe = NULL;
	k->pool_done(k->arg, caps, e);
	check_free(k);
}

/* A part is filled while another one is sent: two must fit the buffers. */
static bool check_part_bytes(const struct jobs *j, const struct pool_record *r,
			     struct err *e)
{
	size_t total = budget_total(j->config.budget);

	if (backup_share_bytes(r->part_bytes, 1) <= total)
		return true;
	return err_set(e, ERR_INVALID, "pool_check_failed",
		       "parts of %" PRIu64 " bytes need buffer_bytes of at "
		       "least %zu, but it is %zu: make part_bytes smaller or "
		       "buffer_bytes larger",
		       r->part_bytes, backup_share_bytes(r->part_bytes, 1),
		       total);
}

static void on_folder(void *arg, const struct err *e)
{
	struct check *k = arg;
	struct err mine = {0};

	k->folder = NULL;
	if (e != NULL)
		(void)err_set(&mine, ERR_INVALID, "pool_check_failed", "%s",
			      e->msg);
	else
		k->probe = probe_start(k->base.jobs->config.loop, k->store,
				       on_pool, k, &mine);
	if (k->probe == NULL)
		on_pool(k, NULL, &mine);
}

/* The folder of a pool that is bound is looked at first: a probe would write
 * into the mount point of a disk that is away, and be content. */
static bool check_pool_begin(struct check *k, const struct pool_record *r,
			     struct err *e)
{
	enum { ATTEMPTS = 2 }; /* somebody waits for the answer */
	struct jobs *j = k->base.jobs;

	k->store = opening_store(j, r, ATTEMPTS, e);
	if (k->store == NULL) {
		(void)str_copy(e->api, sizeof(e->api), "pool_check_failed");
		return false;
	}
	if (r->id[0] != '\0' && folder_is_one(r)) {
		k->folder = folder_look_start(j, r, on_folder, k, e);
		return k->folder != NULL;
	}
	k->probe = probe_start(j->config.loop, k->store, on_pool, k, e);
	return k->probe != NULL;
}

struct jobs_op *jobs_check_pool(struct jobs *j, const struct pool_record *r,
				probe_done_cb *done, void *arg, struct err *e)
{
	struct check *k;

	if (!check_part_bytes(j, r, e))
		return NULL;
	k = check_new(j, arg, e);
	if (k == NULL)
		return NULL;
	k->pool_done = done;
	if (check_pool_begin(k, r, e))
		return &k->base;
	check_free(k);
	return NULL;
}
