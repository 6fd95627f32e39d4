/* contents_tree.c - see contents_tree.h. */
#include "jobs/verify/contents_tree.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "sources/file_facts.h"
#include "sources/object_facts.h"

enum { MS = 1000, NS_PER_MS = 1000000, WIDEST = 3 /* of one foreign byte */ };

void contents_tree_fini(struct contents_tree *t)
{
	text_free(&t->folder);
	text_free(&t->prefix);
	text_free(&t->after);
	text_free(&t->items);
	text_free(&t->last);
}

bool contents_tree_init(struct contents_tree *t, const struct contents_query *q,
			struct err *e)
{
	const char *folder = q->folder != NULL ? q->folder : "";
	size_t len = strlen(folder);

	while (len > 0 && folder[len - 1] == '/')
		len--;
	if (len == 1 && folder[0] == '.')
		len = 0;
	text_str(&t->prefix, folder);
	text_add(&t->folder, folder, len);
	text_str(&t->after, q->after);
	t->limit = q->limit;
	t->is_past = t->after.len == 0;
	return (!t->folder.is_broken && !t->prefix.is_broken &&
		!t->after.is_broken) ||
	       err_nomem(e, "the contents of a backup");
}

static bool is_object(const struct index_line *l)
{
	return strcmp(l->type, "object") == 0;
}

/* What stands before the last slash is the folder. The top is in none. */
static bool is_in(const struct contents_tree *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;

	return strcmp(path, ".") != 0 && len == t->folder.len &&
	       memcmp(path, t->folder.data, len) == 0;
}

static json_t *show_target(const struct file_facts *f)
{
	size_t room;
	json_t *shown;
	char *text;

	if (f->target == NULL)
		return json_null();
	room = WIDEST * strlen(f->target) + 1;
	text = malloc(room);
	shown = text != NULL ? json_string(utf8_show(text, room, f->target))
			     : NULL;
	free(text);
	return shown;
}

static json_t *show_digest(const struct index_line *l)
{
	char digest[DIGEST_HEX_MAX];

	return strcmp(l->type, "file") == 0 || is_object(l)
		       ? json_string(digest_format(&l->digest, digest))
		       : json_null();
}

/* Years that RFC 3339 has no digits for are none. */
static json_t *show_time(const struct file_time *at)
{
	static const int64_t last = INT64_C(253402300799);
	static const int64_t first = INT64_C(-62135596800);
	char text[CLOCK_TEXT_MAX];

	if (at->seconds < first || at->seconds > last)
		return json_null();
	return json_string(clock_format(
		at->seconds * MS + at->nanoseconds / NS_PER_MS, text));
}

static json_t *show_member(const char *path, const struct index_line *l,
			   const struct file_facts *f)
{
	const char *slash = is_object(l) ? NULL : strrchr(path, '/');

	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "name",
			 slash != NULL ? slash + 1 : path, "path", path, "type",
			 l->type, "bytes", (json_int_t)f->size, "mtime",
			 show_time(&f->mtime), "target", show_target(f),
			 "digest", show_digest(l));
}

/* What is shown of an object is what a file has, too. */
static bool read_object(struct file_facts *f, const char *facts, struct err *e)
{
	struct object_facts o;

	if (!object_facts_parse(&o, facts, e))
		return false;
	*f = (struct file_facts){.size = o.size,
				 .mtime.seconds = o.modified_ms / MS};
	object_facts_fini(&o);
	return true;
}

static bool read_facts(struct file_facts *f, const struct index_line *l,
		       struct err *e)
{
	return is_object(l) ? read_object(f, l->facts, e)
			    : file_facts_parse(f, l->facts, e);
}

static bool put_member(struct contents_tree *t, const char *path,
		       const struct index_line *l, struct err *e)
{
	struct file_facts f;
	json_t *one;
	char *text;

	if (!read_facts(&f, l, e))
		return false;
	one = show_member(path, l, &f);
	text = one != NULL ? json_dumps(one, JSON_COMPACT) : NULL;
	json_decref(one);
	file_facts_fini(&f);
	if (t->n++ > 0)
		text_char(&t->items, ',');
	text_str(&t->items, text);
	text_reset(&t->last);
	text_str(&t->last, path);
	if (text == NULL || t->items.is_broken || t->last.is_broken)
		(void)err_nomem(e, "the contents of a backup");
	free(text);
	return !err_is(e);
}

/* It is in the folder. */
static bool take_member(struct contents_tree *t, const char *path,
			const struct index_line *l, struct err *e)
{
	if (!t->is_past) {
		t->is_past = strcmp(path, t->after.data) == 0;
		return true;
	}
	if (t->n == t->limit) {
		t->has_more = true;
		return true;
	}
	return put_member(t, path, l, e);
}

static bool begins_with_prefix(const struct contents_tree *t, const char *key)
{
	return t->prefix.len == 0 ||
	       strncmp(key, t->prefix.data, t->prefix.len) == 0;
}

bool contents_tree_add(struct contents_tree *t, const struct index_line *l,
		       struct err *e)
{
	size_t room = WIDEST * strlen(l->name) + 1;
	char *path;
	bool ok;

	if (t->has_more || strcmp(l->type, "superseded") == 0)
		return true;
	path = malloc(room);
	if (path == NULL)
		return err_nomem(e, "the contents of a backup");
	(void)utf8_show(path, room, l->name);
	ok = !(is_object(l) ? begins_with_prefix(t, path) : is_in(t, path)) ||
	     take_member(t, path, l, e);
	free(path);
	return ok;
}

char *contents_tree_take(struct contents_tree *t, struct err *e)
{
	struct text all = {0};
	json_t *next = t->has_more ? json_string(t->last.data) : json_null();
	char *cursor = json_dumps(next, JSON_COMPACT | JSON_ENCODE_ANY);
	char *taken = NULL;

	json_decref(next);
	text_str(&all, "{\"items\":[");
	text_add(&all, t->items.data, t->items.len);
	text_str(&all, "],\"next\":");
	text_str(&all, cursor);
	text_char(&all, '}');
	if (cursor != NULL)
		taken = text_take(&all);
	text_free(&all);
	free(cursor);
	if (taken == NULL)
		(void)err_nomem(e, "the contents of a backup");
	return taken;
}
