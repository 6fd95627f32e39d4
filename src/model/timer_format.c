/* timer_format.c - the API's object of a timer, written. */
#include <jansson.h>

#include "model/timer_int.h"

static const char *const cycles[] = {
	[TIMER_ONCE] = "once",	     [TIMER_HOURLY] = "hourly",
	[TIMER_DAILY] = "daily",     [TIMER_WEEKLY] = "weekly",
	[TIMER_MONTHLY] = "monthly", [TIMER_CRON] = "cron",
};
_Static_assert(sizeof(cycles) / sizeof(cycles[0]) == TIMER_CYCLE_COUNT,
	       "a name for each cycle");

static const char *const weekdays[TIMER_WEEKDAYS] = {"sun", "mon", "tue", "wed",
						     "thu", "fri", "sat"};

const char *timer_cycle_name(int cycle)
{
	return cycles[cycle];
}

const char *timer_weekday_name(int weekday)
{
	return weekdays[weekday];
}

static json_t *show_date(const struct timer *t)
{
	return t->year == 0 ? json_null()
			    : json_sprintf("%04d-%02d-%02d", t->year, t->month,
					   t->day);
}

static json_t *show_at(const struct timer *t)
{
	return t->cycle == TIMER_CRON
		       ? json_null()
		       : json_sprintf("%02d:%02d", t->hour, t->minute);
}

/* Monday first. */
static json_t *show_weekdays(const struct timer *t)
{
	json_t *list = json_array();

	if (t->cycle != TIMER_WEEKLY) {
		json_decref(list);
		return json_null();
	}
	for (int i = 1; i <= TIMER_WEEKDAYS; i++) {
		int day = i % TIMER_WEEKDAYS;

		if ((t->weekdays & 1u << day) != 0)
			json_array_append_new(
				list, json_string(timer_weekday_name(day)));
	}
	return list;
}

static json_t *show_month_days(const struct timer *t)
{
	json_t *list = json_array();

	if (t->cycle != TIMER_MONTHLY) {
		json_decref(list);
		return json_null();
	}
	for (int day = 1; day <= 31; day++) {
		if ((t->month_days & 1u << (day - 1)) != 0)
			json_array_append_new(list, json_integer(day));
	}
	if ((t->month_days & TIMER_LAST_DAY) != 0)
		json_array_append_new(list, json_string("last"));
	return list;
}

char *timer_format(const struct timer *t)
{
	bool is_cron = t->cycle == TIMER_CRON;
	json_t *json =
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:s?, s:s, s:s}", "cycle",
			  timer_cycle_name((int)t->cycle), "date", show_date(t),
			  "at", show_at(t), "weekdays", show_weekdays(t),
			  "month_days", show_month_days(t), "cron",
			  is_cron ? t->cron_text : NULL, "timezone", t->zone,
			  "missed", t->is_skip ? "skip" : "run_once");
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}
