/* meter.c - samples in, phases and rates out. */
#include "jobs/meter.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"

static struct meter_phase *phase_now(struct meter *m, const char *name)
{
	struct meter_phase *p;

	if (m->nphases > 0) {
		p = &m->phases[m->nphases - 1];
		if (strcmp(p->name, name) == 0 ||
		    m->nphases == METER_PHASES_MAX)
			return p;
	}
	p = &m->phases[m->nphases++];
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	return p;
}

void meter_sample(struct meter *m, const char *phase, uint64_t bytes)
{
	int64_t now = clock_mono_ms();
	int64_t ms = m->last_ms == 0 ? 0 : now - m->last_ms;
	uint64_t more = bytes > m->last_bytes ? bytes - m->last_bytes : 0;
	struct meter_phase *p = phase_now(m, phase);

	p->ms += ms;
	p->bytes += more;
	/* Between two phases there is no time for a rate. */
	if (ms >= METER_PERIOD_MS / 2) {
		double rate = (double)more * 1000.0 / (double)ms;

		m->rate = m->rate <= 0 ? rate : 0.9 * m->rate + 0.1 * rate;
	}
	m->last_ms = now;
	m->last_bytes = bytes;
}

void meter_items(struct meter *m, uint64_t done)
{
	struct meter_phase *p;

	if (m->nphases == 0)
		return;
	p = &m->phases[m->nphases - 1];
	if (!p->has_items)
		p->items_before = done;
	p->has_items = true;
	p->items = done > p->items_before ? done - p->items_before : 0;
}

/* What takes the phase that runs so long takes how long for the rest? */
static int64_t seconds_left(const struct meter *m, uint64_t done, uint64_t rest)
{
	const struct meter_phase *p;

	if (m->nphases == 0 || done == 0)
		return -1;
	p = &m->phases[m->nphases - 1];
	if (p->ms < METER_LEFT_FROM_MS)
		return -1;
	return (int64_t)((double)p->ms / 1000.0 * (double)rest / (double)done +
			 0.5);
}

void meter_left(const struct meter *m, struct job_progress *p, uint64_t total)
{
	p->eta_seconds = -1;
	if (m->nphases > 0 && p->bytes_read <= total)
		p->eta_seconds =
			seconds_left(m, m->phases[m->nphases - 1].bytes,
				     total - p->bytes_read);
}

void meter_progress(const struct meter *m, struct job_progress *p)
{
	if (m->nphases > 0)
		(void)snprintf(p->phase, sizeof(p->phase), "%s",
			       m->phases[m->nphases - 1].name);
	p->bytes_per_second = (uint64_t)m->rate;
	p->percent = -1;
	p->eta_seconds = -1;
	if (p->items_total == 0)
		return;
	p->percent = (int)(p->items_done * 100 / p->items_total);
	if (p->percent > 99)
		p->percent = 99; /* 100 is said when it is over */
	if (m->nphases > 0 && p->items_done <= p->items_total)
		p->eta_seconds =
			seconds_left(m, m->phases[m->nphases - 1].items,
				     p->items_total - p->items_done);
}

char *meter_phases_json(const struct meter *m)
{
	json_t *list = json_array();
	char *text;

	for (unsigned i = 0; i < m->nphases; i++) {
		const struct meter_phase *p = &m->phases[i];
		json_t *one = json_pack("{s:s,s:f,s:I}", "name", p->name,
					"seconds", (double)p->ms / 1000.0,
					"bytes", (json_int_t)p->bytes);

		(void)json_array_append_new(list, one);
	}
	text = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(list);
	return text;
}

static json_t *or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

char *progress_json(const struct job_progress *p)
{
	json_t *json = json_pack(
		"{s:s,s:I,s:I,s:I,s:I,s:o,s:I,s:o}", "phase", p->phase,
		"bytes_read", (json_int_t)p->bytes_read, "bytes_stored",
		(json_int_t)p->bytes_stored, "items_done",
		(json_int_t)p->items_done, "items_total",
		(json_int_t)p->items_total, "percent", or_null(p->percent),
		"bytes_per_second", (json_int_t)p->bytes_per_second,
		"eta_seconds", or_null(p->eta_seconds));
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}
