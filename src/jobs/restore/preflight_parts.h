/* preflight_parts.h - what a preflight gathers. */
#ifndef COFFER_JOBS_PREFLIGHT_PARTS_H
#define COFFER_JOBS_PREFLIGHT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "manifest/manifest.h"
#include "sources/load.h"

struct catalog_op;

/* A table to compare after the restore. */
struct preflight_table {
	char *database, *name; /* as in the backup */
	uint64_t rows;
	struct digest digest;
};

/* A database of which single tables are restored. */
struct preflight_partial {
	char *name;
	char **tables; /* and views, sequences */
	size_t ntables, cap;
	size_t number; /* its definition's, in the selection */
};

/* All that an increment builds upon, the full backup first. */
struct preflight_chain {
	json_t *ids; /* array, or NULL */
	struct manifest *manifests;
	size_t n;
	struct manifest fetched; /* while it is */
	struct catalog_op *op;
};

/*
 * What of a tree is not wanted by itself, but needed: folders that hold what
 * is wanted, and files of which only another name (a hard link) is. Found in a
 * second reading of the index.
 */
struct preflight_extra {
	json_t *folders; /* a set of paths, as an object */
	json_t *links;	 /* path: the name under which it is restored */
	bool is_reading;
	struct load_rename *renames; /* of links, sorted; strings are theirs */
	size_t nrenames;
};

#endif
