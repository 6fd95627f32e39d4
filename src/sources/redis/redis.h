/* redis.h - Redis and Valkey as a kind of source. */
#ifndef COFFER_SOURCES_REDIS_REDIS_H
#define COFFER_SOURCES_REDIS_REDIS_H

#include "sources/kinds.h"

/* The engine "redis". */
const struct source_kind *redis_kind(void);

/* A dump and a load; dump.h and load.h say what they are. */
struct dump *redis_dump_new(const struct source_env *env,
			    const struct dump_config *c, struct err *e);
struct load *redis_load_new(const struct source_env *env,
			    const struct load_config *c, struct err *e);

#endif
