/*
 * tar.h - reads the headers of a tar archive while it passes, cut anywhere:
 * what is in it, and whether it has an end. Formats: ustar, GNU (long names,
 * sparse files), pax
 * (https://www.gnu.org/software/tar/manual/html_node/Standard.html).
 */
#ifndef COFFER_SOURCES_MYSQL_TAR_H
#define COFFER_SOURCES_MYSQL_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { MY_TAR_BLOCK = 512, MY_TAR_NAME_MAX = 1024 };

/* Told each member: its name as it is in the archive, cut at the maximum; its
 * type ('0' a file, '5' a directory, '2' a symbolic link); its size once it is
 * unpacked. False with *e filled ends it. */
typedef bool my_tar_member_cb(void *arg, const char *name, char type,
			      uint64_t bytes, struct err *e);

struct my_tar {
	my_tar_member_cb *member;
	void *arg;
	unsigned char block[MY_TAR_BLOCK]; /* that is being gathered */
	size_t filled;
	uint64_t left;	    /* bytes of a member's content, padding included */
	char kind;	    /* of this content: 'L' 'x', or 0: passed over */
	char content[4096]; /* of those two */
	size_t content_len, content_size;
	char name[MY_TAR_NAME_MAX]; /* told for the next member; or empty */
	bool has_size, has_real_size, has_sparse_name;
	uint64_t size, real_size; /* likewise */
	bool is_extended;	  /* the next block goes on with a sparse map */
	unsigned zeroes;	  /* blocks of nothing at the end */
	uint64_t members;
};

/* Takes what comes next. False with *e filled: "snapshot_failed", it is no tar
 * archive, or member() said so. */
bool my_tar_feed(struct my_tar *t, const unsigned char *bytes, size_t n,
		 struct err *e) MUST_CHECK;

/* Whether it is whole: it has its end, and something before it. */
bool my_tar_is_over(const struct my_tar *t);

#endif
