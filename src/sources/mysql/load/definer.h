/* definer.h - programs that belong to who restores them. */
#ifndef COFFER_SOURCES_MYSQL_DEFINER_H
#define COFFER_SOURCES_MYSQL_DEFINER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Writes the CREATE of a view, routine, trigger or event into out with
 * CURRENT_USER for the account at its head, as the server prints it there:
 * DEFINER=`app`@`%`, of programs made under ANSI_QUOTES DEFINER="app"@"%",
 * without quotes where the server was told so, of a role without a host.
 * Nothing behind the head is looked at; SQL SECURITY stays. False: no such
 * head, out is untouched.
 */
bool my_definer_replace(const char *sql, size_t len, struct text *out);

#endif
