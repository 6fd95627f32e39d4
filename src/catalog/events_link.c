/* events_link.c - the chain of events: model/event_link.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/events_int.h"
#include "model/event_link.h"

struct end {
	int64_t id;		   /* 0: there is none */
	char hash[SHA256_HEX_MAX]; /* EVENT_LINK_BEGIN then */
};

static bool read_end(struct db *db, const char *sql, struct end *end,
		     struct err *e)
{
	bool ok = true;
	struct stmt s;

	end->id = 0;
	(void)str_copy(end->hash, sizeof(end->hash), EVENT_LINK_BEGIN);
	if (!stmt_begin(&s, db, sql, NULL, e))
		return false;
	if (stmt_next(&s, e)) {
		end->id = stmt_int(&s);
		stmt_copy(&s, end->hash, sizeof(end->hash));
		ok = stmt_read(&s, e);
	}
	stmt_end(&s);
	return ok && !err_is(e);
}

/* The last event; its hash is "" when it has no link yet. */
static bool read_last(struct db *db, struct end *end, struct err *e)
{
	return read_end(db,
			"SELECT id, hash FROM events ORDER BY id DESC LIMIT 1",
			end, e);
}

static bool read_last_linked(struct db *db, struct end *end, struct err *e)
{
	return read_end(db,
			"SELECT id, hash FROM events WHERE hash <> ''"
			" ORDER BY id DESC LIMIT 1",
			end, e);
}

static bool hash_of(const struct event_record *r, const char *previous,
		    char hash[static SHA256_HEX_MAX], struct err *e)
{
	char id[24], at[CLOCK_TEXT_MAX];
	const char *const lines[EVENT_LINES] = {
		[EVENT_PREVIOUS] = previous,
		[EVENT_ID] = id,
		[EVENT_AT] = clock_format(r->at_ms, at),
		[EVENT_KIND] = r->kind,
		[EVENT_ACT] = r->act,
		[EVENT_RESOURCE] = r->resource,
		[EVENT_NAME] = r->name,
		[EVENT_RESULT] = r->result,
		[EVENT_WHO] = r->who,
		[EVENT_ADDRESS] = r->address,
		[EVENT_DETAIL] = r->detail,
	};

	(void)snprintf(id, sizeof(id), "%" PRId64, r->id);
	return event_link_hash(lines, hash) || err_nomem(e, "an event");
}

bool events_link(struct db *db, struct waiting_event *w, struct err *e)
{
	struct end end;

	if (!read_last(db, &end, e) ||
	    (end.hash[0] == '\0' &&
	     (!events_link_rest(db, e) || !read_last(db, &end, e))))
		return false;
	w->r.id = end.id + 1;
	(void)str_copy(w->previous_hash, sizeof(w->previous_hash), end.hash);
	return hash_of(&w->r, w->previous_hash, w->hash, e);
}

/* The event after one, as the end of the chain that it makes. id is 0 when
 * there is none. */
static bool hash_next(struct db *db, const struct end *end, struct end *next,
		      struct err *e)
{
	struct event_record r = {0};
	bool ok = true;
	struct stmt s;

	if (!stmt_begin(&s, db,
			"SELECT id, at, kind, act, resource, name, result, who,"
			" address, detail FROM events WHERE id > ?"
			" ORDER BY id LIMIT 1",
			ARGS(arg_int(end->id)), e))
		return false;
	if (stmt_next(&s, e)) {
		r.id = stmt_int(&s);
		r.at_ms = stmt_int(&s);
		r.kind = stmt_text(&s);
		r.act = stmt_text(&s);
		r.resource = stmt_text(&s);
		r.name = stmt_text(&s);
		r.result = stmt_text(&s);
		r.who = stmt_text(&s);
		r.address = stmt_text(&s);
		r.detail = stmt_text(&s);
		ok = stmt_read(&s, e) && hash_of(&r, end->hash, next->hash, e);
	}
	stmt_end(&s);
	next->id = r.id;
	return ok && !err_is(e);
}

bool events_link_rest(struct db *db, struct err *e)
{
	struct end end, next;

	if (!read_last_linked(db, &end, e))
		return false;
	for (;;) {
		if (!hash_next(db, &end, &next, e))
			return false;
		if (next.id == 0)
			return true;
		if (!db_run(db,
			    "UPDATE events SET hash = ?, previous_hash = ?"
			    " WHERE id = ?",
			    ARGS(arg_text(next.hash), arg_text(end.hash),
				 arg_int(next.id)),
			    e))
			return false;
		end = next;
	}
}
