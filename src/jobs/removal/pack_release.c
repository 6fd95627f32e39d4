/* pack_release.c - see pack_release.h. */
#include "jobs/removal/pack_release.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/jobs_int.h"

static bool has_manifest(const struct listing_entry *entry)
{
	return entry->has_manifest;
}

static void on_released(void *arg, const char *packs, const struct err *e)
{
	struct pack_release *p = arg;

	p->op = NULL;
	p->done(p->arg, packs, e);
}

static bool ask(struct pack_release *p, struct err *e)
{
	char(*ids)[ID_MAX] = calloc(p->list.n + 1, sizeof(*ids));
	struct packs_release what = {.backup_id = p->backup_id,
				     .source_id = p->source_id,
				     .n = p->list.n};

	if (ids == NULL)
		return err_nomem(e, "a list of backups");
	for (size_t i = 0; i < p->list.n; i++)
		memcpy(ids[i], p->list.entries[i].backup_id, ID_MAX);
	what.there = (const char(*)[ID_MAX])ids;
	p->op = catalog_packs_release(p->jobs->config.catalog, &what,
				      on_released, p, e);
	free(ids);
	return p->op != NULL;
}

static void on_listed(void *arg, const struct err *e)
{
	struct pack_release *p = arg;
	struct err mine = {0};

	if (e == NULL && !ask(p, &mine))
		e = &mine;
	if (e != NULL)
		p->done(p->arg, NULL, e);
}

bool pack_release_start(struct pack_release *p, const struct opening *o,
			const struct pack_owner *whose, catalog_packs_cb *done,
			void *arg, struct err *e)
{
	pack_release_fini(p);
	p->jobs = o->jobs;
	p->done = done;
	p->arg = arg;
	(void)str_copy(p->source_id, ID_MAX, whose->source_id);
	(void)str_copy(p->backup_id, ID_MAX, whose->backup_id);
	p->list.wants = has_manifest;
	p->list.source_id = p->source_id;
	return pool_list_start(&p->list, o, on_listed, p, e);
}

void pack_release_fini(struct pack_release *p)
{
	pool_list_fini(&p->list);
	catalog_cancel(p->op);
	p->op = NULL;
}
