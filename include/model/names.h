/* names.h - rules 5 and 6: what may be called what. Pure. */
#ifndef COFFER_MODEL_NAMES_H
#define COFFER_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { NAME_MAX_CHARS = 64, NAME_BUF = 65, DESCRIPTION_MAX_POINTS = 256 };

/* Rule 5 for backups: 4 to 64, first a letter, then letters, digits, '-' and
 * '_'; not shaped like an id. "invalid_name". */
bool name_check_backup(const char *name, struct err *e) MUST_CHECK;

/* Rule 5 for sources, pools, plans: 1 to 64, also '.'. "invalid_name". */
bool name_check_resource(const char *name, struct err *e) MUST_CHECK;

/* Rule 6; len bytes of UTF-8. "invalid_description". */
bool description_check(const char *text, size_t len, struct err *e) MUST_CHECK;

/* What two names must not share: ASCII lower case. */
void name_fold(const char *name, char out[NAME_BUF]);

#endif
