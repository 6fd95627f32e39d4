/* dump.c - one backup of one server: its phases and what they share. */
#include "sources/mysql/dump/dump_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/mysql.h"
#include "sources/mysql/settings.h"

enum {
	ROW_SLACK = 64 * 1024, /* a packet's own bytes beside the values */
	SILENCE_SECONDS = 900, /* a full scan may find its first row late */
};

static struct my_dump *dump_of(struct dump *d)
{
	return (struct my_dump *)(void *)d;
}

static unsigned one(const struct my_dump *d)
{
	(void)d;
	return 1;
}

static unsigned all_lanes(const struct my_dump *d)
{
	return d->nconns;
}

static unsigned one_with_accounts(const struct my_dump *d)
{
	return d->has_accounts ? 1 : 0;
}

static unsigned further_lanes(const struct my_dump *d)
{
	return my_lanes_wanted(d) - 1;
}

static struct source *new_lane(struct my_dump *d, unsigned i, struct err *e)
{
	return my_lane_new(d, i + 1, e);
}

#define OF_FIRST_LANE(name, make)                                              \
	static struct source *name(struct my_dump *d, unsigned i,              \
				   struct err *e)                              \
	{                                                                      \
		(void)i;                                                       \
		return make(d, e);                                             \
	}
OF_FIRST_LANE(new_prepare, my_prepare_new)
OF_FIRST_LANE(new_listing, my_listing_new)
OF_FIRST_LANE(new_schema, my_schema_new)
OF_FIRST_LANE(new_snapshot, my_snapshot_new)
OF_FIRST_LANE(new_post, my_post_new)
OF_FIRST_LANE(new_accounts, my_accounts_new)
OF_FIRST_LANE(new_recheck, my_recheck_new)

static struct source *new_guard(struct my_dump *d, unsigned i, struct err *e)
{
	(void)i;
	return my_guard_take_new(d->guard, e);
}

static struct source *new_hold(struct my_dump *d, unsigned i, struct err *e)
{
	(void)i;
	return my_guard_take_new(d->hold, e);
}

static struct source *new_held(struct my_dump *d, unsigned i, struct err *e)
{
	(void)i;
	return my_guard_prove_new(d->hold, e);
}

static struct source *new_proof(struct my_dump *d, unsigned i, struct err *e)
{
	(void)i;
	return my_guard_prove_new(d->guard, e);
}

static unsigned if_guarded(const struct my_dump *d)
{
	return d->guard != NULL;
}

static unsigned if_locking(const struct my_dump *d)
{
	return d->hold != NULL && d->drifting.n > 0;
}

static unsigned if_held(const struct my_dump *d)
{
	return my_guard_is_held(d->guard);
}

static unsigned if_still_held(const struct my_dump *d)
{
	return my_guard_is_held(d->hold);
}

static void guard_taken(struct my_dump *d)
{
	if (d->guard != NULL)
		my_guard_keep(d->guard, d->guard_seconds);
}

static void hold_taken(struct my_dump *d)
{
	if (d->hold != NULL)
		my_guard_keep(d->hold, 0);
}

/* Writes to MyISAM tables wait for MariaDB's guard, unless they are locked
 * anyway. Out of the scope nothing is known of tables: there somebody must be
 * able to see those who wait. */
static void view_taken(struct my_dump *d)
{
	bool is_seen = d->objects.is_whole ||
		       my_grants_have(&d->grants, MY_PRIV_PROCESS, NULL, NULL);

	if (d->server.is_mariadb && !d->is_locking &&
	    (d->drifting.n > 0 || !is_seen))
		my_guard_release(d->guard);
}

/* Nothing more is asked. How long the store takes for the rest is none of the
 * source's business. */
static void let_go(struct my_dump *d)
{
	my_guard_free(d->guard);
	my_guard_free(d->hold);
	d->guard = d->hold = NULL;
	for (unsigned i = 0; i < DUMP_SOURCES_MAX; i++) {
		my_conn_free(d->conns[i]);
		d->conns[i] = NULL;
	}
	d->nconns = 0;
}

/* A phase: how many sources share it (none: it is left out), how each is
 * made, what follows when all are over, and what its frames hold. */
struct phase {
	const char *name;
	unsigned (*width)(const struct my_dump *d);
	struct source *(*make)(struct my_dump *d, unsigned i, struct err *e);
	void (*over)(struct my_dump *d);
	enum item_kind section;
};

/* Of a phase that gives no frames. */
#define NOTHING ITEM_KIND_COUNT

static const struct phase phases[PHASE_COUNT] = {
	[PHASE_CONNECT] = {"connect", one, new_prepare, NULL, NOTHING},
	[PHASE_GUARD] = {"guard", if_guarded, new_guard, guard_taken, NOTHING},
	[PHASE_LIST] = {"list", one, new_listing, NULL, NOTHING},
	[PHASE_LANES] = {"lanes", further_lanes, new_lane, my_lanes_settle,
			 NOTHING},
	[PHASE_SCHEMA] = {"schema", one, new_schema, NULL, ITEM_SCHEMA},
	[PHASE_TABLES] = {"tables", all_lanes, my_tables_new, my_tables_warn,
			  ITEM_SCHEMA},
	[PHASE_HOLD] = {"hold", if_locking, new_hold, hold_taken, NOTHING},
	[PHASE_LOCK] = {"lock", one, new_snapshot, view_taken, NOTHING},
	[PHASE_DATA] = {"data", all_lanes, my_data_new, my_lanes_close,
			ITEM_DATA},
	[PHASE_HELD] = {"held", if_still_held, new_held, my_tables_drifted,
			NOTHING},
	[PHASE_POST] = {"post", one, new_post, NULL, ITEM_POST},
	[PHASE_ACCOUNTS] = {"accounts", one_with_accounts, new_accounts, NULL,
			    ITEM_ACCOUNT},
	[PHASE_PROOF] = {"proof", if_held, new_proof, NULL, NOTHING},
	[PHASE_CHECK] = {"check", one, new_recheck, let_go, NOTHING},
	[PHASE_DONE] = {"done", NULL, NULL, NULL, NOTHING},
};

/* The phase that runs is over: to the next one that has work to do. */
static unsigned advance(struct my_dump *d)
{
	unsigned width = 0;

	while (width == 0 && d->phase != PHASE_DONE) {
		if (d->is_begun && phases[d->phase].over != NULL)
			phases[d->phase].over(d);
		if (d->is_begun)
			d->phase++;
		d->is_begun = true;
		if (d->phase != PHASE_DONE)
			width = phases[d->phase].width(d);
	}
	log_debug("sources", "mysql dump: %s, %u sources",
		  phases[d->phase].name, width);
	return width;
}

static bool dump_next_phase(struct dump *base,
			    struct source *out[DUMP_SOURCES_MAX], size_t *n,
			    struct err *e)
{
	struct my_dump *d = dump_of(base);
	unsigned width = advance(d);

	for (*n = 0; *n < width; (*n)++) {
		out[*n] = phases[d->phase].make(d, (unsigned)*n, e);
		if (out[*n] == NULL)
			goto fail;
	}
	if (width > 0)
		(void)str_copy(d->facts.phase, sizeof(d->facts.phase),
			       phases[d->phase].name);
	d->facts.section = phases[d->phase].section;
	return true;
fail:
	for (; *n > 0; (*n)--)
		out[*n - 1]->ops->destroy(out[*n - 1]);
	return false;
}

static const struct dump_facts *dump_facts(const struct dump *base)
{
	/* base comes first */
	return &((const struct my_dump *)(const void *)base)->facts;
}

static void dump_destroy(struct dump *base)
{
	struct my_dump *d = dump_of(base);

	let_go(d);
	text_free(&d->drifting.names);
	text_free(&d->versioned.names);
	text_free(&d->elsewhere.names);
	text_free(&d->untold.names);
	my_objects_fini(&d->objects);
	my_grants_fini(&d->grants);
	free(d->facts.session_json);
	free(d);
}

static const struct dump_ops ops = {
	.next_phase = dump_next_phase,
	.facts = dump_facts,
	.destroy = dump_destroy,
};

/* All that may be wanted are made now, while the password is at hand; none is
 * connected yet. */
static bool make_conns(struct my_dump *d, const struct dump_config *c,
		       struct err *e)
{
	uint64_t packet_bytes =
		c->max_row_bytes != 0 ? c->max_row_bytes + ROW_SLACK : 0;
	unsigned n = my_lanes_limit(c->parallelism);

	for (unsigned i = 0; i < n; i++) {
		d->conns[i] = my_conn_new(d->env, &c->address, packet_bytes, e);
		if (d->conns[i] == NULL)
			return false;
		my_conn_limit(d->conns[i], SILENCE_SECONDS);
	}
	d->nconns = 1;
	return true;
}

static bool make_guards(struct my_dump *d, const struct dump_config *c,
			struct err *e)
{
	if (c->guard_seconds != 0) {
		d->guard =
			my_guard_new(d, MY_GUARD_DEFINITIONS,
				     my_conn_new(d->env, &c->address, 0, e), e);
		if (d->guard == NULL)
			return false;
	}
	if (!c->is_locking)
		return true;
	d->hold = my_guard_new(d, MY_GUARD_TABLES,
			       my_conn_new(d->env, &c->address, 0, e), e);
	return d->hold != NULL;
}

struct dump *my_dump_new(const struct source_env *env,
			 const struct dump_config *c, struct err *e)
{
	struct my_dump *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &ops;
	d->env = env;
	d->max_tables = c->max_tables;
	d->max_row_bytes = c->max_row_bytes;
	d->parallelism = c->parallelism;
	d->has_accounts = c->with_accounts;
	d->facts.connections = 1;
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	d->guard_seconds = c->guard_seconds;
	d->is_locking = c->is_locking;
	d->is_replica = c->is_replica;
	d->is_copy = c->is_copy;
	if (!make_conns(d, c, e) || !make_guards(d, c, e) ||
	    !my_objects_init(&d->objects, &c->scope, e)) {
		dump_destroy(&d->base);
		return NULL;
	}
	return &d->base;
}

void my_dump_sessions(const struct my_dump *d, struct text *ids)
{
	text_printf(ids, "%lu,%lu", my_guard_session(d->guard),
		    my_guard_session(d->hold));
	for (unsigned i = 0; i < d->nconns; i++)
		text_printf(ids, ",%lu", my_conn_id(d->conns[i]));
}

void my_dump_warn(struct my_dump *d, const char *code, const char *fmt, ...)
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

bool my_changed(struct err *e, const struct my_database *db, const char *table,
		const char *how)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(e, ERR_CONFLICT, "source_changed",
		       "table %s.%s was %s during the backup; back up again "
		       "when no schema change runs",
		       my_clean(group, sizeof(group), db->name),
		       my_clean(name, sizeof(name), table), how);
}
