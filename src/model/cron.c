/*
 * cron.c - five fields of crontab(5) as sets of bits. No macros ("@daily"), no
 * "L", "W", "#" or "?"; a step goes after '*' or a range.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/zone.h"
#include "model/timer_int.h"

static const char *const months[] = {"jan", "feb", "mar", "apr", "may",
				     "jun", "jul", "aug", "sep", "oct",
				     "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed",
				       "thu", "fri", "sat", NULL};

static const struct field {
	const char *name;
	unsigned min, max;
	const char *const *words; /* the first stands for min */
} fields[] = {
	{"minute", 0, 59, NULL},       {"hour", 0, 23, NULL},
	{"day of month", 1, 31, NULL}, {"month", 1, 12, months},
	{"weekday", 0, 7, weekdays}, /* 7 is Sunday, too */
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* One field while it is read; at goes to the end of it. */
struct reader {
	const struct field *field;
	const char *at;
	struct err *e;
};

static bool wrong(struct reader *r, const char *why)
{
	return err_set(r->e, ERR_INVALID, "invalid_timer",
		       "the %s of \"cron\" %s", r->field->name, why);
}

static bool take(struct reader *r, char c)
{
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At most four digits: more are too much anyway. */
static unsigned take_digits(struct reader *r)
{
	unsigned n = 0;

	for (int i = 0; i < 4 && is_digit(*r->at); i++)
		n = n * 10 + (unsigned)(*r->at++ - '0');
	return n;
}

static bool take_word(struct reader *r, unsigned *out)
{
	const char *const *words = r->field->words;

	for (unsigned i = 0; words != NULL && words[i] != NULL; i++) {
		if (strncasecmp(r->at, words[i], 3) != 0)
			continue;
		r->at += 3;
		*out = r->field->min + i;
		return true;
	}
	return wrong(r, words ? "is no number, name, range or '*'"
			      : "is no number, range or '*'");
}

static bool take_value(struct reader *r, unsigned *out)
{
	char why[64];

	if (!is_digit(*r->at))
		return take_word(r, out);
	*out = take_digits(r);
	if (*out >= r->field->min && *out <= r->field->max)
		return true;
	(void)snprintf(why, sizeof(why), "has to be from %u to %u",
		       r->field->min, r->field->max);
	return wrong(r, why);
}

static bool take_step(struct reader *r, unsigned *step)
{
	unsigned most = r->field->max - r->field->min + 1;

	*step = 1;
	if (!take(r, '/'))
		return true;
	*step = is_digit(*r->at) ? take_digits(r) : 0;
	if (*step > 0 && *step <= most)
		return true;
	return wrong(r, "has a step that is zero, too large or no number");
}

/* "*", "A", "A-B", each of the ranges with "/STEP". */
static bool take_item(struct reader *r, uint64_t *bits)
{
	unsigned from = r->field->min, to = r->field->max, step;
	bool is_range = take(r, '*');

	if (is_range) { /* 7 is there as 0 already */
		to = r->field->words == weekdays ? 6 : to;
	} else {
		if (!take_value(r, &from))
			return false;
		to = from;
		is_range = take(r, '-');
		if (is_range && !take_value(r, &to))
			return false;
	}
	if (!is_range && *r->at == '/')
		return wrong(r, "has a step after a single number: write a "
				"range or '*' before it");
	if (!take_step(r, &step))
		return false;
	if (to < from)
		return wrong(r, "has a range that runs backwards");
	for (unsigned i = from; i <= to; i += step)
		*bits |= UINT64_C(1) << i;
	return true;
}

static bool is_end(char c)
{
	return c == '\0' || c == ' ' || c == '\t';
}

static bool take_field(struct reader *r, uint64_t *bits)
{
	*bits = 0;
	r->at += strspn(r->at, " \t");
	if (*r->at == '\0')
		return wrong(r, "is missing: five fields, minute, hour, day of "
				"month, month, weekday");
	do {
		if (!take_item(r, bits))
			return false;
	} while (take(r, ','));
	return is_end(*r->at) ||
	       wrong(r, "has something after a number that does not belong "
			"there");
}

/* The 29th of February falls on each weekday, so a day that a month of the
 * set has comes at some time on a weekday of the set. */
static bool comes_ever(const struct cron *c)
{
	if (!c->is_any_day && !c->is_any_weekday)
		return true;
	for (int month = 1; month <= TIMER_MONTHS; month++) {
		int days = civil_month_days(2000, month);

		if ((c->months & 1u << month) != 0 &&
		    (c->days & ((UINT64_C(2) << days) - 1)) != 0)
			return true;
	}
	return false;
}

static bool is_star(const char *at)
{
	return at[strspn(at, " \t")] == '*';
}

bool cron_parse(struct cron *c, const char *text, struct err *e)
{
	struct reader r = {.at = text, .e = e};
	uint64_t bits[FIELDS];
	bool is_any[FIELDS];

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < FIELDS; i++) {
		r.field = &fields[i];
		is_any[i] = is_star(r.at);
		if (!take_field(&r, &bits[i]))
			return false;
	}
	if (r.at[strspn(r.at, " \t")] != '\0')
		return err_set(e, ERR_INVALID, "invalid_timer",
			       "\"cron\" has more than five fields");
	c->minutes = bits[0];
	c->hours = (uint32_t)bits[1];
	c->days = (uint32_t)bits[2];
	c->months = (uint32_t)bits[3];
	c->weekdays = (uint32_t)(bits[4] & 0x7f) | (bits[4] >> 7 & 1);
	c->is_any_day = is_any[2];
	c->is_any_weekday = is_any[4];
	return comes_ever(c) ||
	       err_set(e, ERR_INVALID, "invalid_timer",
		       "\"cron\" never comes: no month of it has such a day");
}
