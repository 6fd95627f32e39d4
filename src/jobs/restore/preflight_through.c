/*
 * preflight_through.c - a backup of files, restored into a server that runs:
 * what is wanted is read from an instance that a provisioner makes of the files
 * (jobs/extract). Which names they hold is not known before that instance runs,
 * so the target is looked at twice: first with the names that the request
 * itself tells, before anything is made, then with what the instance holds.
 *
 *   scope -> provisioner (there is one, and it can) -> manifests of the chain
 *     -> target, by the names of the request -> the end
 *   and later: what the instance holds -> target -> the end
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

/* Nothing was picked yet, or what was is out of date. */
static bool pick_anew(struct preflight *p, struct err *e)
{
	if (p->load != NULL)
		p->load->ops->destroy(p->load);
	p->load = NULL;
	opened_address_fini(&p->address);
	preflight_drop_picked(p);
	return preflight_begin_picking(p, e);
}

static bool refuse(const struct preflight *p, struct err *e, const char *why)
{
	return err_set(e, ERR_CONFLICT, "target_incompatible",
		       "a %s backup is the files of a whole server: what is "
		       "restored from it into one that runs is read from a "
		       "throwaway instance, and %s; or make a new instance of "
		       "it (\"target\":{\"provision\":...}), or restore single "
		       "databases from a logical backup",
		       p->manifest.method, why);
}

static bool check_request(struct preflight *p, struct err *e)
{
	const struct source_kind *kind = source_kind_find(p->manifest.engine);
	const json_t *options = json_object_get(p->request, "options");

	if (kind == NULL || kind->objects == NULL)
		return refuse(p, e, "this server can read none of its kind");
	if (json_is_true(json_object_get(options, "accounts")))
		return err_set(e, ERR_INVALID, "invalid_value",
			       "accounts are not restored from a %s backup "
			       "into a server that runs: leave the option out, "
			       "or restore a logical backup",
			       p->manifest.method);
	return preflight_begin_picking(p, e);
}

/* --- who makes the instance */

static void on_described(void *arg, json_t *reply, const struct err *e)
{
	struct preflight *p = arg;
	const struct manifest *m = &p->manifest;
	const struct provision_need need = {
		.engine = m->engine,
		.version = m->version != NULL ? m->version : "",
		.method = m->method,
	};
	const char *description;
	json_t *engines;
	struct err mine = {0};

	if (failure(e) != NULL)
		preflight_end(p, e);
	else if (provision_described(p->choice.name, reply, &description,
				     &engines, &mine) &&
		 provision_suits(p->choice.name, reply, &need, &mine))
		preflight_fetch_chain(p);
	else
		preflight_end(p, &mine);
}

static void on_chosen(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	struct err mine = {0};
	const struct provision_ask ask = {
		.jobs = p->jobs,
		.provider = p->choice.name,
		.operation = "describe",
		.request = e == NULL ? json_object() : NULL,
		.done = on_described,
		.arg = p,
	};

	if (e != NULL && p->choice.is_none)
		(void)refuse(p, &mine, e->msg);
	else if (e != NULL)
		mine = *e;
	else if (provision_start(&p->provision, &ask, &mine))
		return;
	preflight_end(p, &mine);
}

void preflight_begin_through(struct preflight *p)
{
	const json_t *through = json_object_get(p->request, "through");
	const char *name =
		json_string_value(json_object_get(through, "provider"));
	struct err e = {0};

	p->is_through = true;
	(void)str_copy(p->choice.name, sizeof(p->choice.name),
		       name != NULL ? name : "");
	if (check_request(p, &e) &&
	    choice_start(&p->choice, p->jobs, on_chosen, p, &e))
		return;
	if (p->choice.is_none) {
		struct err why = e;

		err_clear(&e);
		(void)refuse(p, &e, why.msg);
	}
	preflight_end(p, &e);
}

/* --- what the request tells by name */

static bool is_picked(const struct preflight *p, const char *database)
{
	for (size_t i = 0; i < p->ndatabases; i++)
		if (strcmp(p->databases[i], database) == 0)
			return true;
	return false;
}

/* table NULL: the database, once. */
static bool foresee(struct preflight *p, const char *database,
		    const char *table, struct err *e)
{
	const struct index_line l = {
		.kind = ITEM_SCHEMA,
		.type = (char *)(uintptr_t)(table ? "table" : "database"),
		.group = (char *)(uintptr_t)database,
		.name = (char *)(uintptr_t)(table ? table : ""),
	};

	if (table == NULL && is_picked(p, database))
		return true;
	return preflight_pick(p, &l, e);
}

static bool is_plain(const char *name)
{
	return strpbrk(name, "*%") == NULL;
}

static bool foresee_pattern(struct preflight *p, const struct scope_pattern *f,
			    struct err *e)
{
	if (!is_plain(f->database))
		return true;
	return foresee(p, f->database, NULL, e) &&
	       (f->table == NULL || !is_plain(f->table) ||
		foresee(p, f->database, f->table, e));
}

static bool foresee_database(struct preflight *p,
			     const struct scope_database *d, struct err *e)
{
	if (!foresee(p, d->name, NULL, e))
		return false;
	for (size_t i = 0; i < d->ntables; i++)
		if (!foresee(p, d->name, d->tables[i], e))
			return false;
	return true;
}

static bool foresee_all(struct preflight *p, struct err *e)
{
	const struct scope *s = &p->scope;
	json_t *renames = json_object_get(p->request, "rename");
	const char *from;
	json_t *to;

	for (size_t i = 0; i < s->ndatabases; i++)
		if (!foresee_database(p, &s->databases[i], e))
			return false;
	for (size_t i = 0; i < s->ninclude; i++)
		if (!foresee_pattern(p, &s->include[i], e))
			return false;
	json_object_foreach(renames, from, to)
	{
		if (!foresee(p, from, NULL, e))
			return false;
	}
	return true;
}

void preflight_foresee(struct preflight *p)
{
	struct err e = {0};

	if (foresee_all(p, &e)) {
		preflight_sort_picked(p);
		preflight_go_to_target(p);
	} else {
		preflight_end(p, &e);
	}
}

/* --- what the instance holds */

static bool on_object(void *arg, const struct source_object *o, struct err *e)
{
	struct preflight *p = arg;
	const bool is_made_first = strcmp(o->type, "database") == 0 ||
				   strcmp(o->type, "table") == 0 ||
				   strcmp(o->type, "sequence") == 0;
	const struct index_line l = {
		.kind = is_made_first ? ITEM_SCHEMA : ITEM_POST,
		.type = (char *)(uintptr_t)o->type,
		.group = (char *)(uintptr_t)o->database,
		.name = (char *)(uintptr_t)o->name,
		.on = (char *)(uintptr_t)o->on,
		.definer = (char *)(uintptr_t)o->definer,
	};

	return preflight_pick(p, &l, e);
}

static void on_objects(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	struct err mine = {0};

	p->look = NULL;
	if (e != NULL)
		preflight_end(p, e);
	else if (preflight_end_picking(p, &mine))
		preflight_go_to_target(p);
	else
		preflight_end(p, &mine);
}

void preflight_look_through(struct preflight *p, const struct source_address *a,
			    catalog_done_cb *done, void *arg)
{
	const struct source_kind *kind = source_kind_find(p->manifest.engine);
	struct err e = {0};

	p->done = done;
	p->arg = arg;
	if (pick_anew(p, &e))
		p->look = kind->objects(&p->jobs->source_env, a, on_object,
					on_objects, p, &e);
	if (p->look == NULL)
		preflight_end(p, &e);
}
