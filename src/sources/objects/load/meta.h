/*
 * meta.h - what goes with an object beside its content: read from the records
 * of its member, sent with it, and compared with what the store tells of it.
 * Pure.
 */
#ifndef COFFER_SOURCES_OBJECTS_META_H
#define COFFER_SOURCES_OBJECTS_META_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "s3/request.h"
#include "sources/object_facts.h"
#include "sources/pax_record.h"

struct pax_record;

/* Of the member at hand. Zero it to begin with. */
struct object_reading {
	char *key; /* as the backup calls it; NULL: not told yet */
	struct object_facts facts;
	bool has_facts;
};

/* One record of it; those that are not known are passed over. False:
 * "damaged_backup". */
bool object_reading_record(struct object_reading *r,
			   const struct pax_record *record,
			   struct err *e) MUST_CHECK;

/* All records were told: whether those that an object needs were among them.
 * False: "damaged_backup". */
bool object_reading_check(const struct object_reading *r,
			  struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void object_reading_fini(struct object_reading *r);

/* The headers of a PUT. */
struct object_headers {
	struct text names; /* of those that are metadata */
	struct text tags;  /* the value of x-amz-tagging */
	struct s3_pair *pairs;
	size_t n;
};

/* Fills *h (zeroed), borrowing from f; with the tags if with_tags. False: no
 * memory. object_headers_fini() ends it, also then. */
bool object_headers_init(struct object_headers *h, const struct object_facts *f,
			 bool with_tags) MUST_CHECK;
void object_headers_fini(struct object_headers *h);

/* Appends the document of a PUT with "?tagging".
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
void object_tagging_format(struct text *out, const struct s3_fields *tags);

/* Appends text for a document: '<', '>' and '&' as XML wants them. */
void object_xml_escape(struct text *out, const char *text);

/*
 * Whether the headers that a store tells of an object are those that it was
 * given: all of them, and no metadata beside. Of one that had no content-type
 * any will do, since stores then make one up. On a difference what is the name
 * of the first that differs; valid as long as both.
 */
bool object_headers_equal(const struct object_facts *f,
			  const struct s3_fields *told,
			  const char **what) MUST_CHECK;

/* Whether two lists of tags are the same, in any order. */
bool object_tags_equal(const struct s3_fields *a,
		       const struct s3_fields *b) MUST_CHECK;

#endif
