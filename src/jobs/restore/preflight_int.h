/* preflight_int.h - the steps of a preflight. */
#ifndef COFFER_JOBS_PREFLIGHT_INT_H
#define COFFER_JOBS_PREFLIGHT_INT_H

#include "jobs/jobs_int.h"
#include "jobs/restore/preflight.h"

/* Before the index is read: what the request asks for. "invalid_scope". */
bool preflight_begin_picking(struct preflight *p, struct err *e) MUST_CHECK;

/* One line of the index: wanted or not. */
bool preflight_pick(struct preflight *p, const struct index_line *l,
		    struct err *e) MUST_CHECK;

/* The same of a backup that is by key; and after its index. */
bool preflight_pick_keys(struct preflight *p, const struct index_line *l,
			 struct err *e) MUST_CHECK;
bool preflight_end_keys(struct preflight *p, struct err *e) MUST_CHECK;

/* Adds to what is restored, or to what is compared. */
bool preflight_add_database(struct preflight *p, const char *name,
			    struct err *e) MUST_CHECK;
bool preflight_add_table(struct preflight *p, const struct index_line *l,
			 struct err *e) MUST_CHECK;

/* After the index: what is named must have been there. "invalid_scope". */
bool preflight_end_picking(struct preflight *p, struct err *e) MUST_CHECK;

/* Frees what was picked. */
void preflight_drop_picked(struct preflight *p);

/* Makes p->load. */
bool preflight_make_load(struct preflight *p, const struct source_kind *kind,
			 struct err *e) MUST_CHECK;

#endif
