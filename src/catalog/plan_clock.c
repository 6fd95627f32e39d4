/*
 * plan_clock.c - a clock that was far ahead (a machine that started without the
 * time, say) and is right again. What it decided lies in the future: the plan
 * would wait until then, and its due times of all the time between would count
 * as decided. Such decisions do not count; the plan is due at once, and goes on
 * by its timer from there. (Where that has a due time within three hours the
 * scheduler takes it for one that was put off, and waits for it: decide.c.)
 */
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/list_int.h"
#include "catalog/plans_int.h"

#define AHEAD                                                                  \
	"SELECT id FROM plans p WHERE next_due_at > ?1"                        \
	" AND (SELECT decided_at FROM plan_runs r WHERE r.plan_id = p.id"      \
	"  ORDER BY due_at DESC LIMIT 1) > ?1"

static bool set_right(struct db *db, const char *id, int64_t now_ms,
		      struct err *e)
{
	return db_run(db,
		      "DELETE FROM plan_runs WHERE plan_id = ?"
		      " AND decided_at > ?",
		      ARGS(arg_text(id), arg_int(now_ms + PLAN_CLOCK_MS)), e) &&
	       db_run(db,
		      "UPDATE plans SET next_due_at = ?1, unmet_due_at ="
		      " CASE WHEN unmet_due_at > ?1 THEN 0"
		      "  ELSE unmet_due_at END WHERE id = ?2",
		      ARGS(arg_int(now_ms), arg_text(id)), e);
}

bool plans_set_right(struct db *db, int64_t now_ms, struct err *e)
{
	struct text ids = {0};
	bool ok = list_ids(db, AHEAD, ARGS(arg_int(now_ms + PLAN_CLOCK_MS)),
			   &ids, e);

	for (size_t at = 0; ok && at < ids.len; at += ID_MAX)
		ok = set_right(db, ids.data + at, now_ms, e);
	text_free(&ids);
	return ok;
}
