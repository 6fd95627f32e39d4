/* pools.h - the catalog's storage pools. Rules of calls: catalog.h. */
#ifndef COFFER_CATALOG_POOLS_H
#define COFFER_CATALOG_POOLS_H

#include "catalog/catalog.h"

typedef void catalog_pool_cb(void *arg, const struct pool_record *r,
			     const struct err *e);
typedef void catalog_pools_cb(void *arg, const struct pool_record *list,
			      const struct catalog_page *page,
			      const struct err *e);

/* A new pool: id, revision and times are made. "name_taken". */
struct catalog_op *catalog_pool_create(struct catalog *c,
				       const struct pool_record *r,
				       catalog_pool_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* One, by id or name. with_secret: r->secret and identity are opened.
 * "not_found". */
struct catalog_op *catalog_pool_get(struct catalog *c, const char *key,
				    bool with_secret, catalog_pool_cb *done,
				    void *arg, struct err *e) MUST_CHECK;

/* Filters: q status storage_type. */
struct catalog_op *catalog_pool_list(struct catalog *c,
				     const struct catalog_query *q,
				     catalog_pools_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/* Sets name, remarks, config, secret and identity (NULL: unchanged, "": none),
 * part_bytes, recipients of r->id; if_revision as for sources. "name_taken"
 * "not_found". */
struct catalog_op *catalog_pool_update(struct catalog *c,
				       const struct pool_record *r,
				       int64_t if_revision,
				       catalog_pool_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Keeps what a probe found: capabilities, is_reachable, reason, probed_at. */
struct catalog_op *catalog_pool_probed(struct catalog *c,
				       const struct pool_record *r,
				       catalog_done_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Rule 16: "pool_in_use" while plans refer to it or jobs use it; with live
 * backups in it, "confirm_required" unless confirm is its name; then they leave
 * the list. Touches no object. */
struct catalog_op *catalog_pool_delete(struct catalog *c, const char *key,
				       const char *confirm,
				       catalog_done_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

#endif
