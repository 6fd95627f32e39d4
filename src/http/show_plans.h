/* show_plans.h - plans as the API shows them: every member, null where
 * nothing. */
#ifndef COFFER_HTTP_SHOW_PLANS_H
#define COFFER_HTTP_SHOW_PLANS_H

#include <jansson.h>
#include <stdint.h>

#include "catalog/expiry.h"
#include "catalog/due.h"
#include "catalog/plans.h"
#include "model/timer.h"

struct zone;

enum { PLAN_NEXT_RUNS = 5 };

/* Shows many plans at one moment; keeps the zone that was read last, since
 * most plans share one. */
struct plan_shower {
	int64_t now_ms;
	struct zone *zone;
	char zone_name[TIMER_ZONE_MAX];
};

void plan_shower_init(struct plan_shower *s, int64_t now_ms);
void plan_shower_fini(struct plan_shower *s);

/* Returns a new value, or NULL when there is no memory; caller releases. So
 * do those below. */
json_t *plan_shower_show(struct plan_shower *s, const struct plan_record *r);

/* One, as it is now. */
json_t *show_plan(const struct plan_record *r);

/* When a backup goes, or why it stays. */
json_t *show_expiry(const struct backup_record *b, enum retention_verdict v);

/* What was decided about a due time. */
json_t *show_plan_run(const struct plan_run *run);

#endif
