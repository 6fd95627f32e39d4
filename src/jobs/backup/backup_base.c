/*
 * backup_base.c - what an increment of a plan builds upon: the catalog chooses
 * and keeps it, its manifest says where it ends. Whether the source is still
 * what it was made of the engine finds out; whatever is in the way, a full
 * backup is made instead.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "catalog/chain.h"
#include "jobs/backup/backup_int.h"

static void end(struct backup_job *b)
{
	b->base_done(b);
}

static void go_without(struct backup_job *b, const struct err *e)
{
	job_log(&b->base, LOG_WARN,
		"the backup before cannot be built upon, so this one is full: "
		"%s",
		e->msg);
	free(b->chain_json);
	b->chain_json = NULL;
	end(b);
}

static void on_fetched(void *arg, const struct err *e)
{
	struct backup_job *b = arg;
	struct err mine = {0};

	b->exchange = NULL;
	if (e == NULL && b->manifest.physical_json == NULL) {
		(void)err_set(&mine, ERR_DAMAGED, "damaged_backup",
			      "its manifest does not say where it ends");
		e = &mine;
	}
	if (e == NULL)
		b->base_json = strdup(b->manifest.physical_json);
	if (e == NULL && b->base_json == NULL) {
		(void)err_nomem(&mine, "a manifest");
		e = &mine;
	}
	manifest_fini(&b->manifest);
	if (e != NULL)
		go_without(b, e);
	else
		end(b);
}

/* What it needs, with itself at the end. */
static char *chain_of(const struct backup_record *base)
{
	json_t *list = base->depends_on_json != NULL
			       ? json_loads(base->depends_on_json, 0, NULL)
			       : json_array();
	char *text = NULL;

	if (json_array_append_new(list, json_string(base->id)) == 0)
		text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static void on_chosen(void *arg, const struct backup_record *base,
		      const struct err *e)
{
	struct backup_job *b = arg;
	struct exchange_wanted wanted;
	struct exchange_env env;
	struct err mine = {0};

	b->op = NULL;
	if (e != NULL) {
		backup_fail(b, e);
		return;
	}
	if (base == NULL) {
		end(b);
		return;
	}
	wanted = (struct exchange_wanted){base->source_id, base->id,
					  base->manifest_digest};
	opening_exchange_env(&b->opening, &env);
	b->chain_json = chain_of(base);
	if (b->chain_json == NULL)
		(void)err_nomem(&mine, "a list");
	else
		b->exchange = exchange_fetch(&env, &wanted, &b->manifest,
					     on_fetched, b, &mine);
	if (b->exchange == NULL)
		backup_fail(b, &mine);
}

void backup_find_base(struct backup_job *b, void (*done)(struct backup_job *b))
{
	struct err e = {0};

	b->base_done = done;
	if (b->full_every < 2) {
		end(b);
		return;
	}
	backup_set_state(b, BACKUP_BASE);
	b->op = catalog_backup_chain(b->base.jobs->config.catalog, b->r.id,
				     b->full_every, on_chosen, b, &e);
	if (b->op == NULL)
		backup_fail(b, &e);
}

bool backup_note_base(struct backup_job *b, struct err *e)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	const char *list = f->is_incremental ? b->chain_json : "[]";

	if (f->physical_json == NULL)
		return true;
	free(b->r.depends_on_json);
	b->r.depends_on_json = strdup(list);
	return b->r.depends_on_json != NULL || err_nomem(e, "a list");
}

char *backup_physical_json(const struct backup_job *b)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	json_t *o = json_loads(f->physical_json, 0, NULL);
	char *text = NULL;

	if (o != NULL &&
	    (!f->is_incremental ||
	     json_object_set_new(o, "chain",
				 json_loads(b->chain_json, 0, NULL)) == 0))
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
