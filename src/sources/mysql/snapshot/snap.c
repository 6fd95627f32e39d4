/* snap.c - a dump by snapshot: its phases, and what they share. */
#include "sources/mysql/mysql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/mysql/clone/clone_int.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/snapshot/snap_int.h"

enum { SILENCE_SECONDS = 120 };

static struct my_snap *snap_of(struct dump *d)
{
	return (struct my_snap *)(void *)d;
}

static const struct my_snap_phase phases[SNAP_PHASE_COUNT] = {
	[SNAP_CONNECT] = {"connect", my_snap_look_new},
	[SNAP_PROBE] = {"probe", my_snap_probe_new},
	[SNAP_LOCK] = {"lock", my_snap_hold_new},
	[SNAP_OPEN] = {"open", my_snap_open_new},
	[SNAP_DATA] = {"data", my_snap_pack_new},
	[SNAP_CHECK] = {"check", my_snap_release_new},
	[SNAP_DONE] = {"done", NULL},
};

/* The pipeline has seen the archive's end; what is known of it counts now. */
static bool next_phase(struct dump *base, struct source *out[DUMP_SOURCES_MAX],
		       size_t *n, struct err *e)
{
	struct my_snap *d = snap_of(base);

	*n = 0;
	if (d->is_begun && d->phase != SNAP_DONE)
		d->phase++;
	d->is_begun = true;
	log_debug("sources", "mysql files: phase %s", d->phases[d->phase].name);
	if (d->phase == SNAP_DONE)
		return true;
	out[0] = d->phases[d->phase].make(d, e);
	if (out[0] == NULL)
		return false;
	*n = 1;
	(void)str_copy(d->facts.phase, sizeof(d->facts.phase),
		       d->phases[d->phase].name);
	return true;
}

static const struct dump_facts *facts(const struct dump *base)
{
	/* base comes first */
	return &((const struct my_snap *)(const void *)base)->facts;
}

static void destroy(struct dump *base)
{
	struct my_snap *d = snap_of(base);

	my_conn_free(d->holder);
	my_conn_free(d->conn);
	if (d->clone != NULL)
		my_clone_leave(d);
	hooked_fini(&d->hooked);
	my_grants_fini(&d->grants);
	free(d->facts.session_json);
	free(d->facts.physical_json);
	free(d->hook);
	free(d->backup_id);
	free(d->datadir);
	free(d->log_base);
	free(d);
}

static const struct dump_ops ops = {
	.next_phase = next_phase,
	.facts = facts,
	.destroy = destroy,
};

static bool is_whole(const struct source_scope *s)
{
	return s->databases == NULL && s->ninclude == 0 && s->nexclude == 0;
}

static bool check_config(const struct source_env *env,
			 const struct dump_config *c, struct err *e)
{
	if (!is_whole(&c->scope))
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "a snapshot holds the whole instance: leave the "
			       "scope away, or use method logical");
	if (env->helper == NULL || env->snapshots == NULL)
		return err_set(e, ERR_CONFLICT, "snapshot_refused",
			       "the server has no helper that could take a "
			       "snapshot: set up coffer-helper");
	return true;
}

static bool fill(struct my_snap *d, const struct dump_config *c, struct err *e)
{
	d->is_replica = c->is_replica;
	d->max_tables = c->max_tables;
	d->hold_seconds = c->hold_seconds;
	d->hooked.snapshots = d->env->snapshots;
	d->hooked.line = c->line;
	d->hooked.line_arg = c->line_arg;
	d->facts.connections = 1;
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	d->backup_id = strdup(c->backup_id);
	d->hooked.id = d->backup_id;
	d->hook = c->hook != NULL ? strdup(c->hook) : NULL;
	if (d->backup_id == NULL || (c->hook != NULL && d->hook == NULL))
		return err_nomem(e, "a dump");
	d->conn = my_conn_new(d->env, &c->address, 0, e);
	if (d->conn == NULL)
		return false;
	d->holder = my_conn_new(d->env, &c->address, 0, e);
	if (d->holder == NULL)
		return false;
	my_conn_limit(d->conn, SILENCE_SECONDS);
	my_conn_limit(d->holder, SILENCE_SECONDS);
	return true;
}

struct my_snap *my_snap_make(const struct source_env *env,
			     const struct dump_config *c,
			     const struct my_snap_phase *phases_of,
			     struct my_clone *clone, struct err *e)
{
	struct my_snap *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		my_clone_free(clone);
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &ops;
	d->env = env;
	d->phases = phases_of;
	d->clone = clone;
	my_proof_init(&d->proof);
	if (fill(d, c, e))
		return d;
	destroy(&d->base);
	return NULL;
}

struct dump *my_snap_new(const struct source_env *env,
			 const struct dump_config *c, struct err *e)
{
	struct my_snap *d;

	if (!check_config(env, c, e))
		return NULL;
	d = my_snap_make(env, c, phases, NULL, e);
	return d != NULL ? &d->base : NULL;
}

void my_snap_warn(struct my_snap *d, const char *code, const char *fmt, ...)
{
	struct source_warning *w = &d->facts.warnings[d->facts.nwarnings];
	va_list ap;

	if (d->facts.nwarnings == SOURCE_WARNINGS_MAX)
		return;
	d->facts.nwarnings++;
	(void)str_copy(w->code, sizeof(w->code), code);
	va_start(ap, fmt);
	(void)vsnprintf(w->detail, sizeof(w->detail), fmt, ap);
	va_end(ap);
}
