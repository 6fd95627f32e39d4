/* drill_notes.c - what came of a drill, as backups and plans tell it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/call_int.h"
#include "catalog/drills_int.h"
#include "catalog/events_int.h"

static json_t *figures(const struct drill_end *end)
{
	return json_pack("{s:I, s:I, s:I}", "seconds", (json_int_t)end->seconds,
			 "rows", (json_int_t)end->rows, "keys",
			 (json_int_t)end->keys);
}

static json_t *no_figures(void)
{
	return json_pack("{s:n, s:n, s:n}", "seconds", "rows", "keys");
}

/* Takes the parts. Caller frees; NULL: no memory. */
static char *compose(json_t *figures_, json_t *rest)
{
	char at[CLOCK_TEXT_MAX], *text = NULL;
	json_t *all =
		json_pack("{s:s}", "at", clock_format(clock_now_ms(), at));

	if (all != NULL && figures_ != NULL && rest != NULL &&
	    json_object_update(all, figures_) == 0 &&
	    json_object_update(all, rest) == 0)
		text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	json_decref(figures_);
	json_decref(rest);
	return text;
}

static json_t *error_of(const char *code, const char *detail)
{
	return code != NULL
		       ? json_pack("{s:s, s:s}", "code", code, "detail", detail)
		       : json_null();
}

static bool write_trouble(struct db *db, const char *plan_id,
			  const struct drill_trouble *t, struct err *e)
{
	char *text = compose(
		no_figures(),
		json_pack("{s:s, s:o, s:s?, s:s?}", "verdict", "none", "error",
			  error_of(t->code, t->detail), "backup_id",
			  t->backup_id, "job_id", t->job_id));
	bool ok =
		(text != NULL || err_nomem(e, "a drill")) &&
		db_run(db, "UPDATE plans SET last_drill_json = ? WHERE id = ?",
		       ARGS(arg_text(text), arg_text(plan_id)), e);

	free(text);
	return ok;
}

static bool tell_plan(struct catalog *c, struct catalog_op *op,
		      const char *plan_id, const char *detail)
{
	struct event_record r = {.kind = "plan",
				 .act = "plan.drill_failed",
				 .resource = plan_id,
				 .result = "failed",
				 .who = "server",
				 .detail = detail};
	char *name = NULL;
	bool ok = db_text(&c->db, "SELECT name FROM plans WHERE id = ?",
			  ARGS(arg_text(plan_id)), &name, &op->err);

	r.name = name;
	ok = ok && (name == NULL || events_note(c, op, &r));
	free(name);
	return ok;
}

/* The same trouble once more, whichever the backup: it was told. */
static bool was_told(struct db *db, const char *plan_id, const char *code,
		     int64_t *is_told, struct err *e)
{
	return db_int(db,
		      "SELECT count(*) FROM plans WHERE id = ?"
		      " AND json_extract(last_drill_json, '$.verdict') = 'none'"
		      " AND json_extract(last_drill_json, '$.error.code') = ?"
		      " AND json_extract(last_drill_json, '$.job_id') IS NULL",
		      ARGS(arg_text(plan_id), arg_text(code)), is_told, e);
}

bool drill_note_trouble(struct catalog *c, struct catalog_op *op,
			const char *plan_id, const struct drill_trouble *t)
{
	int64_t is_told = 0;

	return was_told(&c->db, plan_id, t->code, &is_told, &op->err) &&
	       (is_told || tell_plan(c, op, plan_id, t->detail)) &&
	       write_trouble(&c->db, plan_id, t, &op->err);
}

static bool write_verdict(struct db *db, const struct drill_row *row,
			  const struct err *why, struct err *e)
{
	const struct job_record *job = &row->drill.job;
	char *text = compose(
		figures(&row->end),
		json_pack("{s:s, s:o, s:s, s:s}", "verdict",
			  row->end.is_sound ? "passed" : "failed", "error",
			  error_of(why ? why->api : NULL, why ? why->msg : ""),
			  "backup_id", job->resource, "job_id", job->id));
	const struct arg args[] = {
		arg_text(text), arg_text(job->resource), {.kind = ARG_END}};
	bool ok = (text != NULL || err_nomem(e, "a drill")) &&
		  db_run(db,
			 "UPDATE backups SET last_drill_json = ?"
			 " WHERE id = ?",
			 args, e) &&
		  db_run(db,
			 "UPDATE plans SET last_drill_json = ? WHERE id ="
			 " (SELECT plan_id FROM backups WHERE id = ?)",
			 args, e);

	free(text);
	return ok;
}

bool drill_keep(struct catalog *c, struct catalog_op *op)
{
	const struct drill_row *row = op->drill;
	const struct drill_record *d = &row->drill;
	const struct err *why = row->end.error;
	const struct drill_trouble t = {.code = why ? why->api : "internal",
					.detail = why ? why->msg : "",
					.backup_id = d->job.resource,
					.job_id = d->job.id};
	bool is_planned = d->plan_id[0] != '\0';

	if (is_planned && !row->end.is_sound &&
	    !tell_plan(c, op, d->plan_id, t.detail))
		return false;
	if (row->end.has_verdict)
		return write_verdict(&c->db, row, why, &op->err);
	return !is_planned || write_trouble(&c->db, d->plan_id, &t, &op->err);
}

/* Whoever asked for one asks again; a plan's timer cannot. */
bool drill_note_cut(struct db *db, struct err *e)
{
	char plan_id[ID_MAX], backup_id[ID_MAX], job_id[ID_MAX];
	const struct drill_trouble t = {
		.code = "interrupted",
		.detail = "the server stopped while the drill was under way",
		.backup_id = backup_id,
		.job_id = job_id};
	bool ok = true;
	struct stmt s;

	if (!stmt_begin(&s, db,
			"SELECT d.plan_id, j.resource, j.id FROM drills d"
			" JOIN jobs j ON j.id = d.job_id WHERE d.plan_id <> ''"
			" AND j.status IN ('queued', 'running')",
			NULL, e))
		return false;
	while (ok && stmt_next(&s, e)) {
		stmt_copy(&s, plan_id, ID_MAX);
		stmt_copy(&s, backup_id, ID_MAX);
		stmt_copy(&s, job_id, ID_MAX);
		ok = write_trouble(db, plan_id, &t, e);
	}
	stmt_end(&s);
	return ok && !err_is(e);
}
