/* read_json.c - see read_json.h. */
#include "ctl/read_json.h"

#include <string.h>

json_t *read_json(const char *path, struct err *e)
{
	json_error_t why;
	json_t *doc =
		strcmp(path, "-") == 0
			? json_loadf(stdin, JSON_REJECT_DUPLICATES, &why)
			: json_load_file(path, JSON_REJECT_DUPLICATES, &why);

	if (doc == NULL) {
		/* What jansson quotes may be a secret: the place is enough. */
		if (why.line < 0)
			(void)err_set(e, ERR_NOT_FOUND, "usage",
				      "cannot read %.200s", path);
		else
			(void)err_set(e, ERR_INVALID, "usage",
				      "%.200s is no JSON: look at line %d, "
				      "column %d",
				      path, why.line, why.column);
		return NULL;
	}
	if (json_is_object(doc))
		return doc;
	json_decref(doc);
	(void)err_set(e, ERR_INVALID, "usage", "%.200s holds no JSON object",
		      path);
	return NULL;
}
