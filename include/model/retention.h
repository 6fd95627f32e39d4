/*
 * retention.h - rule 14: which backups go, and why each other stays. Pure; the
 * catalog asks it before it marks anything, in the same transaction.
 */
#ifndef COFFER_MODEL_RETENTION_H
#define COFFER_MODEL_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One completed backup. Only backups of one source and one scope (as canonical
 * text) are ever compared with each other: group tells them apart. */
struct retained {
	uint64_t group;
	int64_t finished_at, expires_at; /* ms; expires_at 0: never (manual) */
	bool is_held, is_in_use;	 /* restored, verified */
	bool is_needed;			 /* another one depends on it */
	bool is_braked;			 /* its plan's expiry stands still */
	bool is_foreign;		 /* another server's */
	bool is_damaged;		 /* its last verification failed */
};

enum retention_verdict {
	RETENTION_GOES,
	RETENTION_NOT_YET, /* expires_at is to come */
	RETENTION_NEVER,   /* manual */
	RETENTION_LAST,	   /* the last completed one of source and scope */
	RETENTION_HELD,
	RETENTION_IN_USE,
	RETENTION_NEEDED,
	RETENTION_BRAKED,
	RETENTION_FOREIGN,
	RETENTION_VERDICT_COUNT,
};

/* One word and one sentence for people: "last", "it is the last completed ...".
 */
const char *retention_word(enum retention_verdict v);
const char *retention_reason(enum retention_verdict v);

/*
 * Decides on all n at now_ms, in any order; out[i] for list[i]. Within a group
 * of finished backups at least the newest that is not foreign always stays,
 * whatever its expires_at, and beside it, if that one is damaged, the newest
 * that is not. O(n log n); false: no memory.
 */
bool retention_decide(const struct retained *list, size_t n, int64_t now_ms,
		      enum retention_verdict *out);

/* What of a backup the brake looks at. */
struct retention_size {
	uint64_t rows, keys, bytes; /* bytes of the source */
};

/* Whether a new backup shrank by more than share_percent of rows (keys) or
 * bytes against the one before; text gets the sentence with the figures. */
bool retention_shrank(const struct retention_size *before,
		      const struct retention_size *now, unsigned share_percent,
		      char *text, size_t cap);

#endif
