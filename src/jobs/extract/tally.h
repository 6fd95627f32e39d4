/*
 * tally.h - what passes from a dump straight into a load is counted on the way:
 * the rows and digests of each table, which a backup's index would tell.
 */
#ifndef COFFER_JOBS_EXTRACT_TALLY_H
#define COFFER_JOBS_EXTRACT_TALLY_H

#include <stddef.h>

#include "base/err.h"
#include "pipeline/pipeline.h"

struct preflight;

/* Embedded in its owner; zero it and set preflight to begin with. */
struct tally {
	struct preflight *preflight; /* borrowed: gets the tables to compare */
	size_t *slots; /* by item number: where its table is there, from 1 */
	size_t n;
};

/*
 * A stage that lets frames pass, and takes from each what it counts of it: its
 * spans, without which a sink applies the whole frame. Several may share a
 * tally, which must live on. NULL with *e filled.
 */
struct stage *tally_stage_new(struct tally *t, struct err *e) MUST_CHECK;

/* Frees what it holds; its stages must be gone. */
void tally_fini(struct tally *t);

#endif
