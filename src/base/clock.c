/*
 * Dates are computed here, not by gmtime_r(): the C library's functions read
 * the zone settings of the process, and a "right/" zone shifts even UTC.
 */
#include "base/clock.h"

#include <string.h>
#include <time.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

struct moment {
	unsigned year, month, day; /* month and day from 1 */
	unsigned hour, minute, second;
};

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30,
					     31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January of a year from 0 on. */
static int64_t days_before_year(int64_t year)
{
	int64_t before = year - 1;

	if (year == 0)
		return -719528;
	return year * 365 + before / 4 - before / 100 + before / 400 - 719527;
}

static int64_t moment_to_ms(const struct moment *m)
{
	int64_t days = days_before_year(m->year) + m->day - 1;

	for (unsigned i = 1; i < m->month; i++)
		days += days_in_month(m->year, i);
	return days * DAY_MS +
	       ((int64_t)m->hour * 3600 + (int64_t)m->minute * 60 + m->second) *
		       1000;
}

/* What four digits of a year cannot say becomes the nearest they can. */
static int64_t clamp_ms(int64_t at_ms)
{
	int64_t min = days_before_year(0) * DAY_MS;
	int64_t max = days_before_year(10000) * DAY_MS - 1;

	if (at_ms < min)
		return min;
	return at_ms > max ? max : at_ms;
}

static void ms_to_moment(int64_t at_ms, struct moment *m)
{
	int64_t ms = clamp_ms(at_ms) - days_before_year(0) * DAY_MS;
	int64_t days = ms / DAY_MS + days_before_year(0);
	unsigned second = (unsigned)(ms % DAY_MS / 1000);
	unsigned year = (unsigned)(ms / DAY_MS / 366);

	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	*m = (struct moment){.year = year, .month = 1};
	while (days >= days_in_month(year, m->month))
		days -= days_in_month(year, m->month++);
	m->day = (unsigned)days + 1;
	m->hour = second / 3600;
	m->minute = second / 60 % 60;
	m->second = second % 60;
}

/* The number that a letter of a pattern stands for. */
static unsigned number_of(const struct moment *m, char letter)
{
	switch (letter) {
	case 'Y':
		return m->year;
	case 'M':
		return m->month;
	case 'D':
		return m->day;
	case 'h':
		return m->hour;
	case 'm':
		return m->minute;
	default:
		return m->second;
	}
}

/* Fills a pattern like "Y-M-D" with the moment's numbers. */
static char *write_moment(const struct moment *m, const char *pattern, char *p)
{
	char *begin = p;

	for (; *pattern; pattern++) {
		unsigned width = *pattern == 'Y' ? 4 : 2, n;

		if (!strchr("YMDhms", *pattern)) {
			*p++ = *pattern;
			continue;
		}
		n = number_of(m, *pattern);
		for (unsigned i = width; i-- > 0; n /= 10)
			p[i] = (char)('0' + n % 10);
		p += width;
	}
	*p = '\0';
	return begin;
}

char *clock_format(int64_t at_ms, char buf[CLOCK_TEXT_MAX])
{
	struct moment m;

	ms_to_moment(at_ms, &m);
	return write_moment(&m, "Y-M-DTh:m:sZ", buf);
}

char *clock_format_basic(int64_t at_ms, char buf[CLOCK_TEXT_MAX])
{
	struct moment m;

	ms_to_moment(at_ms, &m);
	return write_moment(&m, "YMDThmsZ", buf);
}

static bool take_digits(const char **s, unsigned count, unsigned *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		char c = (*s)[i];

		if (c < '0' || c > '9')
			return false;
		n = n * 10 + (unsigned)(c - '0');
	}
	*s += count;
	*out = n;
	return true;
}

static bool take_text(const char **s, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*s, text, len) != 0)
		return false;
	*s += len;
	return true;
}

static bool take_date(const char **s, struct moment *m)
{
	return take_digits(s, 4, &m->year) && take_text(s, "-") &&
	       take_digits(s, 2, &m->month) && take_text(s, "-") &&
	       take_digits(s, 2, &m->day);
}

static bool take_time(const char **s, struct moment *m)
{
	return take_digits(s, 2, &m->hour) && take_text(s, ":") &&
	       take_digits(s, 2, &m->minute) && take_text(s, ":") &&
	       take_digits(s, 2, &m->second);
}

/* Any number of digits after the point; those beyond milliseconds are cut. */
static bool take_fraction(const char **s, unsigned *ms)
{
	unsigned digit, scale = 100;

	*ms = 0;
	if (!take_text(s, "."))
		return true;
	if (!take_digits(s, 1, &digit))
		return false;
	do {
		*ms += digit * scale;
		scale /= 10;
	} while (take_digits(s, 1, &digit));
	return true;
}

static bool take_offset(const char **s, int64_t *offset_ms)
{
	bool is_west = **s == '-';
	unsigned hour, minute;

	*offset_ms = 0;
	if (take_text(s, "Z") || take_text(s, "z"))
		return true;
	if (!take_text(s, "+") && !take_text(s, "-"))
		return false;
	if (!take_digits(s, 2, &hour) || !take_text(s, ":") ||
	    !take_digits(s, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*offset_ms = ((int64_t)hour * 60 + minute) * 60000;
	if (is_west)
		*offset_ms = -*offset_ms;
	return true;
}

static bool is_real(const struct moment *m)
{
	return m->month >= 1 && m->month <= 12 && m->day >= 1 &&
	       m->day <= days_in_month(m->year, m->month) && m->hour <= 23 &&
	       m->minute <= 59 && m->second <= 60;
}

/* A leap second (":60") is there at the end of a day of UTC only. */
static bool second_fits(const struct moment *m, int64_t at_ms)
{
	return m->second < 60 || (at_ms % DAY_MS + DAY_MS) % DAY_MS < 1000;
}

bool clock_parse(const char *s, int64_t *at_ms)
{
	struct moment m;
	int64_t offset_ms, result;
	unsigned ms;

	if (!take_date(&s, &m) || (!take_text(&s, "T") && !take_text(&s, "t")))
		return false;
	if (!take_time(&s, &m) || !take_fraction(&s, &ms) ||
	    !take_offset(&s, &offset_ms) || *s != '\0' || !is_real(&m))
		return false;
	result = moment_to_ms(&m) + ms - offset_ms;
	if (!second_fits(&m, result))
		return false;
	*at_ms = result;
	return true;
}

/* One of count names, counted from 1. */
static bool take_name(const char **s, const char *const *names, unsigned count,
		      unsigned *which)
{
	for (unsigned i = 0; i < count; i++) {
		if (take_text(s, names[i])) {
			*which = i + 1;
			return true;
		}
	}
	return false;
}

bool clock_parse_http(const char *s, int64_t *at_ms)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu",
					   "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
					     "May", "Jun", "Jul", "Aug",
					     "Sep", "Oct", "Nov", "Dec"};
	struct moment m;
	unsigned weekday;
	int64_t result;

	if (!take_name(&s, days, 7, &weekday) || !take_text(&s, ", ") ||
	    !take_digits(&s, 2, &m.day) || !take_text(&s, " ") ||
	    !take_name(&s, months, 12, &m.month) || !take_text(&s, " ") ||
	    !take_digits(&s, 4, &m.year) || !take_text(&s, " ") ||
	    !take_time(&s, &m) || !take_text(&s, " GMT") || *s != '\0' ||
	    !is_real(&m))
		return false;
	result = moment_to_ms(&m);
	if (!second_fits(&m, result))
		return false;
	*at_ms = result;
	return true;
}
