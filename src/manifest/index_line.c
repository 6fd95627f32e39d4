/* index_line.c - reads lines of the index, which others may have written. */
#include "manifest/index_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "manifest/layout.h"
#include "manifest/manifest_int.h"

enum { EXTENT_MEMBERS = 3 };

void index_line_fini(struct index_line *l)
{
	free(l->type);
	free(l->group);
	free(l->name);
	free(l->on);
	free(l->definer);
	free(l->facts);
	free(l->extents);
	*l = (struct index_line){0};
}

static bool read_member(const json_t *triple, size_t i, uint64_t max,
			uint64_t *out)
{
	const json_t *n = json_array_get(triple, i);

	if (!json_is_integer(n) || json_integer_value(n) < 0 ||
	    (uint64_t)json_integer_value(n) > max)
		return false;
	*out = (uint64_t)json_integer_value(n);
	return true;
}

static bool read_extent(const json_t *triple, struct index_extent *x)
{
	return json_array_size(triple) == EXTENT_MEMBERS &&
	       read_member(triple, 0, LAYOUT_NUMBER_MAX, &x->part) &&
	       read_member(triple, 1, LAYOUT_OBJECT_MAX_BYTES, &x->offset) &&
	       read_member(triple, 2, LAYOUT_OBJECT_MAX_BYTES, &x->length) &&
	       index_extent_is_sound(x);
}

bool index_extent_is_sound(const struct index_extent *x)
{
	return x->part > 0 && x->part <= LAYOUT_NUMBER_MAX && x->length > 0 &&
	       x->length <= LAYOUT_OBJECT_MAX_BYTES &&
	       x->offset <= LAYOUT_OBJECT_MAX_BYTES - x->length;
}

bool index_extent_is_behind(const struct index_extent *a,
			    const struct index_extent *b)
{
	return b->part > a->part ||
	       (b->part == a->part && b->offset >= a->offset + a->length);
}

static bool read_extents(const json_t *doc, struct index_line *l, struct err *e)
{
	const json_t *list = json_object_get(doc, "extents");
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > INDEX_EXTENTS_MAX)
		return manifest_damaged(e, "a line of the index has no proper "
					   "extents");
	if (n == 0)
		return true;
	l->extents = calloc(n, sizeof(*l->extents));
	if (l->extents == NULL)
		return err_nomem(e, "a line of the index");
	for (size_t i = 0; i < n; i++) {
		struct index_extent *x = &l->extents[i];

		if (!read_extent(json_array_get(list, i), x) ||
		    (i > 0 && !index_extent_is_behind(&x[-1], x)))
			return manifest_damaged(e, "a line of the index has "
						   "impossible extents");
	}
	l->nextents = n;
	return true;
}

static bool read_kind(const json_t *doc, struct index_line *l, struct err *e)
{
	const char *word =
		manifest_get_text(doc, "kind", MANIFEST_STRING_MAX, e);

	if (word == NULL)
		return false;
	for (enum item_kind k = 0; k < ITEM_KIND_COUNT; k++) {
		if (strcmp(word, item_kind_name(k)) == 0) {
			l->kind = k;
			return true;
		}
	}
	return manifest_damaged(e, "a line of the index has no known kind");
}

static bool read_rows(const json_t *doc, struct index_line *l, struct err *e)
{
	const char *hex;

	if (l->kind != ITEM_DATA)
		return true;
	hex = manifest_get_text(doc, "digest", DIGEST_HEX_MAX - 1, e);
	if (hex == NULL || !manifest_get_number(doc, "rows", &l->rows, e))
		return false;
	return digest_parse(hex, &l->digest) ||
	       manifest_damaged(e, "a line of the index has no digest");
}

static bool copy_if_there(const json_t *doc, const char *key, char **out,
			  struct err *e)
{
	return json_object_get(doc, key) == NULL ||
	       manifest_copy_text(doc, key, out, e);
}

/* Names of files are any bytes but NUL. */
static bool read_name_base64(const json_t *doc, struct index_line *l,
			     struct err *e)
{
	const char *text = manifest_get_text(doc, "name_base64",
					     INDEX_NAME_MAX / 3 * 4 + 4, e);
	size_t len = 0;

	if (text == NULL)
		return false;
	l->name = calloc(1, strlen(text) + 1);
	if (l->name == NULL)
		return err_nomem(e, "a line of the index");
	return (base64_decode(text, l->name, &len) && strlen(l->name) == len) ||
	       manifest_damaged(e, "a line of the index has no proper "
				   "\"name_base64\"");
}

static bool read_name(const json_t *doc, struct index_line *l, struct err *e)
{
	const char *name;

	if (json_object_get(doc, "name_base64") != NULL)
		return read_name_base64(doc, l, e);
	name = manifest_get_text(doc, "name", INDEX_NAME_MAX, e);
	if (name == NULL)
		return false;
	l->name = strdup(name);
	return l->name != NULL || err_nomem(e, "a line of the index");
}

static bool read_facts(const json_t *doc, struct index_line *l, struct err *e)
{
	const json_t *facts = json_object_get(doc, "facts");

	if (facts == NULL)
		return true;
	if (!json_is_object(facts))
		return manifest_damaged(e, "a line of the index has \"facts\" "
					   "that are no object");
	l->facts = json_dumps(facts, JSON_COMPACT);
	return l->facts != NULL || err_nomem(e, "a line of the index");
}

/* Runs of several pipelines hold nothing else, so there is nothing to skip. */
static bool read_apart(const json_t *doc, struct index_line *l, struct err *e)
{
	const json_t *apart = json_object_get(doc, "apart");

	if (apart != NULL && !json_is_boolean(apart))
		return manifest_damaged(e, "a line of the index has an "
					   "\"apart\" that is neither true nor "
					   "false");
	l->is_apart = json_is_true(apart);
	if (l->is_apart && l->skip > 0)
		return manifest_damaged(e, "a line of the index lies apart and "
					   "among others");
	return true;
}

static bool read_line(const json_t *doc, struct index_line *l, struct err *e)
{
	if (!read_kind(doc, l, e) ||
	    !manifest_copy_text(doc, "type", &l->type, e) ||
	    !manifest_copy_text(doc, "group", &l->group, e) ||
	    !read_name(doc, l, e) ||
	    !manifest_get_number(doc, "plain_bytes", &l->plain_bytes, e) ||
	    !read_extents(doc, l, e) || !read_rows(doc, l, e))
		return false;
	if (json_object_get(doc, "skip") != NULL &&
	    !manifest_get_number(doc, "skip", &l->skip, e))
		return false;
	if ((l->plain_bytes > 0) != (l->nextents > 0))
		return manifest_damaged(e, "a line of the index has bytes but "
					   "no place, or the other way");
	return read_apart(doc, l, e) && copy_if_there(doc, "on", &l->on, e) &&
	       copy_if_there(doc, "definer", &l->definer, e) &&
	       read_facts(doc, l, e);
}

static bool load_line(struct index_line *l, const char *line, size_t len,
		      struct err *e)
{
	struct index_line got = {0};
	json_t *doc = manifest_load(line, len, "a line of the index", e);
	bool ok;

	if (doc == NULL)
		return false;
	ok = read_line(doc, &got, e);
	json_decref(doc);
	if (ok)
		*l = got;
	else
		index_line_fini(&got);
	return ok;
}

bool index_line_parse(struct index_line *l, const char *line, size_t len,
		      struct err *e)
{
	return index_line_scan(l, line, len) || load_line(l, line, len, e);
}
