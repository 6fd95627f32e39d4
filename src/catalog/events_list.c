/* events_list.c - reading the log of events. */
#include "catalog/events.h"

#include <stdlib.h>

#include "catalog/call_int.h"
#include "catalog/events_int.h"
#include "catalog/list_int.h"

enum { SINCE_MAX = 500, EVENT_TEXTS = 10 };

#define COLUMNS                                                                \
	"ev.id, ev.at, ev.kind, ev.act, ev.resource, ev.name, ev.result,"      \
	" ev.who, ev.address, ev.detail, ev.hash, ev.previous_hash"

static char **grow_texts(struct rows *out)
{
	char **texts = rows_grow(out->event_texts, out->n, sizeof(*texts));

	if (texts != NULL)
		out->event_texts = texts;
	return texts;
}

/* All its strings in one block. */
static char *read_texts(struct stmt *s, struct event_record *r)
{
	const char **const at[EVENT_TEXTS] = {
		&r->kind,   &r->act,	      &r->resource, &r->name,
		&r->result, &r->who,	      &r->address,  &r->detail,
		&r->hash,   &r->previous_hash};
	char *read[EVENT_TEXTS] = {NULL}, *block;

	for (size_t i = 0; i < EVENT_TEXTS; i++) {
		stmt_dup(s, &read[i]);
		*at[i] = read[i] != NULL ? read[i] : "";
	}
	block = call_pack(at, EVENT_TEXTS);
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		free(read[i]);
	return block;
}

static bool read_event(struct stmt *s, struct rows *out, struct err *e)
{
	struct event_record *r = rows_grow(out->events, out->n, sizeof(*r));
	char **texts;

	if (r == NULL)
		return err_nomem(e, "an event");
	out->events = r;
	texts = grow_texts(out);
	if (texts == NULL)
		return err_nomem(e, "an event");
	r += out->n;
	texts += out->n;
	out->n++;
	r->id = stmt_int(s);
	r->at_ms = stmt_int(s);
	*texts = read_texts(s, r);
	return *texts != NULL ? stmt_read(s, e) : err_nomem(e, "an event");
}

static const struct list_sort sorts[] = {
	{"id", "ev.id", false},
	{"at", "ev.at", false},
	{NULL, NULL, false},
};

/* By id, since a clock may be set back. */
static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = "events ev",
	.table = "events ev",
	.id = "ev.id",
	.id_is_number = true,
	.newest = "-id",
	.sorts = sorts,
	.read = read_event,
};

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.events(op->arg, e == NULL ? op->out.events : NULL,
		      e == NULL ? &op->page : NULL, e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	bool by_id = q->resource != NULL && id_is_shaped(q->resource);
	struct list l = {0};

	(void)c;
	list_filter(&l, by_id ? "ev.resource = ?" : "ev.name = ?", q->resource);
	list_filter(&l, "ev.kind = ?", q->kind);
	list_filter(&l, "ev.kind <> ?", q->kind_not);
	list_filter(&l, "ev.result = ?", q->result);
	list_filter_int(&l, "ev.at >= ?", q->since);
	list_filter_int(&l, "ev.at < ?", q->until);
	return list_run(&l, &spec, op);
}

static const struct intent list = {
	.mode = INTENT_READ, .run = run_list, .tell = tell_list};

struct catalog_op *catalog_event_list(struct catalog *c,
				      const struct catalog_query *q,
				      catalog_events_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.events = done}, arg, e);

	events_flush(c);
	return call_submit(op, call_give_query(op, q), e);
}

static bool run_since(struct catalog *c, struct catalog_op *op)
{
	bool ok = true;
	struct stmt s;

	if (!stmt_begin(&s, &c->db,
			"SELECT " COLUMNS " FROM events ev WHERE ev.id > ?"
			" ORDER BY ev.id LIMIT ?",
			ARGS(arg_int(op->number), arg_int(SINCE_MAX)),
			&op->err))
		return false;
	while (ok && stmt_next(&s, &op->err))
		ok = read_event(&s, &op->out, &op->err);
	stmt_end(&s);
	op->page.n = op->page.total = op->out.n;
	return ok && !err_is(&op->err);
}

static const struct intent since = {
	.mode = INTENT_READ, .run = run_since, .tell = tell_list};

struct catalog_op *catalog_event_since(struct catalog *c, int64_t id,
				       catalog_events_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &since, (union call_cb){.events = done}, arg, e);

	events_flush(c);
	return call_submit(op, call_give_number(op, id), e);
}
