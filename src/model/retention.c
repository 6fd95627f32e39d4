/*
 * retention.c - rule 14: which backups go, and why each other stays.
 *
 * Sorted by group and, within it, from the newest to the oldest: the first of
 * ours in a group stays whatever happens, so does the first that no
 * verification found damaged (it may be the only one that restores), and each
 * other is judged by itself. Nothing else is ever compared, so what a pass
 * decides does not depend on the order of the list.
 */
#include "model/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *word, *reason;
} verdicts[] = {
	[RETENTION_GOES] = {"goes", "its retention is over"},
	[RETENTION_NOT_YET] = {"not_yet", "its retention is not over yet"},
	[RETENTION_NEVER] = {"never", "a manual backup never expires"},
	[RETENTION_LAST] = {"last", "it is the last completed backup of its "
				    "source and scope"},
	[RETENTION_HELD] = {"held", "it is held; set \"held\" to false to let "
				    "it expire"},
	[RETENTION_IN_USE] = {"in_use", "it is being restored or verified"},
	[RETENTION_NEEDED] = {"needed", "another backup depends on it"},
	[RETENTION_BRAKED] = {"braked", "expiry of its plan stands still (its "
					"expiry_held says why) until the plan "
					"is released"},
	[RETENTION_FOREIGN] = {"foreign", "it belongs to another server, which "
					  "decides on it"},
};

_Static_assert(sizeof(verdicts) / sizeof(verdicts[0]) ==
		       (size_t)RETENTION_VERDICT_COUNT,
	       "words for each");

const char *retention_word(enum retention_verdict v)
{
	return v < RETENTION_VERDICT_COUNT ? verdicts[v].word : "?";
}

const char *retention_reason(enum retention_verdict v)
{
	return v < RETENTION_VERDICT_COUNT ? verdicts[v].reason : "?";
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By group; the newest first; of two that ended together, the one that was
 * given first. */
static int by_group_and_age(const void *a, const void *b)
{
	const struct retained *x = *(const struct retained *const *)a;
	const struct retained *y = *(const struct retained *const *)b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->finished_at != y->finished_at)
		return compare(y->finished_at, x->finished_at);
	return (x > y) - (x < y);
}

/* The verdict on one that is neither foreign nor the last of its group; the
 * strongest reason to stay first. */
static enum retention_verdict judge(const struct retained *r, int64_t now_ms)
{
	if (r->expires_at == 0)
		return RETENTION_NEVER;
	if (r->is_held)
		return RETENTION_HELD;
	if (r->expires_at > now_ms)
		return RETENTION_NOT_YET;
	if (r->is_in_use)
		return RETENTION_IN_USE;
	if (r->is_needed)
		return RETENTION_NEEDED;
	return r->is_braked ? RETENTION_BRAKED : RETENTION_GOES;
}

bool retention_decide(const struct retained *list, size_t n, int64_t now_ms,
		      enum retention_verdict *out)
{
	const struct retained **order;
	bool has_last = false, has_sound = false;

	if (n == 0)
		return true;
	order = malloc(n * sizeof(const struct retained *));
	if (order == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		order[i] = &list[i];
	qsort(order, n, sizeof(const struct retained *), by_group_and_age);
	for (size_t i = 0; i < n; i++) {
		const struct retained *r = order[i];
		enum retention_verdict *verdict = &out[r - list];

		if (i == 0 || r->group != order[i - 1]->group)
			has_last = has_sound = false;
		if (r->is_foreign) {
			*verdict = RETENTION_FOREIGN;
			continue;
		}
		*verdict = judge(r, now_ms);
		/* Only where nothing else keeps it: the reason that a person
		 * can change is told first. */
		if ((!has_last || (!has_sound && !r->is_damaged)) &&
		    *verdict == RETENTION_GOES)
			*verdict = RETENTION_LAST;
		has_last = true;
		has_sound = has_sound || !r->is_damaged;
	}
	free(order);
	return true;
}

/* Whether now is less than before by more than share_percent; written so that
 * nothing overflows: floor(before * share / 100). */
static bool is_less(uint64_t before, uint64_t now, unsigned share_percent)
{
	return now < before &&
	       before - now > before / 100 * share_percent +
				      before % 100 * share_percent / 100;
}

bool retention_shrank(const struct retention_size *before,
		      const struct retention_size *now, unsigned share_percent,
		      char *text, size_t cap)
{
	const struct {
		uint64_t before, now;
		const char *unit;
	} measures[] = {
		{before->rows, now->rows, "rows"},
		{before->keys, now->keys, "keys"},
		{before->bytes, now->bytes, "bytes"},
	};

	for (unsigned i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		if (!is_less(measures[i].before, measures[i].now,
			     share_percent))
			continue;
		(void)snprintf(text, cap,
			       "the newest backup has %" PRIu64 " %s, the one "
			       "before had %" PRIu64 ": more than %u %% less",
			       measures[i].now, measures[i].unit,
			       measures[i].before, share_percent);
		return true;
	}
	return false;
}
