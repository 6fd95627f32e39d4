/*
 * proof.h - whether an archive is what it should be: the whole data directory,
 * as it was while the locks were held. A hook may answer well and give another
 * directory, an empty one, or one of yesterday.
 */
#ifndef COFFER_SOURCES_MYSQL_PROOF_H
#define COFFER_SOURCES_MYSQL_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/mysql/snapshot/tar.h"

struct my_proof {
	/* What is known of the server. */
	bool has_definitions; /* a .frm file of each table: MariaDB */
	uint64_t definitions; /* so many of them */
	const char *system;   /* the system tablespace in there, or "" */
	const char *log;      /* the binary log in there, or "" */
	uint64_t log_bytes;   /* that it had */
	/* What was found. */
	struct my_tar tar;
	bool has_system; /* the system tablespace */
	bool has_log;
	uint64_t log_found;
	uint64_t found; /* definitions */
};

/* Begins; what is known is filled in then, names are borrowed. */
void my_proof_init(struct my_proof *p);

/* The archive as it passes. False with *e filled: "snapshot_failed", or
 * "snapshot_refused" where a part of the data lies elsewhere. */
bool my_proof_feed(struct my_proof *p, const unsigned char *bytes, size_t n,
		   struct err *e) MUST_CHECK;

/* After its end. False with *e filled: "snapshot_failed". */
bool my_proof_check(const struct my_proof *p, struct err *e) MUST_CHECK;

#endif
