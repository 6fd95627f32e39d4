/* statistics.c - GET /v1/statistics: days in a zone, and the sources. */
#include "catalog/statistics.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/zone.h"
#include "http/handlers.h"
#include "http/list_int.h"
#include "http/server_int.h"

enum { DAYS_DEFAULT = 84, DATE_MAX = 32 };

/* What the answer needs of the question. */
struct statistics_state {
	unsigned ndays;
	int64_t first_day; /* days since 1970-01-01 */
};

static json_t *show_day(int64_t day, const struct statistics_day *d)
{
	struct civil c = civil_of_days(day);
	char date[DATE_MAX];

	(void)snprintf(date, sizeof(date), "%04d-%02d-%02d", c.year, c.month,
		       c.day);
	return json_pack("{s:s, s:I, s:I, s:I, s:I}", "date", date,
			 "stored_bytes", (json_int_t)d->stored_bytes,
			 "completed", (json_int_t)d->completed, "failed",
			 (json_int_t)d->failed, "canceled",
			 (json_int_t)d->canceled);
}

static json_t *show_sources(const struct catalog_statistics *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "total",
			 (json_int_t)s->sources, "protected",
			 (json_int_t)s->is_protected, "overdue",
			 (json_int_t)s->overdue, "failed",
			 (json_int_t)s->failed, "never", (json_int_t)s->never);
}

static void on_statistics(void *arg, const struct catalog_statistics *s,
			  const struct err *e)
{
	struct request *r = arg;
	const struct statistics_state *state = r->state;
	json_t *days;

	if (!request_resume(r, e))
		return;
	days = json_array();
	for (unsigned i = 0; i < state->ndays; i++)
		list_append(&days, show_day(state->first_day + i, &s->days[i]));
	request_reply(r, 200,
		      json_pack("{s:o, s:o, s:I}", "days", days, "sources",
				show_sources(s), "stored_bytes",
				(json_int_t)s->stored_bytes));
}

/* The days up to today, as the zone has them: rule 21 says when one begins
 * whose midnight there is not, or twice. */
static void set_days(struct statistics_query *q, struct statistics_state *state,
		     const struct zone *z)
{
	struct civil now = zone_local(z, clock_now_ms() / 1000);
	int64_t today = civil_days(now.year, now.month, now.day);

	state->first_day = today + 1 - state->ndays;
	q->ndays = state->ndays;
	for (unsigned i = 0; i <= q->ndays; i++) {
		struct civil c = civil_of_days(state->first_day + i);

		q->starts_s[i] = zone_instant(z, &c);
	}
}

static struct zone *read_zone(struct request *r)
{
	const char *name = query_get(&r->query, "timezone");
	struct err e = {0};
	struct zone *z = zone_open(NULL, name != NULL ? name : "UTC", &e);

	if (z != NULL)
		return z;
	if (e.code == ERR_INVALID)
		faults_add(&r->faults, "timezone", "invalid_parameter", "%s",
			   e.msg);
	else
		request_fail(r, &e);
	return NULL;
}

/* NULL: all. */
static const char *read_filter(const struct request *r, const char *name)
{
	const char *value = query_get(&r->query, name);

	return value != NULL && *value != '\0' ? value : NULL;
}

void statistics_get(struct request *r)
{
	struct statistics_state *state = request_state(r, sizeof(*state), NULL);
	struct statistics_query q = {0};
	struct err e = {0};
	struct zone *z;

	if (state == NULL)
		return;
	state->ndays = query_number(&r->query, "days", STATISTICS_DAYS_MAX,
				    DAYS_DEFAULT, &r->faults);
	if (state->ndays == 0)
		faults_add(&r->faults, "days", "invalid_parameter",
			   "\"days\" is from 1 to %d", STATISTICS_DAYS_MAX);
	z = read_zone(r);
	if (z == NULL && r->faults.n == 0)
		return;
	if (request_is_sound(r)) {
		q.plan = read_filter(r, "plan");
		q.source = read_filter(r, "source");
		set_days(&q, state, z);
		request_await_catalog(r,
				      catalog_statistics(catalog_of(r), &q,
							 on_statistics, r, &e),
				      &e);
	}
	zone_free(z);
}
