/* owner.c - owner.json: whose a backup is. */
#include "manifest/owner_int.h"

#include <string.h>

#include "base/clock.h"

static bool check_place(const json_t *doc, const char *source_id,
			const char *backup_id, struct err *e)
{
	const char *format = manifest_get_text(doc, "format", 32, e);
	const char *source = manifest_get_text(doc, "source_id", ID_MAX, e);
	const char *backup = manifest_get_text(doc, "backup_id", ID_MAX, e);

	if (format == NULL || source == NULL || backup == NULL)
		return false;
	return (strcmp(format, "coffer-owner") == 0 &&
		strcmp(source, source_id) == 0 &&
		strcmp(backup, backup_id) == 0) ||
	       manifest_damaged(e, "owner.json belongs to another backup");
}

json_t *owner_load(const char *bytes, size_t len, const char *source_id,
		   const char *backup_id, char server_id[ID_MAX], struct err *e)
{
	json_t *doc = manifest_load(bytes, len, "owner.json", e);

	if (doc != NULL && check_place(doc, source_id, backup_id, e) &&
	    manifest_get_id(doc, "server_id", NULL, server_id, e))
		return doc;
	json_decref(doc);
	return NULL;
}

char *owner_taken(json_t *doc, const char *server_id)
{
	char at[CLOCK_TEXT_MAX];
	json_t *before = json_object_get(doc, "server_id");

	if (json_object_set(doc, "taken_from", before) != 0 ||
	    json_object_set_new(doc, "server_id", json_string(server_id)) !=
		    0 ||
	    json_object_set_new(
		    doc, "taken_at",
		    json_string(clock_format(clock_now_ms(), at))) != 0)
		return NULL;
	return manifest_canonical(doc);
}
