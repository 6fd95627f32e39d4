/*
 * preflight_chain.c - the manifests of all that an increment builds upon, each
 * by the digest that the catalog knows it by, before anything is written.
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void fetch_next(struct preflight *p);

static const char *id_at(const struct preflight *p, size_t i)
{
	return json_string_value(json_array_get(p->chain.ids, i));
}

static void chain_fail(struct preflight *p, const struct err *e)
{
	struct err mine = *e;
	const char *id = id_at(p, p->chain.n);

	err_prefix(&mine, "backup %s, which this one builds upon",
		   id != NULL ? id : "?");
	preflight_end(p, &mine);
}

static void on_manifest(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	struct preflight_chain *c = &p->chain;

	p->exchange = NULL;
	if (failure(e) != NULL) {
		chain_fail(p, e);
		return;
	}
	c->manifests[c->n] = c->fetched;
	memset(&c->fetched, 0, sizeof(c->fetched));
	c->n++;
	fetch_next(p);
}

static bool suits(const struct preflight *p, const struct backup_record *r,
		  struct err *e)
{
	if (r->status == BACKUP_COMPLETED &&
	    strcmp(r->pool_id, p->opening.backup.pool_id) == 0)
		return true;
	return err_set(e, ERR_CONFLICT, "damaged_backup",
		       "it is not among the completed backups of the same "
		       "pool");
}

static void on_record(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct preflight *p = arg;
	struct exchange_wanted wanted;
	struct exchange_env env;
	struct err mine = {0};

	p->chain.op = NULL;
	if (failure(e) == NULL && suits(p, r, &mine)) {
		wanted = (struct exchange_wanted){r->source_id, r->id,
						  r->manifest_digest};
		opening_exchange_env(&p->opening, &env);
		p->exchange = exchange_fetch(&env, &wanted, &p->chain.fetched,
					     on_manifest, p, &mine);
	}
	if (p->exchange == NULL)
		chain_fail(p, failure(e) != NULL ? e : &mine);
}

static void fetch_next(struct preflight *p)
{
	struct preflight_chain *c = &p->chain;
	struct err e = {0};

	if (c->n == json_array_size(c->ids)) {
		if (p->is_through)
			preflight_foresee(p);
		else
			preflight_end(p, NULL);
		return;
	}
	c->op = catalog_backup_get(p->jobs->config.catalog, id_at(p, c->n),
				   on_record, p, &e);
	if (c->op == NULL)
		preflight_end(p, &e);
}

static bool read_ids(struct preflight_chain *c, const struct manifest *m,
		     struct err *e)
{
	json_t *o = m->physical_json != NULL
			    ? json_loads(m->physical_json, 0, NULL)
			    : NULL;
	size_t n;

	c->ids = json_incref(json_object_get(o, "chain"));
	json_decref(o);
	n = json_array_size(c->ids);
	if (n == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (!id_has_prefix(json_string_value(json_array_get(c->ids, i))
					   ? json_string_value(
						     json_array_get(c->ids, i))
					   : "",
				   "bak"))
			return err_set(e, ERR_DAMAGED, "damaged_backup",
				       "the manifest names what it builds "
				       "upon, and one of the names is none");
	c->manifests = calloc(n, sizeof(*c->manifests));
	return c->manifests != NULL || err_nomem(e, "a chain of backups");
}

void preflight_fetch_chain(struct preflight *p)
{
	struct err e = {0};

	if (read_ids(&p->chain, &p->manifest, &e))
		fetch_next(p);
	else
		preflight_end(p, &e);
}

void preflight_chain_cancel(struct preflight_chain *c)
{
	catalog_cancel(c->op);
	c->op = NULL;
}

void preflight_chain_fini(struct preflight_chain *c)
{
	preflight_chain_cancel(c);
	for (size_t i = 0; i < c->n; i++)
		manifest_fini(&c->manifests[i]);
	manifest_fini(&c->fetched);
	free(c->manifests);
	json_decref(c->ids);
	memset(c, 0, sizeof(*c));
}
