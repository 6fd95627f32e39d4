/* preflight_int.h - the steps of a preflight. */
#ifndef COFFER_JOBS_PREFLIGHT_INT_H
#define COFFER_JOBS_PREFLIGHT_INT_H

#include "jobs/jobs_int.h"
#include "jobs/restore/preflight.h"

/* All that is to be known is: the last thing that touches p. */
void preflight_end(struct preflight *p, const struct err *e);

/* Of files: the manifests of all that the backup builds upon, then the end. */
void preflight_fetch_chain(struct preflight *p);
/* Of files that are restored into a target that runs: all that can be known
 * before their instance is made, then the end; and its last step, when the
 * chain is known. */
void preflight_begin_through(struct preflight *p);
void preflight_foresee(struct preflight *p);

/* Looks at the target for what was picked, then the end. */
void preflight_go_to_target(struct preflight *p);

void preflight_chain_cancel(struct preflight_chain *c);
void preflight_chain_fini(struct preflight_chain *c);

/* Before the index is read: what the request asks for. "invalid_scope". */
bool preflight_begin_picking(struct preflight *p, struct err *e) MUST_CHECK;

/* One line of the index: wanted or not. */
bool preflight_pick(struct preflight *p, const struct index_line *l,
		    struct err *e) MUST_CHECK;

/* The same of a backup that is by key; and after its index. */
bool preflight_pick_keys(struct preflight *p, const struct index_line *l,
			 struct err *e) MUST_CHECK;
bool preflight_end_keys(struct preflight *p, struct err *e) MUST_CHECK;

/* A tree whose parts hold what is none of it, too: all of its items are
 * selected. Nothing of another backup. */
bool preflight_begin_increment(struct preflight *p, struct err *e) MUST_CHECK;

/* The same of a tree. After its index either the end, or (*again) the index is
 * to be read once more. */
bool preflight_pick_file(struct preflight *p, const struct index_line *l,
			 struct err *e) MUST_CHECK;
bool preflight_end_files(struct preflight *p, bool *again,
			 struct err *e) MUST_CHECK;

/* The same of a bucket, whose index is read once. */
bool preflight_pick_object(struct preflight *p, const struct index_line *l,
			   struct err *e) MUST_CHECK;

/* The same of the request: a bucket goes into one. */
bool preflight_check_objects(struct preflight *p, struct err *e) MUST_CHECK;

/* The bucket and the prefix that the request names in the place of those of
 * the target's source, whose address was read. */
bool preflight_place_objects(struct preflight *p, struct err *e) MUST_CHECK;

/* What the load is to expect, see load_config; arg: the preflight. */
bool preflight_expect(void *arg, size_t *at, struct load_item *item);

/* Whether a tree can go where it shall, and in which of restore_dirs that is.
 * "target_incompatible" or "invalid_scope". */
bool preflight_check_tree(struct preflight *p, struct err *e) MUST_CHECK;

/* Adds to what is restored, or to what is compared. */
bool preflight_add_database(struct preflight *p, const char *name,
			    struct err *e) MUST_CHECK;
bool preflight_add_table(struct preflight *p, const struct index_line *l,
			 struct err *e) MUST_CHECK;

/* After the index: what is named must have been there. "invalid_scope". */
bool preflight_end_picking(struct preflight *p, struct err *e) MUST_CHECK;

/* Each table of a database that is not whole is named once, in order. */
void preflight_sort_picked(struct preflight *p);

/* Frees what was picked; nothing is then. */
void preflight_drop_picked(struct preflight *p);

/* Makes p->load. */
bool preflight_make_load(struct preflight *p, const struct source_kind *kind,
			 struct err *e) MUST_CHECK;

#endif
