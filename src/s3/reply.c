/* reply.c - what a store answered, as it comes in. */
#include "reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "s3/request.h"

enum { HEADER_MAX = 256 };

void s3_reply_reset(struct s3_reply *r, const struct s3_landing *landing)
{
	struct text body = r->body;
	struct s3_fields fields = r->fields;

	text_reset(&body);
	s3_fields_reset(&fields);
	*r = (struct s3_reply){
		.landing = *landing, .body = body, .fields = fields};
}

void s3_reply_fini(struct s3_reply *r)
{
	text_free(&r->body);
	s3_fields_fini(&r->fields);
}

static void take_date(struct s3_reply *r, const char *value)
{
	r->came_ms = clock_now_ms();
	if (!clock_parse_http(value, &r->date_ms))
		r->date_ms = 0;
}

/* Seconds only: the form with a date is not used by stores. */
static void take_retry_after(struct s3_reply *r, const char *value)
{
	unsigned long long s;

	if (str_to_u64(value, &s))
		r->wait_s = s > 3600 ? 3600 : (unsigned)s;
}

/* "bytes 0-99/1234", RFC 9110 14.4. The total may be '*'. */
static void take_content_range(struct s3_reply *r, const char *value)
{
	char *end;

	if (strncmp(value, "bytes ", 6) != 0)
		return;
	r->from = strtoull(value + 6, &end, 10);
	if (*end != '-')
		return;
	(void)strtoull(end + 1, &end, 10);
	if (*end != '/')
		return;
	r->has_range = true;
	r->total = end[1] == '*' ? UINT64_MAX : strtoull(end + 1, NULL, 10);
}

static void take_field(struct s3_reply *r, const char *name, const char *value)
{
	if (strcasecmp(name, "date") == 0)
		take_date(r, value);
	else if (strcasecmp(name, "retry-after") == 0)
		take_retry_after(r, value);
	else if (strcasecmp(name, "content-range") == 0)
		take_content_range(r, value);
	else if (strcasecmp(name, "x-amz-bucket-region") == 0)
		str_printable(r->region, sizeof(r->region), value);
}

/* A status line; 100 (Continue) and its like are followed by another. */
static void take_status(struct s3_reply *r, const char *line)
{
	const char *space = strchr(line, ' ');
	struct s3_landing landing = r->landing;

	s3_reply_reset(r, &landing);
	r->status = space != NULL ? strtol(space + 1, NULL, 10) : 0;
}

static void take_line(struct s3_reply *r, char *line)
{
	char *value = strchr(line, ':');

	if (strncmp(line, "HTTP/", 5) == 0) {
		take_status(r, line);
		return;
	}
	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	take_field(r, line, value);
}

/* "Name: value" of any length, among those that are wanted. */
static void keep_field(struct s3_reply *r, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end = line + len;
	char *name, *value;

	if (colon == NULL || memchr(line, '\0', len) != NULL)
		return;
	if (r->fields.bytes.len + len + 2 > S3_FIELDS_MAX_BYTES) {
		r->are_fields_cut = true;
		return;
	}
	name = str_of(line, (size_t)(colon - line));
	for (colon++; colon < end && strchr(" \t", *colon) != NULL;)
		colon++;
	value = str_of(colon, (size_t)(end - colon));
	if (name != NULL && value != NULL) {
		str_lower(name, strlen(name) + 1, name);
		s3_fields_add(&r->fields, name, value);
	} else {
		r->fields.bytes.is_broken = true;
	}
	free(name);
	free(value);
}

size_t s3_reply_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct s3_reply *r = arg;
	char line[HEADER_MAX];
	size_t len = size * n;

	while (len > 0 && strchr("\r\n \t", bytes[len - 1]) != NULL)
		len--;
	if (len < sizeof(line)) { /* else none of those that are read */
		memcpy(line, bytes, len);
		line[len] = '\0';
		take_line(r, line);
	}
	if (r->landing.wants_fields)
		keep_field(r, bytes, len);
	return size * n;
}

/* Returns less than len: curl then ends the transfer. */
static size_t take_object(struct s3_reply *r, const char *bytes, size_t len)
{
	if (len > r->landing.cap - r->got) {
		r->is_too_long = true;
		return 0;
	}
	memcpy(r->landing.buf + r->got, bytes, len);
	r->got += len;
	return len;
}

static size_t take_text(struct s3_reply *r, const char *bytes, size_t len)
{
	if (len > S3_REPLY_MAX_BYTES - r->body.len) {
		r->is_too_long = true;
		return 0;
	}
	text_add(&r->body, bytes, len);
	return r->body.is_broken ? 0 : len;
}

size_t s3_reply_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct s3_reply *r = arg;
	size_t len = size * n;

	if (len == 0)
		return 0;
	if (r->landing.buf == NULL || r->status >= 300)
		return take_text(r, bytes, len);
	if (r->status == r->landing.wanted_status)
		return take_object(r, bytes, len);
	r->is_unasked = true;
	return 0;
}
