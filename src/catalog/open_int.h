/* open_int.h - opening with tables other than the server's, for tests. */
#ifndef COFFER_CATALOG_OPEN_INT_H
#define COFFER_CATALOG_OPEN_INT_H

#include "catalog/catalog_int.h"
#include "catalog/migrate_int.h"

/* catalog_open() for a schema; s is borrowed during the call. */
struct catalog *catalog_open_schema(struct loop *l,
				    const struct catalog_config *config,
				    struct schema s, struct err *e) MUST_CHECK;

#endif
