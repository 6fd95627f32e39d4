/* timers.c - POST /v1/timers/preview: when a timer would be due. */
#include "http/handlers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/zone.h"
#include "http/list_int.h"
#include "http/request_int.h"
#include "http/show.h"
#include "http/timer_form.h"

enum { LOCAL_TEXT_MAX = 64 };

static const struct form_range count_range = {1, 1000, 5};

/* RFC 3339 with the zone's offset. */
static json_t *show_local(const struct zone *z, int64_t at_s)
{
	struct civil c = zone_local(z, at_s);
	int offset = zone_offset(z, at_s) / 60;
	char text[LOCAL_TEXT_MAX];

	(void)snprintf(
		text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
		c.year, c.month, c.day, c.hour, c.minute, c.second,
		offset < 0 ? '-' : '+', abs(offset) / 60, abs(offset) % 60);
	return json_string(text);
}

static json_t *show_run(const struct zone *z, int64_t at_s)
{
	return json_pack("{s:o, s:o}", "at", show_time(at_s * 1000), "local",
			 show_local(z, at_s));
}

static json_t *show_runs(const struct timer *t, const struct zone *z,
			 int64_t count)
{
	int64_t at_s = clock_now_ms() / 1000;
	json_t *runs = json_array();

	while (count-- > 0 && timer_next(t, z, at_s, &at_s))
		list_append(&runs, show_run(z, at_s));
	return json_pack("{s:o}", "runs", runs);
}

void timers_preview(struct request *r)
{
	struct zone *z = NULL;
	struct timer t;
	struct form f;
	int64_t count;

	form_init(&f, r->body, "", &r->faults);
	count = form_integer(&f, "count", &count_range);
	if (!timer_from_body(&f, FORM_REQUIRED, &t, &z))
		z = NULL;
	form_end(&f);
	if (request_is_sound(r))
		request_reply(r, 200, show_runs(&t, z, count));
	zone_free(z);
}
