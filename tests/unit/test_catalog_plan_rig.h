/* test_catalog_plan_rig.h - the calls of plans and retention as plain
 * functions, each with its answer in r->a. */
#ifndef COFFER_TESTS_UNIT_TEST_CATALOG_PLAN_RIG_H
#define COFFER_TESTS_UNIT_TEST_CATALOG_PLAN_RIG_H

#include "test_catalog_rig.h"

enum { RIG_DAY_MS = 86400000, RIG_RETENTION = 7 };

/* A daily plan of source "shop" to pool "store", next due at that time. */
bool rig_create_plan(struct rig *r, const char *name, int64_t next_due_at);

/* The same by a record. */
bool rig_add_plan(struct rig *r, const struct plan_record *p);
bool rig_update_plan(struct rig *r, const struct plan_record *p,
		     int64_t if_revision);
bool rig_get_plan(struct rig *r, const char *key);
bool rig_list_plans(struct rig *r, const struct catalog_query *q);
bool rig_delete_plan(struct rig *r, const char *key, bool with_backups);
bool rig_would_delete_plan(struct rig *r, const char *key);

/* Due times. */
bool rig_due(struct rig *r, int64_t until_ms);
bool rig_due_after(struct rig *r, int64_t until_ms, int64_t after_due_at,
		   const char *after_id);
bool rig_decide(struct rig *r, const struct plan_decision *d);
bool rig_execute(struct rig *r, const char *key, const char *description);
bool rig_runs(struct rig *r, const char *key);
bool rig_queued(struct rig *r);

/* Decides that the plan's next due time runs, and the next is a day later;
 * fails the test. The backup, unless it was merged, is r->a.backup. */
void rig_run_next(struct rig *r, const char *key);

/* A backup of the plan that has so many rows and is completed now; fails the
 * test. Its id into id. */
void rig_make_planned(struct rig *r, const char *key, unsigned rows,
		      char id[ID_MAX]);

/* Retention. */
bool rig_expiry(struct rig *r, const char *key, int64_t now_ms);
/* expire: the clock is believed; expire_after: the server ran for so long. */
bool rig_expire(struct rig *r, int64_t now_ms, unsigned limit);
bool rig_expire_after(struct rig *r, int64_t now_ms, int64_t ran_ms,
		      unsigned limit);
bool rig_release(struct rig *r, const char *key);

/* Sets held of a backup. */
bool rig_hold(struct rig *r, const char *id, bool is_held);

/* Rule 4: ids of plans, then of backups. */
bool rig_delete_source(struct rig *r, const char *key);
bool rig_would_delete_source(struct rig *r, const char *key);

#endif
