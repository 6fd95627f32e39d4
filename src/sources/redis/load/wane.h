/*
 * wane.h - what a database should hold after a restore, and what it does hold,
 * when some of its keys go by themselves meanwhile.
 *
 * Keys are counted and digested in cells by the instant at which they expire:
 * those that never do, then seconds, then minutes, then all that is later. What
 * expires after the comparison must be there to the last byte; of the cells
 * whose time has come there may be less.
 * So memory is bounded whatever the number of keys, and nothing that is lost
 * hides behind what expired.
 */
#ifndef COFFER_SOURCES_REDIS_WANE_H
#define COFFER_SOURCES_REDIS_WANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct redis_wane_cell {
	uint64_t keys;
	struct digest digest;
};

/* Zero it to begin with; from_ms is the instant the cells count from. */
struct redis_wane {
	uint32_t database;
	int64_t from_ms; /* since 1970 */
	struct redis_wane_cell lasting;
	struct redis_wane_cell *waning; /* NULL: no key expires */
};

/* Counts a key; expires_at in ms since 1970, or RDB_NO_EXPIRY. False: no
 * memory. */
bool redis_wane_add(struct redis_wane *w, int64_t expires_at,
		    const struct digest *digest, struct err *e) MUST_CHECK;

/* All of its keys. */
uint64_t redis_wane_keys(const struct redis_wane *w);

/* Zeroes the counts; from_ms and the database stay. */
void redis_wane_clear(struct redis_wane *w);

/* What was looked at, and until when. */
struct redis_wane_look {
	const struct redis_wane *found;
	int64_t ended_ms; /* the looking, by the server's clock */
	bool is_exact; /* the server tells the instants of expiry; else of keys
			* that expire the number alone is compared */
};

/*
 * Whether what was found is what is expected. *expired: how many keys were
 * gone, rightly. False: "verification_failed" with the database, what was
 * expected and what was found.
 */
bool redis_wane_compare(const struct redis_wane *expected,
			const struct redis_wane_look *look, uint64_t *expired,
			struct err *e) MUST_CHECK;

/* Frees its cells. */
void redis_wane_fini(struct redis_wane *w);

#endif
