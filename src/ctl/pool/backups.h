/* backups.h - the backups that lie in a pool. */
#ifndef COFFER_CTL_POOL_BACKUPS_H
#define COFFER_CTL_POOL_BACKUPS_H

#include <stddef.h>

#include <jansson.h>

#include "base/id.h"
#include "ctl/pool/reach.h"

struct pool_backup {
	char source_id[ID_MAX], backup_id[ID_MAX];
};

/* Zero it to begin with; pool_backups_fini() ends it. */
struct pool_backups {
	struct pool_backup *list;
	size_t n, cap;
	bool is_broken; /* no memory while it was filled */
};

/* Those that have a manifest, in the order of the store; none where
 * no pool lies. False with *e filled. */
bool pool_backups_list(struct reach *r, struct pool_backups *out,
		       struct err *e) MUST_CHECK;
void pool_backups_fini(struct pool_backups *b);

/* The checked manifest of the backup of that id or name; manifest_fini() ends
 * *m. "not_found"; "usage" when several have that name. */
bool pool_backup_find(struct reach *r, const char *name, struct manifest *m,
		      struct err *e) MUST_CHECK;

/* What a manifest tells of its backup, as ls shows it; json_decref() ends it.
 */
json_t *pool_backup_show(const struct manifest *m);

/* How the content of the parts ends: "sql" "rdb" "tar" "xbstream"; "" when
 * there are no parts. */
const char *pool_backup_form(const struct manifest *m, char out[16]);

#endif
