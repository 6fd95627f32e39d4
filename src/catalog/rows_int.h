/* rows_int.h - what calls take and give: records, and who is told. */
#ifndef COFFER_CATALOG_ROWS_INT_H
#define COFFER_CATALOG_ROWS_INT_H

#include "catalog/adopted.h"
#include "catalog/backups.h"
#include "catalog/restores.h"
#include "catalog/catalog.h"
#include "catalog/claims.h"
#include "catalog/drills.h"
#include "catalog/due.h"
#include "catalog/events.h"
#include "catalog/expiry.h"
#include "catalog/jobs.h"
#include "catalog/packs.h"
#include "catalog/plans.h"
#include "catalog/pools.h"
#include "catalog/replies.h"
#include "catalog/sources.h"
#include "catalog/statistics.h"
#include "catalog/usage.h"

/* Records going in or coming out: at most one of the lists is there. */
struct rows {
	struct source_record *sources;
	struct pool_record *pools;
	struct backup_record *backups;
	struct restore_record *restores;
	struct job_record *jobs;
	struct token_record *tokens;
	struct plan_record *plans;
	struct plan_run *runs;
	enum retention_verdict *verdicts; /* beside backups, n of them */
	struct event_record *events;
	char **event_texts; /* what the strings of each lie in */
	size_t n;
};

union call_cb {
	catalog_done_cb *done;
	catalog_source_cb *source;
	catalog_sources_cb *sources;
	catalog_pool_cb *pool;
	catalog_pools_cb *pools;
	catalog_backup_cb *backup;
	catalog_backups_cb *backups;
	catalog_restore_cb *restore;
	catalog_restores_cb *restores;
	catalog_job_cb *job;
	catalog_jobs_cb *jobs;
	catalog_log_cb *log;
	catalog_tokens_cb *tokens;
	catalog_events_cb *events;
	catalog_reply_cb *reply;
	catalog_usage_cb *usage;
	catalog_statistics_cb *statistics;
	catalog_plan_cb *plan;
	catalog_plans_cb *plans;
	catalog_plan_runs_cb *plan_runs;
	catalog_news_cb *news;
	catalog_claim_cb *claim;
	catalog_drill_cb *drill;
	catalog_retention_cb *retention;
	catalog_doomed_cb *doomed;
	catalog_unread_cb *unread;
	catalog_packs_cb *packs;
};

#endif
