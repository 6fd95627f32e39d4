/* heads.c - see heads.h. */
#include "sources/objects/heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "s3/fields.h"
#include "s3/request.h"

static const char meta_prefix[] = "x-amz-meta-";

enum {
	META_LEN = sizeof(meta_prefix) - 1,
	/* Rounding takes one second; clocks of a store's hosts differ. */
	RECENT_MS = 3000,
	MS_PER_SEC = 1000,
};

/* --- failures */

static bool is_one_of(const char *code, const char *const *list)
{
	while (*list != NULL && strcmp(*list, code) != 0)
		list++;
	return *list != NULL;
}

/* Of the key, the clock or the bucket: no other object would fare better. */
static bool is_of_all(const struct s3_result *r)
{
	static const char *const codes[] = {
		"InvalidAccessKeyId",	"SignatureDoesNotMatch",
		"RequestTimeTooSkewed", "AuthorizationHeaderMalformed",
		"NoSuchBucket",		"ExpiredToken",
		"InvalidToken",		"AllAccessDisabled",
		"AccountProblem",	NULL,
	};

	return r->status == 401 || r->status == 408 || r->status == 429 ||
	       is_one_of(r->code, codes);
}

enum outcome heads_judge(const struct s3_result *r, const struct err *e)
{
	if (e->code == ERR_NOMEM || e->code == ERR_BUG || is_of_all(r))
		return OUTCOME_FATAL;
	if (r->status == 412 || r->status == 416)
		return OUTCOME_CHANGED;
	if (r->status == 404)
		return OUTCOME_VANISHED;
	if (r->status >= 400 && r->status < 500)
		return OUTCOME_UNREADABLE;
	/* Longer or shorter than it was listed. */
	if (r->status >= 200 && r->status < 300 && e->code == ERR_DAMAGED)
		return OUTCOME_CHANGED;
	return OUTCOME_FATAL;
}

bool heads_has_no_tags(const struct s3_result *r)
{
	return strncmp(r->code, "NoSuchTagSet", 12) == 0;
}

enum tags_mode heads_tags_mode(const struct s3_result *r, const struct err *e)
{
	if (e == NULL || heads_judge(r, e) == OUTCOME_VANISHED)
		return TAGS_ASK;
	if (r->status == 403 && !is_of_all(r))
		return TAGS_DENIED;
	/* Those that have no tags say so in one of these ways. */
	if (r->status == 400 || r->status == 405 || r->status == 501)
		return TAGS_NONE;
	return TAGS_ASK;
}

/* --- versions */

/* ETags without quotes and the mark of weak ones: listings and answers of one
 * store may differ in these. */
static const char *bare_etag(const char *etag, size_t *len)
{
	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	*len = strlen(etag);
	if (*len >= 2 && etag[0] == '"' && etag[*len - 1] == '"') {
		etag++;
		*len -= 2;
	}
	return etag;
}

bool heads_is_same_etag(const char *a, const char *b)
{
	size_t alen, blen;

	a = bare_etag(a, &alen);
	b = bare_etag(b, &blen);
	return alen == blen && memcmp(a, b, alen) == 0;
}

bool heads_is_version(const struct s3_fields *fields,
		      const struct object_facts *f)
{
	const char *etag = s3_fields_get(fields, "etag");

	return etag == NULL || f->etag == NULL ||
	       heads_is_same_etag(etag, f->etag);
}

bool heads_is_strong(const char *etag)
{
	return strncmp(etag, "W/", 2) != 0;
}

bool heads_is_recent(const struct s3_fields *fields)
{
	const char *date = s3_fields_get(fields, "date");
	const char *time = s3_fields_get(fields, "last-modified");
	int64_t now_ms, then_ms;

	return date == NULL || time == NULL ||
	       !clock_parse_http(date, &now_ms) ||
	       !clock_parse_http(time, &then_ms) ||
	       now_ms - then_ms < RECENT_MS;
}

/* --- reading */

static uint64_t number_of(const struct s3_fields *fields, const char *name)
{
	const char *text = s3_fields_get(fields, name);
	unsigned long long n;

	return text != NULL && str_to_u64(text, &n) ? n : 0;
}

uint64_t heads_size(const struct s3_fields *fields)
{
	return number_of(fields, "content-length");
}

uint64_t heads_count_tags(const struct s3_fields *fields)
{
	return number_of(fields, "x-amz-tagging-count");
}

bool heads_is_counting(const struct s3_fields *fields)
{
	const char *server = s3_fields_get(fields, "server");

	return s3_fields_get(fields, "x-rgw-object-type") != NULL ||
	       (server != NULL && (strcmp(server, "AmazonS3") == 0 ||
				   strcmp(server, "MinIO") == 0));
}

static bool is_kept(const char *name)
{
	static const char *const names[] = {
		"content-type",
		"content-encoding",
		"content-language",
		"cache-control",
		"expires",
		"content-disposition",
		NULL,
	};

	return is_one_of(name, names);
}

static void read_fields(struct object_facts *f, const struct s3_fields *fields)
{
	const char *name, *value;
	size_t at = 0;

	while (s3_fields_next(fields, &at, &name, &value)) {
		bool is_meta = strncmp(name, meta_prefix, META_LEN) == 0;
		const char *text = is_meta ? name : value;

		if (!is_meta && !is_kept(name))
			continue;
		/* Values of metadata may be any bytes. */
		if (!utf8_check(text, strlen(text), NULL))
			f->is_metadata_partial = true;
		else if (is_meta)
			s3_fields_add(&f->metadata, name + META_LEN, value);
		else
			s3_fields_add(&f->headers, name, value);
	}
}

static bool set_text(char **to, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return false;
	free(*to);
	*to = copy;
	return true;
}

static bool is_in_second(int64_t at_ms, int64_t second_ms)
{
	return at_ms >= second_ms && at_ms - second_ms < MS_PER_SEC;
}

/* The listing's time is finer, if it is that version. One that was written
 * again with the same bytes has the same ETag, and another time. */
static bool read_version(struct object_facts *f, const struct s3_fields *fields)
{
	const char *etag = s3_fields_get(fields, "etag");
	const char *version = s3_fields_get(fields, "x-amz-version-id");
	const char *time = s3_fields_get(fields, "last-modified");
	bool is_other = f->etag == NULL || f->modified_ms == 0 ||
			!heads_is_version(fields, f);
	int64_t at_ms;

	if (time != NULL && clock_parse_http(time, &at_ms) &&
	    (is_other || !is_in_second(f->modified_ms, at_ms)))
		f->modified_ms = at_ms;
	if (etag != NULL && !set_text(&f->etag, etag))
		return false;
	/* "null": it was written when the bucket had no versions, and would
	 * name whatever is written so again. */
	return version == NULL || strcmp(version, "null") == 0 ||
	       set_text(&f->version_id, version);
}

bool heads_read(struct object_facts *f, const struct s3_result *r)
{
	s3_fields_reset(&f->headers);
	s3_fields_reset(&f->metadata);
	f->is_metadata_partial =
		r->are_fields_cut ||
		s3_fields_get(r->fields, "x-amz-missing-meta") != NULL;
	read_fields(f, r->fields);
	return read_version(f, r->fields) && !f->headers.bytes.is_broken &&
	       !f->metadata.bytes.is_broken;
}
