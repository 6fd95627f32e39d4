/* file.h - a file that declares pools, sources and plans. */
#ifndef COFFER_CTL_DECLARED_FILE_H
#define COFFER_CTL_DECLARED_FILE_H

#include <jansson.h>

#include "base/err.h"

/*
 * Reads the file ("-": standard input), checks that it has no other sections,
 * and that each resource is an object with a name of its own, and puts in the
 * place of secrets {"file":"PATH"} what is in these files (private_file.h).
 * NULL with *e filled ("usage"); declared_forget() ends it.
 */
json_t *declared_read(const char *path, struct err *e) MUST_CHECK;

/* Frees it; NULL is fine. */
void declared_forget(json_t *doc);

/* The name of the first member that is a secret {"set":true}, which says that
 * there is one without telling it; NULL: none. Borrowed. */
const char *declared_untold_secret(const json_t *resource);

#endif
