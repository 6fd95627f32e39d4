/* keys.h - which keys are wanted: database numbers and patterns of names. */
#ifndef COFFER_SOURCES_REDIS_KEYS_H
#define COFFER_SOURCES_REDIS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/address.h"

/*
 * Whether a glob pattern, as KEYS takes it (* ? [a-z] [^a] \x), fits a name of
 * any bytes, case-sensitive. Linear in the name for each '*': a hostile
 * pattern cannot make it exponential.
 * https://redis.io/docs/latest/commands/keys/
 */
bool redis_glob_fits(const char *pattern, const char *name, size_t len);

/* NULL scope: all. */
bool redis_scope_has_database(const struct source_scope *s, uint32_t database);
bool redis_scope_has_key(const struct source_scope *s, uint32_t database,
			 const char *name, size_t len);

/* All keys of all databases. */
bool redis_scope_is_whole(const struct source_scope *s);

#endif
