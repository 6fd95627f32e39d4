/* names.h - the names in a folder, sorted by their bytes. On a worker. */
#ifndef COFFER_SOURCES_FILES_NAMES_H
#define COFFER_SOURCES_FILES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Some 30 bytes for a name: there may be a million of them in one folder. Zero
 * it to begin with. */
struct names {
	char *bytes; /* of each the type (DT_REG ...) and the name, with NUL */
	size_t len, cap;
	uint32_t *starts; /* of the types, in order of the names */
	size_t n, room;
};

/* Reads them all, but for "." and "..". fd: a folder, open for reading; it
 * stays open. Returns 0, or the errno of what failed (E2BIG: more than 4 GiB of
 * names). names_fini() ends it in any case. */
int names_read(struct names *names, int fd) MUST_CHECK;

/* One of them; *type is DT_UNKNOWN where the file system does not tell. Valid
 * until names_fini(). */
const char *names_at(const struct names *names, size_t i, unsigned char *type);

/* Frees what it holds and zeroes it. */
void names_fini(struct names *names);

#endif
