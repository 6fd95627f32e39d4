/*
 * timer.c - when a timer is due.
 *
 * Every cycle is a set of days and a set of minutes of a day: local times in a
 * row. zone_instant() turns them into instants and never goes back in time as
 * they go on, so the first due instant after another is found by walking the
 * local times from the one that the clock shows there: those before it have
 * become instants that are over. Equal instants (a gap's) are one.
 *
 * Days are sets of bits per month, so a rare day (29 February) is found in a
 * few hundred steps.
 */
#include "model/timer.h"

#include <string.h>

#include "base/zone.h"
#include "model/timer_int.h"

/* The minutes of a day: the same on each. */
struct times {
	uint64_t minutes;
	uint32_t hours;
};

/* WEEKLY: every seventh bit. */
enum {
	ALL_HOURS = (1u << 24) - 1,
	WEEKLY = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* --- days */

/* Bits 1..31 of a month's days. */
static uint32_t days_of_month(int year, int month)
{
	return (uint32_t)((UINT64_C(2) << civil_month_days(year, month)) - 2);
}

/* The days of a month that fall on one of these weekdays. */
static uint32_t weekdays_in(uint32_t weekdays, int year, int month)
{
	int first = civil_weekday(civil_days(year, month, 1));
	uint32_t days = 0;

	for (int weekday = 0; weekday < TIMER_WEEKDAYS; weekday++) {
		int day =
			1 + (weekday - first + TIMER_WEEKDAYS) % TIMER_WEEKDAYS;

		if ((weekdays & 1u << weekday) != 0)
			days |= (uint32_t)WEEKLY << day;
	}
	return days & days_of_month(year, month);
}

static uint32_t cron_days(const struct cron *c, int year, int month)
{
	uint32_t days = c->days & days_of_month(year, month), by_week;

	if ((c->months & 1u << month) == 0)
		return 0;
	by_week = weekdays_in(c->weekdays, year, month);
	return c->is_any_day || c->is_any_weekday ? days & by_week
						  : days | by_week;
}

static uint32_t monthly_days(const struct timer *t, int year, int month)
{
	uint32_t days = (t->month_days & ~(uint32_t)TIMER_LAST_DAY) << 1;

	if ((t->month_days & TIMER_LAST_DAY) != 0)
		days |= 1u << civil_month_days(year, month);
	return days & days_of_month(year, month);
}

static uint32_t once_days(const struct timer *t, int year, int month)
{
	return year == t->year && month == t->month ? 1u << t->day : 0;
}

/* The days of a month on which the timer runs, bits 1..31. */
static uint32_t timer_days(const struct timer *t, int year, int month)
{
	switch (t->cycle) {
	case TIMER_ONCE:
		return once_days(t, year, month);
	case TIMER_HOURLY:
	case TIMER_DAILY:
		return days_of_month(year, month);
	case TIMER_WEEKLY:
		return weekdays_in(t->weekdays, year, month);
	case TIMER_MONTHLY:
		return monthly_days(t, year, month);
	case TIMER_CRON:
		return cron_days(&t->cron, year, month);
	case TIMER_CYCLE_COUNT:
		break;
	}
	return 0;
}

/* The first such day from this one on, as days since 1970. */
static bool next_day(const struct timer *t, int64_t from, int64_t *day)
{
	struct civil c = civil_of_days(from);
	int year = c.year, month = c.month;
	uint32_t left = ~UINT32_C(0) << c.day;

	while (year <= TIMER_YEAR_MAX) {
		uint32_t days = timer_days(t, year, month) & left;

		if (days != 0) {
			*day = civil_days(year, month, __builtin_ctz(days));
			return true;
		}
		left = ~UINT32_C(0);
		year += month == TIMER_MONTHS;
		month = month % TIMER_MONTHS + 1;
	}
	return false;
}

/* --- minutes */

static struct times times_of(const struct timer *t)
{
	struct times at = {UINT64_C(1) << t->minute, 1u << t->hour};

	if (t->cycle == TIMER_HOURLY)
		at.hours = ALL_HOURS;
	if (t->cycle == TIMER_CRON)
		at = (struct times){t->cron.minutes, t->cron.hours};
	return at;
}

/* The first of them from this minute of the day on; -1: not today. */
static int next_minute(const struct times *at, int from)
{
	int hour = from / 60;
	uint64_t minutes = at->minutes & ~UINT64_C(0) << from % 60;
	uint32_t hours = at->hours & ~UINT32_C(0) << hour;

	if (hour > 23)
		return -1;
	if ((hours & 1u << hour) != 0 && minutes != 0)
		return hour * 60 + __builtin_ctzll(minutes);
	hours &= ~(1u << hour);
	if (hours == 0)
		return -1;
	return __builtin_ctz(hours) * 60 + __builtin_ctzll(at->minutes);
}

/* The first local time that fits, from this one on, in minutes since 1970. */
static bool next_local(const struct timer *t, int64_t from, int64_t *local)
{
	struct times at = times_of(t);
	int64_t day = floor_div(from, TIMER_DAY_MINUTES), begin = day;
	int minute = (int)(from - day * TIMER_DAY_MINUTES);

	for (; next_day(t, day, &day); day++, minute = 0) {
		int found = next_minute(&at, day == begin ? minute : 0);

		if (found < 0)
			continue;
		*local = day * TIMER_DAY_MINUTES + found;
		return true;
	}
	return false;
}

/* --- instants */

static int64_t instant_of(const struct zone *z, int64_t local)
{
	int64_t day = floor_div(local, TIMER_DAY_MINUTES);
	struct civil c = civil_of_days(day);
	int minute = (int)(local - day * TIMER_DAY_MINUTES);

	c.hour = minute / 60;
	c.minute = minute % 60;
	return zone_instant(z, &c);
}

bool timer_next(const struct timer *t, const struct zone *z, int64_t after_s,
		int64_t *due_s)
{
	int64_t shown = after_s + zone_offset(z, after_s);
	int64_t local = floor_div(shown, 60) + 1;
	int64_t first = t->year ? civil_days(t->year, t->month, t->day) *
					  TIMER_DAY_MINUTES
				: local;

	if (local < first)
		local = first;
	for (; next_local(t, local, &local); local++) {
		*due_s = instant_of(z, local);
		if (*due_s > after_s)
			return true;
	}
	return false;
}

/* The last due instant until upto_s; *last_s is one of them. Halves what is
 * left: either something is due in its second half or nothing is. */
static void find_last(const struct timer *t, const struct zone *z,
		      int64_t upto_s, int64_t *last_s)
{
	int64_t due;

	while (*last_s < upto_s) {
		int64_t middle = *last_s + (upto_s - *last_s) / 2;

		if (timer_next(t, z, middle, &due) && due <= upto_s)
			*last_s = due;
		else
			upto_s = middle;
	}
}

bool timer_missed(const struct timer *t, const struct zone *z, int64_t after_s,
		  int64_t upto_s, unsigned limit, struct timer_misses *m)
{
	int64_t due;

	m->last_s = after_s;
	m->count = 0;
	while (timer_next(t, z, m->last_s, &due) && due <= upto_s) {
		m->last_s = due;
		if (m->count < limit)
			m->count++;
		if (m->count < limit)
			continue;
		find_last(t, z, upto_s, &m->last_s);
		break;
	}
	return m->last_s > after_s;
}
