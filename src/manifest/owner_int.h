/* owner_int.h - owner.json as a document. */
#ifndef COFFER_MANIFEST_OWNER_INT_H
#define COFFER_MANIFEST_OWNER_INT_H

#include "manifest/manifest_int.h"

enum { OWNER_MAX_BYTES = 64 * 1024 };

/* Reads owner.json of that backup; server_id is who it names. Caller decrefs;
 * NULL with *e filled: "damaged_backup". */
json_t *owner_load(const char *bytes, size_t len, const char *source_id,
		   const char *backup_id, char server_id[ID_MAX],
		   struct err *e) MUST_CHECK;

/* The document with that server in place of the one it names, which is kept as
 * "taken_from". Returns text, caller frees; NULL: no memory. */
char *owner_taken(json_t *doc, const char *server_id) MUST_CHECK;

#endif
