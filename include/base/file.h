/* file.h - small files, whole: keys, tokens, configuration. Blocking. */
#ifndef COFFER_BASE_FILE_H
#define COFFER_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Reads a file of at most max bytes. Returns it NUL-terminated (caller
 * frees), *len without the NUL; NULL with *e filled (ERR_NOT_FOUND, ERR_IO). */
char *file_read(const char *path, size_t max, size_t *len,
		struct err *e) MUST_CHECK;

/*
 * Writes a file so that a power cut leaves the old or the new content whole:
 * a temporary name beside it, fsync, rename, fsync of the folder.
 */
bool file_write(const char *path, mode_t mode, const void *bytes, size_t len,
		struct err *e) MUST_CHECK;

/* Makes the folder and its parents (mode 0700); fine when it is there. */
bool file_make_dirs(const char *path, struct err *e) MUST_CHECK;

/* A file in the folder that has no name, to read and write, gone when it is
 * closed, whatever happens. Where the file system cannot do that it has one for
 * a moment, which begins with prefix. -1 with errno. */
int file_open_nameless(const char *folder, const char *prefix) MUST_CHECK;

/* fsync() of a folder, so that names in it survive a power cut. */
bool file_sync_dir(const char *path, struct err *e) MUST_CHECK;

#endif
