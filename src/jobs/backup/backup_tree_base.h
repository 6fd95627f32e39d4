/*
 * backup_tree_base.h - the index of the backup that an increment of a tree
 * builds upon, as sources read it (sources/tree_base.h), and which of its parts
 * are needed again.
 */
#ifndef COFFER_JOBS_BACKUP_TREE_BASE_H
#define COFFER_JOBS_BACKUP_TREE_BASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "manifest/manifest.h"
#include "sources/tree_base.h"

struct backup_job;

/*
 * Of the index of m, whose lines are in the file at fd (both are copied); one
 * line at a time is in memory. A part less than half of whose bytes is still in
 * use is sparse, as is what lies in it. The caller has the reference. NULL with
 * *e filled.
 */
struct tree_base *backup_tree_base_new(const struct manifest *m, int fd,
				       struct err *e) MUST_CHECK;

/* After the dump: whether the part at that place in m's list is needed. */
bool backup_tree_base_needs(const struct tree_base *b, size_t at);

/* Fetches the index of b->on.manifest to a file without a name, then runs
 * done(). Whatever is in the way: the base is dropped. */
void backup_fetch_index(struct backup_job *b,
			void (*done)(struct backup_job *b));

/* Before the writer is finished: the parts that the dump needs again are kept.
 * False with *e filled. */
bool backup_keep_parts(struct backup_job *b, struct err *e) MUST_CHECK;

#endif
