/* heads.h - what the answers of a store say of an object. Pure. */
#ifndef COFFER_SOURCES_OBJECTS_HEADS_H
#define COFFER_SOURCES_OBJECTS_HEADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/objects/object.h"

struct s3_fields;
struct s3_result;

/* What a failed request for an object means. */
enum outcome {
	OUTCOME_CHANGED,    /* it is not what was asked for any more */
	OUTCOME_VANISHED,   /* it is not there any more */
	OUTCOME_UNREADABLE, /* this one cannot be read */
	OUTCOME_FATAL,	    /* nothing can: keys, bucket, store, memory */
};

enum outcome heads_judge(const struct s3_result *r, const struct err *e);

/* Takes over what the answer to a GET or HEAD tells: ETag, version, time,
 * headers, metadata; size is the caller's. False: no memory. */
bool heads_read(struct object_facts *f, const struct s3_result *r) MUST_CHECK;

/* Whether the answer is of that version, as far as it tells. */
bool heads_is_version(const struct s3_fields *fields,
		      const struct object_facts *f);

/* Whether two ETags are the same: listings and answers of one store may differ
 * in quotes. */
bool heads_is_same_etag(const char *a, const char *b);

/* Whether it names one content, and not only one that will do as well (RFC 9110
 * 8.8.1). */
bool heads_is_strong(const char *etag);

/*
 * Whether the object was changed a moment before the answer was made, by the
 * store's own clock: Date is told by who tells Last-Modified, both in whole
 * seconds. Without a Date: yes.
 */
bool heads_is_recent(const struct s3_fields *fields);

/* Content-Length; 0 when there is none. */
uint64_t heads_size(const struct s3_fields *fields);

/* How many tags it is said to have; 0 when nothing is said. */
uint64_t heads_count_tags(const struct s3_fields *fields);

/* Whether the store is one that is known to say so: AWS's, MinIO, Ceph. Of
 * others that is known when one was told to have some. */
bool heads_is_counting(const struct s3_fields *fields);

/* Whether a request for tags failed because there are none: so some say it. */
bool heads_has_no_tags(const struct s3_result *r);

/* What a request for tags that failed means for those to come; TAGS_ASK:
 * nothing, and the object itself is what is wrong. */
enum tags_mode heads_tags_mode(const struct s3_result *r, const struct err *e);

#endif
