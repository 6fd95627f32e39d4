/* id.h - ids: a prefix and a ULID, sortable by the time of their making. */
#ifndef COFFER_BASE_ID_H
#define COFFER_BASE_ID_H

#include <stdbool.h>

#include "base/err.h"

enum { ID_MAX = 32 }; /* longest prefix "plan_", 26 characters, NUL */

/*
 * Writes PREFIX_ + 26 characters (ULID: 48 bits of milliseconds, 80 random
 * bits, Crockford's base 32). Later calls give greater ids within a process.
 * Thread-safe. prefix without the underscore: "src" "pool" "bak" ...
 */
void id_new(char out[ID_MAX], const char *prefix);

/* True when s is any prefix of ours followed by 26 base-32 characters. */
bool id_is_shaped(const char *s);

/* True when s is an id of that kind. */
bool id_has_prefix(const char *s, const char *prefix);

#endif
