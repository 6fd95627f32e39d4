/* manifest_parts.c - lists of parts that are too long for the manifest. */
#include "manifest/manifest_int.h"

#include <string.h>

char *manifest_parts_format(const struct manifest_object *parts, size_t n,
			    struct err *e)
{
	struct text t = {0};
	char *lines;

	text_str(&t, "");
	for (size_t i = 0; i < n; i++) {
		/* Keys are of our own making: nothing in them to escape. */
		text_printf(&t,
			    "{\"key\":\"%s\",%s\"plain_bytes\":%llu,"
			    "\"sha256\":\"%s\",\"stored_bytes\":%llu}\n",
			    parts[i].key,
			    parts[i].is_open ? "\"open\":true," : "",
			    (unsigned long long)parts[i].plain_bytes,
			    parts[i].sha256,
			    (unsigned long long)parts[i].stored_bytes);
	}
	lines = text_take(&t);
	if (lines == NULL)
		(void)err_nomem(e, "a list of parts");
	text_free(&t);
	return lines;
}

static bool parse_line(struct manifest *m, const char *line, size_t len,
		       struct err *e)
{
	struct manifest_object o = {0};
	json_t *doc = manifest_load(line, len, "a line of a part list", e);
	bool ok;

	if (doc == NULL)
		return false;
	ok = manifest_object_read(doc, "data/", &o, e) &&
	     manifest_add(&m->parts, &o, e);
	json_decref(doc);
	return ok;
}

bool manifest_parts_parse(struct manifest *m, const char *bytes, size_t len,
			  struct err *e)
{
	const char *end = bytes + len;

	while (bytes < end) {
		const char *nl = memchr(bytes, '\n', (size_t)(end - bytes));

		if (nl == NULL)
			return manifest_damaged(e, "a list of parts is cut");
		if (m->parts.n >= m->part_count)
			return manifest_damaged(
				e, "the lists have more parts than the "
				   "manifest says");
		if (!parse_line(m, bytes, (size_t)(nl - bytes), e))
			return false;
		bytes = nl + 1;
	}
	return true;
}
