/*
 * base.h - what an incremental backup builds on. Pages that have changed are
 * told by their LSN, and an LSN means nothing in the files of another server,
 * or in these after they were made anew: so what a backup is remembered by
 * also says which files they were.
 */
#ifndef COFFER_SOURCES_MYSQL_BASE_H
#define COFFER_SOURCES_MYSQL_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/physical/tool.h"

struct my_conn;

/* Which files a server has, and how far they are. */
struct my_lineage {
	/* Digest of host, folder, and when the server's own tables were made
	 * there; "": not known */
	char files[DIGEST_HEX_MAX];
	char version[16]; /* "10.11" */
	uint64_t lsn;	  /* current; 0: not known */
};

/* Of the backup before: from its physical_json. */
struct my_base {
	bool is_wanted; /* there was one */
	uint64_t to_lsn, last_lsn;
	char files[DIGEST_HEX_MAX], version[16];
};

/* Appends the statement that tells host, folder, times and LSN (MariaDB). */
void my_lineage_ask(struct text *sql);

/* Reads its answer; hostname gets what the server calls its host. */
void my_lineage_read(struct my_lineage *l, struct my_conn *c,
		     const char *server_version, char *hostname, size_t cap);

/* Reads a physical_json; NULL: none is wanted. False with *e: it is no such
 * object. */
bool my_base_read(struct my_base *b, const char *json,
		  struct err *e) MUST_CHECK;

/* Whether an increment from it is one of this server's files; else why says
 * why a full backup is made ("..., so this one is full"). */
bool my_base_fits(const struct my_base *b, const struct my_lineage *here,
		  const char **why);

/* What the next one needs to know, as physical_json (caller frees); from_lsn
 * 0: a full one. NULL: no memory. */
char *my_base_format(const struct my_lineage *here, const struct my_tool *t,
		     uint64_t from_lsn) MUST_CHECK;

#endif
