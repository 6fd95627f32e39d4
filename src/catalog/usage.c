/* usage.c - how much the catalog holds. */
#include "catalog/usage.h"

#include "catalog/call_int.h"

static bool count(struct db *db, const char *sql, uint64_t *out, struct err *e)
{
	int64_t n = 0;

	if (!db_int(db, sql, NULL, &n, e))
		return false;
	*out = n > 0 ? (uint64_t)n : 0;
	return true;
}

static bool count_backups(struct db *db, struct catalog_usage *u, struct err *e)
{
	enum backup_status status;
	char word[16];
	struct stmt s;

	if (!stmt_begin(&s, db,
			"SELECT status, sum(n), sum(stored_bytes)"
			" FROM backup_sums GROUP BY status",
			NULL, e))
		return false;
	while (stmt_next(&s, e)) {
		stmt_copy(&s, word, sizeof(word));
		if (!backup_status_parse(word, &status))
			continue;
		u->backups[status] = stmt_u64(&s);
		if (status == BACKUP_COMPLETED)
			u->stored_bytes = stmt_u64(&s);
	}
	stmt_end(&s);
	return !err_is(e);
}

static bool count_jobs(struct db *db, struct catalog_usage *u, struct err *e)
{
	enum job_status status;
	char word[16];
	struct stmt s;

	if (!stmt_begin(&s, db,
			"SELECT status, count(*) FROM jobs GROUP BY status",
			NULL, e))
		return false;
	while (stmt_next(&s, e)) {
		stmt_copy(&s, word, sizeof(word));
		if (job_status_parse(word, &status))
			u->jobs[status] = stmt_u64(&s);
	}
	stmt_end(&s);
	return !err_is(e);
}

static bool run_count(struct catalog *c, struct catalog_op *op)
{
	struct catalog_usage *u = &op->usage;
	struct db *db = op->db;

	(void)c;
	return count(db, "SELECT count(*) FROM sources", &u->sources,
		     &op->err) &&
	       count(db, "SELECT count(*) FROM pools", &u->pools, &op->err) &&
	       count(db,
		     "SELECT value FROM counters"
		     " WHERE name = 'manual_backups'",
		     &u->manual_backups, &op->err) &&
	       count_backups(db, u, &op->err) && count_jobs(db, u, &op->err);
}

static void tell_count(const struct catalog_op *op, const struct err *e)
{
	op->cb.usage(op->arg, e == NULL ? &op->usage : NULL, e);
}

static const struct intent count_all = {
	.mode = INTENT_LIST, .run = run_count, .tell = tell_count};

struct catalog_op *catalog_count(struct catalog *c, catalog_usage_cb *done,
				 void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, &count_all, (union call_cb){.usage = done}, arg, e);

	return call_submit(op, true, e);
}
