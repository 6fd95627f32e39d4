/*
 * test_objects_dump.c - a dump of a bucket: what a fake store gives, and what
 * comes out as archive, items and facts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fakes/fake_s3.h"
#include <event2/event.h>

#include "base/encode.h"
#include "base/text.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "s3/fields.h"
#include "s3/request.h"
#include "sources/object_facts.h"
#include "sources/objects/heads.h"
#include "sources/objects/objects.h"

enum {
	MIB = 1024 * 1024,
	OBJECTS_MAX = 3000,
	PAGE = 1000,
	BLOCK = 512,
};

/* An object of the fake store. */
struct stored {
	char *key;
	size_t size;
	unsigned version; /* its ETag, and what its bytes are */
	const char *headers;
	const char *time;    /* of the last change; NULL: that of the listing */
	const char *refusal; /* "403 Forbidden": of its content */
	unsigned changes;    /* it is another one after so many GETs, each time;
			      * 0: never */
	unsigned gets;
	bool is_gone; /* listed, and not there */
};

struct rig {
	struct loop *loop;
	struct transfers *transfers;
	struct workers *workers;
	struct fake_s3 *fake;
	char endpoint[64];
	struct source_env env;
	struct dump_config config;
	struct stored objects[OBJECTS_MAX];
	size_t nobjects;
	struct text body, headers; /* of the answer at hand */
	unsigned npages, ntags, nrequests;
	const char *tags_status; /* NULL: it has none to tell */
	struct dump *dump;
	struct pipeline *pipe;
	struct err err;
	struct text bytes; /* all frames */
	struct text items; /* "type key rows;" */
	struct text facts; /* a line of each item */
	uint64_t next_number;
	uint64_t rows;
};

static struct rig rig;

/* --- the store */

static unsigned char byte_of(const struct stored *o, size_t at)
{
	return (unsigned char)(at * 7 + at / 1000 + o->version);
}

static struct stored *find(const char *target)
{
	char path[4096];
	size_t len = strcspn(target, "?");

	memcpy(path, target, len);
	path[len] = '\0';
	assert_true(percent_decode(path));
	for (size_t i = 0; i < rig.nobjects; i++)
		if (strncmp(path, "/bucket/", 8) == 0 &&
		    strcmp(path + 8, rig.objects[i].key) == 0)
			return &rig.objects[i];
	return NULL;
}

static void list(const char *target, struct fake_reply *out)
{
	const char *token = strstr(target, "continuation-token=");
	size_t at = token != NULL ? strtoul(token + 19, NULL, 10) : 0;
	size_t end = at + PAGE < rig.nobjects ? at + PAGE : rig.nobjects;
	struct text *t = &rig.body;

	rig.npages++;
	text_str(t, "<ListBucketResult><EncodingType>url</EncodingType>");
	if (end < rig.nobjects)
		text_printf(
			t,
			"<IsTruncated>true</IsTruncated>"
			"<NextContinuationToken>%zu</NextContinuationToken>",
			end);
	for (; at < end; at++) {
		const struct stored *o = &rig.objects[at];

		text_str(t, "<Contents><Key>");
		percent_encode(t, o->key, strlen(o->key), false);
		text_printf(t,
			    "</Key><Size>%zu</Size><ETag>&quot;v1&quot;</ETag>"
			    "<LastModified>2026-01-02T03:04:05.678Z"
			    "</LastModified></Contents>",
			    o->size);
	}
	text_str(t, "</ListBucketResult>");
	out->body = t->data;
}

static void give(struct stored *o, const struct fake_request *r,
		 struct fake_reply *out)
{
	unsigned long from = 0, to = o->size - 1;
	char range[64], match[64], etag[16];

	bool is_head = strcmp(r->method, "HEAD") == 0;

	if (o->changes > 0 && !is_head && ++o->gets > o->changes) {
		o->gets = 0;
		o->version++;
	}
	(void)snprintf(etag, sizeof(etag), "\"v%u\"", o->version);
	text_printf(&rig.headers, "ETag: %s\r\nLast-Modified: %s\r\n%s", etag,
		    o->time != NULL ? o->time : "Fri, 02 Jan 2026 03:04:05 GMT",
		    o->headers != NULL ? o->headers : "");
	out->headers = rig.headers.data;
	if (is_head) {
		out->announced = o->size;
		return;
	}
	if (fake_header(r, "If-Match", match, sizeof(match)) != NULL &&
	    strcmp(match, etag) != 0) {
		out->status = "412 Precondition Failed";
		return;
	}
	if (fake_header(r, "Range", range, sizeof(range)) != NULL) {
		assert_int_equal(sscanf(range, "bytes=%lu-%lu", &from, &to), 2);
		out->status = "206 Partial Content";
	}
	if (o->size == 0)
		return;
	for (; from <= to; from++)
		text_char(&rig.body, (char)byte_of(o, from));
	out->body = rig.body.data;
	out->len = rig.body.len;
}

static void respond(void *arg, const struct fake_request *r,
		    struct fake_reply *out)
{
	struct stored *o;

	(void)arg;
	text_reset(&rig.body);
	text_reset(&rig.headers);
	rig.nrequests++;
	if (strstr(r->target, "list-type=2") != NULL) {
		list(r->target, out);
		return;
	}
	o = find(r->target);
	assert_non_null(o);
	if (strstr(r->target, "?tagging") != NULL) {
		rig.ntags++;
		out->status = rig.tags_status;
		out->body = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value>"
			    "</Tag></TagSet></Tagging>";
	} else if (o->is_gone) {
		out->status = "404 Not Found";
	} else if (o->refusal != NULL) {
		out->status = o->refusal;
	} else {
		give(o, r, out);
	}
}

static struct stored *store(const char *key, size_t size)
{
	struct stored *o = &rig.objects[rig.nobjects++];

	assert_true(rig.nobjects <= OBJECTS_MAX);
	*o = (struct stored){.key = strdup(key), .size = size, .version = 1};
	return o;
}

/* --- what comes out */

struct keep {
	struct sink sink; /* comes first */
};

static void keep_frame(const struct frame *f)
{
	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *s = &f->spans[i];

		assert_int_equal(s->item->number, rig.next_number);
		rig.rows += s->rows;
		if (!s->ends_run)
			continue;
		text_printf(&rig.items, "%s %s %d;", s->item->type,
			    s->item->name, (int)rig.rows);
		text_printf(&rig.facts, "%s\n", s->item->facts);
		rig.rows = 0;
		rig.next_number++;
	}
	text_add(&rig.bytes, f->data, f->len);
}

static enum flow keep_write(struct sink *sink, struct link *in, struct err *e)
{
	struct frame *f;

	(void)sink;
	(void)e;
	while ((f = link_pop(in)) != NULL) {
		keep_frame(f);
		frame_free(f);
	}
	return in->eof ? FLOW_END : FLOW_WAIT;
}

static void keep_destroy(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops keep_ops = {
	.name = "keep",
	.write = keep_write,
	.destroy = keep_destroy,
};

static void on_done(void *arg, const struct err *e)
{
	(void)arg;
	rig.err = *e;
	loop_stop(rig.loop);
}

static void start(void)
{
	struct source *sources[DUMP_SOURCES_MAX];
	struct keep *k = calloc(1, sizeof(*k));
	struct pipeline_parts parts = {.link_bytes = 4 * MIB,
				       .idle_seconds = 20};
	struct err e = {0};
	size_t n = 0;

	rig.dump = objects_dump_new(&rig.env, &rig.config, &e);
	assert_non_null(rig.dump);
	assert_true(rig.dump->ops->next_phase(rig.dump, sources, &n, &e));
	assert_int_equal(n, 1);
	k->sink.ops = &keep_ops;
	parts.source = sources[0];
	parts.sink = &k->sink;
	rig.pipe = pipeline_new(rig.loop, &parts, on_done, NULL, &e);
	assert_non_null(rig.pipe);
}

static const struct dump_facts *run(void)
{
	start();
	loop_run(rig.loop);
	return rig.dump->ops->facts(rig.dump);
}

static bool has_warning(const struct dump_facts *f, const char *code)
{
	for (size_t i = 0; i < f->nwarnings; i++)
		if (strcmp(f->warnings[i].code, code) == 0)
			return true;
	return false;
}

static int setup(void **state)
{
	struct err e = {0};

	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.loop = loop_new(&e);
	rig.transfers = transfers_new(rig.loop, &e);
	rig.workers = workers_new(rig.loop, "test", 1, &e);
	rig.fake = fake_s3_new(loop_base(rig.loop));
	fake_s3_respond(rig.fake, respond, NULL);
	fake_s3_endless(rig.fake);
	(void)snprintf(rig.endpoint, sizeof(rig.endpoint),
		       "http://127.0.0.1:%u", fake_s3_port(rig.fake));
	rig.env.loop = rig.loop;
	rig.env.transfers = rig.transfers;
	rig.env.bulk = rig.workers;
	rig.config.address.endpoint = rig.endpoint;
	rig.config.address.bucket = "bucket";
	rig.config.address.user = "AKTEST";
	rig.config.address.password = "secret";
	rig.config.address.is_path_style = true;
	rig.config.method = DUMP_SNAPSHOT;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_free(rig.pipe);
	if (rig.dump != NULL)
		rig.dump->ops->destroy(rig.dump);
	fake_s3_free(rig.fake);
	transfers_free(rig.transfers);
	workers_free(rig.workers);
	loop_free(rig.loop);
	for (size_t i = 0; i < rig.nobjects; i++)
		free(rig.objects[i].key);
	text_free(&rig.body);
	text_free(&rig.headers);
	text_free(&rig.bytes);
	text_free(&rig.items);
	text_free(&rig.facts);
	return 0;
}

/* --- the archive, read by a reader of its own */

static uint64_t octal(const char *field)
{
	return strtoull(field, NULL, 8);
}

/* One member: the key of its record, where its content begins; the next. */
static const char *member(const char *at, char *key, size_t cap,
			  const char **content, size_t *size)
{
	uint64_t records = octal(at + 124);
	const char *record = strstr(at + BLOCK, " COFFER.key=");
	const char *object = strstr(at + BLOCK, " COFFER.object=");
	size_t len;

	assert_int_equal(at[156], 'x');
	assert_non_null(record);
	assert_non_null(object);
	record += strlen(" COFFER.key=");
	/* The next record begins with its length behind a line end. */
	len = (size_t)(object - record);
	while (record[len] != '\n')
		len--;
	assert_true(len < cap);
	memcpy(key, record, len);
	key[len] = '\0';
	at += BLOCK + (records + BLOCK - 1) / BLOCK * BLOCK;
	assert_int_equal(at[156], '0');
	assert_memory_equal(at, "objects/", 8);
	*size = octal(at + 124);
	*content = at + BLOCK;
	return *content + (*size + BLOCK - 1) / BLOCK * BLOCK;
}

static void expect_archive(void)
{
	const char *at = rig.bytes.data, *content;
	size_t size;
	char key[2048];

	for (size_t i = 0; i < rig.nobjects; i++) {
		const struct stored *o = &rig.objects[i];

		at = member(at, key, sizeof(key), &content, &size);
		assert_string_equal(key, o->key);
		assert_int_equal(size, o->size);
		for (size_t k = 0; k < size; k += 101)
			assert_int_equal((unsigned char)content[k],
					 byte_of(o, k));
	}
	assert_int_equal(at + 2 * BLOCK - rig.bytes.data, rig.bytes.len);
}

static void test_members(void **state)
{
	static const char *const keys[] = {"a",
					   "a/b",
					   "../up",
					   "c//d",
					   "/x",
					   "ends/",
					   "//",
					   ".",
					   "..",
					   "n\nl",
					   "1 COFFER.key=\n",
					   "\x01",
					   "\xc3\xa4 \xe5\x82\x99",
					   "%2F+ &<>\"'"};
	const struct dump_facts *f;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		store(keys[i], i * 300);
	store("piece", MIB);
	store("large", 3 * MIB + 1);
	store("last", 5);
	f = run();
	assert_false(err_is(&rig.err));
	assert_int_equal(f->objects, rig.nobjects);
	assert_int_equal(f->rows, rig.nobjects);
	assert_int_equal(f->plain_bytes, rig.bytes.len);
	assert_int_equal(rig.next_number, rig.nobjects);
	assert_null(strstr(rig.items.data, "superseded"));
	assert_int_equal(f->nwarnings, 0);
}

static void test_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < 40; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%zu", i);
		store(key, i * i * 3001);
	}
	run();
	assert_false(err_is(&rig.err));
	expect_archive();
}

/* Of a million the same: pages come one by one, and few objects wait. */
static void test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2500; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%04zu", i);
		store(key, 10)->headers = "Server: AmazonS3\r\n";
	}
	run();
	assert_false(err_is(&rig.err));
	assert_int_equal(rig.npages, 3);
	expect_archive();
	/* The first few ask, and then the store is known to tell. */
	assert_in_range(rig.ntags, 1, 8);
}

static void test_facts(void **state)
{
	struct object_facts f = {0};
	struct err e = {0};

	(void)state;
	store("k", 5)->headers = "Content-Type: text/x\r\n"
				 "X-Amz-Meta-A: 1  2\r\nx-amz-meta-b:\r\n"
				 "x-amz-meta-c: \xff\r\n"
				 "Expires: never\r\nVary: x\r\n"
				 "x-amz-version-id: v/1\r\n"
				 "x-amz-tagging-count: 1\r\n";
	run();
	assert_false(err_is(&rig.err));
	assert_true(object_facts_parse(&f, strtok(rig.facts.data, "\n"), &e));
	assert_int_equal(f.size, 5);
	assert_string_equal(f.etag, "\"v1\"");
	assert_int_equal(f.modified_ms, INT64_C(1767323045678));
	assert_string_equal(f.version_id, "v/1");
	assert_string_equal(s3_fields_get(&f.headers, "content-type"),
			    "text/x");
	assert_string_equal(s3_fields_get(&f.headers, "expires"), "never");
	assert_null(s3_fields_get(&f.headers, "vary"));
	assert_string_equal(s3_fields_get(&f.metadata, "a"), "1  2");
	assert_string_equal(s3_fields_get(&f.metadata, "b"), "");
	assert_string_equal(s3_fields_get(&f.metadata, "c"), "\xff");
	assert_string_equal(s3_fields_get(&f.tags, "k"), "v");
	object_facts_fini(&f);
}

/* Written again between list and read, with the same bytes: the index has the
 * time of what was read, for the next increment compares that. */
static void test_the_same_bytes_later(void **state)
{
	static const struct {
		const char *time;
		int64_t ms;
	} cases[] = {
		{"Fri, 02 Jan 2026 03:04:05 GMT", INT64_C(1767323045678)},
		{"Fri, 02 Jan 2026 03:04:06 GMT", INT64_C(1767323046000)},
		{"Fri, 02 Jan 2026 03:04:04 GMT", INT64_C(1767323044000)},
		{"nonsense", INT64_C(1767323045678)},
	};
	struct object_facts f = {0};
	struct err e = {0};
	char *line;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		store("k", 5 + i)->key[0] = (char)('a' + i);
	for (size_t i = 0; i < 4; i++)
		rig.objects[i].time = cases[i].time;
	run();
	assert_false(err_is(&rig.err));
	line = strtok(rig.facts.data, "\n");
	for (size_t i = 0; i < 4; i++, line = strtok(NULL, "\n")) {
		assert_true(object_facts_parse(&f, line, &e));
		assert_int_equal(f.size, 5 + i);
		assert_int_equal(f.modified_ms, cases[i].ms);
		object_facts_fini(&f);
	}
}

/* Told once, and not asked again. */
static void test_tags_denied(void **state)
{
	const struct dump_facts *f;

	(void)state;
	rig.config.parallelism = 1;
	rig.tags_status = "403 Forbidden";
	for (unsigned i = 0; i < 20; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%02u", i);
		store(key, 5);
	}
	f = run();
	assert_false(err_is(&rig.err));
	assert_int_equal(rig.ntags, 1);
	assert_int_equal(f->nwarnings, 1);
	assert_true(has_warning(f, "tags_unreadable"));
	assert_int_equal(f->objects, 20);
}

/* A store that knows no tags is no reason for a warning. */
static void test_tags_unknown(void **state)
{
	const struct dump_facts *f;

	(void)state;
	rig.config.parallelism = 1;
	rig.config.is_strict = true;
	rig.tags_status = "501 Not Implemented";
	store("a", 5);
	store("b", 5);
	f = run();
	assert_false(err_is(&rig.err));
	assert_int_equal(rig.ntags, 1);
	assert_int_equal(f->nwarnings, 0);
}

static void test_changes(void **state)
{
	const struct dump_facts *f;

	(void)state;
	rig.config.parallelism = 1;
	store("a", 10);
	/* Its third piece is of another version; then it stays. */
	store("large", 4 * MIB)->changes = 2;
	rig.objects[1].headers = "Server: MinIO\r\n";
	store("z", 10);
	f = run();
	assert_false(err_is(&rig.err));
	assert_true(has_warning(f, "object_changed"));
	assert_string_equal(rig.items.data,
			    "object a 1;superseded large 0;superseded large 0;"
			    "object large 1;object z 1;");
	assert_int_equal(f->objects, 3);
}

/* By their version ids, so that nothing is torn. */
static void test_changes_with_versions(void **state)
{
	const struct dump_facts *f;

	(void)state;
	store("large", 4 * MIB)->headers = "x-amz-version-id: one\r\n";
	f = run();
	assert_false(err_is(&rig.err));
	assert_int_equal(f->nwarnings, 0);
	expect_archive();
}

static void test_gone_and_denied(void **state)
{
	const struct dump_facts *f;

	(void)state;
	store("a", 10);
	store("gone", 10)->is_gone = true;
	store("denied", 10)->refusal = "403 Forbidden";
	store("z", 10);
	f = run();
	assert_false(err_is(&rig.err));
	assert_string_equal(rig.items.data, "object a 1;object z 1;");
	assert_true(has_warning(f, "object_vanished"));
	assert_true(has_warning(f, "object_unreadable"));
	assert_int_equal(f->objects, 2);
}

static void test_strict(void **state)
{
	(void)state;
	rig.config.is_strict = true;
	store("a", 10);
	store("denied", 10)->refusal = "403 Forbidden";
	run();
	assert_string_equal(rig.err.api, "object_unreadable");
	assert_non_null(strstr(rig.err.msg, "\"denied\""));
}

static void test_nothing_can_be_read(void **state)
{
	(void)state;
	store("a", 10)->refusal = "403 Forbidden";
	run();
	assert_string_equal(rig.err.api, "access_denied");
}

static void test_the_pool_is_left_out(void **state)
{
	const struct dump_facts *f;

	(void)state;
	rig.config.avoid_bucket.endpoint = rig.endpoint;
	rig.config.avoid_bucket.bucket = "bucket";
	rig.config.avoid_bucket.prefix = "p";
	store("p/coffer/v1/README.txt", 10);
	store("p/coffer/v2", 10);
	f = run();
	assert_false(err_is(&rig.err));
	assert_true(has_warning(f, "pool_left_out"));
	assert_string_equal(rig.items.data, "object p/coffer/v2 1;");
}

/* At any moment, with requests under way. */
static void test_it_ends_early(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%02u", i);
		store(key, i % 3 == 0 ? 3 * MIB : 10);
	}
	for (size_t stop = 1; stop < 40; stop += 3) {
		rig.nrequests = 0;
		rig.next_number = 0;
		rig.rows = 0;
		start();
		while (rig.nrequests < stop)
			event_base_loop(loop_base(rig.loop), EVLOOP_ONCE);
		pipeline_free(rig.pipe);
		rig.pipe = NULL;
		rig.dump->ops->destroy(rig.dump);
		rig.dump = NULL;
	}
}

static void test_verdicts(void **state)
{
	static const struct {
		long status;
		const char *code;
		enum err_code err;
		enum outcome wanted;
	} all[] = {
		{404, "NoSuchKey", ERR_NOT_FOUND, OUTCOME_VANISHED},
		{404, "", ERR_NOT_FOUND, OUTCOME_VANISHED},
		{404, "NoSuchBucket", ERR_NOT_FOUND, OUTCOME_FATAL},
		{403, "AccessDenied", ERR_DENIED, OUTCOME_UNREADABLE},
		{403, "InvalidObjectState", ERR_REMOTE, OUTCOME_UNREADABLE},
		{403, "InvalidAccessKeyId", ERR_DENIED, OUTCOME_FATAL},
		{403, "SignatureDoesNotMatch", ERR_DENIED, OUTCOME_FATAL},
		{401, "", ERR_DENIED, OUTCOME_FATAL},
		{400, "InvalidRequest", ERR_REMOTE, OUTCOME_UNREADABLE},
		{412, "PreconditionFailed", ERR_CONFLICT, OUTCOME_CHANGED},
		{416, "InvalidRange", ERR_DAMAGED, OUTCOME_CHANGED},
		{200, "", ERR_DAMAGED, OUTCOME_CHANGED},
		{200, "", ERR_NOMEM, OUTCOME_FATAL},
		{500, "InternalError", ERR_REMOTE, OUTCOME_FATAL},
		{0, "", ERR_CONNECT, OUTCOME_FATAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct s3_result r = {.status = all[i].status,
					    .code = all[i].code};
		const struct err e = {.code = all[i].err};

		assert_int_equal(heads_judge(&r, &e), all[i].wanted);
	}
}

static void test_etags(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} all[] = {
		{"\"x\"", "\"x\"", true},   {"\"x\"", "x", true},
		{"W/\"x\"", "\"x\"", true}, {"\"x\"", "\"y\"", false},
		{"\"x\"", "\"x1\"", false}, {"\"", "\"", true},
		{"", "x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct s3_fields fields = {0};
		struct object_facts f = {.etag = strdup(all[i].b)};

		s3_fields_add(&fields, "etag", all[i].a);
		assert_int_equal(heads_is_version(&fields, &f), all[i].is_same);
		s3_fields_fini(&fields);
		object_facts_fini(&f);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_members),
		TEST(test_content),
		TEST(test_pages),
		TEST(test_facts),
		TEST(test_the_same_bytes_later),
		TEST(test_tags_denied),
		TEST(test_tags_unknown),
		TEST(test_changes),
		TEST(test_changes_with_versions),
		TEST(test_gone_and_denied),
		TEST(test_strict),
		TEST(test_nothing_can_be_read),
		TEST(test_the_pool_is_left_out),
		TEST(test_it_ends_early),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_etags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
