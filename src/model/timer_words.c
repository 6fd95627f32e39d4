/* timer_words.c - a timer in words, for people who look over a list. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/timer_int.h"

/* Text in a buffer, cut where it does not fit. */
struct words {
	char *buf;
	size_t len;
};

static void add(struct words *w, const char *s)
{
	(void)str_copy(w->buf + w->len, TIMER_TEXT_MAX - w->len, s);
	w->len += strlen(w->buf + w->len);
}

static void add_clock(struct words *w, const struct timer *t)
{
	char text[32];

	(void)snprintf(text, sizeof(text), " at %02d:%02d", t->hour, t->minute);
	add(w, text);
}

static void add_date(struct words *w, const char *before, const struct timer *t)
{
	char text[48];

	if (t->year == 0)
		return;
	(void)snprintf(text, sizeof(text), "%s%04d-%02d-%02d", before, t->year,
		       t->month, t->day);
	add(w, text);
}

static void add_weekdays(struct words *w, uint32_t weekdays)
{
	static const char *const names[TIMER_WEEKDAYS] = {
		"Sunday",   "Monday", "Tuesday", "Wednesday",
		"Thursday", "Friday", "Saturday"};
	bool is_first = true;

	add(w, "every ");
	if (weekdays == 0x7f) {
		add(w, "day");
		return;
	}
	for (int i = 1; i <= TIMER_WEEKDAYS; i++) {
		int day = i % TIMER_WEEKDAYS;

		if ((weekdays & 1u << day) == 0)
			continue;
		add(w, is_first ? "" : ", ");
		add(w, names[day]);
		is_first = false;
	}
}

static void add_month_days(struct words *w, uint32_t days)
{
	uint32_t numbered = days & ~(uint32_t)TIMER_LAST_DAY;
	bool is_first = true;
	char text[32];

	add(w, numbered == 0 ? "the last day" : "day ");
	for (int day = 1; day <= 31; day++) {
		if ((numbered & 1u << (day - 1)) == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s%d", is_first ? "" : ", ",
			       day);
		add(w, text);
		is_first = false;
	}
	if (numbered != 0 && numbered != days)
		add(w, " and the last");
	add(w, " of every month");
}

static void add_hourly(struct words *w, const struct timer *t)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "every hour at minute %d",
		       t->minute);
	add(w, text);
}

static void add_cycle(struct words *w, const struct timer *t)
{
	switch (t->cycle) {
	case TIMER_ONCE:
		add_date(w, "once, on ", t);
		break;
	case TIMER_HOURLY:
		add_hourly(w, t);
		return;
	case TIMER_DAILY:
		add(w, "every day");
		break;
	case TIMER_WEEKLY:
		add_weekdays(w, t->weekdays);
		break;
	case TIMER_MONTHLY:
		add_month_days(w, t->month_days);
		break;
	case TIMER_CRON:
		add(w, "cron ");
		add(w, t->cron_text);
		return;
	case TIMER_CYCLE_COUNT:
		return;
	}
	add_clock(w, t);
}

char *timer_words(const struct timer *t, char buf[TIMER_TEXT_MAX])
{
	struct words w = {buf, 0};

	buf[0] = '\0';
	add_cycle(&w, t);
	add(&w, " (");
	add(&w, t->zone);
	add(&w, ")");
	if (t->cycle != TIMER_ONCE)
		add_date(&w, ", from ", t);
	return buf;
}
