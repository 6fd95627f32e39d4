/* layout.h - names of a pool's objects, version 1 (doc/reference/format.md). */
#ifndef COFFER_MANIFEST_LAYOUT_H
#define COFFER_MANIFEST_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/id.h"

enum {
	LAYOUT_KEY_MAX = 192,
	LAYOUT_DIGITS = 8, /* of an object's number */
	LAYOUT_NUMBER_MAX = 99999999,
	LAYOUT_OBJECT_MAX_BYTES = 256 * 1024 * 1024, /* what stores take */
};

/* All return out; keys are relative to the pool's prefix. */

/* "coffer/v1/SRC/BAK/": everything of a backup begins with it. */
char *layout_backup(char out[LAYOUT_KEY_MAX], const char *source_id,
		    const char *backup_id);

/* ".../KEY", KEY as the manifest has it; of a pack, "../packs/...", beside the
 * backup's folder. */
char *layout_object(char out[LAYOUT_KEY_MAX], const char *source_id,
		    const char *backup_id, const char *key);

/* ".../owner.json", written first. */
char *layout_owner(char out[LAYOUT_KEY_MAX], const char *source_id,
		   const char *backup_id);

/* ".../manifest.json", written last. */
char *layout_manifest(char out[LAYOUT_KEY_MAX], const char *source_id,
		      const char *backup_id);

/* "coffer/v1/servers/SERVER.json": what a server has, without secrets. */
char *layout_server(char out[LAYOUT_KEY_MAX], const char *server_id);

/* "coffer/v1/servers/SERVER.start": which start of it uses the pool. */
char *layout_start(char out[LAYOUT_KEY_MAX], const char *server_id);

/* "coffer/v1/servers/": all of them begin with it. */
char *layout_servers(char out[LAYOUT_KEY_MAX]);

/* "coffer/v1/": everything begins with it. */
char *layout_root(char out[LAYOUT_KEY_MAX]);

/* "coffer/v1/README.txt", one for the whole pool. */
char *layout_readme_key(char out[LAYOUT_KEY_MAX]);

/* "data/00000001.sql.zst": relative to the backup, as the manifest has it. */
char *layout_part(char out[LAYOUT_KEY_MAX], unsigned number,
		  const char *suffix);

/* "../packs/BAK-00000001.tar.zst": the same of a part that several backups may
 * share; BAK is the one that wrote it. */
char *layout_pack(char out[LAYOUT_KEY_MAX], const char *backup_id,
		  unsigned number, const char *suffix);

/* "coffer/v1/SRC/packs/BAK-": the packs that a backup wrote begin with it;
 * those of all with backup_id "". */
char *layout_packs(char out[LAYOUT_KEY_MAX], const char *source_id,
		   const char *backup_id);

/* "coffer/v1/SRC/bak_": everything begins with it but packs. */
char *layout_backups(char out[LAYOUT_KEY_MAX], const char *source_id);

/* "index/00000001.jsonl.zst" and suffix: relative to the backup. */
char *layout_index(char out[LAYOUT_KEY_MAX], unsigned number,
		   const char *suffix);

/* "meta/00000001.json.zst.age": what an encrypted backup hides. */
char *layout_meta(char out[LAYOUT_KEY_MAX], unsigned number);

/* "parts/00000001.jsonl": the list of parts when it is long. */
char *layout_parts(char out[LAYOUT_KEY_MAX], unsigned number);

/* True when key is an object of some backup; fills both ids. */
bool layout_parse(const char *key, char source_id[ID_MAX],
		  char backup_id[ID_MAX]) MUST_CHECK;

/* True when a key that a manifest names is of our making and lies in that
 * folder of the backup: "data/", "index/", "parts/", "meta/"; a pack counts
 * among "data/". */
bool layout_key_is_sound(const char *key, const char *folder) MUST_CHECK;

/* The number in a sound key, which is that of the part or object. */
unsigned layout_number(const char *key);

/* True when the key that a manifest names is a pack's; fills who wrote it. */
bool layout_pack_parse(const char *key, char backup_id[ID_MAX]) MUST_CHECK;

/* The same for an object's key, relative to the pool, and its number. */
bool layout_pack_object(const char *key, const char *source_id,
			char backup_id[ID_MAX], unsigned *number) MUST_CHECK;

/* The text of coffer/v1/README.txt: how to restore by hand. */
const char *layout_readme(void);

#endif
