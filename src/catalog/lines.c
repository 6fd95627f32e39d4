/*
 * lines.c - logs of jobs. Lines come one by one from busy jobs and nobody
 * waits for them, so they gather while the transaction of those before them
 * is under way, and go in the next one together: a disk that syncs slowly
 * makes longer transactions, not a longer queue.
 */
#include "catalog/lines_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"

enum {
	LINES_WAITING_MAX = 20000, /* a disk that hangs must not eat memory */
	LINES_KEPT = 1000,	   /* of one job */
	LINE_MAX_BYTES = 2000,
};

bool job_add_line(struct db *db, const char *job_id, int64_t at_ms,
		  const char *text, struct err *e)
{
	/* A job that was pruned meanwhile takes no line: no error. */
	if (!db_run(db,
		    "INSERT INTO job_lines (job_id, line_no, at, line)"
		    " SELECT id, 1 + (SELECT coalesce(max(line_no), 0)"
		    "  FROM job_lines WHERE job_id = jobs.id), ?, ?"
		    " FROM jobs WHERE id = ?",
		    ARGS(arg_int(at_ms), arg_text(text), arg_text(job_id)), e))
		return false;
	return db_run(db,
		      "DELETE FROM job_lines WHERE job_id = ?1 AND line_no <="
		      " (SELECT max(line_no) FROM job_lines WHERE job_id = ?1)"
		      " - ?2",
		      ARGS(arg_text(job_id), arg_int(LINES_KEPT)), e);
}

static bool run_write(struct catalog *c, struct catalog_op *op)
{
	const struct log_line *line;

	TAILQ_FOREACH (line, &op->lines, entry) {
		if (!job_add_line(&c->db, line->job_id, line->at_ms, line->text,
				  &op->err))
			return false;
	}
	return true;
}

static void tell_written(const struct catalog_op *op, const struct err *e)
{
	struct catalog *c = op->catalog;

	c->is_logging = false;
	call_tell_nobody(op, e);
	lines_flush(c);
}

static const struct intent write_lines = {
	.mode = INTENT_WRITE, .run = run_write, .tell = tell_written};

void lines_flush(struct catalog *c)
{
	struct err e = {0};
	struct catalog_op *op;

	if (TAILQ_EMPTY(&c->lines))
		return;
	op = call_new(c, &write_lines, (union call_cb){0}, NULL, &e);
	if (op == NULL)
		return;
	TAILQ_CONCAT(&op->lines, &c->lines, entry);
	c->nlines = 0;
	c->is_logging = call_submit(op, true, &e) != NULL;
}

void lines_drop(struct catalog *c)
{
	struct log_line *line;

	while ((line = TAILQ_FIRST(&c->lines)) != NULL) {
		TAILQ_REMOVE(&c->lines, line, entry);
		free(line);
	}
	c->nlines = 0;
}

/* A log is read line by line: what came from others must not forge one. */
static void copy_plain(char *to, const char *from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)from[i];

		to[i] = from[i];
		if (byte < 0x20 || byte == 0x7f)
			to[i] = ' ';
	}
}

void catalog_job_log(struct catalog *c, const char *id, int64_t at_ms,
		     const char *text)
{
	size_t len = strnlen(text, LINE_MAX_BYTES);
	struct log_line *line = NULL;

	if (c->nlines < LINES_WAITING_MAX)
		line = calloc(1, sizeof(*line) + len + 1);
	if (line == NULL) {
		log_warn("catalog", "a line of the log of %s is lost", id);
		return;
	}
	(void)str_copy(line->job_id, sizeof(line->job_id), id);
	line->at_ms = at_ms;
	copy_plain(line->text, text, len);
	TAILQ_INSERT_TAIL(&c->lines, line, entry);
	c->nlines++;
	if (!c->is_logging)
		lines_flush(c);
}

static bool read_lines(struct stmt *s, struct text *log, struct err *e)
{
	char at[CLOCK_TEXT_MAX], *line;

	while (stmt_next(s, e)) {
		line = NULL;
		text_printf(log, "%s ", clock_format(stmt_int(s), at));
		stmt_dup(s, &line);
		text_str(log, line);
		text_char(log, '\n');
		free(line);
		if (!stmt_read(s, e))
			return false;
	}
	return !err_is(e);
}

static bool run_read(struct catalog *c, struct catalog_op *op)
{
	struct text log = {0};
	char id[ID_MAX];
	struct stmt s;
	bool ok;

	if (!key_find(&c->db, KEY_JOB, op->key, id, &op->err) ||
	    !stmt_begin(&s, &c->db,
			"SELECT at, line FROM job_lines WHERE job_id = ?"
			" ORDER BY line_no",
			ARGS(arg_text(id)), &op->err))
		return false;
	text_str(&log, "");
	ok = read_lines(&s, &log, &op->err);
	stmt_end(&s);
	op->log = text_take(&log);
	return ok && (op->log != NULL || err_nomem(&op->err, "a log"));
}

static void tell_read(const struct catalog_op *op, const struct err *e)
{
	op->cb.log(op->arg, e == NULL ? op->log : NULL, e);
}

static const struct intent read_log = {
	.mode = INTENT_READ, .run = run_read, .tell = tell_read};

struct catalog_op *catalog_job_read_log(struct catalog *c, const char *id,
					catalog_log_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &read_log, (union call_cb){.log = done}, arg, e);

	lines_flush(c);
	return call_submit(op, call_give_key(op, id), e);
}
