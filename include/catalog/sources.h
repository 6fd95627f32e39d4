/* sources.h - the catalog's sources. Rules of calls: catalog.h. */
#ifndef COFFER_CATALOG_SOURCES_H
#define COFFER_CATALOG_SOURCES_H

#include "catalog/catalog.h"
#include "model/plan.h"
#include "model/runs.h"

typedef void catalog_source_cb(void *arg, const struct source_record *r,
			       const struct err *e);
typedef void catalog_sources_cb(void *arg, const struct source_record *list,
				const struct catalog_page *page,
				const struct err *e);

/* A new source: id, revision and times are made. "name_taken". */
struct catalog_op *catalog_source_create(struct catalog *c,
					 const struct source_record *r,
					 catalog_source_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* One, by id or name. with_secret: r->secret is opened. "not_found". */
struct catalog_op *catalog_source_get(struct catalog *c, const char *key,
				      bool with_secret, catalog_source_cb *done,
				      void *arg, struct err *e) MUST_CHECK;

/* Filters: q engine status. */
struct catalog_op *catalog_source_list(struct catalog *c,
				       const struct catalog_query *q,
				       catalog_sources_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Sets name, remarks, region, connection, secret (NULL: unchanged, "": none)
 * of r->id; if_revision 0: whatever it is, else ERR_CONFLICT "revision_changed"
 * (412). "name_taken" "not_found". */
struct catalog_op *catalog_source_update(struct catalog *c,
					 const struct source_record *r,
					 int64_t if_revision,
					 catalog_source_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* Keeps what a probe found: version, role, is_reachable, reason, probed_at
 * of r->id. No new revision. */
struct catalog_op *catalog_source_probed(struct catalog *c,
					 const struct source_record *r,
					 catalog_done_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* Rule 4, in one transaction: its plans go, its automated backups are marked
 * deleting (a sweep removes their objects), manual ones and those of other
 * servers stay. "source_busy" while a job runs on it or a backup of it is
 * queued; "backup_held" or "backup_in_use" when an automated one may not go. */
struct catalog_op *catalog_source_delete(struct catalog *c, const char *key,
					 catalog_done_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* What would go with it; valid during the call. */
struct catalog_doomed {
	const struct plan_record *plans;
	size_t nplans;
	const struct backup_record *backups;
	size_t nbackups;
};
typedef void catalog_doomed_cb(void *arg, const struct catalog_doomed *d,
			       const struct err *e);
struct catalog_op *catalog_source_would_delete(struct catalog *c,
					       const char *key,
					       catalog_doomed_cb *done,
					       void *arg,
					       struct err *e) MUST_CHECK;

#endif
