/* handlers.h - one function per route; see request_int.h for their rules. */
#ifndef COFFER_HTTP_HANDLERS_H
#define COFFER_HTTP_HANDLERS_H

struct request;

/* sources.c, sources_write.c, sources_update.c, sources_delete.c */
void sources_list(struct request *r);	   /* GET /v1/sources */
void sources_create(struct request *r);	   /* POST: probe, then save */
void sources_check(struct request *r);	   /* POST /test: save nothing */
void sources_get(struct request *r);	   /* GET /{id} */
void sources_update(struct request *r);	   /* PATCH /{id} */
void sources_delete(struct request *r);	   /* DELETE /{id}: rule 4 */
void sources_test(struct request *r);	   /* POST /{id}/test */
void sources_databases(struct request *r); /* GET /{id}/databases */
void sources_tables(struct request *r);	   /* GET .../{db}/tables */

/* pools.c, pools_write.c, pools_update.c, pools_delete.c */
void pools_list(struct request *r);   /* GET /v1/pools */
void pools_create(struct request *r); /* POST: bind (rule 15) */
void pools_get(struct request *r);    /* GET /{id} */
void pools_update(struct request *r); /* PATCH /{id} */
void pools_delete(struct request *r); /* DELETE /{id}: unbind (rule 16) */
void pools_test(struct request *r);   /* POST /{id}/test */

/* adopt.c, takeover.c */
void pools_adopt(struct request *r);	/* POST /v1/pools/{id}/adopt: rule 17 */
void pools_takeover(struct request *r); /* POST /v1/pools/{id}/takeover */

/* plans.c, plans_write.c, plans_delete.c, plans_runs.c */
void plans_list(struct request *r);    /* GET /v1/plans */
void plans_create(struct request *r);  /* POST */
void plans_get(struct request *r);     /* GET /{id} */
void plans_update(struct request *r);  /* PATCH /{id}: rule 22 */
void plans_delete(struct request *r);  /* DELETE /{id}: rule 20 */
void plans_execute(struct request *r); /* POST /{id}/execute: rule 19 */
void plans_backups(struct request *r); /* GET /{id}/backups */
void plans_runs(struct request *r);    /* GET /{id}/runs: rule 21 */
void plans_expiry(struct request *r);  /* GET /{id}/expiry: rule 14 */
void plans_release(struct request *r); /* POST /{id}/release: rule 14 */

/* backups.c, backups_write.c, backups_batch.c, verify.c */
void backups_list(struct request *r);	/* GET /v1/backups */
void backups_create(struct request *r); /* POST: a manual one */
void backups_get(struct request *r);	/* GET /{id} */
void backups_update(struct request *r); /* PATCH /{id} */
void backups_delete(struct request *r); /* DELETE /{id}: rule 13 */
void backups_cancel(struct request *r); /* POST /{id}/cancel: rule 12 */
void backups_verify(struct request *r);
void backups_drill(struct request *r);	      /* POST /{id}/drill */
void backups_contents(struct request *r);     /* GET /{id}/contents */
void backups_manifest(struct request *r);     /* GET /{id}/manifest */
void backups_batch_delete(struct request *r); /* POST /batch-delete */

/* restores.c, restores_write.c */
void restores_list(struct request *r);	 /* GET /v1/restores */
void restores_create(struct request *r); /* POST */
void provisioners_list(struct request *r);
void restores_check(struct request *r);	 /* POST /check: queues nothing */
void restores_get(struct request *r);	 /* GET /{id} */
void restores_cancel(struct request *r); /* POST /{id}/cancel */

/* jobs.c */
void jobs_list_all(struct request *r); /* GET /v1/jobs */
void jobs_get(struct request *r);      /* GET /{id}, ?wait= */
void jobs_log(struct request *r);      /* GET /{id}/log */
void jobs_stop_one(struct request *r); /* POST /{id}/cancel */

/* timers.c */
void timers_preview(struct request *r); /* POST /v1/timers/preview */

/* tokens.c */
void tokens_list(struct request *r);   /* GET /v1/tokens */
void tokens_create(struct request *r); /* POST: the token, once */
void tokens_delete(struct request *r); /* DELETE /{id} */

/* events.c, events_stream.c */
void events_list(struct request *r); /* GET /v1/events, also as a stream */

/* statistics.c */
void statistics_get(struct request *r); /* GET /v1/statistics */

/* login.c */
void sessions_create(struct request *r); /* POST /v1/sessions */
void sessions_get(struct request *r);	 /* GET: who am I */
void sessions_delete(struct request *r); /* DELETE: ends the own one */

/* console.c */
void console_index(struct request *r); /* GET / */
void console_docs(struct request *r);  /* GET /docs */
void console_get(struct request *r);   /* GET /console/{path} */

/* system.c, metrics.c */
void system_get(struct request *r);	/* GET /v1/system */
void system_metrics(struct request *r); /* GET /metrics */
void system_health(struct request *r);	/* GET /healthz */
void system_ready(struct request *r);	/* GET /readyz */
void system_openapi(struct request *r); /* GET /openapi.json */

#endif
