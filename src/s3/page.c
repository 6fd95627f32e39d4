/* page.c - one page of ListObjectsV2. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"

enum {
	ENTRIES_MAX = 10 * 1000, /* 1,000 are asked for */
	ENTRIES_FIRST = 64,
};

/* What is known of the entry that is being read. */
struct reading {
	struct s3_page *page;
	struct s3_entry entry;
	bool has_key;
	bool has_size;
	bool has_time;
	bool has_etag;
};

static bool refuse(struct s3_page *p, const char *why)
{
	if (p->refusal == NULL)
		p->refusal = why;
	return false;
}

static bool refuse_nomem(struct s3_page *p)
{
	p->is_nomem = true;
	return refuse(p, "out of memory");
}

/* Into the page's memory; *at tells where. */
static bool keep(struct reading *r, const char *text, size_t *at)
{
	struct text *keys = &r->page->keys;

	*at = keys->len;
	text_add(keys, text, strlen(text) + 1);
	return !keys->is_broken || refuse_nomem(r->page);
}

static bool grow(struct s3_page *p)
{
	size_t cap = p->cap > 0 ? 2 * p->cap : ENTRIES_FIRST;
	struct s3_entry *more;

	if (p->n < p->cap)
		return true;
	if (p->n >= ENTRIES_MAX)
		return refuse(p, "more entries than were asked for");
	more = realloc(p->entries, cap * sizeof(*more));
	if (more == NULL)
		return refuse_nomem(p);
	p->entries = more;
	p->cap = cap;
	return true;
}

static bool push(struct reading *r)
{
	struct s3_page *p = r->page;

	if (!r->has_key || !r->has_size || !r->has_time)
		return refuse(p, "an entry without key, size or time");
	if (!r->has_etag && !keep(r, "", &r->entry.etag_at))
		return false;
	if (!grow(p))
		return false;
	p->entries[p->n++] = r->entry;
	r->has_key = r->has_size = r->has_time = r->has_etag = false;
	return true;
}

static bool take_of_entry(struct reading *r, const char *name, const char *text)
{
	unsigned long long size;

	if (strcmp(name, "") == 0)
		return push(r);
	if (strcmp(name, "/Key") == 0) {
		r->has_key = true;
		return keep(r, text, &r->entry.key_at);
	}
	if (strcmp(name, "/ETag") == 0) {
		r->has_etag = true;
		return keep(r, text, &r->entry.etag_at);
	}
	if (strcmp(name, "/Size") == 0) {
		if (!str_to_u64(text, &size))
			return refuse(r->page, "a size that is no number");
		r->entry.size_bytes = size;
		r->has_size = true;
	} else if (strcmp(name, "/LastModified") == 0) {
		if (!clock_parse(text, &r->entry.modified_ms))
			return refuse(r->page, "a time that is none");
		r->has_time = true;
	}
	return true;
}

static bool on_element(void *arg, const char *path, const char *text)
{
	static const char root[] = "ListBucketResult";
	static const char contents[] = "/Contents";
	struct reading *r = arg;
	struct s3_page *p = r->page;

	if (strncmp(path, root, strlen(root)) != 0)
		return refuse(p, "the answer is no listing");
	path += strlen(root);
	if (strncmp(path, contents, strlen(contents)) == 0)
		return take_of_entry(r, path + strlen(contents), text);
	if (strcmp(path, "/IsTruncated") == 0)
		p->is_truncated = strcmp(text, "true") == 0;
	else if (strcmp(path, "/EncodingType") == 0)
		p->is_encoded = strcmp(text, "url") == 0;
	else if (strcmp(path, "/NextContinuationToken") == 0) {
		text_reset(&p->token);
		text_str(&p->token, text);
	}
	return true;
}

/* As in a query string: '+' is a space (AWS), and a plus comes as %2B. */
static bool decode(char *key)
{
	for (char *c = strchr(key, '+'); c != NULL; c = strchr(c, '+'))
		*c = ' ';
	return percent_decode(key);
}

static bool check_keys(struct s3_page *p, const char *prefix)
{
	for (size_t i = 0; i < p->n; i++) {
		char *key = p->keys.data + p->entries[i].key_at;

		if (p->is_encoded && !decode(key))
			return refuse(p, "a key with a broken escape");
		if (strncmp(key, prefix, strlen(prefix)) != 0)
			return refuse(p, "a key without the prefix asked for");
	}
	return true;
}

static void forget(struct s3_page *p)
{
	text_reset(&p->keys);
	text_reset(&p->token);
	p->n = 0;
	p->is_truncated = false;
	p->is_encoded = false;
	p->refusal = NULL;
	p->is_nomem = false;
}

bool s3_page_read(struct s3_page *p, const char *prefix, const char *bytes,
		  size_t len, struct s3_fault *f)
{
	struct reading r = {.page = p};
	bool ok;

	forget(p);
	ok = s3_xml_read(bytes, len, on_element, &r) && check_keys(p, prefix);
	if (ok && p->token.is_broken)
		ok = refuse_nomem(p);
	if (ok && p->is_truncated && p->token.len == 0)
		ok = refuse(p, "a listing that goes on without saying where");
	if (!ok)
		str_copy(f->message, sizeof(f->message),
			 p->refusal != NULL ? p->refusal
					    : "the answer is no listing");
	return ok;
}

void s3_page_fini(struct s3_page *p)
{
	text_free(&p->keys);
	text_free(&p->token);
	free(p->entries);
	*p = (struct s3_page){0};
}
