/* trust.h - whose files are believed. */
#ifndef COFFER_HELPER_TRUST_H
#define COFFER_HELPER_TRUST_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * Whether nobody but root and who runs the helper can change what lies at an
 * absolute path: the file itself, each link and each folder on the way to it
 * belong to one of them and no others may write there (in folders like /tmp
 * they may: nobody can put another file in place of one there). is_program: it
 * must be executable, too. Returns a descriptor, open for reading, and in real,
 * unless it is NULL, the path without links, which is what to run; -1 with *e
 * filled: ERR_NOT_FOUND when there is none, else what is wrong with it.
 */
int trust_open(const char *path, bool is_program, char real[PATH_MAX],
	       struct err *e) MUST_CHECK;

/* The same of a folder, for all that is opened beneath it (O_PATH). */
int trust_open_folder(const char *path, struct err *e) MUST_CHECK;

#endif
