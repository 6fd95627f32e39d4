/* private_file.h - files that hold a secret. */
#ifndef COFFER_BASE_PRIVATE_FILE_H
#define COFFER_BASE_PRIVATE_FILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * Reads a file of at most max bytes, one that no stranger may read or change:
 * no right for others, no right to write for its group. Returns it with a NUL
 * behind, secret_free() ends it; NULL with *e filled ("usage").
 */
char *private_file_read(const char *path, size_t max, size_t *len,
			struct err *e) MUST_CHECK;

#endif
