/* lines_int.h - lines of job logs on their way to the catalog. */
#ifndef COFFER_CATALOG_LINES_INT_H
#define COFFER_CATALOG_LINES_INT_H

#include "catalog/catalog_int.h"

/* Submits those that wait, in one call; before a log is read, at the end. */
void lines_flush(struct catalog *c);

/* Adds one to a job's log, in the transaction of an intent; text is a plain
 * line of ours. */
bool job_add_line(struct db *db, const char *job_id, int64_t at_ms,
		  const char *text, struct err *e) MUST_CHECK;

/* Frees those that could not be submitted. */
void lines_drop(struct catalog *c);

#endif
