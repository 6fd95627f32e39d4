/* meta.c - see meta.h. */
#include "sources/objects/load/meta.h"

#include <stdlib.h>
#include <string.h>

#include "s3/fields.h"
#include "s3/tags.h"
#include "sources/objects/load/unpack.h"

#define RECORD_KEY   "COFFER.key"
#define RECORD_FACTS "COFFER.object"
#define META	     "x-amz-meta-"

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the archive has %s; verify the backup, or restore "
		       "another one",
		       what);
}

/* --- from records */

static bool take_key(struct object_reading *r, const struct pax_record *rec,
		     struct err *e)
{
	if (r->key != NULL || rec->value_len == 0 ||
	    memchr(rec->value, '\0', rec->value_len) != NULL ||
	    !utf8_check(rec->value, rec->value_len, NULL))
		return damaged(e, "a key that is none");
	r->key = str_of(rec->value, rec->value_len);
	return r->key != NULL || err_nomem(e, "a key");
}

static bool take_facts(struct object_reading *r, const struct pax_record *rec,
		       struct err *e)
{
	char *json;
	bool ok;

	if (r->has_facts)
		return damaged(e, "the facts of an object twice");
	json = str_of(rec->value, rec->value_len);
	if (json == NULL)
		return err_nomem(e, "an object's facts");
	ok = object_facts_parse(&r->facts, json, e);
	free(json);
	r->has_facts = ok;
	return ok;
}

bool object_reading_record(struct object_reading *r,
			   const struct pax_record *record, struct err *e)
{
	if (pax_record_is(record, RECORD_KEY))
		return take_key(r, record, e);
	if (pax_record_is(record, RECORD_FACTS))
		return take_facts(r, record, e);
	return true;
}

bool object_reading_check(const struct object_reading *r, struct err *e)
{
	return (r->key != NULL && r->has_facts) ||
	       damaged(e, "an object without a key, or without facts");
}

void object_reading_fini(struct object_reading *r)
{
	free(r->key);
	object_facts_fini(&r->facts);
	*r = (struct object_reading){0};
}

/* --- to a store */

static size_t count_fields(const struct s3_fields *f)
{
	const char *name, *value;
	size_t at = 0, n = 0;

	while (s3_fields_next(f, &at, &name, &value))
		n++;
	return n;
}

static void add_pairs(struct object_headers *h, const struct s3_fields *f,
		      const char *names)
{
	const char *name, *value;
	size_t at = 0;

	while (s3_fields_next(f, &at, &name, &value)) {
		if (names != NULL) {
			name = names;
			names += strlen(names) + 1;
		}
		h->pairs[h->n++] = (struct s3_pair){name, value};
	}
}

static void name_metadata(struct text *out, const struct s3_fields *f)
{
	const char *name, *value;
	size_t at = 0;

	while (s3_fields_next(f, &at, &name, &value)) {
		text_str(out, META);
		text_add(out, name, strlen(name) + 1);
	}
}

bool object_headers_init(struct object_headers *h, const struct object_facts *f,
			 bool with_tags)
{
	size_t n = count_fields(&f->headers) + count_fields(&f->metadata) + 1;

	h->pairs = calloc(n, sizeof(*h->pairs));
	name_metadata(&h->names, &f->metadata);
	if (h->pairs == NULL || h->names.is_broken ||
	    !s3_tags_encode(&h->tags, &f->tags))
		return false;
	add_pairs(h, &f->headers, NULL);
	add_pairs(h, &f->metadata, h->names.data);
	if (with_tags && h->tags.len > 0)
		h->pairs[h->n++] =
			(struct s3_pair){"x-amz-tagging", h->tags.data};
	return true;
}

void object_headers_fini(struct object_headers *h)
{
	text_free(&h->names);
	text_free(&h->tags);
	free(h->pairs);
	*h = (struct object_headers){0};
}

void object_xml_escape(struct text *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			text_str(out, "&lt;");
		else if (*text == '>')
			text_str(out, "&gt;");
		else if (*text == '&')
			text_str(out, "&amp;");
		else
			text_char(out, *text);
	}
}

void object_tagging_format(struct text *out, const struct s3_fields *tags)
{
	const char *name, *value;
	size_t at = 0;

	text_str(out, "<Tagging><TagSet>");
	while (s3_fields_next(tags, &at, &name, &value)) {
		text_str(out, "<Tag><Key>");
		object_xml_escape(out, name);
		text_str(out, "</Key><Value>");
		object_xml_escape(out, value);
		text_str(out, "</Value></Tag>");
	}
	text_str(out, "</TagSet></Tagging>");
}

/* --- back from it */

static bool is_same(const char *told, const char *given)
{
	return told != NULL && strcmp(told, given) == 0;
}

static bool headers_are_there(const struct object_facts *f,
			      const struct s3_fields *told, const char **what)
{
	const char *name, *value;
	size_t at = 0;

	while (s3_fields_next(&f->headers, &at, &name, &value)) {
		*what = name;
		if (!is_same(s3_fields_get(told, name), value))
			return false;
	}
	return true;
}

/* All that it tells are given, and as many. */
static bool metadata_is_same(const struct object_facts *f,
			     const struct s3_fields *told, const char **what)
{
	const char *name, *value;
	size_t at = 0, n = 0;

	while (s3_fields_next(told, &at, &name, &value)) {
		if (strncmp(name, META, strlen(META)) != 0)
			continue;
		n++;
		*what = name;
		if (!is_same(s3_fields_get(&f->metadata, name + strlen(META)),
			     value))
			return false;
	}
	*what = "x-amz-meta-";
	return n == count_fields(&f->metadata);
}

bool object_headers_equal(const struct object_facts *f,
			  const struct s3_fields *told, const char **what)
{
	return headers_are_there(f, told, what) &&
	       metadata_is_same(f, told, what);
}

bool object_tags_equal(const struct s3_fields *a, const struct s3_fields *b)
{
	const char *name, *value;
	size_t at = 0;

	while (s3_fields_next(a, &at, &name, &value)) {
		if (!is_same(s3_fields_get(b, name), value))
			return false;
	}
	return count_fields(a) == count_fields(b);
}
