/*
 * adopted.c - rule 17: backups that were found in a pool. A record is made of
 * what a manifest says; what is known already gets its owner only. Adopted
 * backups do not count for the quota (is_adopted).
 */
#include "catalog/adopted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/adopted_int.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/packs_int.h"

enum { SUFFIXES_MAX = 100000 };

bool adopted_free_name(struct db *db, enum key_kind kind, const char *name,
		       char out[NAME_BUF], struct err *e)
{
	char suffix[16];

	(void)str_copy(out, NAME_BUF, name);
	for (unsigned i = 2; i < SUFFIXES_MAX; i++) {
		struct err why = {0};

		if (key_check_free(db, kind, out, "", &why))
			return true;
		if (strcmp(why.api, "name_taken") != 0) {
			*e = why;
			return false;
		}
		(void)snprintf(suffix, sizeof(suffix), "-%u", i);
		(void)snprintf(out, NAME_BUF, "%.*s%s",
			       (int)(NAME_MAX_CHARS - strlen(suffix)), name,
			       suffix);
	}
	return err_set(e, ERR_CONFLICT, "name_taken",
		       "no name like \"%s\" is free", name);
}

/* A manifest may hold any text: what is no name of ours is called after its
 * id. */
static void choose_name(struct backup_record *r)
{
	struct err e = {0};

	if (!name_check_backup(r->name, &e))
		(void)snprintf(r->name, NAME_BUF, "adopted-%.26s",
			       strlen(r->id) > 4 ? r->id + 4 : r->id);
}

static bool take_name(struct db *db, struct backup_record *r, struct err *e)
{
	char name[NAME_BUF];

	choose_name(r);
	if (!adopted_free_name(db, KEY_BACKUP, r->name, name, e))
		return false;
	(void)str_copy(r->name, NAME_BUF, name);
	return true;
}

static bool insert_head(struct db *db, const struct backup_record *r,
			struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(
		db,
		"INSERT INTO backups (id, name, name_key, description, type,"
		" started_by, method, status, server_id, source_id,"
		" source_name, source_engine, source_version, source_region,"
		" pool_id, scope_json, created_at, started_at, finished_at,"
		" expires_at, plan_id, plan_name, due_at, retention_days,"
		" is_encrypted, is_adopted, job_id)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, 'completed', ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '')",
		ARGS(arg_text(r->id), arg_text(r->name), arg_text(folded),
		     arg_text(r->description), arg_text(r->type),
		     arg_text(r->trigger), arg_text(r->method),
		     arg_text(r->server_id), arg_text(r->source_id),
		     arg_text(r->source_name), arg_text(r->source_engine),
		     arg_text(r->source_version), arg_text(r->source_region),
		     arg_text(r->pool_id), arg_text(r->scope_json),
		     arg_int(r->created_at), arg_int(r->started_at),
		     arg_int(r->finished_at), arg_int(r->expires_at),
		     arg_text(r->plan_id), arg_text(r->plan_name),
		     arg_int(r->due_at), arg_int(r->retention_days),
		     arg_int(r->is_encrypted)),
		e);
}

static bool insert_rest(struct db *db, const struct backup_record *r,
			struct err *e)
{
	return db_run(
		db,
		"UPDATE backups SET save_path = ?, source_bytes = ?,"
		" stored_bytes = ?, part_count = ?, table_count = ?,"
		" row_count = ?, key_count = ?, counts_json = ?,"
		" consistency_json = ?, warnings_json = ?,"
		" depends_on_json = ?, manifest_digest = ?,"
		" increments = ?"
		" WHERE id = ?",
		ARGS(arg_text(r->save_path), arg_u64(r->source_bytes),
		     arg_u64(r->stored_bytes), arg_u64(r->part_count),
		     arg_u64(r->table_count), arg_u64(r->row_count),
		     arg_u64(r->key_count), arg_text(r->counts_json),
		     arg_text(r->consistency_json), arg_text(r->warnings_json),
		     arg_text(r->depends_on_json), arg_text(r->manifest_digest),
		     arg_int(r->increments), arg_text(r->id)),
		e);
}

static bool adopt_new(struct catalog *c, struct backup_record *r, struct err *e)
{
	return take_name(&c->db, r, e) && insert_head(&c->db, r, e) &&
	       insert_rest(&c->db, r, e) && packs_adopt(&c->db, r, e);
}

/* A manifest that was changed since, by whatever hand, is not the backup that
 * we know. */
static bool check_known(const struct backup_record *known,
			const struct backup_record *r, struct err *e)
{
	if (known->manifest_digest[0] != '\0' &&
	    strcmp(known->manifest_digest, r->manifest_digest) != 0)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "the manifest of backup %s (%s) is not the one "
			       "that the catalog knows",
			       known->name, known->id);
	return true;
}

/* We gave it up (it was to be deleted, say), but it is another server's, who
 * keeps it. */
static bool revive(struct catalog *c, const struct backup_record *known,
		   const struct backup_record *r, struct err *e)
{
	struct backup_record named = {0};
	char folded[NAME_BUF];

	if (known->status == BACKUP_COMPLETED ||
	    strcmp(r->server_id, c->identity.server_id) == 0 ||
	    known->manifest_digest[0] == '\0')
		return true;
	(void)str_copy(named.id, ID_MAX, known->id);
	(void)str_copy(named.name, NAME_BUF, known->name);
	if (!take_name(&c->db, &named, e))
		return false;
	name_fold(named.name, folded);
	return db_run(&c->db,
		      "UPDATE backups SET status = 'completed', name = ?,"
		      " name_key = ?, is_adopted = 1, has_leftovers = 0"
		      " WHERE id = ?",
		      ARGS(arg_text(named.name), arg_text(folded),
			   arg_text(known->id)),
		      e);
}

/* What was hidden when it was adopted can be read now: the pool has got an
 * identity since. */
static bool reveal(struct catalog *c, const struct backup_record *r,
		   struct err *e)
{
	return db_run(&c->db,
		      "UPDATE backups SET scope_json = ?1, warnings_json = ?2"
		      " WHERE id = ?3 AND is_adopted = 1"
		      " AND instr(warnings_json, '\"scope_hidden\"') > 0",
		      ARGS(arg_text(r->scope_json), arg_text(r->warnings_json),
			   arg_text(r->id)),
		      e);
}

/* What is on its way out here needs nothing any more, unless it is another
 * server's. */
static bool lives(const struct catalog *c, const struct backup_record *known,
		  const struct backup_record *r)
{
	return known->status == BACKUP_COMPLETED ||
	       strcmp(r->server_id, c->identity.server_id) != 0;
}

static bool adopt_known(struct catalog *c, const struct backup_record *r,
			const struct backup_record *known, struct err *e)
{
	return check_known(known, r, e) && revive(c, known, r, e) &&
	       reveal(c, r, e) &&
	       (!lives(c, known, r) || packs_adopt(&c->db, r, e)) &&
	       db_run(&c->db, "UPDATE backups SET server_id = ? WHERE id = ?",
		      ARGS(arg_text(r->server_id), arg_text(r->id)), e);
}

static bool run_adopt(struct catalog *c, struct catalog_op *op)
{
	struct backup_record *r = op->in.backups;
	struct err *e = &op->err;
	struct rows known = {0};
	int64_t is_known = 0;
	bool ok = db_int(&c->db, "SELECT count(*) FROM backups WHERE id = ?",
			 ARGS(arg_text(r->id)), &is_known, e);

	if (ok && is_known)
		ok = backup_read(&c->db, r->id, &known, e) &&
		     adopt_known(c, r, known.backups, e);
	else if (ok)
		ok = adopt_new(c, r, e);
	rows_free(&known);
	return ok && backup_read(&c->db, r->id, &op->out, e);
}

static const struct intent adopt = {
	.mode = INTENT_WRITE, .run = run_adopt, .tell = backup_tell};

struct catalog_op *catalog_backup_adopt(struct catalog *c,
					const struct backup_record *r,
					catalog_backup_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &adopt, (union call_cb){.backup = done}, arg, e);

	return call_submit(op, backup_give(op, r), e);
}

static bool run_take(struct catalog *c, struct catalog_op *op)
{
	return db_run(&c->db,
		      "UPDATE backups SET server_id = ?"
		      " WHERE pool_id = ? AND server_id = ?",
		      ARGS(arg_text(c->identity.server_id), arg_text(op->key),
			   arg_text(op->text)),
		      &op->err);
}

static const struct intent take = {
	.mode = INTENT_WRITE, .run = run_take, .tell = call_tell_done};

struct catalog_op *catalog_adopt_take(struct catalog *c, const char *pool_id,
				      const char *server_id,
				      catalog_done_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &take, (union call_cb){.done = done}, arg, e);

	return call_submit(
		op, call_give_key(op, pool_id) && call_give_text(op, server_id),
		e);
}
