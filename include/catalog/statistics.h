/* statistics.h - what was stored and what ran, by day. Calls: catalog.h. */
#ifndef COFFER_CATALOG_STATISTICS_H
#define COFFER_CATALOG_STATISTICS_H

#include <stdint.h>

#include "catalog/catalog.h"

/* What is older than so many days is known as a sum alone. */
enum { STATISTICS_DAYS_MAX = 100 };

struct statistics_query {
	unsigned ndays; /* 1 to STATISTICS_DAYS_MAX */
	/* When each begins, seconds since 1970, rising; and behind them when
	 * the last one ends. The catalog knows quarters of an hour. */
	int64_t starts_s[STATISTICS_DAYS_MAX + 1];
	const char *plan, *source; /* ids or names; NULL: all */
};

struct statistics_day {
	int64_t stored_bytes; /* of completed backups, at its end */
	int64_t completed, failed, canceled; /* backups that ended in it */
};

struct catalog_statistics {
	struct statistics_day days[STATISTICS_DAYS_MAX];
	int64_t stored_bytes; /* now */
	/* Sources: all of them; and those without a completed backup, whose
	 * newest ended backup failed, that have an overdue plan; and those of
	 * which none of this is true. */
	int64_t sources, never, failed, overdue, is_protected;
};

/* s is NULL when e is not: "not_found". */
typedef void catalog_statistics_cb(void *arg,
				   const struct catalog_statistics *s,
				   const struct err *e);

/* Adds it up; q is copied. The sources are all, whatever q names. */
struct catalog_op *catalog_statistics(struct catalog *c,
				      const struct statistics_query *q,
				      catalog_statistics_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

#endif
