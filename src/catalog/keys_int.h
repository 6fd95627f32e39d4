/* keys_int.h - ids, names and revisions: what calls refer to records by. */
#ifndef COFFER_CATALOG_KEYS_INT_H
#define COFFER_CATALOG_KEYS_INT_H

#include "catalog/catalog_int.h"

enum key_kind {
	KEY_SOURCE,
	KEY_POOL,
	KEY_BACKUP,
	KEY_RESTORE,
	KEY_JOB,
	KEY_PLAN,
	KEY_KIND_COUNT,
};

/* The id of what key names, by its id or name, into id. "not_found". */
bool key_find(struct db *db, enum key_kind kind, const char *key,
	      char id[ID_MAX], struct err *e) MUST_CHECK;

/* The same of a source and a pool: ids in place of the keys. On failure they
 * are as they were. */
bool key_find_pair(struct db *db, char source[ID_MAX], char pool[ID_MAX],
		   struct err *e) MUST_CHECK;

/* Rule 5: nothing else of that kind than id ("" for a new one) has the name,
 * without regard to case. "name_taken". */
bool key_check_free(struct db *db, enum key_kind kind, const char *name,
		    const char *id, struct err *e) MUST_CHECK;

/* The id is there, and its revision is that (0: whatever it is).
 * "not_found" "revision_changed". */
bool key_check_revision(struct db *db, enum key_kind kind, const char *id,
			int64_t revision, struct err *e) MUST_CHECK;

/* True when key has the shape of an id of that kind. */
bool key_is_id(enum key_kind kind, const char *key);

#endif
