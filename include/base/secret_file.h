/*
 * secret_file.h - secrets that lie in files of a folder of the server's and are
 * told by name. What is kept in their place is a reference, a text that no
 * secret can be: it begins with a control character.
 */
#ifndef COFFER_BASE_SECRET_FILE_H
#define COFFER_BASE_SECRET_FILE_H

#include <stdbool.h>

#include "base/err.h"

enum { SECRET_NAME_MAX = 64, SECRET_FILE_MAX = 64 * 1024 };

/* 1 to SECRET_NAME_MAX of A-Z a-z 0-9 . _ -, and no '.' at its beginning: so
 * it is one file in one folder, whatever it says. */
bool secret_name_is_right(const char *name);

/* The reference to the file of that name, which is right. Caller frees; NULL:
 * no memory. */
char *secret_ref_new(const char *name) MUST_CHECK;

/* Whether a text is a reference, or would be taken for one. NULL is none. */
bool secret_ref_is(const char *text);

/*
 * The secret itself, read at each call, so that a changed file counts at once:
 * the file's bytes without one newline at their end. Blocks for as long as a
 * small local file takes. dir: the folder, "" or NULL for none. Caller ends it
 * with secret_free(). NULL with *e filled, "secret_unavailable": no folder, no
 * such file, another owner than root or the process's user, a mode that lets
 * others read it, empty, longer than SECRET_FILE_MAX, with a NUL.
 */
char *secret_ref_read(const char *dir, const char *ref,
		      struct err *e) MUST_CHECK;

#endif
