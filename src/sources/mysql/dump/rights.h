/* rights.h - whether the account can see all that a backup must hold. */
#ifndef COFFER_SOURCES_MYSQL_RIGHTS_H
#define COFFER_SOURCES_MYSQL_RIGHTS_H

#include "base/err.h"
#include "sources/mysql/grants.h"
#include "sources/mysql/dump/objects.h"

/* Before the databases are listed: a whole server needs a right on all, for
 * the list leaves out what the account may not see. "access_denied". */
bool my_rights_check_server(const struct my_grants *g,
			    const struct my_objects *o,
			    struct err *e) MUST_CHECK;

/* Per database or table in scope, as far as they are known: before the tables
 * are listed, and after. Names the first right that is missing. */
bool my_rights_check(const struct my_grants *g, const struct my_objects *o,
		     struct err *e) MUST_CHECK;

#endif
