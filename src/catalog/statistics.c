/*
 * statistics.c - sums of backup_history, which triggers keep (schema.c): what
 * came, went and ended in each quarter of an hour. So a backup that is removed
 * changes the day on which it is removed, and none before.
 */
#include "catalog/statistics.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/statistics_int.h"

enum { STEP_S = 900 };

/* The id of what is named; one that is gone has its history still. */
static bool find_id(struct db *db, enum key_kind kind, const char *key,
		    char id[ID_MAX], struct err *e)
{
	id[0] = '\0';
	if (key == NULL)
		return true;
	if (key_is_id(kind, key)) {
		(void)str_copy(id, ID_MAX, key);
		return true;
	}
	return key_find(db, kind, key, id, e);
}

/* The rows of all backups together have neither source nor plan. */
#define SUMS                                                                   \
	"SELECT bucket, sum(stored_bytes), sum(completed), sum(failed),"       \
	" sum(canceled) FROM backup_history WHERE "
#define IN_ORDER " GROUP BY bucket ORDER BY bucket"

static bool begin(struct stmt *s, struct db *db, const char *source,
		  const char *plan, struct err *e)
{
	if (plan[0] == '\0')
		return stmt_begin(s, db,
				  source[0] == '\0'
					  ? SUMS "source_id = ?1"
						 " AND plan_id = ''" IN_ORDER
					  : SUMS "source_id = ?1" IN_ORDER,
				  ARGS(arg_text(source)), e);
	return stmt_begin(s, db,
			  SUMS "plan_id = ?1 AND source_id <> ''"
			       " AND ?2 IN ('', source_id)" IN_ORDER,
			  ARGS(arg_text(plan), arg_text(source)), e);
}

/* Adds one row to the day that it is of; *day is the one of the row before,
 * -1: it was before all of them. */
static void add_row(struct stmt *s, struct statistics_row *row, int *day)
{
	int64_t at_s = stmt_int(s) * STEP_S;
	struct catalog_statistics *out = &row->out;
	int last = (int)row->q.ndays - 1;
	struct statistics_day *d;

	while (*day < last && at_s >= row->q.starts_s[*day + 1])
		row->out.days[++*day].stored_bytes = out->stored_bytes;
	out->stored_bytes += stmt_int(s);
	if (*day < 0 || at_s >= row->q.starts_s[last + 1])
		return;
	d = &out->days[*day];
	d->stored_bytes = out->stored_bytes;
	d->completed += stmt_int(s);
	d->failed += stmt_int(s);
	d->canceled += stmt_int(s);
}

static bool add_history(struct db *db, struct statistics_row *row,
			const char *source, const char *plan, struct err *e)
{
	struct stmt s;
	int day = -1;

	if (!begin(&s, db, source, plan, e))
		return false;
	while (stmt_next(&s, e))
		add_row(&s, row, &day);
	stmt_end(&s);
	while (day + 1 < (int)row->q.ndays)
		row->out.days[++day].stored_bytes = row->out.stored_bytes;
	return !err_is(e);
}

/* The index backups_last has all that is asked of backups here. */
#define LAST(status)                                                           \
	"coalesce((SELECT max(b.finished_at) FROM backups b"                   \
	" WHERE b.source_id = s.id AND b.status = '" status "'), 0)"

static const char sources_sql[] =
	"SELECT count(*), sum(never), sum(failed), sum(overdue),"
	" sum(NOT (never OR failed OR overdue)) FROM (SELECT"
	" completed = 0 AS never, failed > max(completed, canceled) AS failed,"
	" overdue FROM (SELECT " LAST("completed") " AS completed, " LAST(
		"failed") " AS failed, " LAST("canceled") " AS canceled,"
							  " EXISTS (SELECT 1 "
							  "FROM plans p WHERE "
							  "p.source_id = s.id"
							  "  AND p.enabled = 1 "
							  "AND p.unmet_due_at "
							  "> 0"
							  "  AND "
							  "p.unmet_due_at + "
							  "p.grace_seconds * "
							  "1000 < ?1) AS "
							  "overdue"
							  " FROM sources s))";

static bool count_sources(struct db *db, struct catalog_statistics *out,
			  struct err *e)
{
	struct stmt s;

	if (!stmt_begin(&s, db, sources_sql, ARGS(arg_int(clock_now_ms())), e))
		return false;
	if (stmt_next(&s, e)) {
		out->sources = stmt_int(&s);
		out->never = stmt_int(&s);
		out->failed = stmt_int(&s);
		out->overdue = stmt_int(&s);
		out->is_protected = stmt_int(&s);
	}
	stmt_end(&s);
	return !err_is(e);
}

static bool run_add_up(struct catalog *c, struct catalog_op *op)
{
	char source[ID_MAX], plan[ID_MAX];
	struct statistics_row *row = op->statistics;

	(void)c;
	return find_id(op->db, KEY_SOURCE, op->text, source, &op->err) &&
	       find_id(op->db, KEY_PLAN, op->key, plan, &op->err) &&
	       add_history(op->db, row, source, plan, &op->err) &&
	       count_sources(op->db, &row->out, &op->err);
}

static void tell(const struct catalog_op *op, const struct err *e)
{
	op->cb.statistics(op->arg, e == NULL ? &op->statistics->out : NULL, e);
}

static const struct intent add_up = {
	.mode = INTENT_LIST, .run = run_add_up, .tell = tell};

static bool give(struct catalog_op *op, const struct statistics_query *q)
{
	if (!call_give_key(op, q->plan) || !call_give_text(op, q->source))
		return false;
	op->statistics = calloc(1, sizeof(*op->statistics));
	if (op->statistics == NULL)
		return false;
	op->statistics->q = *q;
	return true;
}

struct catalog_op *catalog_statistics(struct catalog *c,
				      const struct statistics_query *q,
				      catalog_statistics_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op = call_new(
		c, &add_up, (union call_cb){.statistics = done}, arg, e);

	return call_submit(op, give(op, q), e);
}
