/* migrate_int.h - from the version of the file to the version of the server. */
#ifndef COFFER_CATALOG_MIGRATE_INT_H
#define COFFER_CATALOG_MIGRATE_INT_H

#include "catalog/db_int.h"

/* steps[n] leads from version n to n + 1; version is how many there are. */
struct schema {
	const char *const *steps;
	unsigned version;
};

/* What this server knows. */
struct schema schema_current(void);

/*
 * Refuses a file that is no catalog or a newer one, and changes nothing then.
 * Brings an older one to s.version, each step in one transaction, after it
 * was copied whole to PATH.vN (N: its version; synced to disk).
 */
bool migrate(struct db *db, const char *path, struct schema s,
	     struct err *e) MUST_CHECK;

#endif
