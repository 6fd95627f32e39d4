/* scope.h - a scope of keys that is kept. */
#ifndef COFFER_SOURCES_REDIS_SCOPE_H
#define COFFER_SOURCES_REDIS_SCOPE_H

#include <stdbool.h>

#include "base/err.h"
#include "sources/address.h"

/* Copies numbers and keys. False: no memory; redis_scope_fini() is due even
 * then. */
bool redis_scope_copy(struct source_scope *to,
		      const struct source_scope *from) MUST_CHECK;

/* Frees what was copied. Fine on a zeroed one. */
void redis_scope_fini(struct source_scope *s);

#endif
