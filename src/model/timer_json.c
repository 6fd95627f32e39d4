/*
 * timer_json.c - the API's object of a timer, read strictly: a schedule that is
 * read wrong is a backup that is not there. A member that its cycle has no use
 * for is refused, not left out.
 */
#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "base/zone.h"
#include "model/timer_int.h"

/* What goes wrong is told of the member that is read. */
struct reader {
	struct timer *t;
	json_t *object;
	const char **pointer;
	struct err *e;
};

static bool read_cycle(struct reader *r, const json_t *value);
static bool read_date(struct reader *r, const json_t *value);
static bool read_at(struct reader *r, const json_t *value);
static bool read_weekdays(struct reader *r, const json_t *value);
static bool read_month_days(struct reader *r, const json_t *value);
static bool read_cron(struct reader *r, const json_t *value);
static bool read_timezone(struct reader *r, const json_t *value);
static bool read_missed(struct reader *r, const json_t *value);

enum {
	ONCE = 1 << TIMER_ONCE,
	HOURLY = 1 << TIMER_HOURLY,
	DAILY = 1 << TIMER_DAILY,
	WEEKLY = 1 << TIMER_WEEKLY,
	MONTHLY = 1 << TIMER_MONTHLY,
	CRON = 1 << TIMER_CRON,
	ALL = (1 << TIMER_CYCLE_COUNT) - 1,
};

/* In the order of the API; cycle comes first, since the others go by it. */
static const struct member {
	const char *name, *pointer;
	unsigned takes, needs; /* cycles */
	bool (*read)(struct reader *r, const json_t *value);
} members[] = {
	{"cycle", "/cycle", ALL, ALL, read_cycle},
	{"date", "/date", ALL, ONCE, read_date},
	{"at", "/at", ALL & ~CRON, ONCE | DAILY | WEEKLY | MONTHLY, read_at},
	{"weekdays", "/weekdays", WEEKLY, WEEKLY, read_weekdays},
	{"month_days", "/month_days", MONTHLY, MONTHLY, read_month_days},
	{"cron", "/cron", CRON, CRON, read_cron},
	{"timezone", "/timezone", ALL, 0, read_timezone},
	{"missed", "/missed", ALL, 0, read_missed},
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static bool invalid(struct reader *r, const char *text)
{
	return err_set(r->e, ERR_INVALID, "invalid_timer", "%s", text);
}

/* A string without U+0000; NULL: none. */
static const char *string_of(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && strlen(s) == json_string_length(value) ? s : NULL;
}

/* Digits where the pattern has '0', otherwise the same. */
static bool has_shape(const char *s, const char *pattern)
{
	for (; *pattern != '\0'; s++, pattern++) {
		if (*pattern == '0' ? *s < '0' || *s > '9' : *s != *pattern)
			return false;
	}
	return *s == '\0';
}

static int number(const char *digits, int n)
{
	int value = 0;

	while (n-- > 0)
		value = value * 10 + (*digits++ - '0');
	return value;
}

static bool read_cycle(struct reader *r, const json_t *value)
{
	const char *s = string_of(value);

	for (int i = 0; s != NULL && i < TIMER_CYCLE_COUNT; i++) {
		if (strcmp(s, timer_cycle_name(i)) != 0)
			continue;
		r->t->cycle = (enum timer_cycle)i;
		return true;
	}
	return invalid(r, "\"cycle\" has to be one of: once, hourly, daily, "
			  "weekly, monthly, cron");
}

static bool read_date(struct reader *r, const json_t *value)
{
	const char *s = string_of(value);
	struct timer *t = r->t;

	if (s == NULL || !has_shape(s, "0000-00-00"))
		return invalid(r, "\"date\" has to be a date like "
				  "\"2026-12-01\"");
	t->year = number(s, 4);
	t->month = number(s + 5, 2);
	t->day = number(s + 8, 2);
	if (t->year < TIMER_YEAR_MIN || t->month < 1 ||
	    t->month > TIMER_MONTHS || t->day < 1 ||
	    t->day > civil_month_days(t->year, t->month))
		return invalid(r, "\"date\" is not a day of the calendar from "
				  "1970 on");
	return true;
}

static bool read_at(struct reader *r, const json_t *value)
{
	const char *s = string_of(value);
	struct timer *t = r->t;

	if (s != NULL && has_shape(s, "00:00")) {
		t->hour = number(s, 2);
		t->minute = number(s + 3, 2);
		if (t->hour < 24 && t->minute < 60)
			return true;
	}
	return invalid(r, "\"at\" has to be a time from \"00:00\" to "
			  "\"23:59\"");
}

static bool set_bit(struct reader *r, uint32_t *bits, uint32_t bit)
{
	if ((*bits & bit) != 0)
		return invalid(r, "a day is named twice");
	*bits |= bit;
	return true;
}

static int weekday_of(const json_t *value)
{
	const char *s = string_of(value);

	for (int i = 0; s != NULL && i < TIMER_WEEKDAYS; i++) {
		if (strcmp(s, timer_weekday_name(i)) == 0)
			return i;
	}
	return -1;
}

static bool read_weekdays(struct reader *r, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		int day = weekday_of(json_array_get(value, i));

		if (day < 0)
			break;
		if (!set_bit(r, &r->t->weekdays, UINT32_C(1) << day))
			return false;
		if (i + 1 == json_array_size(value))
			return true;
	}
	return invalid(r, "\"weekdays\" has to be a list of: mon, tue, wed, "
			  "thu, fri, sat, sun");
}

/* The bit of a day of the month; 0: it is none. */
static uint32_t month_day_of(const json_t *value)
{
	const char *s = string_of(value);
	json_int_t n = json_integer_value(value);

	if (s != NULL)
		return strcmp(s, "last") == 0 ? (uint32_t)TIMER_LAST_DAY : 0;
	return n >= 1 && n <= 31 ? UINT32_C(1) << (n - 1) : 0;
}

static bool read_month_days(struct reader *r, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		uint32_t bit = month_day_of(json_array_get(value, i));

		if (bit == 0)
			break;
		if (!set_bit(r, &r->t->month_days, bit))
			return false;
		if (i + 1 == json_array_size(value))
			return true;
	}
	return invalid(r, "\"month_days\" has to be a list of numbers from 1 "
			  "to 31 and \"last\"");
}

static bool read_cron(struct reader *r, const json_t *value)
{
	const char *s = string_of(value);

	if (s == NULL)
		return invalid(r, "\"cron\" has to be a string of five fields "
				  "like \"30 2 * * *\"");
	if (!str_copy(r->t->cron_text, sizeof(r->t->cron_text), s))
		return invalid(r, "\"cron\" is longer than 255 characters");
	return cron_parse(&r->t->cron, s, r->e);
}

static bool read_timezone(struct reader *r, const json_t *value)
{
	const char *s = string_of(value);

	if (s != NULL && zone_is_name(s) &&
	    str_copy(r->t->zone, sizeof(r->t->zone), s))
		return true;
	return invalid(r, "\"timezone\" has to be an IANA name like "
			  "\"Europe/Berlin\"");
}

static bool read_missed(struct reader *r, const json_t *value)
{
	const char *s = string_of(value);

	r->t->is_skip = s != NULL && strcmp(s, "skip") == 0;
	return r->t->is_skip || (s != NULL && strcmp(s, "run_once") == 0) ||
	       invalid(r, "\"missed\" has to be one of: run_once, skip");
}

static bool read_member(struct reader *r, const struct member *m)
{
	const json_t *value = json_object_get(r->object, m->name);
	unsigned cycle = 1u << r->t->cycle;
	bool is_absent = value == NULL || json_is_null(value);

	*r->pointer = m->pointer;
	if (is_absent && (m->needs & cycle) == 0)
		return true;
	if (is_absent)
		return err_set(r->e, ERR_INVALID, "invalid_timer",
			       "\"%s\" is missing", m->name);
	if ((m->takes & cycle) == 0)
		return err_set(r->e, ERR_INVALID, "invalid_timer",
			       "\"%s\" does not go with cycle %s: leave it "
			       "out, or send null",
			       m->name, timer_cycle_name((int)r->t->cycle));
	return m->read(r, value);
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (strcmp(members[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool read_object(struct reader *r)
{
	const char *name;
	json_t *value;

	*r->pointer = "";
	if (!json_is_object(r->object))
		return invalid(r, "a timer has to be an object");
	json_object_foreach(r->object, name, value)
	{
		if (!is_known(name))
			return err_set(r->e, ERR_INVALID, "unknown_field",
				       "a timer has no field \"%s\"", name);
	}
	for (size_t i = 0; i < MEMBERS; i++) {
		if (!read_member(r, &members[i]))
			return false;
	}
	*r->pointer = "";
	return true;
}

/* Where it has no memory for a value, jansson leaves the error empty. */
static bool is_nomem(const json_error_t *where)
{
	return where->text[0] == '\0' ||
	       json_error_code(where) == json_error_out_of_memory;
}

bool timer_parse(struct timer *t, const char *json, const char **pointer,
		 struct err *e)
{
	json_error_t where;
	json_t *object = json_loads(
		json, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
		&where);
	struct reader r = {t, object, pointer, e};
	bool is_good;

	memset(t, 0, sizeof(*t));
	(void)str_copy(t->zone, sizeof(t->zone), "UTC");
	*pointer = "";
	if (object == NULL && is_nomem(&where))
		return err_nomem(e, "a timer");
	is_good = read_object(&r);
	json_decref(object);
	return is_good;
}
