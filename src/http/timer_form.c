/* timer_form.c - reads a timer from a body. */
#include "http/timer_form.h"

#include <stdlib.h>

#include "base/zone.h"

/* A fault of the model, at a pointer within the timer. An object without
 * strangers is wrong as a whole only where there was no memory to read it. */
static void timer_fault(struct form *inner, const char *pointer,
			const struct err *e)
{
	if (*pointer == '/')
		form_fault_err(inner, pointer + 1, e);
	else
		inner->faults->is_broken = true;
}

/* What no timer has is told of first: the model names one only. */
static bool has_strangers(struct form *inner)
{
	static const char *const known[] = {"cycle",	"date",	      "at",
					    "weekdays", "month_days", "cron",
					    "timezone", "missed"};
	size_t before = inner->faults->total;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		(void)form_has(inner, known[i]);
	form_end(inner);
	return inner->faults->total > before;
}

static bool parse(struct form *inner, struct timer *t)
{
	char *text = json_dumps(inner->object, JSON_COMPACT);
	const char *pointer = "";
	struct err e = {0};
	bool is_good;

	if (text == NULL) {
		inner->faults->is_broken = true;
		return false;
	}
	is_good = timer_parse(t, text, &pointer, &e);
	free(text);
	if (!is_good)
		timer_fault(inner, pointer, &e);
	return is_good;
}

bool timer_from_body(struct form *f, enum form_need need, struct timer *t,
		     struct zone **z)
{
	struct err e = {0};
	struct zone *zone;
	struct form inner;

	if (!form_open(f, "timer", need, &inner))
		return false;
	if (has_strangers(&inner) || !parse(&inner, t))
		return false;
	zone = zone_open(NULL, t->zone, &e);
	if (zone == NULL)
		timer_fault(&inner, "/timezone", &e);
	if (z != NULL)
		*z = zone;
	else
		zone_free(zone);
	return !err_is(&e);
}
