/* objects.h - buckets of S3 stores as a kind of source. */
#ifndef COFFER_SOURCES_OBJECTS_OBJECTS_H
#define COFFER_SOURCES_OBJECTS_OBJECTS_H

#include "sources/kinds.h"

/* The engine "objects". */
const struct source_kind *objects_kind(void);

/* The calls of its entry; kinds.h says what they are. The version is what the
 * store calls itself, "S3" when it does not say. */
struct source_op *objects_probe(const struct source_env *env,
				const struct source_address *a,
				source_probe_cb *done, void *arg,
				struct err *e);

/* dump.h says what it is. */
struct dump *objects_dump_new(const struct source_env *env,
			      const struct dump_config *c, struct err *e);

#endif
