/* manifest_fields.c - members of the document, checked for type and bound. */
#include "manifest/manifest_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "manifest/layout.h"

/* So that sums over all parts cannot overflow. */
static const uint64_t PLAIN_BYTES_MAX = 1ULL << 44;

json_t *manifest_load(const char *bytes, size_t len, const char *what,
		      struct err *e)
{
	json_error_t error = {0};
	json_t *doc = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(doc))
		return doc;
	/* jansson has no word for it when memory is short. */
	if (doc == NULL && error.text[0] == '\0')
		(void)err_nomem(e, what);
	else
		(void)manifest_damaged(e, "%s is no JSON object", what);
	json_decref(doc);
	return NULL;
}

const char *manifest_get_text(const json_t *doc, const char *key, size_t max,
			      struct err *e)
{
	const json_t *value = json_object_get(doc, key);

	if (!json_is_string(value)) {
		(void)manifest_damaged(e, "there is no proper \"%s\" in it",
				       key);
		return NULL;
	}
	if (json_string_length(value) > max) {
		(void)manifest_damaged(e, "\"%s\" is too long", key);
		return NULL;
	}
	return json_string_value(value);
}

bool manifest_copy_text(const json_t *doc, const char *key, char **out,
			struct err *e)
{
	const char *s = manifest_get_text(doc, key, MANIFEST_STRING_MAX, e);

	if (s == NULL)
		return false;
	*out = strdup(s);
	return *out != NULL || err_nomem(e, "the manifest");
}

bool manifest_get_number(const json_t *doc, const char *key, uint64_t *out,
			 struct err *e)
{
	const json_t *value = json_object_get(doc, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return manifest_damaged(e, "there is no proper \"%s\" in it",
					key);
	*out = (uint64_t)json_integer_value(value);
	return true;
}

bool manifest_get_id(const json_t *doc, const char *key, const char *prefix,
		     char out[ID_MAX], struct err *e)
{
	const char *s = manifest_get_text(doc, key, ID_MAX - 1, e);

	if (s == NULL)
		return false;
	if (prefix != NULL && !id_has_prefix(s, prefix))
		return manifest_damaged(e, "\"%s\" is no id", key);
	memcpy(out, s, strlen(s) + 1);
	return true;
}

bool manifest_get_time(const json_t *doc, const char *key, int64_t *out,
		       struct err *e)
{
	const char *s = manifest_get_text(doc, key, CLOCK_TEXT_MAX, e);

	if (s == NULL)
		return false;
	return clock_parse(s, out) ||
	       manifest_damaged(e, "\"%s\" is no time", key);
}

bool manifest_copy_json(const json_t *doc, const char *key, unsigned may_be,
			char **out, struct err *e)
{
	const json_t *value = json_object_get(doc, key);
	bool ok = (json_is_null(value) && (may_be & MAY_BE_NULL) != 0) ||
		  (json_is_object(value) && (may_be & MAY_BE_OBJECT) != 0) ||
		  (json_is_array(value) && (may_be & MAY_BE_ARRAY) != 0);

	if (!ok)
		return manifest_damaged(e, "there is no proper \"%s\" in it",
					key);
	*out = json_dumps(value,
			  JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
	return *out != NULL || err_nomem(e, "the manifest");
}

bool manifest_object_read(const json_t *doc, const char *folder,
			  struct manifest_object *o, struct err *e)
{
	const char *key = manifest_get_text(doc, "key", LAYOUT_KEY_MAX, e);
	const char *sha =
		manifest_get_text(doc, "sha256", SHA256_HEX_MAX - 1, e);

	if (key == NULL || sha == NULL)
		return false;
	if (!layout_key_is_sound(key, folder))
		return manifest_damaged(e, "the manifest names an object that "
					   "is none of a backup's");
	if (strspn(sha, "0123456789abcdef") != SHA256_HEX_MAX - 1)
		return manifest_damaged(e, "the SHA-256 of %s is none", key);
	if (!manifest_get_number(doc, "stored_bytes", &o->stored_bytes, e) ||
	    !manifest_get_number(doc, "plain_bytes", &o->plain_bytes, e))
		return false;
	if (o->stored_bytes == 0 || o->stored_bytes > LAYOUT_OBJECT_MAX_BYTES ||
	    o->plain_bytes > PLAIN_BYTES_MAX)
		return manifest_damaged(e, "the size of %s is out of bounds",
					key);
	memcpy(o->sha256, sha, strlen(sha) + 1);
	o->is_open = json_is_true(json_object_get(doc, "open"));
	/* Only lent to the caller, who copies it. */
	o->key = (char *)(uintptr_t)key;
	return true;
}
