/* place.h - where a backup lies, in words for people. */
#ifndef COFFER_JOBS_PLACE_H
#define COFFER_JOBS_PLACE_H

#include "model/records.h"

/* "s3://bucket/prefix/coffer/v1/SRC/BAK/" or a path. Returns text, caller
 * frees; NULL with *e filled. */
char *place_of(const struct pool_record *p, const char *source_id,
	       const char *backup_id, struct err *e) MUST_CHECK;

#endif
