/*
 * fuzz_forms.c - JSON bodies of what is made and changed, through the readers
 * of the room http: a body that is refused has a fault with a place, a code
 * and a sentence; one that is taken is again taken in the words of the server.
 *
 * make check runs it over tests/data/forms (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "http/body.h"
#include "http/plan_form.h"
#include "http/pool_form.h"
#include "http/source_form.h"
#include "http/timer_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { NOW_MS = 1000 };

static bool end(struct faults *f)
{
	bool is_good = f->n == 0 && !f->is_broken;

	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].code[0] == '\0' || f->list[i].detail[0] == '\0')
			abort();
	}
	if (f->n > 0) {
		json_t *told = faults_json(f);

		/* Also of text that is no UTF-8 there must be an answer. */
		if (told == NULL || faults_first(f) == NULL)
			abort();
		json_decref(told);
	}
	faults_fini(f);
	return is_good;
}

static void check_source(json_t *body)
{
	struct source_record r = {0}, tested = {0};
	struct faults faults = {0};
	struct form f;

	form_init(&f, body, "", &faults);
	source_form_read(&f, NULL, &r);
	form_end(&f);
	if (end(&faults) && (r.name[0] == '\0' || r.connection_json == NULL))
		abort();
	source_record_fini(&r);
	form_init(&f, body, "", &faults);
	source_form_read_test(&f, &tested);
	form_end(&f);
	(void)end(&faults);
	source_record_fini(&tested);
}

static void check_pool(json_t *body)
{
	struct pool_record r = {0};
	struct faults faults = {0};
	struct form f;

	form_init(&f, body, "", &faults);
	pool_form_read(&f, NULL, &r);
	form_end(&f);
	if (end(&faults) && (r.name[0] == '\0' || r.config_json == NULL ||
			     !pool_form_is_same(&r, &r)))
		abort();
	pool_record_fini(&r);
}

static bool read_plan(json_t *body, struct plan_form *p)
{
	struct faults faults = {0};
	struct form f;

	form_init(&f, body, "", &faults);
	plan_form_read(&f, p);
	if (faults.n == 0) {
		plan_form_schedule(&f, p, NOW_MS, true);
		plan_form_schedule_drill(&f, p, NOW_MS, true);
	}
	form_end(&f);
	return end(&faults);
}

static void check_plan(json_t *body)
{
	struct plan_form p = {0};
	json_t *base, *patch;

	if (read_plan(body, &p)) {
		base = plan_form_of(&p.plan);
		patch = json_deep_copy(body);
		if (base == NULL || patch == NULL ||
		    !plan_form_merge(base, patch))
			abort();
		json_decref(base);
		json_decref(patch);
	}
	plan_form_fini(&p);
}

static void check_timer(json_t *body)
{
	struct faults faults = {0};
	struct zone *z = NULL;
	struct timer t;
	struct form f;
	bool is_taken;

	form_init(&f, body, "", &faults);
	is_taken = timer_from_body(&f, FORM_REQUIRED, &t, &z);
	if (is_taken != (faults.n == 0) || is_taken != (z != NULL))
		abort();
	zone_free(z);
	(void)end(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + (len == 0));
	struct err e = {0};
	json_t *body;

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	body = body_parse(copy, len, &e);
	if ((body == NULL) != err_is(&e))
		abort();
	free(copy);
	if (body == NULL)
		return 0;
	check_source(body);
	check_pool(body);
	check_plan(body);
	check_timer(body);
	json_decref(body);
	return 0;
}
