/* refs.c - from names to ids. */
#include "http/refs.h"

#include <string.h>

#include "base/text.h"
#include "catalog/backups.h"
#include "catalog/pools.h"
#include "catalog/sources.h"
#include "http/server_int.h"

void refs_add(struct refs *refs, enum ref_kind kind, const char *where,
	      const char *key)
{
	struct ref *ref;

	if (key == NULL || refs->n == REFS_MAX)
		return;
	ref = &refs->list[refs->n++];
	ref->kind = kind;
	ref->where = where;
	ref->key = key;
}

const struct ref *refs_get(const struct refs *refs, enum ref_kind kind,
			   const char *where)
{
	for (size_t i = 0; i < refs->n; i++) {
		const struct ref *ref = &refs->list[i];

		if (ref->kind == kind && strcmp(ref->where, where) == 0)
			return ref;
	}
	return NULL;
}

const char *refs_id(const struct refs *refs, enum ref_kind kind,
		    const char *where)
{
	const struct ref *ref = refs_get(refs, kind, where);

	return ref ? ref->id : "";
}

const char *refs_engine(const struct refs *refs, const char *where)
{
	const struct ref *ref = refs_get(refs, REF_SOURCE, where);

	return ref != NULL && ref->engine[0] != '\0' ? ref->engine : NULL;
}

static void refs_took(struct request *r, const char *id, const char *name,
		      const struct err *e)
{
	struct refs *refs = r->state;
	struct ref *ref = &refs->list[refs->next++];

	request_forget(r);
	if (e != NULL && e->code != ERR_NOT_FOUND) {
		request_fail(r, e);
		return;
	}
	if (e != NULL)
		faults_add_err(&r->faults, ref->where, e);
	(void)str_copy(ref->id, sizeof(ref->id), id);
	(void)str_copy(ref->name, sizeof(ref->name), name);
	refs_find(r);
}

static void on_source(void *arg, const struct source_record *rec,
		      const struct err *e)
{
	struct request *r = arg;
	struct refs *refs = r->state;
	struct ref *ref = &refs->list[refs->next];

	if (rec != NULL) {
		(void)str_copy(ref->engine, sizeof(ref->engine), rec->engine);
		(void)str_copy(ref->region, sizeof(ref->region),
			       rec->region ? rec->region : "");
	}
	refs_took(arg, rec ? rec->id : "", rec ? rec->name : "", e);
}

static void on_pool(void *arg, const struct pool_record *rec,
		    const struct err *e)
{
	refs_took(arg, rec ? rec->id : "", rec ? rec->name : "", e);
}

static void on_backup(void *arg, const struct backup_record *rec,
		      const struct err *e)
{
	refs_took(arg, rec ? rec->id : "", rec ? rec->name : "", e);
}

static struct catalog_op *ref_ask(struct request *r, const struct ref *ref,
				  struct err *e)
{
	struct catalog *c = r->server->config.catalog;

	switch (ref->kind) {
	case REF_SOURCE:
		return catalog_source_get(c, ref->key, false, on_source, r, e);
	case REF_POOL:
		return catalog_pool_get(c, ref->key, false, on_pool, r, e);
	case REF_BACKUP:
		return catalog_backup_get(c, ref->key, on_backup, r, e);
	}
	return NULL;
}

void refs_find(struct request *r)
{
	struct refs *refs = r->state;
	struct err e = {0};

	if (refs->next < refs->n) {
		request_await_catalog(
			r, ref_ask(r, &refs->list[refs->next], &e), &e);
		return;
	}
	if (refs->check != NULL)
		refs->check(r);
	if (request_is_sound(r))
		refs->done(r);
}
