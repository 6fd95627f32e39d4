/*
 * leave.h - statements of the account section that a restore leaves out:
 * rights outlive what they are on, but cannot be granted anew; and PROXY, which
 * root has on every server, is granted by those alone who have it.
 */
#ifndef COFFER_SOURCES_MYSQL_LEAVE_H
#define COFFER_SOURCES_MYSQL_LEAVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Whether a statement that the target refused with this number may be left
 * out: it grants something on a column, a table, a routine or a role that is
 * not there, or makes such a role a default one, or grants PROXY, which who
 * restores may not. Never one that takes rights
 * away, or that makes an account.
 */
bool my_may_leave_out(const char *sql, size_t len, unsigned number);

/*
 * Writes what was left out, "PROCEDURE `shop`.`p` for `app`@`%`" or "`role`
 * for ...": names only, nothing of what may follow the account (hashes). An
 * empty text: the statement cannot be read.
 */
void my_leave_out_brief(struct text *out, const char *sql, size_t len);

#endif
