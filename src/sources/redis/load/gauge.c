/*
 * gauge.c - of a backup that is laid down as a dump.rdb: what is in it is
 * counted while it passes, so that the server that reads the file can be
 * compared key by key, with what expires meanwhile.
 */
#include <stdlib.h>

#include "sources/redis/load/load_int.h"
#include "sources/redis/rdb/rdb.h"

struct gauge {
	struct stage base; /* comes first */
	struct redis_load *load;
	struct rdb_reader *reader;
};

static struct gauge *gauge_of(struct stage *st)
{
	return (struct gauge *)(void *)st;
}

static bool is_over(const struct redis_load *l, const struct rdb_record *r)
{
	return r->expires_at != RDB_NO_EXPIRY &&
	       r->expires_at <= redis_load_now(l);
}

static bool on_end(void *arg, const struct rdb_record *r,
		   const struct digest *digest, struct err *e)
{
	struct gauge *g = arg;
	struct redis_load *l = g->load;
	struct redis_target_db *db;
	struct rdb_tally *t;

	if (r->kind != RDB_RECORD_KEY)
		return true;
	t = rdb_tally_of(&l->stream, r->database, e);
	if (t == NULL)
		return false;
	rdb_tally_add(t, r, digest);
	db = redis_load_find(l, r->database);
	if (db == NULL)
		return true; /* what the index does not know is found later */
	if (!is_over(l, r))
		return redis_wane_add(&db->wane, r->expires_at, digest, e);
	l->facts.expired++;
	return true;
}

static bool feed(struct gauge *g, const struct frame *f, struct err *e)
{
	if (!rdb_feed(g->reader, f->data, f->len, e))
		return false;
	g->load->facts.statement_bytes += f->len;
	return rdb_is_opaque(g->reader) == NULL ||
	       err_set(e, ERR_CONFLICT, "target_incompatible",
		       "the backup holds what cannot be taken apart, and so "
		       "not be compared (%s): put its parts together to a "
		       "dump.rdb, as README.txt in the pool says",
		       rdb_is_opaque(g->reader));
}

static enum flow gauge_step(struct stage *st, struct link *in, struct link *out,
			    struct err *e)
{
	struct gauge *g = gauge_of(st);
	struct frame *f = link_pop(in);

	if (f == NULL && !in->eof)
		return FLOW_WAIT;
	if (f == NULL && !rdb_is_over(g->reader)) {
		(void)err_set(e, ERR_DAMAGED, "damaged_backup",
			      "the backup ends before its end mark: restore "
			      "another one");
		return FLOW_FAIL;
	}
	if (f == NULL)
		return FLOW_END;
	if (!feed(g, f, e)) {
		frame_free(f);
		return FLOW_FAIL;
	}
	link_push(out, f);
	return FLOW_MORE;
}

static void gauge_destroy(struct stage *st)
{
	struct gauge *g = gauge_of(st);

	rdb_free(g->reader);
	free(g);
}

static const struct stage_ops ops = {
	.name = "gauge",
	.step = gauge_step,
	.destroy = gauge_destroy,
};

struct stage *redis_load_gauge(struct load *base, struct err *e)
{
	static const struct rdb_events on_file = {NULL, on_end, NULL};
	struct gauge *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	g->base.ops = &ops;
	g->load = (struct redis_load *)(void *)base;
	g->reader = rdb_new(&on_file, g, e);
	if (g->reader != NULL)
		return &g->base;
	gauge_destroy(&g->base);
	return NULL;
}

bool redis_load_reach(struct load *base, const struct source_address *a,
		      const char *version, struct err *e)
{
	struct redis_load *l = (struct redis_load *)(void *)base;

	address_copy_fini(&l->address);
	if (!address_copy_init(&l->address, a))
		return err_nomem(e, "a restore");
	l->is_expiry_told = redis_tells_expiry(version);
	return true;
}
