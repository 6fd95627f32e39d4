/* wane.c - cells by the instant of expiry, and their comparison. */
#include "sources/redis/load/wane.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sources/redis/rdb/rdb.h"

enum {
	MS = 1000,
	MINUTE_MS = 60 * MS,
	SECONDS = 600,	/* cells of a second each, the first */
	MINUTES = 2880, /* then of a minute: two days */
	LATER = SECONDS + MINUTES,
	CELLS,
};

static const int64_t seconds_ms = (int64_t)SECONDS * MS;

static size_t cell_of(const struct redis_wane *w, int64_t expires_at)
{
	int64_t in_ms;

	if (expires_at <= w->from_ms)
		return 0; /* any number may come: no difference of it */
	in_ms = expires_at - w->from_ms;
	if (in_ms < seconds_ms)
		return (size_t)(in_ms / MS);
	in_ms = (in_ms - seconds_ms) / MINUTE_MS;
	return in_ms < MINUTES ? SECONDS + (size_t)in_ms : LATER;
}

/* Where a cell begins. The next one's beginning is its end. */
static int64_t cell_begins(const struct redis_wane *w, size_t cell)
{
	if (cell < SECONDS)
		return w->from_ms + (int64_t)cell * MS;
	return w->from_ms + seconds_ms + (int64_t)(cell - SECONDS) * MINUTE_MS;
}

bool redis_wane_add(struct redis_wane *w, int64_t expires_at,
		    const struct digest *digest, struct err *e)
{
	struct redis_wane_cell *cell = &w->lasting;

	if (expires_at != RDB_NO_EXPIRY) {
		if (w->waning == NULL)
			w->waning = calloc(CELLS, sizeof(*w->waning));
		if (w->waning == NULL)
			return err_nomem(e, "counts of keys");
		cell = &w->waning[cell_of(w, expires_at)];
	}
	cell->keys++;
	digest_add(&cell->digest, digest);
	return true;
}

static uint64_t waning_keys(const struct redis_wane *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; w->waning != NULL && i < CELLS; i++)
		sum += w->waning[i].keys;
	return sum;
}

uint64_t redis_wane_keys(const struct redis_wane *w)
{
	return w->lasting.keys + waning_keys(w);
}

void redis_wane_clear(struct redis_wane *w)
{
	memset(&w->lasting, 0, sizeof(w->lasting));
	free(w->waning);
	w->waning = NULL;
}

static bool differs(const struct redis_wane *w, const char *which,
		    uint64_t expected, uint64_t found, struct err *e)
{
	if (expected == found)
		return err_set(e, ERR_DAMAGED, "verification_failed",
			       "database %" PRIu32 " holds other values than "
			       "the backup in its %" PRIu64 " keys that %s: "
			       "look whether somebody writes to the target, "
			       "and restore again",
			       w->database, found, which);
	return err_set(e, ERR_DAMAGED, "verification_failed",
		       "database %" PRIu32 " holds %" PRIu64 " keys that %s, "
		       "the backup %" PRIu64 ": look whether somebody writes "
		       "to the target or it evicts keys, and restore again",
		       w->database, found, which, expected);
}

static bool is_same(const struct redis_wane_cell *a,
		    const struct redis_wane_cell *b)
{
	return a->keys == b->keys && digest_equal(&a->digest, &b->digest);
}

/* While the time of its keys came: some of them, or all as they were. */
static bool is_rest(const struct redis_wane_cell *want,
		    const struct redis_wane_cell *have)
{
	return have->keys < want->keys || is_same(want, have);
}

/* One cell of keys that expire. */
static bool compare_cell(const struct redis_wane *expected,
			 const struct redis_wane_look *look, size_t cell,
			 uint64_t *expired, struct err *e)
{
	static const struct redis_wane_cell none;
	const struct redis_wane_cell *want =
		expected->waning != NULL ? &expected->waning[cell] : &none;
	const struct redis_wane_cell *have =
		look->found->waning != NULL ? &look->found->waning[cell]
					    : &none;

	if (cell_begins(expected, cell) > look->ended_ms ? !is_same(want, have)
							 : !is_rest(want, have))
		return differs(expected, "expire", want->keys, have->keys, e);
	*expired += want->keys - have->keys;
	return true;
}

/* The number alone: all that expire after the look, and perhaps others. */
static bool compare_numbers(const struct redis_wane *expected,
			    const struct redis_wane_look *look,
			    uint64_t *expired, struct err *e)
{
	uint64_t most = waning_keys(expected), least = most;
	uint64_t found = waning_keys(look->found);

	for (size_t i = 0; expected->waning != NULL && i < CELLS; i++) {
		if (cell_begins(expected, i) <= look->ended_ms)
			least -= expected->waning[i].keys;
	}
	if (found < least || found > most)
		return differs(expected, "expire", most, found, e);
	*expired += most - found;
	return true;
}

bool redis_wane_compare(const struct redis_wane *expected,
			const struct redis_wane_look *look, uint64_t *expired,
			struct err *e)
{
	*expired = 0;
	if (!is_same(&expected->lasting, &look->found->lasting))
		return differs(expected, "do not expire",
			       expected->lasting.keys,
			       look->found->lasting.keys, e);
	if (!look->is_exact)
		return compare_numbers(expected, look, expired, e);
	for (size_t i = 0; i < CELLS; i++) {
		if (!compare_cell(expected, look, i, expired, e))
			return false;
	}
	return true;
}

void redis_wane_fini(struct redis_wane *w)
{
	redis_wane_clear(w);
}
