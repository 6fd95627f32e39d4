/* facts.c - see sources/object_facts.h. */
#include "sources/object_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/encode.h"
#include "base/text.h"

/* --- as text */

static bool is_text(const char *s)
{
	return utf8_check(s, strlen(s), NULL);
}

static void add_json(struct text *out, json_t *value)
{
	char *text = value != NULL
			     ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY)
			     : NULL;

	if (text == NULL)
		out->is_broken = true;
	text_str(out, text);
	free(text);
	json_decref(value);
}

/* Those whose values are text; is_coded: the others, in base64. */
static json_t *fields_json(const struct s3_fields *f, bool is_coded)
{
	json_t *all = json_object();
	const char *name, *value;
	size_t at = 0;
	int failed = f->bytes.is_broken;

	while (s3_fields_next(f, &at, &name, &value)) {
		size_t len = strlen(value);
		char *coded = NULL;

		if (is_text(value) == is_coded)
			continue;
		if (is_coded)
			coded = malloc((len + 2) / 3 * 4 + 1);
		if (coded != NULL)
			(void)base64_encode(value, len, coded);
		failed |= json_object_set_new(
			all, name, json_string(is_coded ? coded : value));
		free(coded);
	}
	if (failed != 0) {
		json_decref(all);
		return NULL;
	}
	return all;
}

static void add_fields(struct text *out, const char *key,
		       const struct s3_fields *f, bool is_coded)
{
	json_t *all;

	if (f->bytes.len == 0 && !f->bytes.is_broken)
		return;
	all = fields_json(f, is_coded);
	if (all != NULL && json_object_size(all) == 0) {
		json_decref(all);
		return;
	}
	text_printf(out, ",\"%s\":", key);
	add_json(out, all);
}

static void add_text(struct text *out, const char *key, const char *value)
{
	if (value == NULL || !is_text(value))
		return;
	text_printf(out, ",\"%s\":", key);
	add_json(out, json_string(value));
}

static void add_flag(struct text *out, const char *key, bool flag)
{
	if (flag)
		text_printf(out, ",\"%s\":true", key);
}

void object_facts_format(const struct object_facts *f, struct text *out)
{
	text_printf(out, "{\"size\":%" PRIu64, f->size);
	add_text(out, "etag", f->etag);
	text_printf(out, ",\"last_modified_ms\":%" PRId64, f->modified_ms);
	add_text(out, "version_id", f->version_id);
	add_fields(out, "headers", &f->headers, false);
	add_fields(out, "metadata", &f->metadata, false);
	add_fields(out, "metadata_base64", &f->metadata, true);
	add_fields(out, "tags", &f->tags, false);
	add_flag(out, "tags_unread", f->are_tags_unread);
	add_flag(out, "metadata_partial", f->is_metadata_partial);
	add_flag(out, "changed", f->is_changed);
	add_flag(out, "unreadable", f->is_unreadable);
	add_flag(out, "recent", f->is_recent);
	text_char(out, '}');
}

/* --- the way back */

static bool damaged(struct err *e, const char *key)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the index: the \"facts\" of an object have no proper "
		       "\"%s\"",
		       key);
}

static bool read_text(const json_t *doc, const char *key, char **out,
		      struct err *e)
{
	const json_t *value = json_object_get(doc, key);
	const char *text = json_string_value(value);

	if (value == NULL)
		return true;
	if (text == NULL || strlen(text) != json_string_length(value))
		return damaged(e, key);
	*out = strdup(text);
	return *out != NULL || err_nomem(e, "an object's facts");
}

/* NULL: it is none, or there is no memory. */
static char *decode(const char *text)
{
	char *bytes = calloc(1, strlen(text) + 1);
	size_t len;

	if (bytes != NULL && base64_decode(text, bytes, &len) &&
	    strlen(bytes) == len)
		return bytes;
	free(bytes);
	return NULL;
}

static bool read_field(struct s3_fields *out, const char *name,
		       const json_t *value, bool is_coded)
{
	const char *text = json_string_value(value);
	char *bytes = NULL;

	if (text == NULL || strlen(text) != json_string_length(value))
		return false;
	if (is_coded) {
		bytes = decode(text);
		if (bytes == NULL)
			return false;
	}
	s3_fields_add(out, name, is_coded ? bytes : text);
	free(bytes);
	return true;
}

static bool read_fields(const json_t *doc, const char *key, bool is_coded,
			struct s3_fields *out, struct err *e)
{
	json_t *all = json_object_get(doc, key), *value;
	const char *name;

	if (all == NULL)
		return true;
	if (!json_is_object(all))
		return damaged(e, key);
	json_object_foreach(
		all, name,
		value) if (!read_field(out, name, value,
				       is_coded)) return damaged(e, key);
	return !out->bytes.is_broken || err_nomem(e, "an object's facts");
}

static bool read_numbers(const json_t *doc, struct object_facts *f,
			 struct err *e)
{
	const json_t *size = json_object_get(doc, "size");
	const json_t *modified = json_object_get(doc, "last_modified_ms");

	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return damaged(e, "size");
	if (!json_is_integer(modified))
		return damaged(e, "last_modified_ms");
	f->size = (uint64_t)json_integer_value(size);
	f->modified_ms = json_integer_value(modified);
	return true;
}

static bool read_all(const json_t *doc, struct object_facts *f, struct err *e)
{
	f->are_tags_unread = json_is_true(json_object_get(doc, "tags_unread"));
	f->is_metadata_partial =
		json_is_true(json_object_get(doc, "metadata_partial"));
	f->is_changed = json_is_true(json_object_get(doc, "changed"));
	f->is_unreadable = json_is_true(json_object_get(doc, "unreadable"));
	f->is_recent = json_is_true(json_object_get(doc, "recent"));
	return read_numbers(doc, f, e) && read_text(doc, "etag", &f->etag, e) &&
	       read_text(doc, "version_id", &f->version_id, e) &&
	       read_fields(doc, "headers", false, &f->headers, e) &&
	       read_fields(doc, "metadata", false, &f->metadata, e) &&
	       read_fields(doc, "metadata_base64", true, &f->metadata, e) &&
	       read_fields(doc, "tags", false, &f->tags, e);
}

bool object_facts_parse(struct object_facts *f, const char *json, struct err *e)
{
	json_t *doc = json != NULL ? json_loads(json, 0, NULL) : NULL;
	struct object_facts got = {0};
	bool ok = json_is_object(doc) ? read_all(doc, &got, e)
				      : damaged(e, "facts");

	json_decref(doc);
	if (ok)
		*f = got;
	else
		object_facts_fini(&got);
	return ok;
}

void object_facts_reset(struct object_facts *f)
{
	struct s3_fields headers = f->headers, metadata = f->metadata,
			 tags = f->tags;

	free(f->etag);
	free(f->version_id);
	s3_fields_reset(&headers);
	s3_fields_reset(&metadata);
	s3_fields_reset(&tags);
	*f = (struct object_facts){
		.headers = headers, .metadata = metadata, .tags = tags};
}

void object_facts_fini(struct object_facts *f)
{
	free(f->etag);
	free(f->version_id);
	s3_fields_fini(&f->headers);
	s3_fields_fini(&f->metadata);
	s3_fields_fini(&f->tags);
	*f = (struct object_facts){0};
}
