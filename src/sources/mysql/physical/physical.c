/* physical.c - one copy of a server's files: its phases and what they share. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "sources/mysql/mysql.h"
#include "sources/mysql/physical/physical_int.h"

static struct my_physical *physical_of(struct dump *d)
{
	return (struct my_physical *)(void *)d; /* comes first */
}

static void close_conn(struct my_physical *p, unsigned i)
{
	my_conn_free(p->conns[i]);
	p->conns[i] = NULL;
}

static void looked(struct my_physical *p)
{
	const struct my_census *c = &p->before.census;

	close_conn(p, 0);
	p->facts.tables = c->tables;
	p->facts.views = c->views;
	p->facts.sequences = c->sequences;
}

/* Never wrong: rather not known. */
static void looked_again(struct my_physical *p)
{
	const struct my_sight *a = &p->before, *b = &p->after;

	close_conn(p, 1);
	if (!p->is_seen)
		return;
	if (b->census.is_over && a->has_changes && b->has_changes &&
	    a->changes == b->changes &&
	    my_census_equal(&a->census, &b->census)) {
		p->facts.names = a->census.names;
		return;
	}
	my_physical_warn(p, "names_not_known",
			 "tables were made, dropped or renamed while the files "
			 "were copied, so those of an instance that is made "
			 "from this backup are checked one by one, but not "
			 "compared by name");
}

struct phase {
	const char *name;
	struct source *(*make)(struct my_physical *p, struct err *e);
	void (*over)(struct my_physical *p);
};

static const struct phase phases[PHYSICAL_PHASE_COUNT] = {
	[PHYSICAL_CONNECT] = {"connect", my_look_new, looked},
	[PHYSICAL_DATA] = {"data", my_copy_new, NULL},
	[PHYSICAL_CHECK] = {"check", my_look_again_new, looked_again},
	[PHYSICAL_DONE] = {"done", NULL, NULL},
};

static void advance(struct my_physical *p)
{
	if (p->is_begun && phases[p->phase].over != NULL)
		phases[p->phase].over(p);
	if (p->is_begun && p->phase != PHYSICAL_DONE)
		p->phase++;
	p->is_begun = true;
	log_debug("sources", "mysql physical: %s", phases[p->phase].name);
}

static bool physical_next_phase(struct dump *base,
				struct source *out[DUMP_SOURCES_MAX], size_t *n,
				struct err *e)
{
	struct my_physical *p = physical_of(base);

	*n = 0;
	if (p->is_clone)
		return p->clone->ops->next_phase(p->clone, out, n, e);
	advance(p);
	if (p->phase == PHYSICAL_DONE)
		return true;
	out[0] = phases[p->phase].make(p, e);
	if (out[0] == NULL)
		return false;
	*n = 1;
	(void)str_copy(p->facts.phase, sizeof(p->facts.phase),
		       phases[p->phase].name);
	return true;
}

static const struct dump_facts *physical_facts(const struct dump *base)
{
	/* base comes first */
	const struct my_physical *p =
		(const struct my_physical *)(const void *)base;

	return p->is_clone ? p->clone->ops->facts(p->clone) : &p->facts;
}

static void physical_destroy(struct dump *base)
{
	struct my_physical *p = physical_of(base);

	if (p->clone != NULL)
		p->clone->ops->destroy(p->clone);
	close_conn(p, 0);
	close_conn(p, 1);
	address_copy_fini(&p->address);
	my_grants_fini(&p->grants);
	json_decref(p->databases);
	json_decref(p->tables);
	free(p->facts.session_json);
	free(p->facts.physical_json);
	free(p);
}

static const struct dump_ops ops = {
	.next_phase = physical_next_phase,
	.facts = physical_facts,
	.destroy = physical_destroy,
};

static bool has_patterns(const struct source_scope *s)
{
	return s->ninclude > 0 || s->nexclude > 0;
}

static bool check_config(const struct source_env *env,
			 const struct dump_config *c, struct err *e)
{
	if (has_patterns(&c->scope))
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "a physical backup is of the whole instance, or "
			       "of databases and tables that are named without "
			       "patterns: name them, or use the method "
			       "\"logical\"");
	return env->helper != NULL ||
	       err_set(e, ERR_INVALID, "source_check_failed",
		       "this server has no coffer-helper, which runs "
		       "mariadb-backup: use the method \"logical\"");
}

static bool fill(struct my_physical *p, const struct dump_config *c,
		 struct err *e)
{
	p->is_replica = c->is_replica;
	p->max_tables = c->max_tables;
	p->parallelism = c->parallelism;
	p->line = c->line;
	p->line_arg = c->line_arg;
	p->facts.connections = 1;
	(void)str_copy(p->facts.consistency, sizeof(p->facts.consistency),
		       "consistent");
	if (!address_copy_init(&p->address, &c->address))
		return err_nomem(e, "an address");
	for (unsigned i = 0; i < 2; i++) {
		p->conns[i] = my_conn_new(p->env, &c->address, 0, e);
		if (p->conns[i] == NULL)
			return false;
	}
	p->before.census.wants = p->after.census.wants = my_pick_has;
	p->before.census.arg = p->after.census.arg = p;
	p->clone = my_clone_new(p->env, c, e);
	return p->clone != NULL && my_pick_read(p, &c->scope, e) &&
	       my_base_read(&p->increment, c->base_json, e);
}

struct dump *my_physical_new(const struct source_env *env,
			     const struct dump_config *c, struct err *e)
{
	struct my_physical *p;

	if (!check_config(env, c, e))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	p->base.ops = &ops;
	p->env = env;
	if (fill(p, c, e))
		return &p->base;
	physical_destroy(&p->base);
	return NULL;
}

void my_physical_warn(struct my_physical *p, const char *code, const char *fmt,
		      ...)
{
	struct source_warning *w = &p->facts.warnings[p->facts.nwarnings];
	va_list ap;

	if (p->facts.nwarnings == SOURCE_WARNINGS_MAX)
		return;
	p->facts.nwarnings++;
	(void)str_copy(w->code, sizeof(w->code), code);
	va_start(ap, fmt);
	(void)vsnprintf(w->detail, sizeof(w->detail), fmt, ap);
	va_end(ap);
}
