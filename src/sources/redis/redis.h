/* redis.h - Redis and Valkey as a kind of source. */
#ifndef COFFER_SOURCES_REDIS_REDIS_H
#define COFFER_SOURCES_REDIS_REDIS_H

#include "sources/kinds.h"

/* The engine "redis". */
const struct source_kind *redis_kind(void);

/* The calls of its entry; kinds.h says what they are. */
struct source_op *redis_probe(const struct source_env *env,
			      const struct source_address *a,
			      source_probe_cb *done, void *arg, struct err *e);
struct source_op *redis_names(const struct source_env *env,
			      const struct source_address *a,
			      const struct source_names_query *q,
			      source_names_cb *done, void *arg, struct err *e);

/* A dump and a load; dump.h and load.h say what they are. */
struct dump *redis_dump_new(const struct source_env *env,
			    const struct dump_config *c, struct err *e);
struct load *redis_load_new(const struct source_env *env,
			    const struct load_config *c, struct err *e);

#endif
