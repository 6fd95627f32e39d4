/*
 * call.c - the way of every intent: the call copies what it was given, runs
 * on the catalog's thread inside one transaction, and is answered from the
 * loop. Nothing is shared between the two threads while it is under way.
 *
 * Lists have a thread and a connection of their own: users wait for them, and
 * behind a transaction they would wait for its disk, and a transaction behind
 * a long list. They show what was answered before they were asked for.
 */
#include "catalog/call_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "catalog/drills_int.h"
#include "catalog/events_int.h"
#include "catalog/replies_int.h"
#include "catalog/verify_int.h"

/* The log is moved into the database when it has grown so long; 4 MiB. */
enum { CHECKPOINT_PAGES = 1000 };

static struct catalog_op *op_of(struct work *w)
{
	return (struct catalog_op *)((char *)w -
				     offsetof(struct catalog_op, work));
}

void *rows_grow(void *array, size_t n, size_t size)
{
	char *more = array;

	/* An array is full exactly at the powers of two. */
	if ((n & (n - 1)) == 0)
		more = realloc(array, (n == 0 ? 1 : 2 * n) * size);
	if (more != NULL)
		memset(more + n * size, 0, size);
	return more;
}

const void *rows_list(const struct rows *r)
{
	const void *const lists[] = {r->sources, r->backups, r->restores,
				     r->plans};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (lists[i] != NULL)
			return lists[i];
	}
	return NULL;
}

void rows_free(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->event_texts != NULL)
			free(r->event_texts[i]);
		if (r->sources != NULL)
			source_record_fini(&r->sources[i]);
		if (r->pools != NULL)
			pool_record_fini(&r->pools[i]);
		if (r->backups != NULL)
			backup_record_fini(&r->backups[i]);
		if (r->restores != NULL)
			restore_record_fini(&r->restores[i]);
		if (r->jobs != NULL)
			job_record_fini(&r->jobs[i]);
		if (r->plans != NULL)
			plan_record_fini(&r->plans[i]);
	}
	free(r->sources);
	free(r->pools);
	free(r->backups);
	free(r->restores);
	free(r->jobs);
	free(r->tokens);
	free(r->plans);
	free(r->runs);
	free(r->verdicts);
	free(r->events);
	free(r->event_texts);
}

void call_free(struct catalog_op *op)
{
	struct log_line *line;

	while ((line = TAILQ_FIRST(&op->lines)) != NULL) {
		TAILQ_REMOVE(&op->lines, line, entry);
		free(line);
	}
	events_drop(&op->events);
	reply_row_free(op->reply_in);
	reply_row_free(op->reply_out);
	verify_row_free(op->verify);
	drill_row_free(op->drill);
	free(op->statistics);
	rows_free(&op->in);
	rows_free(&op->out);
	rows_free(&op->more);
	free(op->key);
	free(op->text);
	free(op->query_text);
	free(op->next);
	free(op->page_text);
	free(op->log);
	free(op);
}

void call_run(struct catalog_op *op)
{
	struct db *db = op->db;
	bool is_bare = op->intent->mode == INTENT_BARE;
	bool ok;

	op->has_run = true;
	ok = is_bare ||
	     db_begin(db, op->intent->mode == INTENT_WRITE, &op->err);
	ok = ok && op->intent->run(op->catalog, op);
	ok = ok && (is_bare || db_commit(db, &op->err));
	if (!ok)
		db_rollback(db);
	op->wal_pages = db->wal_pages;
	op->found_dead = db->is_dead;
}

static void on_thread(struct work *w)
{
	call_run(op_of(w));
}

static bool run_checkpoint(struct catalog *c, struct catalog_op *op)
{
	return db_checkpoint(&c->db, &op->err);
}

static void tell_checkpoint(const struct catalog_op *op, const struct err *e)
{
	op->catalog->is_checkpointing = false;
	call_tell_nobody(op, e);
}

static const struct intent checkpoint = {
	.mode = INTENT_BARE, .run = run_checkpoint, .tell = tell_checkpoint};

/* After the answer rather than inside a commit, as SQLite would do it: who
 * waits for the commit need not wait for this too. */
static void consider_checkpoint(struct catalog *c, int wal_pages)
{
	struct err e = {0};
	struct catalog_op *op;

	if (wal_pages < CHECKPOINT_PAGES || c->is_checkpointing)
		return;
	op = call_new(c, &checkpoint, (union call_cb){0}, NULL, &e);
	c->is_checkpointing = call_submit(op, true, &e) != NULL;
}

static void on_done(struct work *w)
{
	struct catalog_op *op = op_of(w);

	TAILQ_REMOVE(&op->catalog->calls, op, entry);
	op->catalog->is_dead = op->catalog->is_dead || op->found_dead;
	if (op->intent != &checkpoint)
		consider_checkpoint(op->catalog, op->wal_pages);
	if (!err_is(&op->err))
		events_tell(op);
	op->intent->tell(op, err_is(&op->err) ? &op->err : NULL);
	call_free(op);
}

static void dispose(struct work *w)
{
	struct catalog_op *op = op_of(w);

	TAILQ_REMOVE(&op->catalog->calls, op, entry);
	if (op->has_run && !err_is(&op->err))
		events_tell(op); /* it has taken effect all the same */
	call_free(op);
}

struct catalog_op *call_new(struct catalog *c, const struct intent *i,
			    union call_cb cb, void *arg, struct err *e)
{
	struct catalog_op *op = calloc(1, sizeof(*op));

	if (op == NULL) {
		(void)err_nomem(e, "a call of the catalog");
		return NULL;
	}
	op->work.run = on_thread;
	op->work.done = on_done;
	op->catalog = c;
	op->db = i->mode == INTENT_LIST ? &c->lists : &c->db;
	op->intent = i;
	op->cb = cb;
	op->arg = arg;
	TAILQ_INIT(&op->lines);
	TAILQ_INIT(&op->events);
	return op;
}

static bool give(char **to, const char *from)
{
	if (from == NULL)
		return true;
	*to = strdup(from);
	return *to != NULL;
}

bool call_give_key(struct catalog_op *op, const char *key)
{
	return op != NULL && give(&op->key, key);
}

bool call_give_text(struct catalog_op *op, const char *text)
{
	return op != NULL && give(&op->text, text);
}

char *call_pack(const char **const at[], size_t n)
{
	struct text all = {0};
	char *block;
	size_t len;

	text_char(&all, '\0');
	for (size_t i = 0; i < n; i++)
		if (*at[i] != NULL)
			text_add(&all, *at[i], strlen(*at[i]) + 1);
	block = text_take(&all);
	if (block == NULL)
		return NULL;
	len = 1;
	for (size_t i = 0; i < n; i++) {
		if (*at[i] == NULL)
			continue;
		*at[i] = block + len;
		len += strlen(*at[i]) + 1;
	}
	return block;
}

bool call_give_number(struct catalog_op *op, int64_t number)
{
	if (op != NULL)
		op->number = number;
	return op != NULL;
}

bool call_give_query(struct catalog_op *op, const struct catalog_query *q)
{
	struct catalog_query own = *q;
	const char **const texts[] = {
		&own.q,	       &own.engine,   &own.status,   &own.source,
		&own.pool,     &own.type,     &own.method,   &own.kind,
		&own.plan,     &own.strategy, &own.resource, &own.result,
		&own.kind_not, &own.backup,   &own.target,   &own.storage_type,
		&own.sort,     &own.after};

	if (op == NULL)
		return false;
	op->query_text = call_pack(texts, sizeof(texts) / sizeof(texts[0]));
	op->query = own;
	return op->query_text != NULL;
}

struct catalog_op *call_submit(struct catalog_op *op, bool is_whole,
			       struct err *e)
{
	struct catalog *c;

	if (op == NULL)
		return NULL;
	if (!is_whole) {
		(void)err_nomem(e, "a call of the catalog");
		call_free(op);
		return NULL;
	}
	c = op->catalog;
	TAILQ_INSERT_TAIL(&c->calls, op, entry);
	workers_submit(op->db == &c->lists ? c->reader : c->thread, &op->work);
	return op;
}

void catalog_cancel(struct catalog_op *op)
{
	if (op != NULL)
		work_abandon(&op->work, dispose);
}

void call_tell_done(const struct catalog_op *op, const struct err *e)
{
	op->cb.done(op->arg, e);
}

void call_tell_nobody(const struct catalog_op *op, const struct err *e)
{
	(void)op;
	if (e != NULL)
		log_error("catalog", "%s", e->msg);
}
