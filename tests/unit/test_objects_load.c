/*
 * One restore of objects from the look at its bucket to the comparison, on a
 * loop, into a bucket that the test keeps in memory: what is found, what
 * arrives, what is refused, and what is left when it ends in the middle.
 */
#include "sources/objects/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "../fakes/fake_s3.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "sources/load.h"
#include "sources/objects/load/known.h"
#include "sources/objects/load/unpack.h"
#include "sources/op_int.h"
#include "sources/partings.h"
#include "test_files_tar.h"

enum {
	ITEMS_MAX = 40,
	OBJECTS_MAX = 64,
	PARTS_MAX = 4,
	LARGE = 20 * 1024 * 1024 + 7
};

/* What the bucket holds. */
struct object {
	char target[200]; /* path on the wire */
	char *bytes;
	size_t len;
	char headers[400]; /* those of its PUT that come back */
	char tags[200];	   /* a document */
};

struct rig {
	struct loop *loop;
	struct fake_s3 *fake;
	struct source_env env;
	struct load_config config;
	char endpoint[64];
	struct load *load;
	struct err err;
	unsigned calls;
	char findings[256], creates[300], replaces[300];
	struct text tar;
	size_t at, piece;
	struct load_item items[ITEMS_MAX];
	size_t nitems, next;

	/* the store */
	bool has_bucket, refuses_bucket;
	struct object objects[OBJECTS_MAX];
	size_t nobjects;
	struct object upload;		/* one of parts, ... */
	struct object parts[PARTS_MAX]; /* ... in the order of their numbers */
	unsigned nparts, naborted, ncreated;
	const char *fails_at; /* a request of which this is a part: 403 */
	bool stops_loop;      /* at a part */
	struct text body;     /* of an answer */
};

/* --- the store */

static struct object *find(struct rig *r, const char *target)
{
	for (size_t i = 0; i < r->nobjects; i++) {
		if (strcmp(r->objects[i].target, target) == 0)
			return &r->objects[i];
	}
	return NULL;
}

static void drop(struct object *o)
{
	free(o->bytes);
	memset(o, 0, sizeof(*o));
}

static struct object *room_for(struct rig *r, const char *target)
{
	struct object *o = find(r, target);

	if (o == NULL) {
		assert_true(r->nobjects < OBJECTS_MAX);
		o = &r->objects[r->nobjects++];
	}
	drop(o);
	(void)snprintf(o->target, sizeof(o->target), "%s", target);
	return o;
}

static void add_bytes(struct object *o, const char *bytes, size_t len)
{
	o->bytes = realloc(o->bytes, o->len + len + 2);
	assert_non_null(o->bytes);
	if (len > 0)
		memcpy(o->bytes + o->len, bytes, len);
	o->len += len;
	memset(o->bytes + o->len, 0, 2);
}

static void keep_bytes(struct object *o, const struct fake_request *q)
{
	add_bytes(o, q->body, q->body_len);
}

static void drop_parts(struct rig *r)
{
	drop(&r->upload);
	for (size_t i = 0; i < PARTS_MAX; i++)
		drop(&r->parts[i]);
}

static void keep_headers(struct object *o, const struct fake_request *q)
{
	static const char *const names[] = {"content-type", "cache-control",
					    "x-amz-meta-colour"};
	char value[200];
	size_t at = 0;

	for (size_t i = 0; i < 3; i++) {
		if (fake_header(q, names[i], value, sizeof(value)) != NULL)
			at += (size_t)snprintf(o->headers + at,
					       sizeof(o->headers) - at,
					       "%s: %s\r\n", names[i], value);
	}
	if (fake_header(q, "x-amz-tagging", value, sizeof(value)) != NULL &&
	    strcmp(value, "team=a") == 0)
		(void)strcpy(o->tags, "<Tagging><TagSet><Tag><Key>team</Key>"
				      "<Value>a</Value></Tag></TagSet>"
				      "</Tagging>");
}

static void answer_list(struct rig *r, struct fake_reply *out)
{
	text_reset(&r->body);
	text_str(&r->body,
		 "<ListBucketResult><IsTruncated>false</IsTruncated>");
	if (r->nobjects > 0)
		text_str(&r->body,
			 "<Contents><Key>in/x</Key><Size>1</Size>"
			 "<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
			 "<ETag>e</ETag></Contents>");
	text_str(&r->body, "</ListBucketResult>");
	out->body = r->body.data;
	if (!r->has_bucket) {
		out->status = "404 Not Found";
		out->body = "<Error><Code>NoSuchBucket</Code></Error>";
	}
}

static void answer_put(struct rig *r, const struct fake_request *q,
		       struct fake_reply *out)
{
	struct object *o;

	if (strcmp(q->target, "/photos/") == 0 ||
	    strcmp(q->target, "/photos") == 0) {
		r->ncreated++;
		r->has_bucket = !r->refuses_bucket;
		if (r->refuses_bucket)
			out->status = "403 Forbidden";
	} else if (strstr(q->target, "partNumber=") != NULL) {
		r->nparts++;
		assert_non_null(strstr(q->target, "uploadId=u%2F1"));
		o = &r->parts[strstr(q->target, "partNumber=")[11] - '1'];
		drop(o); /* one may be sent twice */
		keep_bytes(o, q);
		out->headers = "ETag: \"p\"\r\n";
		if (r->stops_loop)
			loop_stop(r->loop);
	} else if (strstr(q->target, "?tagging") != NULL) {
		*strchr(q->target, '?') = '\0';
		o = find(r, q->target);
		assert_non_null(o);
		assert_true(q->body_len < sizeof(o->tags));
		memcpy(o->tags, q->body, q->body_len);
		o->tags[q->body_len] = '\0';
	} else {
		o = room_for(r, q->target);
		keep_bytes(o, q);
		keep_headers(o, q);
		out->headers = "ETag: \"e\"\r\n";
	}
}

static void answer_post(struct rig *r, const struct fake_request *q,
			struct fake_reply *out)
{
	struct object *o;

	if (strstr(q->target, "?uploads") != NULL) {
		drop_parts(r);
		keep_headers(&r->upload, q);
		out->body = "<InitiateMultipartUploadResult><UploadId>u/1"
			    "</UploadId></InitiateMultipartUploadResult>";
		return;
	}
	assert_non_null(strstr(q->body, "<PartNumber>3</PartNumber>"
					"<ETag>\"p\"</ETag>"));
	*strchr(q->target, '?') = '\0';
	o = room_for(r, q->target);
	for (size_t i = 0; i < PARTS_MAX; i++)
		add_bytes(o, r->parts[i].bytes, r->parts[i].len);
	memcpy(o->headers, r->upload.headers, sizeof(o->headers));
	drop_parts(r);
	out->body = "<CompleteMultipartUploadResult>"
		    "</CompleteMultipartUploadResult>";
}

static void answer_get(struct rig *r, const struct fake_request *q,
		       struct fake_reply *out)
{
	char *query = strchr(q->target, '?');
	char range[100];
	struct object *o;
	unsigned long long from, to;

	if (query != NULL)
		*query = '\0';
	o = find(r, q->target);
	if (o == NULL) {
		out->status = "404 Not Found";
		out->body = "<Error><Code>NoSuchKey</Code></Error>";
		return;
	}
	if (query != NULL) {
		out->body = o->tags[0] != '\0'
				    ? o->tags
				    : "<Tagging><TagSet></TagSet></Tagging>";
		return;
	}
	text_reset(&r->body);
	text_str(&r->body, o->headers);
	text_str(&r->body, "ETag: \"e\"\r\n");
	out->body = o->bytes;
	out->len = o->len;
	if (fake_header(q, "range", range, sizeof(range)) != NULL &&
	    sscanf(range, "bytes=%llu-%llu", &from, &to) == 2) {
		to = to < o->len ? to : o->len - 1;
		out->status = "206 Partial Content";
		text_printf(&r->body, "Content-Range: bytes %llu-%llu/%zu\r\n",
			    from, to, o->len);
		out->body = o->bytes + from;
		out->len = (size_t)(to - from + 1);
	}
	out->headers = r->body.data;
}

static void respond(void *arg, const struct fake_request *q,
		    struct fake_reply *out)
{
	struct rig *r = arg;

	if (r->fails_at != NULL && strstr(q->target, r->fails_at) != NULL)
		out->status = "403 Forbidden";
	else if (strstr(q->target, "list-type=2") != NULL)
		answer_list(r, out);
	else if (strcmp(q->method, "PUT") == 0)
		answer_put(r, q, out);
	else if (strcmp(q->method, "POST") == 0)
		answer_post(r, q, out);
	else if (strcmp(q->method, "GET") == 0)
		answer_get(r, q, out);
	else {
		assert_string_equal(q->method, "DELETE");
		assert_non_null(strstr(q->target, "uploadId=u%2F1"));
		r->naborted++;
		drop_parts(r);
		out->status = "204 No Content";
	}
}

/* --- the rig */

static bool expect(void *arg, size_t *at, struct load_item *item)
{
	const struct rig *r = arg;

	if (*at >= r->nitems)
		return false;
	*item = r->items[(*at)++];
	return true;
}

static int begin(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct err e = {0};

	assert_non_null(r);
	r->loop = loop_new(&e);
	r->fake = fake_s3_new(loop_base(r->loop));
	fake_s3_respond(r->fake, respond, r);
	fake_s3_endless(r->fake);
	r->env.loop = r->loop;
	r->env.bulk = workers_new(r->loop, "test", 2, &e);
	r->env.transfers = transfers_new(r->loop, &e);
	r->env.partings = partings_new(&e);
	assert_false(err_is(&e));
	(void)snprintf(r->endpoint, sizeof(r->endpoint), "http://127.0.0.1:%u",
		       fake_s3_port(r->fake));
	r->config.address = (struct source_address){
		.endpoint = r->endpoint,
		.bucket = "photos",
		.prefix = "in/",
		.user = "key",
		.password = "secret",
		.is_path_style = true,
	};
	r->config.front = "in/";
	r->config.expect = expect;
	r->config.expect_arg = r;
	r->piece = 300 * 1000;
	r->has_bucket = true;
	*state = r;
	return 0;
}

static void drop_load(struct rig *r)
{
	if (r->load != NULL)
		r->load->ops->destroy(r->load);
	r->load = NULL;
}

static void empty_bucket(struct rig *r)
{
	while (r->nobjects > 0)
		drop(&r->objects[--r->nobjects]);
}

static void forget_items(struct rig *r)
{
	text_free(&r->tar);
	r->nitems = 0;
}

static int end(void **state)
{
	struct rig *r = *state;

	drop_load(r);
	partings_free(r->env.partings);
	transfers_free(r->env.transfers);
	fake_s3_free(r->fake);
	workers_free(r->env.bulk);
	loop_free(r->loop);
	empty_bucket(r);
	forget_items(r);
	drop_parts(r);
	text_free(&r->body);
	free(r);
	return 0;
}

static void make_load(struct rig *r)
{
	if (r->load == NULL)
		r->load = objects_load_new(&r->env, &r->config, &r->err);
	assert_non_null(r->load);
}

static void told(struct rig *r, const struct err *e)
{
	r->calls++;
	if (e != NULL)
		r->err = *e;
	loop_stop(r->loop);
}

static void on_done(void *arg, const struct err *e)
{
	told(arg, e);
}

/* As a restore that is to replace what is there, and says so of the place. */
static void overwrites(struct rig *r)
{
	static const char *const confirm[] = {"photos/in/"};

	r->config.is_overwrite = true;
	r->config.confirm = confirm;
	r->config.nconfirm = 1;
}

static void failed(struct rig *r, const char *api, const char *word)
{
	assert_string_equal(r->err.api, api);
	if (strstr(r->err.msg, word) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", word, r->err.msg);
	err_clear(&r->err);
}

/* --- the look */

static void on_checked(void *arg, const struct load_report *report,
		       const struct err *e)
{
	struct rig *r = arg;

	for (size_t i = 0; report != NULL && i < report->nfindings; i++) {
		const struct load_finding *f = &report->findings[i];

		(void)strcat(r->findings, f->is_blocker ? "!" : "");
		(void)strcat(r->findings, f->code);
	}
	if (report != NULL && report->ncreate > 0)
		(void)strcpy(r->creates, report->would_create[0]);
	if (report != NULL && report->nreplace > 0)
		(void)strcpy(r->replaces, report->would_replace[0]);
	told(r, e);
}

static void look(struct rig *r)
{
	r->findings[0] = r->creates[0] = r->replaces[0] = '\0';
	r->calls = 0;
	drop_load(r);
	make_load(r);
	assert_non_null(r->load->ops->check(r->load, on_checked, r, &r->err));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void finds(struct rig *r, const char *wanted)
{
	look(r);
	assert_string_equal(r->findings, wanted);
	assert_false(err_is(&r->err));
}

static void what_is_found(void **state)
{
	struct rig *r = *state;

	finds(r, "");
	assert_string_equal(r->creates, "photos/in/");
	r->has_bucket = false;
	finds(r, "bucket_absent");
	assert_string_equal(r->creates, "photos/in/");
	assert_int_equal(r->ncreated, 0); /* nothing is made */
	r->has_bucket = true;
	(void)room_for(r, "/photos/in/x");
	finds(r, "!target_not_empty");
	assert_string_equal(r->replaces, "photos/in/");
	r->config.is_overwrite = true;
	finds(r, "!confirm_required");
	overwrites(r);
	finds(r, "");
	r->fails_at = "list-type";
	look(r);
	failed(r, "access_denied", "\"photos\"");
}

/* --- the stream */

struct give {
	struct source source; /* first */
	struct rig *rig;
};

static enum flow give_read(struct source *s, struct link *out, struct err *e)
{
	struct rig *r = ((struct give *)(void *)s)->rig;
	size_t left = r->tar.len - r->at, n = left < r->piece ? left : r->piece;
	struct frame *f;

	(void)e;
	if (n == 0)
		return FLOW_END;
	f = frame_new(n);
	assert_non_null(f);
	memcpy(f->data, r->tar.data + r->at, n);
	f->len = n;
	r->at += n;
	link_push(out, f);
	return FLOW_MORE;
}

static void give_destroy(struct source *s)
{
	free(s);
}

static struct pipeline *begin_section(struct rig *r, bool is_empty)
{
	static const struct source_ops ops = {
		.name = "give", .read = give_read, .destroy = give_destroy};
	struct pipeline_parts parts = {.link_bytes = 1 << 20,
				       .idle_seconds = 600};
	struct give *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->source.ops = &ops;
	g->rig = r;
	r->at = is_empty ? r->tar.len : 0;
	r->calls = 0;
	make_load(r);
	assert_int_equal(r->load->ops->width(r->load, ITEM_DATA), 1);
	parts.source = &g->source;
	parts.sink = r->load->ops->sink(r->load, ITEM_DATA, &r->err);
	assert_non_null(parts.sink);
	return pipeline_new(r->loop, &parts, on_done, r, &r->err);
}

static void run_section(struct rig *r, bool is_empty)
{
	struct pipeline *p = begin_section(r, is_empty);

	assert_non_null(p);
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
	pipeline_free(p);
}

static bool next_item(void *arg, struct load_item *item)
{
	struct rig *r = arg;

	return expect(r, &r->next, item);
}

static void verify(struct rig *r)
{
	r->next = 0;
	r->calls = 0;
	if (r->load->ops->verify(r->load, next_item, r, on_done, r, &r->err) ==
	    NULL)
		return;
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void restore(struct rig *r)
{
	err_clear(&r->err);
	drop_load(r);
	run_section(r, true);
	if (!err_is(&r->err))
		run_section(r, false);
	if (!err_is(&r->err))
		verify(r);
}

/* In the index and the archive. */
static struct load_item *add(struct rig *r, const char *key, const char *bytes,
			     size_t len, const char *facts)
{
	struct load_item *it = &r->items[r->nitems++];
	struct text records = {0};
	unsigned long length = len;

	assert_true(r->nitems <= ITEMS_MAX);
	*it = (struct load_item){.database = "", .name = key, .type = "object"};
	it->size = len;
	it->facts = facts;
	digest_add_row(&it->digest, &bytes, &length, 1);
	tar_record(&records, "COFFER.key", key);
	tar_record(&records, "COFFER.object",
		   facts != NULL ? facts
				 : "{\"size\":1,\"last_modified_ms\":0}");
	tar_extended(&r->tar, &records);
	text_free(&records);
	tar_header(&r->tar, '0', "objects/00000001", NULL, len);
	text_add(&r->tar, bytes, len);
	tar_pad(&r->tar);
	return it;
}

static char *large(void)
{
	static char bytes[LARGE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 2654435761U >> 24);
	return bytes;
}

#define FACTS                                                                  \
	"{\"size\":5,\"last_modified_ms\":0,\"headers\":{\"content-type\":"    \
	"\"text/plain\",\"cache-control\":\"no-store\"},\"metadata\":"         \
	"{\"colour\":\"red & blue\"},\"tags\":{\"team\":\"a\"}}"

static void add_all(struct rig *r)
{
	(void)add(r, "a", "hello", 5, FACTS);
	(void)add(r, "a/b", "", 0, NULL);
	(void)add(r, "../up//x %", "up", 2, NULL);
	(void)add(r, "large", large(), LARGE, FACTS);
	for (int i = 0; i < 20; i++) {
		static char names[20][16];

		(void)snprintf(names[i], sizeof(names[i]), "n%d", i);
		(void)add(r, names[i], names[i], strlen(names[i]), NULL);
	}
	tar_end(&r->tar);
}

static void holds(struct rig *r, const char *target, const char *bytes,
		  size_t len)
{
	struct object *o = find(r, target);

	if (o == NULL)
		fail_msg("there is no %s", target);
	assert_int_equal(o->len, len);
	assert_memory_equal(o->bytes, bytes, len);
}

static void a_whole_restore(void **state)
{
	struct rig *r = *state;
	const struct load_facts *f;

	add_all(r);
	r->has_bucket = false;
	restore(r);
	assert_string_equal(r->err.msg, "");
	assert_int_equal(r->ncreated, 1);
	assert_int_equal(r->nobjects, 24);
	holds(r, "/photos/in/a", "hello", 5);
	holds(r, "/photos/in/a/b", "", 0);
	holds(r, "/photos/in/../up//x%20%25", "up", 2);
	holds(r, "/photos/in/large", large(), LARGE);
	assert_int_equal(r->nparts, 3);
	assert_int_equal(r->naborted, 0);
	assert_non_null(strstr(find(r, "/photos/in/large")->headers,
			       "colour: red & blue"));
	assert_non_null(strstr(find(r, "/photos/in/large")->tags,
			       "<Key>team</Key><Value>a</Value>"));
	f = r->load->ops->facts(r->load);
	assert_int_equal(f->members_made, 24);
	assert_int_equal(f->tables_verified, 24);
	restore(r); /* once more: it is not empty any more */
	failed(r, "target_not_empty", "not empty any more");
	r->config.is_overwrite = true; /* but what came there was not named */
	restore(r);
	failed(r, "target_not_empty", "not empty any more");
	overwrites(r);
	restore(r);
	assert_string_equal(r->err.msg, "");
}

static void a_bucket_that_cannot_be_made(void **state)
{
	struct rig *r = *state;

	add_all(r);
	r->has_bucket = false;
	r->refuses_bucket = true;
	restore(r);
	failed(r, "target_failed", "make it yourself");
	assert_int_equal(r->nobjects, 0);
}

static void nothing_at_all(void **state)
{
	struct rig *r = *state;

	tar_end(&r->tar);
	restore(r);
	assert_string_equal(r->err.msg, "");
	assert_int_equal(r->nobjects, 0);
}

static void what_a_comparison_sees(void **state)
{
	struct rig *r = *state;
	struct object *o;

	add_all(r);
	restore(r);
	assert_string_equal(r->err.msg, "");
	o = find(r, "/photos/in/a");
	o->bytes[0] = 'j';
	verify(r);
	failed(r, "verification_failed", "\"a\" does not hold what it did");
	o->bytes[0] = 'h';
	o->len = 4;
	verify(r);
	failed(r, "verification_failed", "4 bytes, in the backup it has 5");
	o->len = 6;
	verify(r);
	failed(r, "verification_failed", "\"a\" does not have the size");
	o->len = 5;
	(void)strcpy(o->tags, "<Tagging><TagSet></TagSet></Tagging>");
	verify(r);
	failed(r, "verification_failed", "\"a\" has other tags");
	(void)strcpy(o->tags, find(r, "/photos/in/large")->tags);
	(void)strcpy(o->headers, "content-type: text/plain\r\n"
				 "x-amz-meta-colour: red & blue\r\n");
	verify(r);
	failed(r, "verification_failed", "\"cache-control\"");
	(void)strcat(o->headers, "cache-control: no-store\r\n");
	verify(r);
	assert_string_equal(r->err.msg, "");
	(void)strcpy(find(r, "/photos/in/n1")->headers,
		     "x-amz-meta-colour: blue\r\n");
	verify(r);
	failed(r, "verification_failed", "\"n1\"");
	find(r, "/photos/in/n1")->headers[0] = '\0';
	find(r, "/photos/in/large")->bytes[LARGE - 1] ^= 1;
	verify(r);
	failed(r, "verification_failed", "\"large\"");
	(void)strcpy(find(r, "/photos/in/large")->target, "/photos/gone");
	verify(r);
	failed(r, "verification_failed", "\"large\" is not there");
}

/* The index and the archive tell of different things. */
static void what_is_not_in_the_index(void **state)
{
	struct rig *r = *state;

	add_all(r);
	r->items[0].name = "b";
	restore(r);
	failed(r, "damaged_backup", "\"a\" is not in the index");
	assert_null(find(r, "/photos/in/a"));
	r->items[0].name = "a";
	r->items[3].digest.low++;
	restore(r);
	failed(r, "damaged_backup", "\"large\" is not in the index");
	drop_load(r);
	while (!partings_is_idle(r->env.partings))
		assert_int_equal(
			event_base_loop(loop_base(r->loop), EVLOOP_ONCE), 0);
	assert_null(find(r, "/photos/in/large"));
	assert_int_equal(r->naborted, 1);
	r->items[3].digest.low--;
	r->items[4].size++;
	overwrites(r);
	restore(r);
	failed(r, "damaged_backup", "\"n0\" is not in the index");
	r->items[4].size--;
	r->items[r->nitems++] = r->items[0];
	r->items[r->nitems - 1].name = "more";
	restore(r);
	failed(r, "damaged_backup", "tells of 1 objects");
}

static void one_that_was_superseded(void **state)
{
	struct rig *r = *state;

	add(r, "large", large(), LARGE, NULL)->type = "superseded";
	add(r, "s", "old", 3, NULL)->type = "superseded";
	(void)add(r, "s", "new", 3, NULL);
	tar_end(&r->tar);
	restore(r);
	assert_string_equal(r->err.msg, "");
	holds(r, "/photos/in/s", "new", 3);
	assert_int_equal(r->nobjects, 1);
}

static void a_target_that_fails(void **state)
{
	struct rig *r = *state;

	add_all(r);
	r->fails_at = "/in/n7";
	restore(r);
	failed(r, "target_failed", "/in/n7");
	overwrites(r);
	r->fails_at = "partNumber=2";
	restore(r);
	failed(r, "target_failed", "/in/large");
	r->fails_at = "?uploads";
	restore(r);
	failed(r, "target_failed", "/in/large");
}

/* In the middle of an object of parts. */
static void a_restore_that_is_canceled(void **state)
{
	struct rig *r = *state;
	struct pipeline *p;

	add_all(r);
	r->stops_loop = true;
	p = begin_section(r, false);
	loop_run(r->loop);
	assert_int_equal(r->calls, 0);
	pipeline_free(p);
	drop_load(r);
	assert_false(partings_is_idle(r->env.partings));
	while (!partings_is_idle(r->env.partings))
		assert_int_equal(
			event_base_loop(loop_base(r->loop), EVLOOP_ONCE), 0);
	assert_int_equal(r->naborted, 1);
	assert_null(find(r, "/photos/in/large"));
	/* And a server that stops at once: nothing is left of it here. */
	overwrites(r);
	p = begin_section(r, false);
	loop_run(r->loop);
	pipeline_free(p);
	drop_load(r);
}

/* --- the archive and the set */

struct seen {
	struct text text;
	bool is_busy; /* says "not now" every other time */
	bool was_busy;
};

static bool on_record(void *arg, const struct pax_record *rec, struct err *e)
{
	struct seen *s = arg;

	(void)e;
	text_printf(&s->text, "%.*s=%.*s ", (int)rec->key_len, rec->key,
		    (int)rec->value_len, rec->value);
	return true;
}

static bool is_busy(struct seen *s)
{
	s->was_busy = s->is_busy && !s->was_busy;
	return s->was_busy;
}

static enum unpack_flow on_begin(void *arg, uint64_t size, struct err *e)
{
	struct seen *s = arg;

	(void)e;
	if (is_busy(s))
		return UNPACK_WAIT;
	text_printf(&s->text, "(%llu) ", (unsigned long long)size);
	return UNPACK_ON;
}

static bool on_data(void *arg, const unsigned char *bytes, size_t *len,
		    struct err *e)
{
	struct seen *s = arg;

	(void)e;
	if (is_busy(s))
		*len = 0;
	else if (s->is_busy && *len > 2)
		*len = 2;
	text_add(&s->text, bytes, *len);
	return true;
}

static bool on_end(void *arg, struct err *e)
{
	(void)e;
	text_char(&((struct seen *)arg)->text, '\n');
	return true;
}

static bool unpack_all(const struct text *tar, size_t piece, struct seen *s,
		       struct err *e)
{
	static const struct unpack_ops ops = {.record = on_record,
					      .begin = on_begin,
					      .data = on_data,
					      .end = on_end};
	struct unpack *u = unpack_new(&ops, s, e);
	enum unpack_flow f = UNPACK_ON;
	size_t at = 0, used, len;

	assert_non_null(u);
	while (f != UNPACK_FAIL && (at < tar->len || f == UNPACK_WAIT)) {
		len = tar->len - at < piece ? tar->len - at : piece;
		f = unpack_push(u, (const unsigned char *)tar->data + at, len,
				&used, e);
		assert_true(f == UNPACK_WAIT || f == UNPACK_FAIL ||
			    used == len);
		at += used;
	}
	if (f != UNPACK_FAIL && !unpack_finish(u, e))
		f = UNPACK_FAIL;
	unpack_free(u);
	return f != UNPACK_FAIL;
}

static void how_archives_are_read(void **state)
{
	static const size_t pieces[] = {1, 7, 511, 512, 513, 100000};
	struct text tar = {0}, records = {0};
	struct err e = {0};

	(void)state;
	tar_record(&records, "COFFER.key", "a=\nb");
	tar_record(&records, "size", "6");
	tar_extended(&tar, &records);
	tar_header(&tar, '0', "objects/1", NULL, 0);
	text_str(&tar, "hello!");
	tar_pad(&tar);
	tar_member(&tar, '0', "objects/2", NULL, "");
	tar_member(&tar, '0', "objects/3", NULL, "xyz");
	tar_end(&tar);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		for (int busy = 0; busy < 2; busy++) {
			struct seen s = {.is_busy = busy};

			assert_true(unpack_all(&tar, pieces[i], &s, &e));
			assert_string_equal(s.text.data,
					    "COFFER.key=a=\nb (6) hello!\n"
					    "(0) \n(3) xyz\n");
			text_free(&s.text);
		}
	}
	/* Cut anywhere but between members it is not whole. */
	for (size_t cut = 1; cut < tar.len - 1024; cut++) {
		struct text part = {.data = tar.data, .len = cut};
		struct seen s = {0};

		err_clear(&e);
		if (unpack_all(&part, 100000, &s, &e))
			assert_true(cut == 2048 || cut == 2560 || cut == 3584);
		else
			assert_string_equal(e.api, "damaged_backup");
		text_free(&s.text);
	}
	text_free(&tar);
	text_free(&records);
}

static void refuses(struct text *tar, const char *word)
{
	struct seen s = {0};
	struct err e = {0};

	assert_false(unpack_all(tar, 100000, &s, &e));
	assert_string_equal(e.api, "damaged_backup");
	if (strstr(e.msg, word) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", word, e.msg);
	text_free(&s.text);
	text_free(tar);
}

static void which_archives_are_refused(void **state)
{
	struct text tar = {0}, records = {0};

	(void)state;
	tar_member(&tar, '2', "s", "elsewhere", NULL);
	refuses(&tar, "no object");
	tar_member(&tar, '0', "s", NULL, "x");
	tar.data[0] ^= 1;
	refuses(&tar, "no header");
	tar_record(&records, "size", "18446744073709551616");
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "s", NULL, "x");
	refuses(&tar, "size that is none");
	text_str(&records, "99 a=b\n");
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "s", NULL, "x");
	refuses(&tar, "extended headers that are none");
	tar_record(&records, "a", "b");
	tar_extended(&tar, &records);
	tar_end(&tar);
	refuses(&tar, "without a member");
	tar_end(&tar);
	text_str(&tar, "x");
	refuses(&tar, "goes on behind its end");
	text_free(&records);
}

static void a_set_of_many(void **state)
{
	struct known k = {0};
	struct digest d = {1, 2};
	struct err e = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "k%d", i);
		assert_true(known_add(&k, name, 7, &d, &e));
	}
	assert_int_equal(k.n, 5000);
	assert_false(known_take(&k, "k1", 8, &d));
	assert_false(known_take(&k, "k5000", 7, &d));
	d.low++;
	assert_false(known_take(&k, "k1", 7, &d));
	d.low--;
	for (int i = 4999; i >= 0; i--) {
		(void)snprintf(name, sizeof(name), "k%d", i);
		assert_true(known_take(&k, name, 7, &d));
		assert_false(known_take(&k, name, 7, &d));
	}
	assert_int_equal(k.n, 0);
	known_fini(&k);
	assert_false(known_take(&k, "k1", 7, &d));
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(what_is_found),
		ONE(a_whole_restore),
		ONE(a_bucket_that_cannot_be_made),
		ONE(nothing_at_all),
		ONE(what_a_comparison_sees),
		ONE(what_is_not_in_the_index),
		ONE(one_that_was_superseded),
		ONE(a_target_that_fails),
		ONE(a_restore_that_is_canceled),
		cmocka_unit_test(how_archives_are_read),
		cmocka_unit_test(which_archives_are_refused),
		cmocka_unit_test(a_set_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
