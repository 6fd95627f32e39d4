/*
 * timer.h - rule 21: when a plan is due. Pure; the zone is read by base/zone.
 *
 * The timer of the API: {"cycle","date","at","weekdays","month_days","cron",
 * "timezone","missed"}. Which members a cycle takes: once: date, at; hourly:
 * at (only its minutes count; default "00:00"); daily: at; weekly: weekdays,
 * at; monthly: month_days, at; cron: cron. date is the first day on which a
 * cycle other than once may run (execution date), optional. timezone (default
 * "UTC") and missed (default "run_once") go with every cycle. A day that a
 * month does not have is left out that month; "last" is its last day.
 */
#ifndef COFFER_MODEL_TIMER_H
#define COFFER_MODEL_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct zone;

enum timer_cycle {
	TIMER_ONCE,
	TIMER_HOURLY,
	TIMER_DAILY,
	TIMER_WEEKLY,
	TIMER_MONTHLY,
	TIMER_CRON,
	TIMER_CYCLE_COUNT,
};

enum { TIMER_ZONE_MAX = 64, TIMER_TEXT_MAX = 256, TIMER_LAST_DAY = 1u << 31 };

/* Cron fields as sets of bits (minute 0..59, hour 0..23, day 1..31, month
 * 1..12, weekday 0..6, 0 is Sunday). Where both day fields are restricted (do
 * not begin with '*'), a day that fits either is one (crontab(5)). */
struct cron {
	uint64_t minutes;
	uint32_t hours, days, months, weekdays;
	bool is_any_day, is_any_weekday;
};

struct timer {
	enum timer_cycle cycle;
	int year, month, day; /* date; year 0: none */
	int hour, minute;     /* at */
	uint32_t weekdays;    /* bits, 0 is Sunday */
	uint32_t month_days;  /* bits 1..31 of a day less one; TIMER_LAST_DAY */
	struct cron cron;
	char cron_text[TIMER_TEXT_MAX];
	char zone[TIMER_ZONE_MAX];
	bool is_skip; /* missed: "skip" */
};

/* Reads the API's object as JSON text. False with *e filled: "invalid_timer"
 * or "unknown_field", and *pointer is where ("/at", "" for the whole; static
 * text). That the zone is there is not looked at. */
bool timer_parse(struct timer *t, const char *json, const char **pointer,
		 struct err *e) MUST_CHECK;

/* The canonical object: every member, null where the cycle has none. Returns
 * text (caller frees); NULL: no memory. */
char *timer_format(const struct timer *t) MUST_CHECK;

/* In words, for lists: "every day at 02:30 (Asia/Shanghai)". */
char *timer_words(const struct timer *t, char buf[TIMER_TEXT_MAX]);

/* Five fields: lists, ranges, steps, names of months and days, 7 for Sunday.
 * False with *e: "invalid_timer", naming the field. */
bool cron_parse(struct cron *c, const char *text, struct err *e) MUST_CHECK;

/*
 * The first due instant strictly after after_s (seconds since 1970). False:
 * there is none any more (once, or beyond the year 9999). Each local time
 * that fits makes exactly one instant: rule 21's edges are zone_instant()'s;
 * two local times that become one instant are one. Some microseconds.
 */
bool timer_next(const struct timer *t, const struct zone *z, int64_t after_s,
		int64_t *due_s) MUST_CHECK;

/* What was missed while the server was down. */
struct timer_misses {
	int64_t last_s; /* the last one */
	unsigned count; /* of all, the last one included, up to a limit */
};

/* The due instants > after_s and <= upto_s; of more than limit, limit are
 * counted. False: there is none, and m->count is 0. */
bool timer_missed(const struct timer *t, const struct zone *z, int64_t after_s,
		  int64_t upto_s, unsigned limit,
		  struct timer_misses *m) MUST_CHECK;

#endif
