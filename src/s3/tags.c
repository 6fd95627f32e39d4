/* tags.c - see tags.h. */
#include "s3/tags.h"

#include <string.h>

#include "base/encode.h"
#include "s3/fields.h"
#include "s3/xml.h"

struct reading {
	struct s3_fields *out;
	struct text key, value; /* of the tag at hand */
	bool has_root;
};

static bool end_tag(struct reading *r)
{
	if (r->key.len == 0)
		return false; /* a tag has a key of one character at least */
	s3_fields_add(r->out, r->key.data,
		      r->value.data != NULL ? r->value.data : "");
	text_reset(&r->key);
	text_reset(&r->value);
	return true;
}

static bool on_element(void *arg, const char *path, const char *text)
{
	struct reading *r = arg;

	if (strncmp(path, "Tagging", 7) != 0)
		return false;
	r->has_root = true;
	if (strcmp(path, "Tagging/TagSet/Tag") == 0)
		return end_tag(r);
	if (strcmp(path, "Tagging/TagSet/Tag/Key") == 0)
		text_str(&r->key, text);
	else if (strcmp(path, "Tagging/TagSet/Tag/Value") == 0)
		text_str(&r->value, text);
	return true;
}

bool s3_tags_read(struct s3_fields *out, const char *bytes, size_t len,
		  struct s3_fault *f)
{
	struct reading r = {.out = out};
	bool ok;

	s3_fields_reset(out);
	ok = s3_xml_read(bytes, len, on_element, &r) && r.has_root &&
	     !r.key.is_broken && !r.value.is_broken && !out->bytes.is_broken;
	text_free(&r.key);
	text_free(&r.value);
	if (!ok)
		(void)str_copy(f->message, sizeof(f->message),
			       "the answer is no list of tags");
	return ok;
}

bool s3_tags_encode(struct text *out, const struct s3_fields *tags)
{
	const char *name, *value;
	size_t at = 0;
	bool is_first = true;

	while (s3_fields_next(tags, &at, &name, &value)) {
		text_str(out, is_first ? "" : "&");
		percent_encode(out, name, strlen(name), false);
		text_char(out, '=');
		percent_encode(out, value, strlen(value), false);
		is_first = false;
	}
	return !out->is_broken && !tags->bytes.is_broken;
}
