/* place.c - where a backup lies, in words for people. */
#include "jobs/pools/place.h"

#include <stdlib.h>

#include "base/text.h"
#include "jobs/opening.h"
#include "manifest/layout.h"

char *place_of(const struct pool_record *p, const char *source_id,
	       const char *backup_id, struct err *e)
{
	json_t *c = record_json(p->config_json, "a pool's record", e);
	const char *path = json_string_value(json_object_get(c, "path"));
	const char *bucket = json_string_value(json_object_get(c, "bucket"));
	const char *prefix = json_string_value(json_object_get(c, "prefix"));
	struct text t = {0};
	char key[LAYOUT_KEY_MAX];
	char *out;

	if (c == NULL)
		return NULL;
	if (path != NULL)
		text_printf(&t, "%s/", path);
	else
		text_printf(&t, "s3://%s/", bucket ? bucket : "");
	if (path == NULL && prefix != NULL && prefix[0] != '\0')
		text_printf(&t, "%s/", prefix);
	text_str(&t, layout_backup(key, source_id, backup_id));
	json_decref(c);
	out = text_take(&t);
	if (out == NULL)
		(void)err_nomem(e, "a path");
	return out;
}
