/*
 * packs.c - who holds which packs: a row for each backup and each backup that
 * wrote some, with ranges of numbers. The arithmetic is model/packs.h's; the
 * transactions here are what it rests on.
 */
#include "catalog/packs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/chain_int.h"
#include "catalog/packs_int.h"
#include "model/packs.h"

/* ---- sets */

/* Adds what rows of writer and numbers tell. */
static bool read_rows(struct db *db, const char *sql, const struct arg *args,
		      struct pack_set *out, struct err *e)
{
	char writer[ID_MAX], *numbers = NULL;
	struct stmt s;
	bool ok = true;

	if (!stmt_begin(&s, db, sql, args, e))
		return false;
	while (ok && stmt_next(&s, e)) {
		stmt_copy(&s, writer, sizeof(writer));
		stmt_dup(&s, &numbers);
		ok = stmt_read(&s, e) &&
		     pack_set_add_ranges(out, writer, numbers, e);
		free(numbers);
		numbers = NULL;
	}
	stmt_end(&s);
	return ok && !err_is(e);
}

static bool read_own(struct db *db, const char *id, struct pack_set *out,
		     struct err *e)
{
	return read_rows(db,
			 "SELECT writer_id, numbers FROM backup_packs"
			 " WHERE backup_id = ?",
			 ARGS(arg_text(id)), out, e);
}

/* Of all other backups of the source, whatever has become of them. */
static bool read_others(struct db *db, const char *id, const char *source_id,
			struct pack_set *out, struct err *e)
{
	return read_rows(db,
			 "SELECT writer_id, numbers FROM backup_packs"
			 " WHERE source_id = ? AND backup_id <> ?",
			 ARGS(arg_text(source_id), arg_text(id)), out, e);
}

static bool write_one(struct db *db, const char *id, const char *source_id,
		      const struct pack_writer *w, struct err *e)
{
	char *numbers = pack_writer_format(w);
	bool ok = numbers != NULL || err_nomem(e, "a list of packs");

	ok = ok && db_run(db,
			  "INSERT INTO backup_packs (backup_id, writer_id,"
			  " source_id, numbers) VALUES (?, ?, ?, ?)",
			  ARGS(arg_text(id), arg_text(w->id),
			       arg_text(source_id), arg_text(numbers)),
			  e);
	free(numbers);
	return ok;
}

bool packs_drop(struct db *db, const char *backup_id, struct err *e)
{
	return db_run(db, "DELETE FROM backup_packs WHERE backup_id = ?",
		      ARGS(arg_text(backup_id)), e);
}

/* In the place of what it held. */
static bool write_own(struct db *db, const char *id, const char *source_id,
		      const struct pack_set *set, struct err *e)
{
	bool ok = packs_drop(db, id, e);

	for (size_t i = 0; ok && i < set->n; i++)
		ok = write_one(db, id, source_id, &set->writers[i], e);
	return ok;
}

/* What id holds and nobody else. */
static bool read_alone(struct db *db, const char *id, const char *source_id,
		       struct pack_set *out, struct err *e)
{
	struct pack_set others = {0};
	bool ok = read_own(db, id, out, e) &&
		  read_others(db, id, source_id, &others, e) &&
		  (pack_set_subtract(out, &others) || err_nomem(e, "packs"));

	pack_set_fini(&others);
	return ok;
}

/* ---- the end of a backup, and what a pool tells */

bool packs_settle(struct db *db, const struct backup_record *r, struct err *e)
{
	struct pack_set set = {0};
	bool ok = read_alone(db, r->id, r->source_id, &set, e) &&
		  (r->packs == NULL || pack_set_parse(&set, r->packs, e)) &&
		  write_own(db, r->id, r->source_id, &set, e);

	pack_set_fini(&set);
	return ok;
}

bool packs_adopt(struct db *db, const struct backup_record *r, struct err *e)
{
	struct pack_set set = {0};
	bool ok;

	if (r->packs == NULL)
		return true;
	ok = read_own(db, r->id, &set, e) &&
	     pack_set_parse(&set, r->packs, e) &&
	     write_own(db, r->id, r->source_id, &set, e);
	pack_set_fini(&set);
	return ok;
}

/* ---- the choice of a base */

/* It has packs, one more is not too many, and neither it nor one that needs
 * packs of the same writers was found damaged, whether or not that one is there
 * still: a full one shares nothing with what is. */
#define IS_BASE                                                                \
	"SELECT count(*) FROM backups b WHERE b.id = ?"                        \
	" AND b.verify_status <> 'failed' AND b.is_in_doubt = 0"               \
	" AND b.increments + 1 < ? AND " BACKUP_HAS_PACKS("b.id")

static bool hold(struct catalog *c, struct catalog_op *op, const char *last)
{
	struct err *e = &op->err;
	int64_t is_base = 0;

	if (!db_int(&c->db, IS_BASE, ARGS(arg_text(last), arg_int(op->number)),
		    &is_base, e))
		return false;
	return is_base == 0 ||
	       (packs_drop(&c->db, op->key, e) &&
		db_run(&c->db,
		       "INSERT INTO backup_packs (backup_id, writer_id,"
		       " source_id, numbers) SELECT ?, writer_id, source_id,"
		       " numbers FROM backup_packs WHERE backup_id = ?",
		       ARGS(arg_text(op->key), arg_text(last)), e) &&
		backup_read(&c->db, last, &op->out, e));
}

static bool run_hold(struct catalog *c, struct catalog_op *op)
{
	char *last = NULL;
	bool ok = chain_last(&c->db, op->key, &last, &op->err) &&
		  (last == NULL || hold(c, op, last));

	free(last);
	return ok;
}

static void tell_hold(const struct catalog_op *op, const struct err *e)
{
	op->cb.backup(op->arg,
		      e == NULL && op->out.n > 0 ? op->out.backups : NULL, e);
}

static const struct intent hold_packs = {
	.mode = INTENT_WRITE, .run = run_hold, .tell = tell_hold};

struct catalog_op *catalog_packs_hold(struct catalog *c, const char *id,
				      int64_t full_every,
				      catalog_backup_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op = call_new(
		c, &hold_packs, (union call_cb){.backup = done}, arg, e);

	return call_submit(
		op, call_give_key(op, id) && call_give_number(op, full_every),
		e);
}

/* ---- what goes */

static bool check_known(struct db *db, const char *id, struct err *e)
{
	int64_t is_known = 0;

	if (!db_int(db, "SELECT count(*) FROM backups WHERE id = ?",
		    ARGS(arg_text(id)), &is_known, e))
		return false;
	return is_known != 0 ||
	       err_set(e, ERR_CONFLICT, "pool_unread",
		       "the pool holds the backup %s, which this server does "
		       "not know, so it cannot tell which packs are needed and "
		       "removes none: read the pool again (POST "
		       "/v1/pools/{id}/adopt); if that one is damaged, remove "
		       "its folder",
		       id);
}

/* op->text: ids of ID_MAX bytes each, op->limit of them. */
static bool check_all_known(struct catalog *c, struct catalog_op *op)
{
	bool ok = true;

	for (size_t i = 0; ok && i < op->limit; i++)
		ok = check_known(&c->db, op->text + i * ID_MAX, &op->err);
	return ok;
}

/* Somebody may hold what a backup that failed has written: one of another
 * server that took it over and completed it. */
static bool add_written(struct db *db, const char *id, const char *source_id,
			struct pack_set *set, struct err *e)
{
	struct pack_set all = {0}, others = {0};
	bool ok = read_others(db, id, source_id, &others, e) &&
		  ((pack_set_add(&all, id, 1, PACK_NUMBER_MAX) &&
		    pack_set_subtract(&all, &others) &&
		    pack_set_unite(set, &all)) ||
		   err_nomem(e, "packs"));

	pack_set_fini(&all);
	pack_set_fini(&others);
	return ok;
}

static bool check_dead(struct db *db, const char *id, struct err *e)
{
	int64_t lives = 0;

	if (!db_int(db,
		    "SELECT count(*) FROM backups WHERE id = ? AND status IN"
		    " ('queued', 'backing_up', 'completed')",
		    ARGS(arg_text(id)), &lives, e))
		return false;
	return lives == 0 ||
	       err_bug(e, "packs of %s, which lives, were to go", id);
}

/* A backup of ours that has no packs and was to have none. */
#define IS_PLAIN                                                               \
	"SELECT count(*) FROM backups b WHERE b.id = ?"                        \
	" AND NOT " BACKUP_HAS_PACKS(                                          \
		"b.id") " AND instr(replace(coalesce(b.options_json, ''), ' "  \
			"', ''),"                                              \
			" '\"incremental\":true') = 0"

static bool release(struct catalog *c, struct catalog_op *op,
		    struct pack_set *set)
{
	const char *source_id = op->next;
	struct err *e = &op->err;
	int64_t is_plain = 0;

	if (!db_int(&c->db, IS_PLAIN, ARGS(arg_text(op->key)), &is_plain, e))
		return false;
	if (is_plain != 0)
		return true;
	return check_dead(&c->db, op->key, e) && check_all_known(c, op) &&
	       read_alone(&c->db, op->key, source_id, set, e) &&
	       write_own(&c->db, op->key, source_id, set, e) &&
	       add_written(&c->db, op->key, source_id, set, e);
}

static bool run_release(struct catalog *c, struct catalog_op *op)
{
	struct pack_set set = {0};
	bool ok = release(c, op, &set);

	if (ok) {
		free(op->log);
		op->log = pack_set_format(&set);
		ok = op->log != NULL || err_nomem(&op->err, "packs");
	}
	pack_set_fini(&set);
	return ok;
}

static void tell_release(const struct catalog_op *op, const struct err *e)
{
	op->cb.packs(op->arg, e == NULL ? op->log : NULL, e);
}

static const struct intent release_packs = {
	.mode = INTENT_WRITE, .run = run_release, .tell = tell_release};

static bool give_there(struct catalog_op *op, const struct packs_release *what)
{
	if (op == NULL)
		return false;
	op->limit = (unsigned)what->n;
	op->text = malloc(what->n * ID_MAX + 1);
	op->next = strdup(what->source_id);
	if (op->text == NULL || op->next == NULL)
		return false;
	if (what->n > 0)
		memcpy(op->text, what->there, what->n * ID_MAX);
	return true;
}

struct catalog_op *catalog_packs_release(struct catalog *c,
					 const struct packs_release *what,
					 catalog_packs_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op = call_new(
		c, &release_packs, (union call_cb){.packs = done}, arg, e);

	return call_submit(
		op, give_there(op, what) && call_give_key(op, what->backup_id),
		e);
}
