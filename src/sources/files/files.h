/* files.h - trees of files as a kind of source. */
#ifndef COFFER_SOURCES_FILES_FILES_H
#define COFFER_SOURCES_FILES_FILES_H

#include "sources/kinds.h"

/* The engine "files". */
const struct source_kind *files_kind(void);

/* The calls of its entry; kinds.h says what they are. The version is the name
 * of the file system. */
struct source_op *files_probe(const struct source_env *env,
			      const struct source_address *a,
			      source_probe_cb *done, void *arg, struct err *e);

/* dump.h says what it is. */
struct dump *files_dump_new(const struct source_env *env,
			    const struct dump_config *c, struct err *e);

#endif
