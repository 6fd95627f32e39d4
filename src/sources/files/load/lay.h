/*
 * lay.h - lays the members of an archive below a folder: untar_ops. Files are
 * written as they come; what would be in the way of that, a folder's mode,
 * times and ACLs, comes last. Blocks: for worker threads, one at a time.
 *
 * Nothing is followed out of the folder (place.h), and nothing that was there
 * before is touched unless is_overwrite: then what stands where a member
 * belongs goes, but for folders, which stay with what else is in them.
 */
#ifndef COFFER_SOURCES_FILES_LOAD_LAY_H
#define COFFER_SOURCES_FILES_LOAD_LAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/files/load/notes.h"
#include "sources/files/load/untar.h"

struct lay;

/* A file is laid under another name: the first of its hard links that is
 * wanted, where it is not wanted itself. */
struct lay_rename {
	char *from, *to;
};

struct lay_config {
	int root; /* the folder; borrowed */
	bool is_overwrite;
	bool with_owners; /* we may give files away: running as root */
	const struct lay_rename *renames; /* sorted by from; borrowed */
	size_t nrenames;
};

struct lay_facts {
	uint64_t members;
	uint64_t bytes; /* of contents */
};

/* Copies *c. NULL with *e. */
struct lay *lay_new(const struct lay_config *c, struct err *e) MUST_CHECK;

/* The members that come from now on have their owner, mode and mtime from these
 * facts (sources/file_facts.h; borrowed until the next call) and not from the
 * archive, which tells older ones; NULL: from the archive. */
void lay_amend(struct lay *l, const char *facts);

/* For untar_new(), with the lay as arg. Their errors: "damaged_backup", and
 * "target_failed" naming the path and what was the matter. */
const struct untar_ops *lay_ops(void);

/* After the archive: folders get what is theirs, about max of them in one
 * call. *is_over: that was all of it, and all is on disk. */
bool lay_finish(struct lay *l, unsigned max, bool *is_over,
		struct err *e) MUST_CHECK;

const struct lay_facts *lay_facts(const struct lay *l);
const struct notes *lay_notes(const struct lay *l);

/* NULL is fine; a file that is not whole stays as it is. */
void lay_free(struct lay *l);

#endif
