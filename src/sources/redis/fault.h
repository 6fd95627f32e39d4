/* fault.h - what a server's error reply means to the rest of Coffer. */
#ifndef COFFER_SOURCES_REDIS_FAULT_H
#define COFFER_SOURCES_REDIS_FAULT_H

#include <stdbool.h>

#include "base/err.h"

/* What a backup's account may do, as ACL SETUSER takes it. */
#define REDIS_BACKUP_RIGHTS "+psync +replconf +ping +info +acl|whoami +role"

/*
 * Fills *e from an error reply (without its '-'): the code by its first word,
 * and "DOING: WORDS; what to do". right is what ACL SETUSER needs to be given
 * where it is missing ("+psync"), or NULL. Returns false.
 */
bool redis_fault(struct err *e, const char *words, const char *doing,
		 const char *right);

/* True when the account may not do it. */
bool redis_is_denial(const char *words);

/* True when the server does not know the command, or that use of it. */
bool redis_is_unknown(const char *words);

#endif
