/*
 * member.h - one member of a pax archive, as its headers tell it. Pure.
 *
 * Read are what the backup of a file tree writes: ustar headers with pax
 * extended headers before them (POSIX.1-2017, pax, "ustar Interchange Format",
 * "pax Header Block"), SCHILY.xattr.*, SCHILY.acl.*, and sparse files of
 * format 1.0 (GNU tar manual, "Storing Sparse Files"). All that was written by
 * somebody else, and whoever wrote it may have wanted us to write elsewhere.
 */
#ifndef COFFER_SOURCES_FILES_LOAD_MEMBER_H
#define COFFER_SOURCES_FILES_LOAD_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { TAR_BLOCK = 512 };

enum member_type {
	MEMBER_FILE,
	MEMBER_FOLDER,
	MEMBER_SYMLINK,
	MEMBER_HARDLINK,
	MEMBER_FIFO,
	MEMBER_DEVICE,
};

/* An extended attribute, ACLs among them, in the form of setxattr(2). */
struct member_attr {
	char *name;
	void *value;
	size_t len;
};

struct member {
	enum member_type type;
	char *path;    /* relative, no slash at its ends, no "." or ".." in it;
			* "": the top folder itself */
	char *target;  /* of a symlink as it is, of a hard link a path as above;
			* else NULL */
	uint32_t mode; /* the 12 bits of chmod(2) */
	uint32_t uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size;	 /* of the file */
	uint64_t stored; /* bytes that follow its headers, without padding */
	bool is_sparse;	 /* they begin with a map of what is no hole */
	struct member_attr *attrs;
	size_t nattrs;
};

/* Whether a block is a header: its checksum is right. */
bool tar_block_is_header(const unsigned char block[TAR_BLOCK]);

/* Its type flag, and the size that it tells itself. False: no number. */
char tar_block_type(const unsigned char block[TAR_BLOCK]);
bool tar_block_size(const unsigned char block[TAR_BLOCK],
		    uint64_t *bytes) MUST_CHECK;

/*
 * Reads the header of a member and the pax records before it (NULL: none). *m
 * is filled only on success; member_fini() ends it. False: "damaged_backup",
 * also of paths that would lead out of the folder.
 */
bool member_parse(struct member *m, const unsigned char block[TAR_BLOCK],
		  const char *pax, size_t pax_len, struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void member_fini(struct member *m);

/* The same path without what a path may have at its ends. Caller frees; NULL
 * with *e: "damaged_backup" when it is absolute or has ".." in it. */
char *member_path(const char *raw, struct err *e) MUST_CHECK;

/*
 * Reads an ACL as text ("user::rw-,user:lisa:r--:1000,mask::r--", with blanks
 * or new lines in place of commas as well) into the value of
 * system.posix_acl_access or _default (linux/posix_acl_xattr.h). Caller frees.
 * NULL with *e: "damaged_backup".
 */
void *member_acl(const char *text, size_t len, size_t *value_len,
		 struct err *e) MUST_CHECK;

#endif
