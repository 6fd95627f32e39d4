/* places.h - folders beneath configured ones, opened so that no link and no
 * ".." leads out of them. */
#ifndef COFFER_HELPER_PLACES_H
#define COFFER_HELPER_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct folder_list;

/* Opens a folder beneath one of the list's, never one of them itself. Returns a
 * descriptor; -1 with *e filled, "program_refused". */
int place_open(const struct folder_list *roots, const char *path,
	       struct err *e) MUST_CHECK;

/* Makes a folder beneath one of the list's, for nobody else to enter; the one
 * above it must be there, and it may be, too. False with *e filled. */
bool place_make(const struct folder_list *roots, const char *path,
		struct err *e) MUST_CHECK;

/* Removes a folder beneath one of the list's with all that is in it; fine when
 * there is none. Links are removed, not followed; what is mounted in there
 * stays and fails it. */
bool place_remove(const struct folder_list *roots, const char *path,
		  struct err *e) MUST_CHECK;

enum { SCRATCH_PATH_MAX = 64 };

/* Makes an empty folder that nobody else may enter; -1 with *e filled. */
int scratch_make(char path[SCRATCH_PATH_MAX], struct err *e) MUST_CHECK;

/* Removes it with all that is in it; a complaint goes to the log. */
void scratch_remove(const char *path);

#endif
