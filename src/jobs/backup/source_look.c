/* source_look.c - the probe, the databases, the tables of each that names
 * some: one call on the engine after the other. */
#include "jobs/backup/source_look.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/scope_check.h"

static void look_at_scope(struct source_look *l);

/* The last thing that touches it: e is often the engine's. */
static void look_end(struct source_look *l, const struct err *e)
{
	l->done(l->arg, failure(e));
}

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	struct source_look *l = arg;
	const char *source = l->source->name;
	struct err mine = {0};
	bool ok;

	l->op = NULL;
	if (failure(e) != NULL) {
		look_end(l, e);
		return;
	}
	if (!l->is_databases_seen) {
		l->is_databases_seen = true;
		ok = scope_has_databases(l->scope, names, n, source, &mine);
	} else {
		ok = scope_has_tables(&l->scope->databases[l->next_database++],
				      names, n, source, &mine);
	}
	if (ok)
		look_at_scope(l);
	else
		look_end(l, &mine);
}

/* First the databases, then the tables of each that names some. */
static void look_at_scope(struct source_look *l)
{
	const struct source_kind *kind = source_kind_find(l->source->engine);
	const struct scope *s = l->scope;
	struct source_names_query query = {0};
	struct err e = {0};

	while (l->is_databases_seen && l->next_database < s->ndatabases &&
	       s->databases[l->next_database].tables == NULL)
		l->next_database++;
	if (s->ndatabases == 0 || l->next_database == s->ndatabases) {
		look_end(l, NULL);
		return;
	}
	if (l->is_databases_seen)
		query.database = s->databases[l->next_database].name;
	l->op = kind->names(&l->jobs->source_env, &l->address.a, &query,
			    on_names, l, &e);
	if (l->op == NULL)
		look_end(l, &e);
}

static void ignore(void *arg, const struct err *e)
{
	(void)arg;
	if (e != NULL)
		log_warn("jobs", "cannot keep what a probe found: %s", e->msg);
}

/* The catalog remembers what was found, for the source's status (rule 1). */
static void remember(struct source_look *l, const struct source_info *info,
		     const struct err *e)
{
	struct source_record *s = l->source;
	struct err ignored = {0};

	s->probed_at = clock_now_ms();
	s->is_reachable = e == NULL;
	free(s->reason);
	s->reason = e != NULL ? strdup(e->msg) : NULL;
	if (info != NULL) {
		(void)str_copy(s->version, sizeof(s->version), info->version);
		(void)str_copy(s->role, sizeof(s->role), info->role);
	}
	if (catalog_source_probed(l->jobs->config.catalog, s, ignore, NULL,
				  &ignored) == NULL)
		ignore(NULL, &ignored);
}

static void on_probed(void *arg, const struct source_info *info,
		      const struct err *e)
{
	struct source_look *l = arg;
	struct err mine = {0};

	l->op = NULL;
	e = failure(e);
	l->has_answered = e == NULL;
	remember(l, info, e);
	if (e != NULL) {
		look_end(l, e);
		return;
	}
	if (info != NULL && strcmp(info->role, "replica") == 0) {
		(void)err_set(&mine, ERR_CONFLICT, "source_is_replica",
			      "source \"%s\" is a replica; back up its "
			      "primary instead",
			      l->source->name);
		look_end(l, &mine);
		return;
	}
	look_at_scope(l);
}

bool source_look_start(struct source_look *l, struct opening *o,
		       const struct scope *scope, catalog_done_cb *done,
		       void *arg, struct err *e)
{
	const char *engine = o->source.engine;
	const struct source_kind *kind = source_kind_find(engine);

	*l = (struct source_look){
		.jobs = o->jobs,
		.source = &o->source,
		.scope = scope,
		.done = done,
		.arg = arg,
	};
	if (kind == NULL)
		return err_bug(e, "no %s sources in this build", engine);
	if (!opened_address_read(&l->address, o->jobs, &o->source, e))
		return false;
	l->op = kind->probe(&o->jobs->source_env, &l->address.a, on_probed, l,
			    e);
	return l->op != NULL;
}

void source_look_fini(struct source_look *l)
{
	source_op_cancel(l->op);
	opened_address_fini(&l->address);
	memset(l, 0, sizeof(*l));
}
