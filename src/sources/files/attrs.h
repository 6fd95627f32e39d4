/*
 * attrs.h - extended attributes and ACLs of a file, as records of a pax header:
 * SCHILY.acl.access and SCHILY.acl.default as text, with numbers for users and
 * groups, all others as SCHILY.xattr.NAME with their bytes. On a worker.
 */
#ifndef COFFER_SOURCES_FILES_ATTRS_H
#define COFFER_SOURCES_FILES_ATTRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { ATTRS_MAX_BYTES = 512 * 1024 }; /* of all of one file */

/* Appends the records of what fd is open on; fd -1: of name in folder, not
 * following a link. A file system that knows none has none. Returns 0, or the
 * errno of what failed (E2BIG: more than ATTRS_MAX_BYTES, ENOMEM); out may then
 * hold some of them. */
int attrs_read(int fd, int folder, const char *name,
	       struct text *out) MUST_CHECK;

/* An ACL as the kernel gives it (linux/posix_acl_xattr.h) as text:
 * "user::rw-,user:1000:r--,group::r--,mask::r--,other::---". False: it is none.
 * Pure. */
bool attrs_acl_text(const unsigned char *acl, size_t len, struct text *out);

#endif
