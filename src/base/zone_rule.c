/*
 * zone_rule.c - what a zone does after the last change that its file lists: a
 * POSIX TZ string, "CET-1CEST,M3.5.0,M10.5.0/3" (RFC 8536 3.3).
 */
#include <string.h>

#include "base/zone_int.h"

enum { HOUR = 3600, RULE_HOURS_MAX = 167 };

/* --- reading */

/* What is left of the string. */
struct reader {
	const char *at, *end;
};

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A number without sign within min and max. */
static bool take_number(struct reader *r, int min, int max, int *out)
{
	const char *begin = r->at;

	*out = 0;
	while (r->at < r->end && is_digit(*r->at) && r->at - begin < 4)
		*out = *out * 10 + (*r->at++ - '0');
	return r->at > begin && *out >= min && *out <= max;
}

/* "CET", or "<+0530>" with anything but letters alone. */
static bool take_name(struct reader *r)
{
	bool is_quoted = take(r, '<');
	const char *begin = r->at;

	while (r->at < r->end &&
	       (is_letter(*r->at) ||
		(is_quoted &&
		 (is_digit(*r->at) || *r->at == '+' || *r->at == '-'))))
		r->at++;
	if (r->at - begin < 3)
		return false;
	return !is_quoted || take(r, '>');
}

/* "[+-]hh[:mm[:ss]]" */
static bool take_time(struct reader *r, int hours_max, int32_t *out)
{
	bool is_minus = take(r, '-');
	int hours, minutes = 0, seconds = 0;

	if (!is_minus)
		(void)take(r, '+');
	if (!take_number(r, 0, hours_max, &hours))
		return false;
	if (take(r, ':')) {
		if (!take_number(r, 0, 59, &minutes))
			return false;
		if (take(r, ':') && !take_number(r, 0, 59, &seconds))
			return false;
	}
	*out = hours * HOUR + minutes * 60 + seconds;
	if (is_minus)
		*out = -*out;
	return true;
}

/* Offsets of TZ strings count westward. */
static bool take_offset(struct reader *r, int32_t *out)
{
	if (!take_time(r, 24, out))
		return false;
	*out = -*out;
	return true;
}

/* "Mm.w.d", "Jn" or "n". */
static bool take_date(struct reader *r, struct zone_day *d)
{
	if (take(r, 'M')) {
		d->kind = ZONE_MONTH_WEEK;
		return take_number(r, 1, 12, &d->month) && take(r, '.') &&
		       take_number(r, 1, 5, &d->week) && take(r, '.') &&
		       take_number(r, 0, 6, &d->day);
	}
	if (take(r, 'J')) {
		d->kind = ZONE_JULIAN;
		return take_number(r, 1, 365, &d->day);
	}
	d->kind = ZONE_DAY_OF_YEAR;
	return take_number(r, 0, 365, &d->day);
}

/* ",DATE[/TIME]" */
static bool take_day(struct reader *r, struct zone_day *d)
{
	d->second = 2 * HOUR;
	if (!take(r, ',') || !take_date(r, d))
		return false;
	return !take(r, '/') || take_time(r, RULE_HOURS_MAX, &d->second);
}

static bool take_summer(struct reader *r, struct zone_rule *rule)
{
	rule->has_summer = true;
	rule->summer = rule->standard + HOUR;
	if (!take_name(r))
		return false;
	if (r->at < r->end && *r->at != ',' && !take_offset(r, &rule->summer))
		return false;
	return take_day(r, &rule->begin) && take_day(r, &rule->end);
}

bool zone_rule_parse(struct zone_rule *rule, const char *text, size_t len)
{
	struct reader r = {text, text + len};

	memset(rule, 0, sizeof(*rule));
	if (!take_name(&r) || !take_offset(&r, &rule->standard))
		return false;
	if (r.at < r.end && !take_summer(&r, rule))
		return false;
	return r.at == r.end;
}

/* --- using */

/* Week 5 is the last one that has the weekday. */
static int64_t month_week(const struct zone_day *d, int year)
{
	int64_t first = civil_days(year, d->month, 1);
	int until = (d->day - civil_weekday(first) + 7) % 7;
	int day = 1 + until + (d->week - 1) * 7;

	while (day > civil_month_days(year, d->month))
		day -= 7;
	return first + day - 1;
}

static int64_t day_in(const struct zone_day *d, int year)
{
	int64_t january = civil_days(year, 1, 1);

	switch (d->kind) {
	case ZONE_MONTH_WEEK:
		return month_week(d, year);
	case ZONE_JULIAN: /* 29 February is never counted */
		return january + d->day - 1 +
		       (d->day >= 60 && civil_month_days(year, 2) == 29);
	case ZONE_DAY_OF_YEAR:
		break;
	}
	return january + d->day;
}

static int64_t begin_of(const struct zone_rule *r, int year)
{
	return day_in(&r->begin, year) * ZONE_DAY_SECONDS + r->begin.second -
	       r->standard;
}

static int64_t end_of(const struct zone_rule *r, int year)
{
	return day_in(&r->end, year) * ZONE_DAY_SECONDS + r->end.second -
	       r->summer;
}

static int year_of(int64_t at_s)
{
	return civil_of_days(at_s / ZONE_DAY_SECONDS - (at_s < 0)).year;
}

/* A change may lie a week outside of its year, so the years around it
 * count, too. Summer that ends as it begins goes on (summer all the year). */
int32_t zone_rule_offset(const struct zone_rule *r, int64_t at_s)
{
	int64_t begin = INT64_MIN, end = INT64_MIN, when;
	int year = year_of(at_s);

	if (!r->has_summer)
		return r->standard;
	for (int y = year - 2; y <= year + 2; y++) {
		when = begin_of(r, y);
		if (when <= at_s && when > begin)
			begin = when;
		when = end_of(r, y);
		if (when <= at_s && when > end)
			end = when;
	}
	return begin >= end ? r->summer : r->standard;
}

bool zone_rule_next(const struct zone_rule *r, int64_t after_s,
		    int64_t *change_s)
{
	int64_t best = INT64_MAX, when;
	int year = year_of(after_s);

	if (!r->has_summer)
		return false;
	for (int y = year - 2; y <= year + 2; y++) {
		when = begin_of(r, y);
		if (when > after_s && when < best)
			best = when;
		when = end_of(r, y);
		if (when > after_s && when < best)
			best = when;
	}
	*change_s = best;
	return best != INT64_MAX;
}
