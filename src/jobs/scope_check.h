/* scope_check.h - rule 11: what a scope names must exist. */
#ifndef COFFER_JOBS_SCOPE_CHECK_H
#define COFFER_JOBS_SCOPE_CHECK_H

#include "model/scope.h"
#include "sources/kinds.h"

/* False with *e filled: "invalid_scope", naming the first that is missing.
 * source: its name, for the text. */
bool scope_has_databases(const struct scope *s, const struct source_name *names,
			 size_t n, const char *source,
			 struct err *e) MUST_CHECK;

/* The same for the tables that db names. */
bool scope_has_tables(const struct scope_database *db,
		      const struct source_name *names, size_t n,
		      const char *source, struct err *e) MUST_CHECK;

#endif
