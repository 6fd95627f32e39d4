/*
 * backup_base.c - what an increment of a plan builds upon: the catalog chooses
 * and keeps it, its manifest says where it ends, or which parts it has. Whether
 * the source is still what it was made of the engine finds out; whatever is in
 * the way, a full backup is made instead.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "catalog/chain.h"
#include "catalog/packs.h"
#include "jobs/backup/backup_int.h"
#include "jobs/packs.h"
#include "manifest/layout.h"
#include "manifest/listing.h"
#include "manifest/parts.h"
#include "sources/tree_base.h"

static void end(struct backup_job *b)
{
	b->on.done(b);
}

static void close_index(struct backup_base *on)
{
	if (on->has_index)
		(void)close(on->index);
	on->has_index = false;
}

void backup_base_fini(struct backup_base *on)
{
	free(on->json);
	free(on->chain);
	manifest_fini(&on->manifest);
	close_index(on);
	tree_base_unref(on->tree);
	*on = (struct backup_base){0};
}

/* The packs that the catalog holds for it are given up in the end. */
void backup_drop_base(struct backup_job *b, const struct err *why)
{
	job_log(&b->base, LOG_WARN,
		"the backup before cannot be built upon, so this one is full: "
		"%s",
		why->msg);
	b->on.why = *why;
	free(b->on.chain);
	b->on.chain = NULL;
	manifest_fini(&b->on.manifest);
	close_index(&b->on);
	b->on.is_there = false;
	b->on.increment = 0;
}

static void go_without(struct backup_job *b, const struct err *e)
{
	backup_drop_base(b, e);
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
		b->on.json = strdup(b->manifest.physical_json);
	if (e == NULL && b->on.json == NULL) {
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

/* The catalog's answer. False: there is none, and the job goes on or fails. */
static bool is_found(struct backup_job *b, const struct backup_record *base,
		     const struct err *e)
{
	b->op = NULL;
	if (e != NULL)
		backup_fail(b, e);
	else if (base == NULL)
		end(b);
	return e == NULL && base != NULL;
}

/* b->exchange is NULL when it was not begun. */
static void fetch(struct backup_job *b, const struct backup_record *base,
		  struct manifest *to, exchange_done_cb *done, struct err *e)
{
	const struct exchange_wanted wanted = {base->source_id, base->id,
					       base->manifest_digest};
	struct exchange_env env;

	opening_exchange_env(&b->opening, &env);
	b->exchange = exchange_fetch(&env, &wanted, to, done, b, e);
}

static void on_chosen(void *arg, const struct backup_record *base,
		      const struct err *e)
{
	struct backup_job *b = arg;
	struct err mine = {0};

	if (!is_found(b, base, e))
		return;
	b->on.chain = chain_of(base);
	if (b->on.chain == NULL)
		(void)err_nomem(&mine, "a list");
	else
		fetch(b, base, &b->manifest, on_fetched, &mine);
	if (b->exchange == NULL)
		backup_fail(b, &mine);
}

/* --- trees */

bool backup_has_packs(const struct backup_job *b)
{
	return b->is_tree && b->full_every > 0 && b->r.plan_id[0] != '\0';
}

static bool is_for(const struct manifest *m, const struct age_recipients *r)
{
	return m->recipients.n == r->n &&
	       memcmp(m->recipients.keys, r->keys, r->n * sizeof(r->keys[0])) ==
		       0;
}

/* What is kept of it must be readable by the same keys as what is new; and
 * there must be numbers left. */
static bool fits(const struct backup_job *b, struct err *e)
{
	const struct manifest *m = &b->on.manifest;
	struct age_recipients now = {0};

	if (!opening_recipients(&b->opening.pool, &now, e))
		return false;
	if (!is_for(m, &now))
		return err_set(e, ERR_CONFLICT, "internal",
			       "the pool encrypts for others than it did then");
	if (m->recipients.n > 0 && b->opening.identities.n == 0)
		return err_set(e, ERR_CONFLICT, "identity_missing",
			       "it is encrypted, and its pool has no identity "
			       "to read its index with");
	return manifest_last_number(m) < LAYOUT_NUMBER_MAX / 2 ||
	       err_set(e, ERR_CONFLICT, "internal",
		       "there are few numbers left for parts");
}

static void on_packs(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->exchange = NULL;
	b->on.is_there = e == NULL;
	if (e != NULL)
		go_without(b, e);
	else
		end(b);
}

/* What would be named again has to be there: else the increment were complete
 * by its own account, and nobody could restore it. */
static void look_for_packs(struct backup_job *b)
{
	struct exchange_env env;
	struct err e = {0};

	opening_exchange_env(&b->opening, &env);
	b->exchange = exchange_packs(&env, &b->on.manifest, on_packs, b, &e);
	if (b->exchange == NULL)
		go_without(b, &e);
}

static void on_tree_fetched(void *arg, const struct err *e)
{
	struct backup_job *b = arg;
	struct err mine = {0};

	b->exchange = NULL;
	if (e == NULL && fits(b, &mine))
		look_for_packs(b);
	else
		go_without(b, e != NULL ? e : &mine);
}

static void on_held(void *arg, const struct backup_record *base,
		    const struct err *e)
{
	struct backup_job *b = arg;
	struct err mine = {0};

	if (!is_found(b, base, e))
		return;
	b->on.increment = base->increments + 1;
	fetch(b, base, &b->on.manifest, on_tree_fetched, &mine);
	if (b->exchange == NULL)
		backup_fail(b, &mine);
}

/* --- both */

void backup_find_base(struct backup_job *b, void (*done)(struct backup_job *b))
{
	struct catalog *c = b->base.jobs->config.catalog;
	struct err e = {0};

	b->on.done = done;
	if (b->full_every < 2) {
		end(b);
		return;
	}
	backup_set_state(b, BACKUP_BASE);
	b->op = b->is_tree ? catalog_packs_hold(c, b->r.id, b->full_every,
						on_held, b, &e)
			   : catalog_backup_chain(c, b->r.id, b->full_every,
						  on_chosen, b, &e);
	if (b->op == NULL)
		backup_fail(b, &e);
}

/* The engine may have refused the base: what shares nothing is a full one. */
static bool note_packs(struct backup_job *b, struct err *e)
{
	int nothers = packs_from_others(&b->manifest);

	free(b->r.packs);
	b->r.packs = packs_text(&b->manifest);
	b->r.increments = nothers > 0 ? b->on.increment : 0;
	return (b->r.packs != NULL && nothers >= 0) ||
	       err_nomem(e, "a list of packs");
}

bool backup_note_base(struct backup_job *b, struct err *e)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	const char *list = f->is_incremental ? b->on.chain : "[]";

	if (backup_has_packs(b))
		return note_packs(b, e);
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
				 json_loads(b->on.chain, 0, NULL)) == 0))
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
