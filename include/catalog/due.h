/*
 * due.h - the catalog's due times of plans: which there are, how they are
 * decided, and what became of them. Rules of calls: catalog.h.
 *
 * A due time is decided in one transaction: the plan's next_due_at is moved
 * on (only if it still is what the caller saw), the decision is kept under the
 * unique key (plan, due instant), and the backup that is to run is queued. So
 * no due time is decided twice, and none is lost between decision and run.
 */
#ifndef COFFER_CATALOG_DUE_H
#define COFFER_CATALOG_DUE_H

#include "catalog/plans.h"

/* Which plans are asked for; copied. */
struct plan_due_query {
	int64_t until_ms;
	/* Behind this one, the last of the page before; 0 and "": from the
	 * first. So plans that stay due do not hide those behind them. */
	int64_t after_due_at;
	char after_id[ID_MAX];
};

/* Enabled timer plans with next_due_at <= until_ms, the earliest first, at
 * most 500; page->next unused, page->total: the earliest next_due_at of all
 * enabled ones after those (0: none). One look-up in an index. */
struct catalog_op *catalog_plan_due(struct catalog *c,
				    const struct plan_due_query *q,
				    catalog_plans_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

/*
 * A due time of the plan cannot be decided, and stays: why. Kept until it is,
 * or the timer is another; the plan is behind from that time on (rule 21).
 * Tells it as an event, once. Nobody waits for it; a failure is logged.
 */
void catalog_plan_trouble(struct catalog *c, const char *id, const char *why);

/*
 * Tells as events what has become of plans without anybody asking: "overdue",
 * and "active" again; "finished"; held by the brake of rule 14. Each once.
 * is_more: there is more than one call tells of; call again.
 */
typedef void catalog_news_cb(void *arg, bool is_more, const struct err *e);
struct catalog_op *catalog_plan_news(struct catalog *c, int64_t now_ms,
				     catalog_news_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/* How due times are decided. */
struct plan_decision {
	char plan_id[ID_MAX];
	int64_t expected_next_due_at; /* as read; else "conflict" */
	int64_t next_due_at;	      /* from now on; 0: none */
	int64_t run_due_at;	      /* the one that runs; 0: none does */
	bool is_catch_up;	      /* its backup's trigger; else timer */
	/* those before it that do not run by themselves: */
	int64_t missed_first_at, missed_last_at; /* 0: none */
	unsigned missed_count;
	bool is_missed_merged; /* into the run (else skipped) */
};

/*
 * Decides. A run becomes an automated backup, queued, named by
 * plan_backup_name(), with expires_at counted from its completion; a source
 * that is busy does not matter, it waits. If a backup of the plan is queued
 * already, the run is merged into that one, and done gets r NULL, e NULL, as
 * when nothing runs. Else r is the queued backup, which the caller has to
 * enqueue. unmet_due_at becomes the first of the due times that run or were
 * merged, if it was 0. A run_due_at that was decided before (the clock was set
 * back) does not run again; the plan moves on.
 */
struct catalog_op *catalog_plan_decide(struct catalog *c,
				       const struct plan_decision *d,
				       catalog_backup_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* What was decided about due times, the newest first (rule 21). */
struct plan_run {
	int64_t due_at, last_at; /* last_at: of a span of missed ones */
	unsigned count;
	char decision[8];	/* "run" "merged" "skipped" */
	char backup_id[ID_MAX]; /* of run and merged */
	int64_t decided_at;
};
typedef void catalog_plan_runs_cb(void *arg, const struct plan_run *list,
				  size_t n, const struct err *e);
struct catalog_op *catalog_plan_runs(struct catalog *c, const char *key,
				     unsigned limit, catalog_plan_runs_cb *done,
				     void *arg, struct err *e) MUST_CHECK;

/* Queued backups that no job of this process knows: those that were restarted
 * by catalog_recover(), in order. */
struct catalog_op *catalog_backup_queued(struct catalog *c,
					 catalog_backups_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

#endif
