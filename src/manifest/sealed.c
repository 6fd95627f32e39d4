/* sealed.c - what is particular to encrypted backups: names of objects, their
 * lengths, and the opening of small ones. */
#include "manifest/manifest_int.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/parts.h"
#include "stages/zstd.h"

bool manifest_key_is_sealed(const char *key)
{
	const size_t n = sizeof(AGE_SUFFIX) - 1;
	size_t len = strlen(key);

	return len > n && strcmp(key + len - n, AGE_SUFFIX) == 0;
}

bool manifest_identity_missing(struct err *e)
{
	return err_set(e, ERR_CONFLICT, "identity_missing",
		       "the backup is encrypted, and its pool has no age "
		       "identity: set \"encryption\":{\"identity\":"
		       "\"AGE-SECRET-KEY-1...\"} of the pool, and try again");
}

/* All of it is encrypted, or nothing. */
bool manifest_check_sealed(const struct manifest *m,
			   const struct manifest_objects *os, struct err *e)
{
	bool is_sealed = m->recipients.n > 0;

	for (size_t i = 0; i < os->n; i++) {
		const struct manifest_object *o = &os->list[i];

		if (manifest_key_is_sealed(o->key) != is_sealed)
			return manifest_damaged(
				e,
				"%s: its name does not fit what the "
				"manifest says of encryption",
				o->key);
		if (manifest_part_length(m, o) == 0)
			return manifest_damaged(
				e,
				"%s: no age file for these recipients has "
				"this size",
				o->key);
	}
	return true;
}

char *manifest_open_object(const struct age_identities *ids,
			   unsigned char *bytes, size_t len,
			   uint64_t plain_bytes, struct err *e)
{
	char *text;
	size_t got;

	if (ids != NULL && !age_open(ids, bytes, &len, e))
		return NULL;
	text = zstd_unpack(bytes, len, (size_t)plain_bytes, &got, e);
	if (text == NULL || got == plain_bytes)
		return text;
	(void)manifest_damaged(e, "it is shorter than the manifest says");
	free(text);
	return NULL;
}

static bool copy_member(const json_t *doc, const char *key, char **to,
			struct err *e)
{
	char *text = NULL;

	if (!manifest_copy_json(doc, key, MAY_BE_ANY, &text, e))
		return false;
	free(*to);
	*to = text;
	return true;
}

bool manifest_reveal(struct manifest *m, const char *text, size_t len,
		     struct err *e)
{
	json_t *doc = manifest_load(text, len, "what is hidden", e);
	bool ok = doc != NULL && copy_member(doc, "scope", &m->scope_json, e) &&
		  copy_member(doc, "warnings", &m->warnings_json, e);

	json_decref(doc);
	if (ok)
		m->is_hidden = false;
	return ok;
}
