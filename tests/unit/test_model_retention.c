/*
 * test_model_retention.c - rule 14: verdicts by hand, and a model: random
 * histories of backups, holds, restores, deletions, failures, brakes and
 * passes, after each of which the rule must hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/retention.h"

enum {
	DAY = 86400000,
	HISTORIES = 100000,
	STEPS = 60,
	GROUPS = 3,
	BACKUPS_MAX = STEPS,
};

static void test_rule_14_verdicts(void **state)
{
	/* now is 100; group 1 has a newer one that stays */
	static const struct retained list[] = {
		{.group = 1, .finished_at = 1, .expires_at = 99},
		{.group = 1, .finished_at = 90, .expires_at = 99},
		{.group = 1, .finished_at = 2, .expires_at = 101},
		{.group = 1, .finished_at = 3, .expires_at = 100},
		{.group = 1, .finished_at = 4},
		{.group = 1, .finished_at = 5, .expires_at = 9, .is_held = 1},
		{.group = 1, .finished_at = 6, .expires_at = 9, .is_in_use = 1},
		{.group = 1, .finished_at = 7, .expires_at = 9, .is_needed = 1},
		{.group = 1, .finished_at = 8, .expires_at = 9, .is_braked = 1},
		{.group = 1,
		 .finished_at = 99,
		 .expires_at = 9,
		 .is_foreign = 1},
		{.group = 2, .finished_at = 1, .expires_at = 9},
		{.group = 3, .finished_at = 1, .expires_at = 9},
		{.group = 3, .finished_at = 2, .expires_at = 0},
	};
	static const enum retention_verdict want[] = {
		RETENTION_GOES,	   RETENTION_LAST,   RETENTION_NOT_YET,
		RETENTION_GOES,	   RETENTION_NEVER,  RETENTION_HELD,
		RETENTION_IN_USE,  RETENTION_NEEDED, RETENTION_BRAKED,
		RETENTION_FOREIGN, RETENTION_LAST,   RETENTION_GOES,
		RETENTION_NEVER,
	};
	enum { N = sizeof(list) / sizeof(list[0]) };
	enum retention_verdict out[N];

	(void)state;
	assert_true(retention_decide(list, N, 100, out));
	for (unsigned i = 0; i < N; i++)
		if (out[i] != want[i])
			fail_msg("%u is %s", i, retention_word(out[i]));
	assert_true(retention_decide(NULL, 0, 100, NULL));
}

/* A damaged one may be the newest; what restores stays beside it. */
static void test_rule_14_damaged_ones_are_not_the_last(void **state)
{
	static const struct retained list[] = {
		{.group = 1, .finished_at = 1, .expires_at = 9},
		{.group = 1, .finished_at = 2, .expires_at = 9},
		{.group = 1,
		 .finished_at = 3,
		 .expires_at = 9,
		 .is_damaged = 1},
		{.group = 1,
		 .finished_at = 4,
		 .expires_at = 9,
		 .is_damaged = 1},
		{.group = 2,
		 .finished_at = 1,
		 .expires_at = 9,
		 .is_damaged = 1},
	};
	static const enum retention_verdict want[] = {
		RETENTION_GOES, RETENTION_LAST, RETENTION_GOES,
		RETENTION_LAST, RETENTION_LAST,
	};
	enum { N = sizeof(list) / sizeof(list[0]) };
	enum retention_verdict out[N];

	(void)state;
	assert_true(retention_decide(list, N, 100, out));
	for (unsigned i = 0; i < N; i++)
		if (out[i] != want[i])
			fail_msg("%u is %s", i, retention_word(out[i]));
}

static void test_every_verdict_has_words(void **state)
{
	(void)state;
	for (unsigned v = 0; v < RETENTION_VERDICT_COUNT; v++) {
		assert_true(strlen(retention_word(v)) > 1);
		assert_true(strlen(retention_reason(v)) > 10);
	}
}

static void expect_shrink(struct retention_size before,
			  struct retention_size now, unsigned percent,
			  const char *unit)
{
	char text[256] = "";
	bool shrank =
		retention_shrank(&before, &now, percent, text, sizeof(text));

	if (shrank != (unit != NULL))
		fail_msg("%s", text);
	if (unit != NULL)
		assert_non_null(strstr(text, unit));
}

static void test_rule_14_shrinking(void **state)
{
	struct retention_size base = {.rows = 1000, .bytes = 1000};

	(void)state;
	expect_shrink(base, base, 50, NULL);
	expect_shrink(base, (struct retention_size){500, 0, 500}, 50, NULL);
	expect_shrink(base, (struct retention_size){499, 0, 500}, 50, "rows");
	expect_shrink(base, (struct retention_size){1000, 0, 499}, 50, "bytes");
	expect_shrink(base, (struct retention_size){900, 0, 900}, 9, "rows");
	expect_shrink(base, (struct retention_size){0, 0, 0}, 100, NULL);
	expect_shrink(base, (struct retention_size){9000, 0, 9000}, 1, NULL);
	expect_shrink((struct retention_size){0, 0, 0}, base, 1, NULL);
	expect_shrink((struct retention_size){0, 9, 9},
		      (struct retention_size){0, 4, 9}, 50, "keys");
	/* Nothing overflows. */
	expect_shrink((struct retention_size){0, 0, UINT64_MAX},
		      (struct retention_size){0, 0, UINT64_MAX / 2 + 1}, 50,
		      NULL);
	expect_shrink((struct retention_size){0, 0, UINT64_MAX},
		      (struct retention_size){0, 0, UINT64_MAX / 2 - 1}, 50,
		      "bytes");
}

/* ---- the model */

/* xorshift64*: the same histories every time. */
static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717u;
}

static unsigned pick(uint64_t *seed, unsigned n)
{
	return (unsigned)(random_next(seed) >> 33) % n;
}

struct history {
	uint64_t seed, number;
	int64_t now;
	struct retained live[BACKUPS_MAX]; /* in no order */
	size_t n;
	/* of each group: when the newest that was completed here ended, 0 if
	 * there was none or a user took it away */
	int64_t newest[GROUPS];
	unsigned expired, stayed_last;
};

static void add(struct history *h)
{
	struct retained *r = &h->live[h->n];
	unsigned retention = pick(&h->seed, 8);

	/* One in four fails, and counts for nothing. */
	if (pick(&h->seed, 4) == 0 || h->n == BACKUPS_MAX)
		return;
	*r = (struct retained){.group = pick(&h->seed, GROUPS),
			       .finished_at = h->now,
			       .is_foreign = pick(&h->seed, 8) == 0};
	if (retention != 0)
		r->expires_at = h->now + (int64_t)retention * DAY;
	h->n++;
	if (!r->is_foreign)
		h->newest[r->group] = r->finished_at;
}

static void forget(struct history *h, size_t i)
{
	h->live[i] = h->live[--h->n];
}

/* A user may delete what is neither held, in use, needed nor another's; the
 * newest that is left then is what must stay. */
static void delete_one(struct history *h)
{
	struct retained gone;
	size_t i;

	if (h->n == 0)
		return;
	i = pick(&h->seed, (unsigned)h->n);
	gone = h->live[i];
	if (gone.is_held || gone.is_in_use || gone.is_needed || gone.is_foreign)
		return;
	forget(h, i);
	h->newest[gone.group] = 0;
	for (i = 0; i < h->n; i++)
		if (h->live[i].group == gone.group && !h->live[i].is_foreign &&
		    h->live[i].finished_at > h->newest[gone.group])
			h->newest[gone.group] = h->live[i].finished_at;
}

static void toggle(struct history *h)
{
	struct retained *r;

	if (h->n == 0)
		return;
	r = &h->live[pick(&h->seed, (unsigned)h->n)];
	switch (pick(&h->seed, 5)) {
	case 3:
		r->is_damaged = !r->is_damaged;
		break;
	case 0:
		r->is_held = !r->is_held;
		break;
	case 1:
		r->is_in_use = !r->is_in_use;
		break;
	case 2:
		r->is_needed = !r->is_needed;
		break;
	default:
		r->is_braked = !r->is_braked;
	}
}

/* What goes had every reason to. */
static void check_goes(const struct history *h, const struct retained *r)
{
	if (r->expires_at == 0 || r->expires_at > h->now || r->is_held ||
	    r->is_in_use || r->is_needed || r->is_braked || r->is_foreign)
		fail_msg("history %llu: one that has to stay goes",
			 (unsigned long long)h->number);
}

/* When the newest of each group ended that no verification found damaged. */
static void find_sound(const struct history *h, int64_t sound[GROUPS])
{
	memset(sound, 0, GROUPS * sizeof(sound[0]));
	for (size_t i = 0; i < h->n; i++) {
		const struct retained *r = &h->live[i];

		if (!r->is_foreign && !r->is_damaged &&
		    r->finished_at > sound[r->group])
			sound[r->group] = r->finished_at;
	}
}

/* Every group that had one still has its newest, and its newest sound one. */
static void check_newest(const struct history *h, const int64_t *sound)
{
	int64_t sound_now[GROUPS];

	find_sound(h, sound_now);
	for (unsigned g = 0; g < GROUPS; g++) {
		bool is_there = h->newest[g] == 0;

		for (size_t i = 0; i < h->n; i++)
			is_there |= h->live[i].group == g &&
				    !h->live[i].is_foreign &&
				    h->live[i].finished_at == h->newest[g];
		is_there &= sound_now[g] == sound[g];
		if (!is_there)
			fail_msg("history %llu: group %u lost its last",
				 (unsigned long long)h->number, g);
	}
}

/* Nothing stays that has no reason to. */
static void check_stays(const struct history *h, const struct retained *r,
			const int64_t *sound, enum retention_verdict v)
{
	bool is_free = r->expires_at != 0 && r->expires_at <= h->now &&
		       !r->is_held && !r->is_in_use && !r->is_needed &&
		       !r->is_braked && !r->is_foreign;

	if (is_free != (v == RETENTION_LAST) ||
	    (is_free && r->finished_at != h->newest[r->group] &&
	     r->finished_at != sound[r->group]))
		fail_msg("history %llu: one stays as %s",
			 (unsigned long long)h->number, retention_word(v));
}

static void pass(struct history *h)
{
	enum retention_verdict out[BACKUPS_MAX];
	int64_t sound[GROUPS];

	find_sound(h, sound);
	assert_true(retention_decide(h->live, h->n, h->now, out));
	for (size_t i = 0; i < h->n; i++)
		if (out[i] != RETENTION_GOES) {
			check_stays(h, &h->live[i], sound, out[i]);
			h->stayed_last += out[i] == RETENTION_LAST;
		}
	for (size_t i = h->n; i-- > 0;) {
		if (out[i] != RETENTION_GOES)
			continue;
		check_goes(h, &h->live[i]);
		forget(h, i);
		h->expired++;
	}
	check_newest(h, sound);
}

static void live(struct history *h)
{
	for (unsigned i = 0; i < STEPS; i++) {
		h->now += pick(&h->seed, DAY) + 1;
		switch (pick(&h->seed, 8)) {
		case 0:
			delete_one(h);
			break;
		case 1:
			toggle(h);
			break;
		case 2:
		case 3:
			pass(h);
			break;
		default:
			add(h);
		}
	}
	h->now += 9 * (int64_t)DAY;
	pass(h);
}

static void test_rule_14_100000_histories(void **state)
{
	uint64_t seed = 88172645463325252u;
	unsigned long expired = 0, stayed_last = 0;

	(void)state;
	for (unsigned i = 0; i < HISTORIES; i++) {
		struct history h = {.number = i, .seed = random_next(&seed)};

		live(&h);
		expired += h.expired;
		stayed_last += h.stayed_last;
	}
	/* The histories were such that it mattered. */
	assert_true(expired > HISTORIES);
	assert_true(stayed_last > HISTORIES / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_14_verdicts),
		cmocka_unit_test(test_rule_14_damaged_ones_are_not_the_last),
		cmocka_unit_test(test_every_verdict_has_words),
		cmocka_unit_test(test_rule_14_shrinking),
		cmocka_unit_test(test_rule_14_100000_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
