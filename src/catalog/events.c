/*
 * events.c - the log of who did what. Events come one by one and nobody waits
 * for them: as with lines of jobs (lines.c) those that come while a
 * transaction is under way go together in the next one.
 */
#include "catalog/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/events_int.h"
#include "model/event_link.h"

enum {
	EVENTS_WAITING_MAX = 20000, /* a disk that hangs must not eat memory */
	EVENT_TEXT_MAX = 1000,	    /* bytes of one string */
	EVENT_TEXTS = 8,
};

static bool write_event(struct db *db, struct waiting_event *w, struct err *e)
{
	const struct event_record *r = &w->r;

	return events_link(db, w, e) &&
	       db_run(db,
		      "INSERT INTO events (id, at, kind, act, resource, name,"
		      " result, who, address, detail, hash, previous_hash)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      ARGS(arg_int(r->id), arg_int(r->at_ms), arg_text(r->kind),
			   arg_text(r->act), arg_text(r->resource),
			   arg_text(r->name), arg_text(r->result),
			   arg_text(r->who), arg_text(r->address),
			   arg_text(r->detail), arg_text(w->hash),
			   arg_text(w->previous_hash)),
		      e);
}

/* The newest is never removed, so ids go on rising by one. */
static bool trim(struct db *db, struct err *e)
{
	return db_run(db,
		      "DELETE FROM events WHERE id <="
		      " (SELECT max(id) FROM events) - ?",
		      ARGS(arg_int(EVENTS_KEPT)), e);
}

static bool run_write(struct catalog *c, struct catalog_op *op)
{
	struct waiting_event *w;

	TAILQ_FOREACH (w, &op->events, entry) {
		if (!write_event(&c->db, w, &op->err))
			return false;
	}
	return trim(&c->db, &op->err);
}

void events_tell(const struct catalog_op *op)
{
	const struct catalog *c = op->catalog;
	const struct waiting_event *w;

	TAILQ_FOREACH (w, &op->events, entry) {
		if (c->listener != NULL)
			c->listener(c->listener_arg, &w->r);
	}
}

static void tell_written(const struct catalog_op *op, const struct err *e)
{
	struct catalog *c = op->catalog;

	c->is_noting = false;
	call_tell_nobody(op, e);
	events_flush(c);
}

static const struct intent write_events = {
	.mode = INTENT_WRITE, .run = run_write, .tell = tell_written};

void events_flush(struct catalog *c)
{
	struct err e = {0};
	struct catalog_op *op;

	if (TAILQ_EMPTY(&c->events))
		return;
	op = call_new(c, &write_events, (union call_cb){0}, NULL, &e);
	if (op == NULL)
		return;
	TAILQ_CONCAT(&op->events, &c->events, entry);
	c->nevents = 0;
	c->is_noting = call_submit(op, true, &e) != NULL;
}

void events_drop(struct waiting_events *list)
{
	struct waiting_event *w;

	while ((w = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, w, entry);
		free(w->texts);
		free(w);
	}
}

/* Where the strings of an event are. */
static void texts_of(struct event_record *r,
		     const char **at[static EVENT_TEXTS])
{
	const char **const texts[EVENT_TEXTS] = {
		&r->kind,   &r->act, &r->resource, &r->name,
		&r->result, &r->who, &r->address,  &r->detail};

	memcpy(at, texts, sizeof(texts));
}

/* What comes from others (names, addresses, errors) is cut to a bound, and
 * never anything that a reply could not hold. */
static void tidy(char *s)
{
	size_t len = strlen(s);

	if (len > EVENT_TEXT_MAX) {
		len = EVENT_TEXT_MAX;
		while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
		s[len] = '\0';
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = ' ';
	if (utf8_check(s, len, NULL))
		return;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			s[i] = '?';
}

static bool copy_event(struct waiting_event *w, const struct event_record *r)
{
	const char **at[EVENT_TEXTS];

	w->r = *r;
	if (w->r.at_ms == 0)
		w->r.at_ms = clock_now_ms();
	texts_of(&w->r, at);
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		if (*at[i] == NULL)
			*at[i] = "";
	w->r.hash = w->hash;
	w->r.previous_hash = w->previous_hash;
	w->texts = call_pack((const char **const *)at, EVENT_TEXTS);
	if (w->texts == NULL)
		return false;
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		tidy(w->texts + (*at[i] - w->texts));
	return true;
}

bool events_note(struct catalog *c, struct catalog_op *op,
		 const struct event_record *r)
{
	struct waiting_event *w = calloc(1, sizeof(*w));

	if (w == NULL || !copy_event(w, r)) {
		free(w);
		return err_nomem(&op->err, "an event");
	}
	TAILQ_INSERT_TAIL(&op->events, w, entry);
	return write_event(&c->db, w, &op->err) && trim(&c->db, &op->err);
}

void catalog_event_add(struct catalog *c, const struct event_record *r)
{
	struct waiting_event *w = NULL;

	if (c->nevents < EVENTS_WAITING_MAX)
		w = calloc(1, sizeof(*w));
	if (w == NULL || !copy_event(w, r)) {
		log_warn("catalog", "an event is lost: %s %s",
			 r->act != NULL ? r->act : "",
			 r->resource != NULL ? r->resource : "");
		free(w);
		return;
	}
	TAILQ_INSERT_TAIL(&c->events, w, entry);
	c->nevents++;
	if (!c->is_noting)
		events_flush(c);
}

void catalog_event_listen(struct catalog *c, catalog_event_cb *cb, void *arg)
{
	c->listener = cb;
	c->listener_arg = arg;
}
