#include "test_redis_rdb_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct bytes load_file(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct bytes b = {0};
	char path[1024];
	FILE *f;
	long len;

	(void)snprintf(path, sizeof(path), "%s/tests/data/rdb/%s",
		       srcdir ? srcdir : ".", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	len = ftell(f);
	assert_true(len > 0);
	rewind(f);
	b.len = (size_t)len;
	b.p = malloc(b.len);
	assert_non_null(b.p);
	assert_int_equal(fread(b.p, 1, b.len, f), b.len);
	(void)fclose(f);
	return b;
}

static struct told *add_told(struct reading *out)
{
	if (out->n == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : 64;
		struct told *list = reallocarray(out->list, cap, sizeof(*list));

		if (!list)
			return NULL;
		out->list = list;
		out->cap = cap;
	}
	return &out->list[out->n++];
}

static bool on_begin(void *arg, const struct rdb_record *r, struct err *e)
{
	struct reading *out = arg;

	(void)e;
	assert_int_equal(r->end, 0);
	assert_int_equal(out->begun, out->n);
	assert_true(r->kind != RDB_RECORD_KEY || r->value_begin > r->begin);
	out->begun++;
	if (out->reader && r->kind == RDB_RECORD_KEY)
		rdb_skim(out->reader);
	return true;
}

static bool on_end(void *arg, const struct rdb_record *r,
		   const struct digest *digest, struct err *e)
{
	struct reading *out = arg;
	struct told *t = add_told(out);

	if (!t)
		return err_nomem(e, "a test");
	*t = (struct told){.record = *r, .digest = *digest};
	assert_int_equal(out->begun, out->n);
	if (!r->name)
		return true;
	assert_int_equal(r->name[r->name_len], '\0');
	t->name = malloc(r->name_len + 1);
	if (!t->name)
		return err_nomem(e, "a test");
	memcpy(t->name, r->name, r->name_len + 1);
	return true;
}

static void on_aux(void *arg, const char *name, const char *value)
{
	struct reading *out = arg;

	if (strcmp(name, "redis-ver") == 0)
		(void)snprintf(out->redis_version, sizeof(out->redis_version),
			       "%s", value);
}

static const struct rdb_events events = {on_begin, on_end, on_aux};

static void finish(struct reading *out, struct rdb_reader *r)
{
	const char *opaque = rdb_is_opaque(r);

	out->is_over = rdb_is_over(r);
	out->ends_well = rdb_ends_well(r);
	out->has_checksum = rdb_has_checksum(r);
	out->version = rdb_version(r);
	(void)snprintf(out->opaque, sizeof(out->opaque), "%s",
		       opaque ? opaque : "");
	rdb_free(r);
}

/* A copy of its own for each piece: reading over its end is seen. */
static bool feed_copy(struct rdb_reader *r, const unsigned char *p, size_t len,
		      struct err *e)
{
	unsigned char *copy = malloc(len + (len == 0));
	bool is_good;

	if (!copy)
		return err_nomem(e, "a test");
	memcpy(copy, p, len);
	is_good = rdb_feed(r, copy, len, e);
	free(copy);
	return is_good;
}

static void read_pieces(struct reading *out, struct rdb_reader *r,
			const unsigned char *bytes, size_t len, size_t piece)
{
	if (piece == 0)
		piece = len;
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		if (!feed_copy(r, bytes + at, n, &out->e))
			break;
		assert_true(!rdb_is_over(r) || at + n == len);
	}
	finish(out, r);
}

void read_all(struct reading *out, const void *p, size_t len, size_t piece)
{
	struct rdb_reader *r;

	*out = (struct reading){0};
	r = rdb_new(&events, out, &out->e);
	if (r)
		read_pieces(out, r, p, len, piece);
}

void skim_all(struct reading *out, const void *p, size_t len, size_t piece)
{
	*out = (struct reading){0};
	out->reader = rdb_new(&events, out, &out->e);
	assert_non_null(out->reader);
	read_pieces(out, out->reader, p, len, piece);
}

void read_split(struct reading *out, const void *p, size_t len, size_t first)
{
	const unsigned char *bytes = p;
	struct rdb_reader *r;

	*out = (struct reading){0};
	r = rdb_new(&events, out, &out->e);
	assert_non_null(r);
	if (feed_copy(r, bytes, first, &out->e))
		(void)!feed_copy(r, bytes + first, len - first, &out->e);
	finish(out, r);
}

void reading_fini(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->list[i].name);
	free(r->list);
	*r = (struct reading){0};
}

static void assert_same_told(const struct told *a, const struct told *b)
{
	const struct rdb_record *x = &a->record, *y = &b->record;

	assert_int_equal(x->kind, y->kind);
	assert_int_equal(x->begin, y->begin);
	assert_int_equal(x->value_begin, y->value_begin);
	assert_int_equal(x->end, y->end);
	assert_int_equal(x->database, y->database);
	assert_int_equal(x->name_len, y->name_len);
	assert_memory_equal(a->name ? a->name : "", b->name ? b->name : "",
			    x->name_len);
	assert_int_equal(x->type, y->type);
	assert_int_equal(x->code, y->code);
	assert_int_equal(x->expires_at, y->expires_at);
	assert_int_equal(x->idle_seconds, y->idle_seconds);
	assert_int_equal(x->frequency, y->frequency);
	assert_true(digest_equal(&a->digest, &b->digest));
}

void assert_same_reading(const struct reading *a, const struct reading *b)
{
	assert_string_equal(a->e.msg, b->e.msg);
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_same_told(&a->list[i], &b->list[i]);
	assert_string_equal(a->redis_version, b->redis_version);
	assert_string_equal(a->opaque, b->opaque);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->is_over, b->is_over);
	assert_int_equal(a->ends_well, b->ends_well);
	assert_int_equal(a->has_checksum, b->has_checksum);
}

const struct told *find_key(const struct reading *r, const char *name,
			    size_t len)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct told *t = &r->list[i];

		if (t->record.kind == RDB_RECORD_KEY &&
		    t->record.name_len == len &&
		    memcmp(t->name, name, len) == 0)
			return t;
	}
	return NULL;
}

void sign_again(struct bytes *b)
{
	uint64_t crc = rdb_crc64(0, b->p, b->len - 8);

	for (unsigned i = 0; i < 8; i++)
		b->p[b->len - 8 + i] = (unsigned char)(crc >> (8 * i));
}
