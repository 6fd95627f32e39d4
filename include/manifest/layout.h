/* layout.h - the names of the objects of a pool, version 1 (doc/format.md). */
#ifndef COFFER_MANIFEST_LAYOUT_H
#define COFFER_MANIFEST_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/id.h"

enum { LAYOUT_KEY_MAX = 192 };

/* All return out; keys are relative to the pool's prefix. */

/* "coffer/v1/SRC/BAK/": everything of a backup begins with it. */
char *layout_backup(char out[LAYOUT_KEY_MAX], const char *source_id,
		    const char *backup_id);

/* ".../owner.json", written first. */
char *layout_owner(char out[LAYOUT_KEY_MAX], const char *source_id,
		   const char *backup_id);

/* ".../manifest.json", written last. */
char *layout_manifest(char out[LAYOUT_KEY_MAX], const char *source_id,
		      const char *backup_id);

/* "data/00000001.sql.zst": relative to the backup, as the manifest has it. */
char *layout_part(char out[LAYOUT_KEY_MAX], unsigned number,
		  const char *suffix);

/* "index/00000001.jsonl.zst": relative to the backup. */
char *layout_index(char out[LAYOUT_KEY_MAX], unsigned number);

/* "parts/00000001.jsonl": the list of parts when it is long. */
char *layout_parts(char out[LAYOUT_KEY_MAX], unsigned number);

/* True when key is an object of some backup; fills both ids. */
bool layout_parse(const char *key, char source_id[ID_MAX],
		  char backup_id[ID_MAX]) MUST_CHECK;

/* The text of coffer/v1/README.txt: how to restore by hand. */
const char *layout_readme(void);

#endif
