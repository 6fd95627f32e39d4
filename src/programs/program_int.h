/* program_int.h - what calls and streams look at in a program. */
#ifndef COFFER_PROGRAMS_PROGRAM_INT_H
#define COFFER_PROGRAMS_PROGRAM_INT_H

#include "programs/helper.h"

/* What the helper itself answered in place of starting one ("list", "remove"),
 * from ended() on; NULL: it did not. Borrowed until program_free(). */
json_t *program_reply(const struct program *p);

/* "provision local", for sentences. Borrowed. */
const char *program_label(const struct program *p);

#endif
