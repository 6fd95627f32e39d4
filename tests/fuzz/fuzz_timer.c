/*
 * fuzz_timer.c - timers, cron lines and scopes as clients give them: what is
 * taken is written so that it reads the same, and due times only rise.
 *
 * make check runs it over tests/data/timer (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "model/plan.h"
#include "model/scope.h"
#include "model/timer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const zones[] = {"Europe/Berlin", "Australia/Lord_Howe"};

/* Without that zone's file there is nothing to be said. */
static void check_zone(const struct timer *t, const char *name)
{
	struct err e = {0};
	struct zone *z = zone_open(NULL, name, &e);
	int64_t at = INT64_C(1700000000), due;

	for (unsigned i = 0; z != NULL && i < 4; i++) {
		if (!timer_next(t, z, at, &due))
			break;
		if (due <= at)
			abort();
		at = due;
	}
	zone_free(z);
}

static void check_same(const struct timer *t)
{
	const char *pointer = NULL;
	char *once = timer_format(t), *twice, words[TIMER_TEXT_MAX];
	struct timer again;
	struct err e = {0};

	if (once == NULL || !timer_parse(&again, once, &pointer, &e))
		abort();
	twice = timer_format(&again);
	if (twice == NULL || strcmp(once, twice) != 0 ||
	    strlen(timer_words(t, words)) >= TIMER_TEXT_MAX)
		abort();
	free(once);
	free(twice);
}

static void check_timer(const char *text)
{
	const char *pointer = NULL;
	struct timer t;
	struct err e = {0};

	if (!timer_parse(&t, text, &pointer, &e)) {
		if (pointer == NULL || e.api[0] == '\0' || e.msg[0] == '\0')
			abort();
		return;
	}
	check_same(&t);
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		check_zone(&t, zones[i]);
}

static void check_cron(const char *text)
{
	struct timer t = {.cycle = TIMER_CRON};
	struct err e = {0};

	if (cron_parse(&t.cron, text, &e) == err_is(&e))
		abort();
	if (!err_is(&e))
		check_zone(&t, zones[0]);
}

static void check_scope(const char *text)
{
	for (unsigned form = 0; form <= SCOPE_OF_ANY; form++) {
		struct scope s = {0};
		struct err e = {0};
		bool is_whole;

		if (scope_parse(&s, text, (enum scope_form)form, &e)) {
			(void)scope_is_whole(&s);
			(void)scope_has_database(&s, "shop", &is_whole);
			(void)scope_has_table(&s, "shop", "a.b`c");
		} else if (e.api[0] == '\0') {
			abort();
		}
		scope_fini(&s);
	}
}

static void check_drill(const char *text)
{
	struct plan_drill d = {0};
	struct err e = {0};

	if (plan_drill_parse(&d, text, &e) == err_is(&e))
		abort();
	plan_drill_fini(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	copy[len] = '\0';
	check_timer(copy);
	check_cron(copy);
	check_scope(copy);
	check_drill(copy);
	free(copy);
	return 0;
}
