/* show.h - records as the API shows them: every member, null where nothing. */
#ifndef COFFER_HTTP_SHOW_H
#define COFFER_HTTP_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/catalog.h"
#include "jobs/jobs.h"
#include "model/records.h"
#include "model/runs.h"

/* All return a new value, or NULL when there is no memory; caller releases. */

/* RFC 3339, or null for 0. */
json_t *show_time(int64_t at_ms);

/* A string, or null for NULL and "". */
json_t *show_text(const char *s);

/* JSON that was kept as text; null for NULL. */
json_t *show_json(const char *text);

/* The same with something else for NULL (taken). */
json_t *show_json_or(const char *text, json_t *otherwise);

/* {"set":true}, or null. */
json_t *show_secret(bool is_set);

/* {"id","name"} */
json_t *show_ref(const char *id, const char *name);

/* What would go: {"id","name","stored_bytes"} */
json_t *show_doomed(const char *id, const char *name, uint64_t stored_bytes);

/* {"items","next","total"}; takes items. */
json_t *show_page(json_t *items, const struct catalog_page *page);

/* The methods of an engine's kind; NULL: none. */
struct source_kind;
json_t *show_methods(const struct source_kind *kind);

json_t *show_source(const struct source_record *r);
json_t *show_pool(const struct pool_record *r);

/* server_id: ours, to tell whose it is. */
json_t *show_backup(const struct backup_record *r, const char *server_id);
json_t *show_restore(const struct restore_record *r);

/* What a check of a restore found. */
json_t *show_restore_report(const struct jobs_restore_report *r);

/* now: how far it is, or NULL: as it was kept at the end. */
json_t *show_job(const struct job_record *r, const struct job_progress *now);

struct event_record;
json_t *show_event(const struct event_record *r);

/* How far a job is. */
json_t *show_progress(const struct job_progress *p);

/* What a probe of a store found, as pools keep it. */
struct store_capabilities;
json_t *show_capabilities(const struct store_capabilities *c);

#endif
