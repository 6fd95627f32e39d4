/*
 * expiry_clock.c - a clock that is far ahead (the machine's battery is empty,
 * somebody set it) must not expire what nobody can bring back.
 *
 * Kept is the latest time that was believed. Each pass tells what its clock
 * shows, and how long this server has run since its last pass, by the clock
 * that only goes forward: so much later it may be. If it is more than AHEAD_MS
 * later still, the time is doubted: all plans get the brake of rule 14, with
 * the reason, and what has lost its plan stays, too. A doubt ends
 *
 * - when the clock is put right: then it never was later;
 * - when the server has run for a day by then: somebody could have seen it. A
 *   machine that was off for a week is believed like that;
 * - of one plan, when it is released.
 *
 * A clock that is behind expires nothing too early, and is not looked at.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/expiry_int.h"

#define AHEAD_MS     (INT64_C(48) * 3600 * 1000)
#define CONFIRMED_MS (INT64_C(24) * 3600 * 1000)
#define HOUR_MS	     (INT64_C(3600) * 1000)
#define KEPT_EACH_MS (INT64_C(60) * 1000) /* as exactly as needed */

/* What the reason begins with, and nothing else that brakes. */
#define REASON "the clock of the server went ahead by "

/* Kept in counters; 0: not known, no doubt. */
struct doubt {
	int64_t believed_at, since, ran_ms;
};

static bool read_doubt(struct db *db, struct doubt *d, struct err *e)
{
	const char *sql = "SELECT value FROM counters WHERE name = ?";

	*d = (struct doubt){0};
	return db_int(db, sql, ARGS(arg_text("clock_believed")),
		      &d->believed_at, e) &&
	       db_int(db, sql, ARGS(arg_text("clock_doubted")), &d->since, e) &&
	       db_int(db, sql, ARGS(arg_text("clock_ran")), &d->ran_ms, e);
}

static bool write_doubt(struct db *db, const struct doubt *d, struct err *e)
{
	return db_run(db,
		      "INSERT INTO counters VALUES ('clock_believed', ?),"
		      " ('clock_doubted', ?), ('clock_ran', ?)"
		      " ON CONFLICT (name) DO UPDATE"
		      " SET value = excluded.value",
		      ARGS(arg_int(d->believed_at), arg_int(d->since),
			   arg_int(d->ran_ms)),
		      e);
}

static bool brake(struct db *db, const struct doubt *d, int64_t now_ms,
		  struct err *e)
{
	char before[CLOCK_TEXT_MAX], now[CLOCK_TEXT_MAX];
	struct text why = {0};
	bool ok;

	text_printf(&why,
		    REASON "%" PRId64 " hours: it showed %s, and then %s; "
			   "nothing of this plan expires until the clock is "
			   "put right, or the server has run for a day, or "
			   "somebody has looked and released it",
		    (now_ms - d->believed_at) / HOUR_MS,
		    clock_format(d->believed_at, before),
		    clock_format(now_ms, now));
	ok = (!why.is_broken || err_nomem(e, "a reason")) &&
	     db_run(db,
		    "UPDATE plans SET expiry_held = ?"
		    " WHERE expiry_held IS NULL",
		    ARGS(arg_text(why.data)), e);
	text_free(&why);
	return ok;
}

static bool let_go(struct db *db, struct err *e)
{
	return db_run(db,
		      "UPDATE plans SET expiry_held = NULL, is_brake_told = 0"
		      " WHERE substr(expiry_held, 1, length(?1)) = ?1",
		      ARGS(arg_text(REASON)), e);
}

static bool believe(struct db *db, struct doubt *d, int64_t now_ms,
		    struct err *e)
{
	bool was_doubted = d->since != 0;

	if (!was_doubted && now_ms < d->believed_at + KEPT_EACH_MS)
		return true;
	if (now_ms > d->believed_at)
		d->believed_at = now_ms;
	d->since = d->ran_ms = 0;
	return write_doubt(db, d, e) && (!was_doubted || let_go(db, e));
}

bool expiry_clock(struct db *db, int64_t now_ms, int64_t ran_ms, struct err *e)
{
	struct doubt d;

	if (!read_doubt(db, &d, e))
		return false;
	if (d.believed_at == 0 ||
	    now_ms - d.believed_at - d.ran_ms - ran_ms <= AHEAD_MS)
		return believe(db, &d, now_ms, e);
	if (d.since == 0) {
		d.since = now_ms;
		return write_doubt(db, &d, e) && brake(db, &d, now_ms, e);
	}
	d.ran_ms += ran_ms;
	if (d.ran_ms >= CONFIRMED_MS)
		return believe(db, &d, now_ms, e);
	return write_doubt(db, &d, e);
}
