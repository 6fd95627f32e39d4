/* drill_form.c - reads a plan's drills from a body. */
#include "http/drill_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "http/backup_form.h"
#include "http/fields.h"
#include "http/timer_form.h"

void drill_form_means(struct form *f, const char **provider, char **options)
{
	const json_t *given;

	*provider = field_setting(f, "provider", FORM_OPTIONAL);
	given = form_json(f, "options", JSON_OBJECT, FORM_OPTIONAL);
	if (options != NULL)
		*options = given != NULL ? form_dump(f, given) : NULL;
}

static bool add_copy(json_t *to, const struct form *from, const char *name)
{
	json_t *value = json_object_get(from->object, name);

	return value == NULL || json_is_null(value) ||
	       json_object_set(to, name, value) == 0;
}

/* As every timer is kept. */
static bool add_timer(json_t *to, const struct timer *t)
{
	char *text = timer_format(t);
	json_t *timer = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return timer != NULL && json_object_set_new(to, "timer", timer) == 0;
}

static void keep(struct drill_form *out, struct form *f)
{
	out->json = json_object();
	if (out->json == NULL || !add_timer(out->json, &out->timer) ||
	    !add_copy(out->json, f, "provider") ||
	    !add_copy(out->json, f, "options"))
		f->faults->is_broken = true;
}

void drill_form_read(struct form *options, struct drill_form *out)
{
	const char *provider;
	struct form f;

	if (!form_open(options, "drill", FORM_OPTIONAL, &f))
		return;
	drill_form_means(&f, &provider, NULL);
	if (timer_from_body(&f, FORM_REQUIRED, &out->timer, &out->zone))
		keep(out, &f);
	form_end(&f);
}

void drill_form_fini(struct drill_form *out)
{
	zone_free(out->zone);
	json_decref(out->json);
	memset(out, 0, sizeof(*out));
}

int64_t drill_form_next(struct form *f, const struct drill_form *d,
			int64_t now_ms, bool is_new)
{
	int64_t due_s;

	if (d->zone == NULL)
		return 0;
	if (timer_next(&d->timer, d->zone, now_ms / 1000, &due_s))
		return due_s * 1000;
	if (is_new)
		faults_add(f->faults, "/options/drill/timer", "invalid_timer",
			   "%s",
			   d->timer.cycle == TIMER_ONCE
				   ? "the time of this timer is over: give one "
				     "that is to come"
				   : "there is no day that fits this timer");
	return 0;
}

void drill_form_strip(json_t *options)
{
	json_t *drill = json_object_get(options, "drill");
	json_t *timer = json_object_get(drill, "timer"), *value;
	const char *name;
	void *next;

	json_object_foreach_safe(timer, next, name, value)
	{
		if (json_is_null(value))
			(void)json_object_del(timer, name);
	}
}
