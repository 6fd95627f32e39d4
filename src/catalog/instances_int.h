/* instances_int.h - sources that are being made, in other transactions. */
#ifndef COFFER_CATALOG_INSTANCES_INT_H
#define COFFER_CATALOG_INSTANCES_INT_H

#include "catalog/catalog_int.h"

/* Adds the source that a restore makes: r->target_name and r->provider are
 * given, r->target_id is made; what it is is the backup's. "invalid_name",
 * "name_taken". */
bool instance_add(struct db *db, struct restore_record *r,
		  const struct backup_record *b, struct err *e) MUST_CHECK;

/* The restore that makes it ends as r->status says: it is whole, or gone, or
 * left for a sweep. */
bool instance_finish(struct catalog *c, const struct restore_record *r,
		     struct err *e) MUST_CHECK;

/* Nobody may use what is not whole: "source_busy". */
bool instance_check_whole(struct db *db, const char *source_id,
			  struct err *e) MUST_CHECK;

/* Rule 4, parts of catalog_source_delete(): what stands against it; and the
 * end of the source, its plans and those of its automated backups that nobody
 * holds or uses. */
bool source_check_free(struct db *db, const char *id, struct err *e) MUST_CHECK;
bool source_drop(struct db *db, const char *id, struct err *e) MUST_CHECK;

#endif
