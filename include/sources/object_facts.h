/*
 * object_facts.h - what the index knows of an object of a bucket beside its
 * key, content and place: the object "facts" of its line, as a backup writes
 * and a restore reads it; the record COFFER.object of its member is the same.
 * Pure.
 *
 * {"size":5,"etag":"\"5d41...\"","last_modified_ms":1700000000000,
 *  "version_id":"...","headers":{"content-type":"text/plain",...},
 *  "metadata":{"colour":"red"},"metadata_base64":{"name":"/w=="},
 *  "tags":{"team":"a"},"changed":true,...}
 *
 * Members that say nothing are left out: all but the first three. The name of
 * an item is its key, its type "object"; or "superseded": one that was changed
 * while it was read, of which the archive has so much as was read (the rest is
 * zeros), and at once the object of the same key, read again: only that one is
 * to be restored.
 */
#ifndef COFFER_SOURCES_OBJECT_FACTS_H
#define COFFER_SOURCES_OBJECT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "s3/fields.h"

struct text;

struct object_facts {
	uint64_t size;
	char *etag; /* as the store writes it, with its quotes; or NULL */
	int64_t modified_ms;
	char *version_id; /* or NULL: the bucket has no versions */
	/* content-type, content-encoding, content-language,
	 * content-disposition, cache-control, expires: those that the object
	 * has, as they are sent with a PUT. */
	struct s3_fields headers;
	struct s3_fields metadata; /* names without "x-amz-meta-", in lower
				    * case; values: any bytes but line ends */
	struct s3_fields tags;
	bool are_tags_unread;	  /* it may have some */
	bool is_metadata_partial; /* more than could be kept, or a name that is
				   * no text */
	bool is_changed;    /* it was changed while it was read, twice: what is
			     * stored is no whole version, and the end of it
			     * may be zeros */
	bool is_unreadable; /* the end of it could not be read: zeros */
	bool is_recent; /* when it was read it had been changed a moment before,
			 * so it may have been changed again since without
			 * another time to show for it; told where increments
			 * are made */
};

/* Appends the object, compact. */
void object_facts_format(const struct object_facts *f, struct text *out);

/* Reads it; members that it does not know are passed over. *f is filled only
 * on success; object_facts_fini() ends it. False with *e filled:
 * "damaged_backup". */
bool object_facts_parse(struct object_facts *f, const char *json,
			struct err *e) MUST_CHECK;

/* Forgets what it holds, and keeps memory for the next. */
void object_facts_reset(struct object_facts *f);

/* Frees what it holds and zeroes it. */
void object_facts_fini(struct object_facts *f);

#endif
